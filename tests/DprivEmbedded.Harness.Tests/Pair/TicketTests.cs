using System;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Tickets and session ids: when they come, how often they serve, what happens where the server lost them.</summary>
public class TicketTests
{
    [Theory]
    [InlineData(Fragmentation.Whole)]
    [InlineData(Fragmentation.Bytes)]
    [InlineData(Fragmentation.Random)]
    public void ATicketAfterApplicationDataIsTakenAndServes(Fragmentation fragmentation)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Fragmentation = fragmentation;
        setup.Server.TicketCount = 0;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.CheckEcho("one");
        Assert.Empty(pair.Sessions);
        pair.RunFor(3_600_000);
        pair.Server.SendTicket();
        pair.PumpServer();
        pair.ServerSay("answer");
        pair.Run();
        Assert.Equal("oneanswer", pair.ClientText);
        TlsSession session = Assert.Single(pair.Sessions);
        Assert.Equal(setup.Clock.UtcMs, session.ReceivedUtcMs);

        TlsPair resumed = setup.Connect(session).AssertConnected();
        Assert.True(resumed.Client.IsResumed);
        resumed.CheckEcho();
    }

    [Fact]
    public void EachOfSeveralTicketsServesOnce()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.TicketCount = 4;
        setup.Server.StatefulTickets = true;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Equal(4, pair.Sessions.Count);
        Assert.Equal(4, pair.Sessions.Select(s => Convert.ToHexString(s.Ticket)).Distinct().Count());
        Assert.Equal(4, pair.Sessions.Select(s => Convert.ToHexString(s.Secret)).Distinct().Count());
        foreach (TlsSession session in pair.Sessions)
        {
            TlsPair resumed = setup.Connect(session).AssertConnected();
            Assert.True(resumed.Client.IsResumed);
            Assert.Equal(4, resumed.Sessions.Count);
        }
    }

    [Fact]
    public void OfMoreTicketsThanCanBeKeptTheNewestStay()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.TicketCount = 7;
        setup.Fragmentation = Fragmentation.Coalesced;
        setup.Server.StatefulTickets = true;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Equal(4, pair.Sessions.Count);
        Assert.True(setup.Connect(pair.Sessions[3]).AssertConnected().Client.IsResumed);
    }

    [Fact]
    public void ASessionThatNobodyTakesIsReportedOnce()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        TlsPair pair = setup.Start();
        int count = 0;
        for (int i = 0; i < 10; i++)
            pair.Step(false);

        Assert.True(pair.Client.IsConnected);
        pair.Server.SendTicket();
        byte[] wire = new byte[2000];
        int bytes = pair.Server.Transmit(wire, 0, wire.Length);
        pair.Client.Receive(wire, 0, bytes, 0);
        for (int i = 0; i < 10; i++)
            count += pair.Client.NextEvent() == TlsClientEvent.Session ? 1 : 0;

        Assert.Equal(1, count);
        Assert.NotNull(pair.Client.TakeSession());
        Assert.Null(pair.Client.TakeSession());
    }

    [Fact]
    public void ATicketOfLifetimeZeroIsNotKept()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.AdvertisedTicketLifetimeSeconds = 0;
        Assert.Empty(setup.Connect().AssertConnected().Sessions);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, true)]
    [InlineData(ProtocolVersion.Tls12, false)]
    [InlineData(ProtocolVersion.Tls13, true)]
    public void AServerThatLostItsStateGetsAFullHandshake(int version, bool tickets)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Server.Tickets = tickets;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.State.LoseState();
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.False(pair.Client.IsResumed);
        Assert.True(pair.Client.IsAuthenticated);
        pair.CheckEcho();

        // The new sessions serve again.
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
    }

    [Fact]
    public void AnExpiredTicketIsNotOffered()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.TicketLifetimeSeconds = 60;
        TlsPair pair = setup.Connect().AssertConnected();
        setup.Clock.Advance(59_000);
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
        setup.Clock.Advance(2_000);
        TlsPair late = setup.Connect(pair.Sessions[1]).AssertConnected();
        Assert.DoesNotContain(ExtensionType.PreSharedKey, new WireHello(late.ClientSends[0].Bytes).Order);
        Assert.All(pair.Sessions[1].Secret, b => Assert.Equal(0, b));
    }

    [Fact]
    public void ASessionOfAnotherNameOrSuiteIsNotOffered()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        TlsPair pair = setup.Connect().AssertConnected();
        setup.Client.ServerName = "other.example";
        TlsPair other = setup.Connect(pair.Sessions[0]).AssertConnected();
        Assert.DoesNotContain(ExtensionType.PreSharedKey, new WireHello(other.ClientSends[0].Bytes).Order);
        setup.Client.ServerName = PairKeys.Name;
        setup.Client.CipherSuites = [CipherSuite.ChaCha20Poly1305Sha256];
        other = setup.Connect(pair.Sessions[1]).AssertConnected();
        Assert.DoesNotContain(ExtensionType.PreSharedKey, new WireHello(other.ClientSends[0].Bytes).Order);
    }

    [Fact]
    public void ARotatedTicketKeyRenewsTheTicketOfTls12()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        byte[] ticket = session.Ticket;
        setup.State.RotateTicketKey();
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.IsResumed);
        Assert.NotEqual(ticket, pair.Sessions[0].Ticket);
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
    }

    [Fact]
    public void TheAgeOfTheTicketIsHiddenAndRight()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        setup.Server.EarlyDataAgeToleranceMs = 2 * setup.LatencyMs;
        TlsPair pair = setup.Connect().AssertConnected();
        setup.Clock.Advance(1_234_567);
        setup.Greeting = "query";
        setup.GreetEarly = true;
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsEarlyDataAccepted);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void NoTicketsWhereNoneAreWanted(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Client.Tickets = false;
        setup.Server.SessionIds = false;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Empty(pair.Sessions);
        Assert.DoesNotContain(ExtensionType.SessionTicket, new WireHello(pair.ClientSends[0].Bytes).Order);
        pair.CheckEcho();
    }

    [Fact]
    public void AForgedSelectedIdentityFails()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Faults.SelectedIdentity = 1;
        setup.Connect(session).AssertFailed(TlsError.IllegalParameter);
        setup.Faults.SelectedIdentity = -1;
        setup.Faults.PretendPsk = true;
        setup.Connect().AssertFailed(TlsError.UnsolicitedExtension);
    }

    [Fact]
    public void ASessionBesideAnExternalPskFallsBackToIt()
    {
        PairSetup setup = new PairSetup().WithPsk().WithVersion(ProtocolVersion.Tls13);
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.State.LoseState();
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.False(pair.Client.IsResumed);
        Assert.True(pair.Client.UsedExternalPsk);
        Assert.True(pair.Client.IsAuthenticated);
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
    }

    [Fact]
    public void AClientOfBothVersionsResumesTls12AndGoesBackTo13WhenItCannot()
    {
        PairSetup setup = new();
        setup.Server.Tls13 = false;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        Assert.Equal(ProtocolVersion.Tls12, session.Version);
        setup.Server.Tls13 = true;
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.IsResumed);
        TlsPair fresh = setup.Connect().AssertConnected();
        Assert.Equal(ProtocolVersion.Tls13, fresh.Client.Version);
        Assert.Equal(NamedGroup.X25519, fresh.Client.Group);
    }
}
