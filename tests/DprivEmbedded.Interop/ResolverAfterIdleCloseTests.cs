using System;
using System.Diagnostics;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our client after a stock server has closed the idle connection, or would have: it reconnects, resumes, and says nothing of it to the caller.</summary>
public sealed class ResolverAfterIdleCloseTests
{
    [Theory]
    [MemberData(nameof(ResolverAgainstDnsServersTests.PeersAndVersions), MemberType = typeof(ResolverAgainstDnsServersTests))]
    public async Task After_the_servers_idle_close_the_next_lookup_reconnects(string name, int version)
    {
        // Without edns-tcp-keepalive in the query none of them says when it will close.
        await using var peer = await StartAsync(name);
        await using var wire = new TlsWireLog(peer.Tls);
        var recorder = new FlightRecorder();
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version, change: o =>
        {
            o.Recorder = recorder;
            o.Edns.TcpKeepalive = false;
            o.IdleTimeoutMs = 60000;
        });
        ResolverAgainstDnsServersTests.AssertAnswer(await resolver.QueryAsync("a.peers.example", "A"), version, DprivHandshake.Full);
        Assert.True(await wire.Last.WaitForCloseAsync(TimeSpan.FromSeconds(20)));
        Assert.True(Dpriv.ServerEnded(recorder));

        var clock = Stopwatch.StartNew();
        var resumes = name != nameof(KnotResolver) || version == ProtocolVersion.Tls13;
        var second = await resolver.QueryAsync("a.peers.example", "A");
        ResolverAgainstDnsServersTests.AssertAnswer(second, version, resumes ? DprivHandshake.Resumed : DprivHandshake.Full);
        Assert.Equal(1, second.Attempts);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 2000);
        Assert.Equal(2, wire.Connections.Count);
        Assert.Equal(resumes, wire.Last.Look(w => w.IsResumption));
    }

    [Fact]
    public async Task It_closes_when_the_server_said_that_it_would()
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o => o.IdleTimeoutMs = 60000);
        var first = await resolver.QueryAsync("a.peers.example", "A");
        Assert.Equal(1000, first.Message.KeepaliveTimeoutMs);
        var clock = Stopwatch.StartNew();
        Assert.True(await wire.Last.WaitForCloseAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.7), TimeSpan.FromSeconds(2));
        ResolverAgainstDnsServersTests.AssertAnswer(await resolver.QueryAsync("a.peers.example", "A"), ProtocolVersion.Tls13, DprivHandshake.Resumed);
    }

    [Fact]
    public async Task A_server_that_closes_before_its_time_is_believed_by_its_deeds()
    {
        // dnsdist relays its backend's 30 s and closes after one.
        await using var peer = await Dnsdist.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1), AdvertisedTimeout = TimeSpan.FromSeconds(30) });
        await using var wire = new TlsWireLog(peer.Tls);
        var recorder = new FlightRecorder();
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o => o.Recorder = recorder);
        var first = await resolver.QueryAsync("a.peers.example", "A");
        ResolverAgainstDnsServersTests.AssertAnswer(first, ProtocolVersion.Tls13, DprivHandshake.Full);
        Assert.Equal(30000, first.Message.KeepaliveTimeoutMs);
        var quiet = Stopwatch.StartNew();
        Assert.True(await wire.Last.WaitForCloseAsync());
        Assert.True(Dpriv.ServerEnded(recorder));
        var kept = quiet.Elapsed;
        Assert.InRange(kept, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(4));

        // dnsdist looks at its connections once a second, so it keeps one for one to two seconds. Soon our side closes first, a little before the shortest time seen.
        var closedFirst = false;
        for (var i = 0; i < 4 && !closedFirst; i++)
        {
            var next = await resolver.QueryAsync("a.peers.example", "A");
            ResolverAgainstDnsServersTests.AssertAnswer(next, ProtocolVersion.Tls13, DprivHandshake.Resumed);
            Assert.Equal(30000, next.Message.KeepaliveTimeoutMs);
            Assert.True(wire.Last.Look(w => w.IsResumption));
            quiet.Restart();
            Assert.True(await wire.Last.WaitForCloseAsync());
            closedFirst = !Dpriv.ServerEnded(recorder);
            Assert.True(quiet.Elapsed < kept, $"closed after {quiet.Elapsed}, the time before after {kept}");
            kept = quiet.Elapsed;
        }

        Assert.True(closedFirst);
        Assert.True(await peer.WaitForResumptionsAsync(1));
        Assert.Equal(0, resolver.Statistics.Retries);
    }

    private static async Task<Peer> StartAsync(string name)
    {
        var options = new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) };
        return name switch
        {
            nameof(Unbound) => await Unbound.StartAsync(options),
            nameof(Bind) => await Bind.StartAsync(options),
            nameof(KnotResolver) => await KnotResolver.StartAsync(options),
            nameof(Dnsdist) => await Dnsdist.StartAsync(options),
            _ => throw new ArgumentException("no DNS server " + name, nameof(name)),
        };
    }
}
