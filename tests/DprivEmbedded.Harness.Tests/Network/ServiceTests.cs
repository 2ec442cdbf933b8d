using System;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>The DoT and DoDTLS servers on simulated hosts, their losses, and what clients see of them.</summary>
public class ServiceTests
{
    // The client's query rides behind its Finished, so that a full handshake costs no more than a resumption here.
    [Theory]
    [InlineData(ProtocolVersion.Tls12, 3)]
    [InlineData(ProtocolVersion.Tls13, 3)]
    public void ALookupOverTls(int version, int roundTrips)
    {
        DnsNetRig rig = new(tlsVersion: version);
        DotNetClient client = rig.NewDot();
        TraceCounts counts = client.Lookup();
        Assert.Equal(roundTrips, counts.RoundTrips);
        Assert.Equal(roundTrips * 2 * NetRig.OneWayMs * 1000, client.AnsweredUs - client.AskedUs);
        Assert.Equal(1, client.Lookup().RoundTrips);
        Assert.Single(rig.Dot.Connections);
        Assert.Equal(2, rig.Dot.Server.Counters.Answers);
        Assert.Equal(2, client.Answers);
    }

    [Fact]
    public void ALookupOverDtls()
    {
        DnsNetRig rig = new();
        DodNetClient client = rig.NewDod();
        Assert.Equal(2, client.Lookup().RoundTrips);
        Assert.Equal(2 * 2 * NetRig.OneWayMs * 1000, client.AnsweredUs - client.AskedUs);
        TraceCounts counts = client.Lookup();
        Assert.Equal(new TraceCounts(2, 2, counts.BytesUp, counts.BytesDown, 1), counts);
        Assert.InRange(counts.BytesUp, 60, 200);
    }

    [Fact]
    public void AHostThatCrashedAnswersWithARstAndTicketsResume()
    {
        DnsNetRig rig = new();
        DotNetClient client = rig.NewDot();
        client.Lookup();
        rig.Dot.CrashHost();
        Assert.Equal(4, client.Lookup().RoundTrips);
        Assert.True(client.Session.Tls.IsResumed);
        Assert.Equal(2, client.Connections);
        Assert.Single(rig.Dot.Connections);

        rig.Dot.CrashHost(keepsTickets: false);
        Assert.Equal(4, client.Lookup().RoundTrips);
        Assert.False(client.Session.Tls.IsResumed);
    }

    [Fact]
    public void WithFastOpenTheRoundTripOfTheHandshakeIsSaved()
    {
        DnsNetRig rig = new(fastOpen: true);
        rig.Net.Server.FastOpenKey = [1, 2, 3, 4];
        DotNetClient client = rig.NewDot(new TcpSettings { FastOpen = true });
        client.Lookup();
        rig.Dot.CrashHost();
        Assert.Equal(3, client.Lookup().RoundTrips);
        Assert.True(client.Connection!.FastOpenAccepted);
    }

