using System;
using System.Diagnostics;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Harness;
using DprivEmbedded.Sockets.Tests.Support;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Probes, permission, sleep. What TCP's keepalive sends is counted in DprivEmbedded.Interop, in a capture.</summary>
public class QuietTimeTests
{
    [Fact]
    public async Task A_probe_over_TLS_asks_the_kernel_or_the_server()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        Assert.False(Assert.Single(await resolver.ProbeAsync()).IsSupported);
        await resolver.QueryAsync("www.example");

        DprivProbe probe = Assert.Single(await resolver.ProbeAsync());

        Assert.Equal((OperatingSystem.IsLinux() ? ProbeKind.Keepalive : ProbeKind.Query, true), (probe.Kind, probe.IsAnswered));
        Assert.Equal((1, 1, 0), (resolver.Statistics.ProbesSent, resolver.Statistics.ProbesAnswered, resolver.Statistics.ProbesFailed));
        Assert.Equal(OperatingSystem.IsLinux() ? 1 : 2, server.Counters.Queries);
    }

    [Fact]
    public async Task A_probe_over_DTLS_is_a_heartbeat()
    {
        await using TestDtlsServer server = TestDtlsServer.Start();
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");

        DprivProbe probe = Assert.Single(await resolver.ProbeAsync());

        Assert.Equal((ProbeKind.Heartbeat, true), (probe.Kind, probe.IsAnswered));
        Assert.Equal((1, 1), (server.Host.DtlsCounters.HeartbeatsAnswered, server.Host.Counters.Queries));
    }

    [Fact]
    public async Task A_probe_where_the_server_answers_no_heartbeats_is_a_padded_query()
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.Heartbeat = HeartbeatPolicy.Off);
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");

        DprivProbe probe = Assert.Single(await resolver.ProbeAsync());

        Assert.Equal((ProbeKind.Query, true), (probe.Kind, probe.IsAnswered));
        Assert.Equal(2, server.Host.Counters.Queries);
        // It was no lookup.
        Assert.Equal((1, 1), (resolver.Statistics.Lookups, resolver.Statistics.Answers));
    }

    [Fact]
    public async Task A_probe_of_a_server_that_forgot_fails_and_starts_nothing()
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.UnknownRecord = UnknownRecordPolicy.Alert);
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");
        server.ForgetAssociations();

        DprivProbe probe = Assert.Single(await resolver.ProbeAsync());

        Assert.Equal((ProbeKind.Heartbeat, false), (probe.Kind, probe.IsAnswered));
        Assert.Equal((1, 1), (resolver.Statistics.ProbesFailed, server.Host.DtlsCounters.Handshakes));
        Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("www.example")).Handshake);
    }

    [Fact]
    public async Task A_policy_probes_while_it_may_wake_the_radio()
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.Heartbeat = HeartbeatPolicy.Off);
        await using DprivResolver resolver = server.Resolver(options => options.Policy = _ => new ThresholdPolicy { ProbeAfterMs = 20 });
        await resolver.QueryAsync("www.example");

        await server.QueriedAsync(4);

        Assert.True(resolver.Statistics.ProbesSent >= 3);
        resolver.SetPower(ProbePermission.Never);
        DprivLookup lookup = await resolver.QueryAsync("www.example");
        Assert.Equal(DprivHandshake.None, lookup.Handshake);
        long sent = resolver.Statistics.ProbesSent;
        resolver.RadioActive();
        Assert.Equal(sent, resolver.Statistics.ProbesSent);
    }

    [Fact]
    public async Task A_probe_rides_along_where_it_may_not_wake_the_radio()
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.Heartbeat = HeartbeatPolicy.Off);
        await using DprivResolver resolver = server.Resolver(options => options.Policy = _ => new ThresholdPolicy { ProbeAfterMs = 100, RideAlongPercent = 100 });
        resolver.SetPower(ProbePermission.RideAlong, batteryPermille: 500, charging: false, nextWake: TimeSpan.FromMinutes(1));
        await resolver.QueryAsync("www.example");
        Assert.Equal(0, resolver.Statistics.ProbesSent);

        // Each says that the radio is awake; once the time of the probe has come it rides along.
        var clock = Stopwatch.StartNew();
        while (resolver.Statistics.ProbesSent == 0 && clock.ElapsedMilliseconds < 10000)
            resolver.RadioActive();

        await server.QueriedAsync(2);
        Assert.Equal(1, resolver.Statistics.ProbesSent);
    }

    [Fact]
    public async Task Before_a_sleep_that_loses_the_memory_the_association_is_closed()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");

        await resolver.PrepareSleepAsync(TimeSpan.FromHours(1), keepsMemory: false);
        resolver.Wake();

        Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("www.example")).Handshake);
        Assert.Equal(2, server.Counters.Connections);
    }

    [Fact]
    public async Task A_sleep_that_keeps_the_memory_keeps_the_association()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");

        await resolver.PrepareSleepAsync(TimeSpan.FromSeconds(1), keepsMemory: true);
        resolver.Wake();

        Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("www.example")).Handshake);
        Assert.Equal(1, server.Counters.Connections);
    }

    [Fact]
    public async Task What_power_cannot_be_is_a_programmers_error()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();

        Assert.Throws<ArgumentOutOfRangeException>(() => resolver.SetPower(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => resolver.SetPower(ProbePermission.Never, 1001));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => resolver.PrepareSleepAsync(TimeSpan.FromSeconds(-1), true));
    }
}
