using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Forging;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Somebody on the access link floods the client with forged alerts, ICMP and resets, by raw sockets: lookups go on, and what it costs is bounded.</summary>
public sealed class ForgeryTests(ITestOutputHelper output)
{
    private const int Rate = 2000;
    private const int Lookups = 20;

    /// <summary>What the budget of unauthenticated signals (12 an hour by default) gives at once.</summary>
    private const int Burst = 4;

    [Theory]
    [InlineData(ForgeryKind.Alert)]
    [InlineData(ForgeryKind.Unreachable)]
    public async Task Over_DTLS_lookups_go_on(ForgeryKind kind)
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        await LabServe.StartAsync(network, "--no-cookie");
        await GoOnAsync(network, kind, Figure.OverDtls(LabServe.Dtls));
    }

    [Fact]
    public async Task Over_TCP_guessed_resets_do_nothing()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        await LabServe.StartAsync(network);
        Assert.Equal(0, await GoOnAsync(network, ForgeryKind.BlindReset, Figure.Options(LabServe.Tls)));
    }

    /// <summary>Against resets with the right sequence number TCP has no means: each ends a connection. The next lookup resumes, and without lookups nothing is sent.</summary>
    [Fact]
    public async Task Over_TCP_exact_resets_cost_a_resumption_each_and_lookups_go_on()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        await LabServe.StartAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(LabServe.Tls));
        await Figure.PrepareAsync(network, client);
        var forger = await Forger.StartAsync(network, ForgeryKind.ExactReset, 3, LabServe.Tls);

        var start = await client.QueryAsync();
        var end = start;
        var slowest = 0.0;
        var lookups = 1;
        for (; end.EndUs - start.StartUs < 5_000_000; lookups++)
        {
            end = await client.QueryAsync();
            slowest = Math.Max(slowest, end.ElapsedMs);
            await Task.Delay(100);
        }

        var packets = (await capture.ReadAsync()).Where(p => p.TimeUs >= start.StartUs && p.TimeUs <= end.EndUs).ToArray();
        var connections = packets.Where(p => p.IsUp && p.Syn).Select(p => p.NearPort).Distinct().Count();
        output.WriteLine($"{forger.Sent} resets, {lookups} lookups, the slowest {slowest:0} ms, {connections} connections");
        // Each reset ends one connection, and the next lookup makes the next one: nobody can be made to spend more than that.
        Assert.InRange(connections, 3, forger.Sent + 1);
        // Where the budget is spent a lookup waits: a second, then two.
        Assert.InRange(slowest, 1, 3500);
    }

    private async Task<int> GoOnAsync(LabNetwork network, ForgeryKind kind, LabClientOptions options)
    {
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, options);
        await Figure.PrepareAsync(network, client);
        var forger = await Forger.StartAsync(network, kind, Rate, options.Dtls ? LabServe.Dtls : LabServe.Tls);

        var first = await client.QueryAsync();
        for (var i = 1; i < Lookups; i++)
            await client.QueryAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        var last = await client.QueryAsync();

        var status = await client.SayAsync("status");
        var packets = (await capture.ReadAsync()).Where(p => p.TimeUs >= first.StartUs && p.TimeUs <= last.EndUs).ToArray();
        var hellos = packets.Count(p => p.IsUp && p.Labels.Any(label => label.StartsWith("ClientHello", StringComparison.Ordinal)));
        output.WriteLine($"{kind}: {forger.Sent} forged packets, {Lookups + 1} lookups, {hellos} handshakes, {packets.Where(p => p.IsUp).Sum(p => p.IpBytes)} bytes up, {(last.EndUs - first.StartUs) / 1000} ms");
        output.WriteLine($"recoveries by signals {status.SignalRecoveries}, signals ignored {status.SignalsIgnored}");
        Assert.True(forger.Sent > 500);
        // The budget: so many resumptions at once, and one in five minutes from then on.
        Assert.InRange(hellos, 0, Burst);
        Assert.Equal(hellos, status.SignalRecoveries);
        return hellos;
    }
}
