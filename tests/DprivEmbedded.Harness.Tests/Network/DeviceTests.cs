using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>The association on the simulated network, with real TCP, NATs that run out, other networks and restarts.</summary>
public class DeviceTests
{
    /// <summary>1,000 networks: recovered within 3 smoothed round-trip times and one resumption, whatever the round-trip time and its jitter.</summary>
    [Theory]
    [InlineData(AssociationTransport.Dodtls, ProtocolVersion.Tls12, 2)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12, 3)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13, 3)]
    public void Silent_loss_is_recovered_within_the_bound(int transport, int version, int roundTrips)
    {
        int seeds = transport == AssociationTransport.Dodtls ? 400 : 300;
        for (int seed = 1; seed <= seeds; seed++)
        {
            int oneWayMs = 5 + (seed * 37 % 245);
            double jitterMs = seed % 4 * oneWayMs * 0.05;
            LinkSettings link = new() { Delay = DelayDistribution.Uniform(oneWayMs, oneWayMs + jitterMs) };
            NatSettings nat = new() { TcpWithoutState = NatTcpPolicy.Silence, PortPolicy = NatPortPolicy.RandomPort };
            DeviceRig rig = new(new DnsNetRig(seed, nat, link, version), transport);
            rig.Dns.DodOptions.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
            rig.Connect();
            rig.Dns.Net.Nat!.LoseState();
            int silenceMs = Math.Max(3 * rig.Core.SmoothedRttMs, rig.Options.MinSilenceMs);
            long tookMs = rig.Lookup();
            long bound = silenceMs + (long)Math.Ceiling(2 * roundTrips * (oneWayMs + jitterMs)) + 1;
            Assert.True(tookMs <= bound, $"seed {seed}: {tookMs} ms, and {bound} is the bound (round trip {2 * oneWayMs} ms)");
            Assert.True(tookMs >= silenceMs, $"seed {seed}: {tookMs} ms is earlier than {silenceMs} ms of silence");
            rig.AssertAllAnsweredOnce();
        }
    }

    [Theory]
    [InlineData(ProbeKind.Heartbeat)]
    [InlineData(ProbeKind.Keepalive)]
    [InlineData(ProbeKind.Query)]
    public void Probes_keep_a_NAT_of_30_seconds_open_for_an_hour_and_stop_when_forbidden(int kind)
    {
        NatSettings nat = new() { UdpTimeoutMs = 30_000, TcpTimeoutMs = 30_000, PortPolicy = NatPortPolicy.RandomPort };
        int transport = kind == ProbeKind.Heartbeat ? AssociationTransport.Dodtls : AssociationTransport.Dot;
        DeviceRig rig = new(new DnsNetRig(1, nat), transport, new ThresholdPolicy { ProbeAfterMs = 25_000 }, options => options.Keepalive = kind == ProbeKind.Keepalive);
        rig.Connect();
        int made = rig.Dns.Net.Nat!.MappingsMade;
        rig.Dns.Net.Trace.Clear();
        rig.Network.RunFor(3_600_000);

        Assert.Equal(made, rig.Dns.Net.Nat.MappingsMade);
        Assert.InRange(rig.Events.Count(e => e == AssociationEvent.ProbeAnswered), 140, 145);
        Assert.Equal(kind == ProbeKind.Keepalive ? rig.Events.Count(e => e == AssociationEvent.ProbeAnswered) : 0, rig.Device.KeepalivesSent);
        Assert.Equal(kind == ProbeKind.Keepalive ? 0 : 2 * rig.Events.Count(e => e == AssociationEvent.ProbeAnswered), rig.Dns.Net.Trace.Count().CarryingPackets);
        rig.Lookup();
        Assert.Equal(1, rig.LastRoundTrips);

        rig.Device.Do((association, nowMs) => association.SetPower(ProbePermission.Never, 500, false, long.MaxValue, nowMs));
        rig.Network.RunFor(1_000);
        rig.Dns.Net.Trace.Clear();
        rig.Network.RunFor(600_000);
        Assert.Empty(rig.Dns.Net.Trace.Packets);
        Assert.Empty(rig.Dns.Net.Nat.Mappings);
        rig.Lookup();
        Assert.InRange(rig.LastRoundTrips, 3, 4);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(AssociationTransport.Dodtls, true, 1)]
    [InlineData(AssociationTransport.Dodtls, false, 2)]
    [InlineData(AssociationTransport.Dot, false, 3)]
    public void A_device_that_moves_to_another_network_loses_no_query(int transport, bool connectionId, int roundTrips)
    {
        DnsNetRig dns = new();
        dns.Dtls.ConnectionId = connectionId ? [] : null!;
        dns.DodOptions.Dtls.ConnectionIdBytes = connectionId ? 6 : -1;
        DeviceRig rig = new(dns, transport);
        SimulatedPath cellular = rig.Network.Connect(dns.Net.Client, dns.Net.Router, LinkSettings.WithDelay(NetRig.OneWayMs));
        dns.Net.Trace.WatchFirst(cellular);
        rig.Connect();
        rig.Device.MoveTo(cellular, Ipv4Address.Parse("10.99.0.1"));
        rig.Lookup();
        Assert.Equal(roundTrips, rig.LastRoundTrips);
        Assert.Equal(connectionId ? 1 : 0, rig.Commands.Count(c => c.Command == AssociationCommand.MovePath));

        // In flight while it moves.
        rig.Network.RunFor(1000);
        rig.Ask();
        rig.Network.RunFor(10);
        rig.Device.MoveTo(dns.Net.Access, NetRig.ClientAddress);
        rig.Network.RunFor(5000);
        rig.AssertAllAnsweredOnce();
    }

    [Fact]
    public void A_program_that_starts_again_resumes_by_its_kept_sessions()
    {
        foreach (int transport in new[] { AssociationTransport.Dot, AssociationTransport.Dodtls })
        {
            DeviceRig rig = new DeviceRig(new DnsNetRig(), transport).Connect();
            rig.Device.Do((association, nowMs) => association.PrepareSleep(600_000, false, nowMs));
            rig.Network.RunFor(600_000);
            rig.Device.Reboot(rig.Make);
            rig.Lookup();
            Assert.Equal(transport == AssociationTransport.Dot ? 3 : 2, rig.LastRoundTrips);
            Assert.True(rig.Core.Conversation(0) is DotSession dot ? dot.Tls.IsResumed : ((DodSession)rig.Core.Conversation(0)).Dtls.IsResumed);
            rig.AssertAllAnsweredOnce();
        }
    }

    [Fact]
    public void A_program_that_does_not_run_hears_nothing_and_makes_up_for_its_timers()
    {
        DeviceRig rig = new DeviceRig(new DnsNetRig(), AssociationTransport.Dodtls, new ThresholdPolicy { ProbeAfterMs = 25_000 }).Connect();
        rig.Dns.Net.Trace.Clear();
        rig.Device.IsOff = true;
        rig.Network.RunFor(100_000);
        Assert.Empty(rig.Dns.Net.Trace.Packets);
        rig.Device.IsOff = false;
        rig.Network.RunFor(1000);
        Assert.Equal(1, rig.Events.Count(e => e == AssociationEvent.ProbeAnswered));
    }

    [Fact]
    public void An_ICMP_message_starts_a_recovery_and_ends_nothing()
    {
        DeviceRig rig = new DeviceRig(new DnsNetRig(nat: new NatSettings()), AssociationTransport.Dodtls).Connect();
        rig.Dns.Dod.Stop();
        rig.Ask();
        rig.Network.RunFor(150);
        Assert.True(rig.Opens >= 2);
        rig.Dns.Dod.Start();
        rig.Network.RunFor(9000);
        rig.AssertAllAnsweredOnce();
    }

    [Fact]
    public void Fifty_queries_in_flight_outlive_a_restart_of_the_server()
    {
        foreach (int transport in new[] { AssociationTransport.Dot, AssociationTransport.Dodtls })
        {
            foreach (bool keepsTickets in new[] { true, false })
            {
                DeviceRig rig = new DeviceRig(new DnsNetRig(), transport).Connect();
                for (int i = 0; i < 50; i++)
                    rig.Ask();

                rig.Network.RunFor(NetRig.OneWayMs / 2);
                if (transport == AssociationTransport.Dot)
                    rig.Dns.Dot.CrashHost(0, keepsTickets);
                else
                    rig.Dns.Dod.CrashHost(0, keepsTickets);

                rig.Network.RunFor(8000);
                rig.AssertAllAnsweredOnce();
            }
        }
    }

    /// <summary>Random schedules of losses of every kind outside of handshakes, on a network that loses and reorders packets besides: every query is answered, and once.</summary>
    [Fact]
    public void No_query_is_lost_and_none_answered_twice()
    {
        Gen<(int What, int AfterMs)[]> steps = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 40_000]).Array[1, 12];
        Gen.Select(Gen.Int[1, 1_000_000], Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 3], steps).Sample(
            (seed, kind, policy, nat, schedule) =>
            {
                DeviceRig rig = NewRig(seed, kind, policy, nat);
                foreach ((int what, int afterMs) in schedule)
                {
                    rig.Network.RunFor(afterMs % 3 == 0 ? afterMs : afterMs / 100);
                    Happen(rig, what);
                }

                rig.Ask();
                rig.Network.RunFor(130_000);
                rig.AssertAllAnsweredOnce();
            },
            iter: 400,
            print: c => $"{c.Item1} {c.Item2} {c.Item3} {c.Item4} [{string.Join(", ", c.Item5)}]");
    }

    private static DeviceRig NewRig(int seed, int kind, int policy, int nat)
    {
        int transport = kind == 0 ? AssociationTransport.Dodtls : AssociationTransport.Dot;
        NatSettings settings = new() { PortPolicy = (NatPortPolicy)nat, TcpWithoutState = (NatTcpPolicy)nat };
        LinkSettings link = new() { Delay = DelayDistribution.Uniform(20, 60), Loss = LossModel.Independent(seed % 3 * 0.02), KeepsOrder = seed % 2 == 0 };
        DnsNetRig dns = new(seed, settings, link, kind == 2 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12, fastOpen: true);
        ThresholdPolicy threshold = policy switch
        {
            1 => new ThresholdPolicy { ReuseUpToMs = 5_000 },
            2 => new ThresholdPolicy { ReuseUpToMs = 100, HedgeUpToMs = 1_000_000 },
            3 => new ThresholdPolicy { ProbeAfterMs = 10_000 },
            _ => new ThresholdPolicy(),
        };
        return new DeviceRig(dns, transport, threshold, options =>
        {
            options.QueryTimeoutMs = 120_000;
            options.MaxAttempts = 16;
            options.FastOpen = seed % 5 < 2;
            options.Keepalive = seed % 7 < 3;
        });
    }

    private static void Happen(DeviceRig rig, int what)
    {
        switch (what)
        {
            case 0:
                rig.Dns.Net.Nat!.LoseState();
                break;
            case 1:
                rig.Dns.Dot.CrashHost(500);
                break;
            case 2:
                rig.Dns.Dot.CrashHost(0, false);
                break;
            case 3:
                rig.Dns.Dot.Upgrade();
                break;
            case 4:
                rig.Dns.Dod.Upgrade(true);
                break;
            case 5:
                rig.Dns.Net.Middle.IsCut = true;
                rig.Network.RunFor(1500);
                rig.Dns.Net.Middle.IsCut = false;
                break;
            default:
                rig.Ask();
                break;
        }
    }
}
