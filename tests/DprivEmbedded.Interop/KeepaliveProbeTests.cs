using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Namespaces;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Sockets;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>TCP's zero-length segment (RFC 9293 section 3.8.4) as a probe, in namespaces of its own: what leaves is counted in a capture at the server.</summary>
public sealed class KeepaliveProbeTests
{
    private const int QuietMs = 1300;
    private const int WatchMs = 2500;

    [Fact]
    public async Task A_probe_is_one_zero_length_segment_and_its_acknowledgement()
    {
        await using var pair = await TfoNamespace.StartAsync();
        await using var resolver = Dpriv.Resolver(pair.Server.Tls, change: o => o.IdleTimeoutMs = 60000);
        await using var capture = await pair.CaptureAsync();
        await AskInNamespaceAsync(pair, resolver);
        await Task.Delay(QuietMs, TestContext.Current.CancellationToken);

        var probe = Assert.Single(await resolver.ProbeAsync(TestContext.Current.CancellationToken));
        // No other one goes out by itself.
        await Task.Delay(WatchMs, TestContext.Current.CancellationToken);

        Assert.Equal((ProbeKind.Keepalive, true), (probe.Kind, probe.IsAnswered));
        Assert.InRange(probe.RoundTrip!.Value.TotalMilliseconds, 0, 500);
        var segments = await capture.StopAsync(s => s.Count > 0);
        var before = segments.Where(s => s.PayloadLength > 0).Max(s => s.TimeMs);
        var after = segments.Where(s => s.TimeMs > before + (QuietMs / 2)).ToArray();
        Assert.Equal(2, after.Length);
        Assert.Equal((pair.Server.Tls, 0, false), (after[0].Destination, after[0].PayloadLength, after[0].Fin || after[0].Syn || after[0].Rst));
        Assert.Equal((pair.Server.Tls, 0, false), (after[1].Source, after[1].PayloadLength, after[1].Fin || after[1].Syn || after[1].Rst));
        // The connection serves on.
        Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("aaaa.peers.example", "AAAA")).Handshake);
    }

    [Fact]
    public async Task Within_a_second_of_the_last_segment_nothing_is_sent()
    {
        await using var pair = await TfoNamespace.StartAsync();
        await using var resolver = Dpriv.Resolver(pair.Server.Tls, change: o => o.IdleTimeoutMs = 60000);
        await AskInNamespaceAsync(pair, resolver);
        await using var capture = await pair.CaptureAsync();
        await resolver.QueryAsync("aaaa.peers.example", "AAAA");

        var probe = Assert.Single(await resolver.ProbeAsync(TestContext.Current.CancellationToken));
        await Task.Delay(WatchMs, TestContext.Current.CancellationToken);

        Assert.Equal((ProbeKind.Keepalive, true), (probe.Kind, probe.IsAnswered));
        var segments = await capture.StopAsync(s => s.Any(x => x.PayloadLength > 0));
        var last = segments.Where(s => s.PayloadLength > 0).Max(s => s.TimeMs);
        // What follows the answer is its acknowledgement.
        Assert.InRange(segments.Count(s => s.TimeMs > last), 0, 1);
    }

    [Fact]
    public async Task A_box_that_forgot_the_connection_answers_with_a_reset()
    {
        await using var pair = await TfoNamespace.StartAsync();
        await using var resolver = Dpriv.Resolver(pair.Server.Tls, change: o => o.IdleTimeoutMs = 60000);
        await AskInNamespaceAsync(pair, resolver);
        await Task.Delay(QuietMs, TestContext.Current.CancellationToken);
        await pair.ResetServerConnectionsAsync();

        var probe = Assert.Single(await resolver.ProbeAsync(TestContext.Current.CancellationToken));

        Assert.Equal((ProbeKind.Keepalive, false), (probe.Kind, probe.IsAnswered));
        Assert.Equal((1, 1), (resolver.Statistics.ProbesSent, resolver.Statistics.ProbesFailed));
    }

    /// <summary>The first lookup, its socket made in the client's namespace.</summary>
    private static async Task AskInNamespaceAsync(TfoNamespace pair, DprivResolver resolver)
    {
        var lookup = await pair.OnClientThreadAsync(() => resolver.QueryAsync("a.peers.example")).Unwrap();
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
    }
}