    [Theory]
    [InlineData(CloseManner.Notify)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Reset)]
    public void AnUpgradeEndsConnectionsAsItSays(CloseManner manner)
    {
        DnsNetRig rig = new();
        DotNetClient client = rig.NewDot();
        client.Lookup();
        rig.Net.Trace.Clear();
        rig.Dot.Upgrade(manner);
        rig.Network.RunFor(1000);
        Assert.Empty(rig.Dot.Connections);
        Assert.Contains(DotEvent.Closed, client.Events);
        string first = manner switch
        {
            CloseManner.Notify => "< Data",
            CloseManner.Fin => "< Fin",
            _ => "< Reset",
        };
        Assert.StartsWith(first, rig.Net.Ladder(), StringComparison.Ordinal);

        // Nothing is lost: the next lookup makes a connection of its own, without a RST.
        Assert.Equal(3, client.Lookup().RoundTrips);
        Assert.True(client.Session.Tls.IsResumed);
    }

    [Fact]
    public void AnIdleConnectionIsClosedByTheServerInVirtualTime()
    {
        DnsNetRig rig = new();
        rig.DotOptions.IdleTimeoutMs = 30_000;
        DotNetClient client = rig.NewDot();
        client.Lookup();
        rig.Network.RunFor(29_000);
        Assert.DoesNotContain(DotEvent.Closed, client.Events);
        rig.Network.RunFor(2_000);
        Assert.Contains(DotEvent.Closed, client.Events);
        Assert.Equal(1, rig.Dot.Server.Counters.IdleCloses);
        Assert.Empty(rig.Dot.Connections);
    }

    [Fact]
    public void AnAddressThatMovesToAnotherHostMeetsARstOrAnAlertAndResumes()
    {
        DnsNetRig rig = new();
        DotNetClient dot = rig.NewDot();
        DodNetClient dod = rig.NewDod();
        dot.Lookup();
        dod.Lookup();
        SimulatedHost twin = rig.AddTwin();
        rig.Net.Router.SetRoute(NetRig.ServerAddress, twin);

        Assert.Equal(4, dot.Lookup().RoundTrips);
        Assert.True(dot.Session.Tls.IsResumed);
        Assert.Equal(3, dod.Lookup().RoundTrips);
        Assert.True(dod.Session.Dtls.IsResumed);
        Assert.Equal(1, twin.ResetsSent);
    }

    [Fact]
    public void ADtlsServerThatLostItsAssociationsSendsAnAlert()
    {
        DnsNetRig rig = new();
        DodNetClient client = rig.NewDod();
        client.Lookup();
        rig.Dod.CrashHost();
        Assert.Equal(3, client.Lookup().RoundTrips);
        Assert.True(client.Session.Dtls.IsResumed);
        Assert.Equal(1, rig.Dod.Server.Socket.Counters.UnknownRecordAlerts);

        // DTLS false start.
        rig.Dod.CrashHost();
        client.GiveUp();
        Assert.Equal(2, client.Lookup().RoundTrips);
    }

    [Fact]
    public void AServerThatIsSilentToUnknownRecordsIsSilent()
    {
        DnsNetRig rig = new();
        rig.DodOptions.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
        DodNetClient client = rig.NewDod();
        client.Lookup();
        rig.Dod.CrashHost();
        client.Ask();
        rig.Network.RunFor(900);
        Assert.Equal(1, client.Answers);
        Assert.DoesNotContain(DodEvent.Suspect, client.Events);
    }

    [Fact]
    public void AProgramThatEndedLetsItsHostSendIcmp()
    {
        DnsNetRig rig = new(nat: new NatSettings());
        DodNetClient client = rig.NewDod();
        client.Lookup();
        rig.Dod.Stop();
        client.Ask();
        rig.Network.RunFor(150);
        Assert.Equal([IcmpMessage.PortUnreachable], client.IcmpCodes);
        rig.Dod.Start();
        rig.Network.RunFor(10_000);
        Assert.Equal(2, client.Answers);
    }

    [Fact]
    public void AHeartbeatIsAnsweredAndKeepsABinding()
    {
        DnsNetRig rig = new(nat: new NatSettings { UdpTimeoutMs = 30_000, PortPolicy = NatPortPolicy.NextPort });
        rig.Dtls.Heartbeat = true;
        DodNetClient client = rig.NewDod();
        client.Lookup();
        for (int i = 0; i < 20; i++)
        {
            rig.Network.RunFor(25_000);
            Assert.True(client.SendHeartbeat());
        }

        rig.Network.RunFor(25_000);
        Assert.Equal(20, client.Events.Count(e => e == DodEvent.HeartbeatAnswered));
        Assert.Equal(1, client.Lookup().RoundTrips);
        Assert.Equal(1, rig.Net.Nat!.MappingsMade);
    }

    [Fact]
    public void ANatThatForgotMakesFiguresSixAndSeven()
    {
        foreach (NatPortPolicy policy in new[] { NatPortPolicy.Same, NatPortPolicy.NextPort, NatPortPolicy.RandomPort, NatPortPolicy.OtherAddress })
        {
            DnsNetRig rig = new(nat: new NatSettings { PortPolicy = policy });
            DodNetClient client = rig.NewDod();
            client.Lookup();
            rig.Net.Nat!.LoseState();
            Assert.Equal(policy == NatPortPolicy.Same ? 1 : 3, client.Lookup().RoundTrips);
        }
    }

    [Fact]
    public void AGoodbyeOfDtlsIsSeen()
    {
        DnsNetRig rig = new();
        DodNetClient client = rig.NewDod();
        client.Lookup();
        rig.Dod.Upgrade(true);
        rig.Network.RunFor(500);
        Assert.Contains(DodEvent.Closed, client.Events);
        Assert.Equal(2, client.Lookup().RoundTrips);
    }

    [Fact]
    public void AServerThatHoldsAnswersBackIsWokenForThem()
    {
        DnsNetRig rig = new();
        rig.DotOptions.AnswerDelayMs = 700;
        rig.DodOptions.AnswerDelayMs = 700;
        DotNetClient dot = rig.NewDot();
        dot.Lookup();
        Assert.Equal((6 * NetRig.OneWayMs) + 700, (dot.AnsweredUs - dot.AskedUs) / 1000);
        DodNetClient dod = rig.NewDod();
        dod.Lookup();
        Assert.Equal((4 * NetRig.OneWayMs) + 700, (dod.AnsweredUs - dod.AskedUs) / 1000);
    }

    [Fact]
    public void TheSameSeedGivesTheSameCaptureWithItsSecrets()
    {
        byte[] first = Scenario(11);
        Assert.Equal(first, Scenario(11));
        Assert.NotEqual(first, Scenario(12));
    }

    private static byte[] Scenario(int seed)
    {
        LinkSettings link = new() { Delay = DelayDistribution.LogNormal(40, 0.4), Loss = LossModel.Independent(0.05), KeepsOrder = false };
        DnsNetRig rig = new(seed, new NatSettings { PortPolicy = NatPortPolicy.RandomPort }, link);
        DotNetClient dot = rig.NewDot();
        DodNetClient dod = rig.NewDod();
        dot.Lookup();
        dod.Lookup();
        rig.Net.Nat!.LoseState();
        dot.Lookup();
        dod.Lookup();
        return rig.Capture();
    }
}
