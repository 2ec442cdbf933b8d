using System;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>How long the peers keep a quiet connection, and what they say about it (RFC 7828).</summary>
public sealed class IdleTimeTests
{
    /// <summary>A second, less what servers whose clock is read once a loop, or once a tick of the kernel, may be early.</summary>
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(0.95);

    private static readonly byte[] s_query = DnsBytes.Query(0x2468, "a." + PeerZone.Origin, keepalive: true);

    [Fact]
    public async Task The_lying_dnsdist_advertises_its_backends_time_and_closes_at_its_own()
    {
        await using var peer = await Dnsdist.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1), AdvertisedTimeout = TimeSpan.FromSeconds(30) });
        await using var client = await SslStreamClient.ConnectAsync(peer.Tls);
        Assert.Equal(TimeSpan.FromSeconds(30), DnsBytes.Keepalive(await client.QueryAsync(s_query)));
        Assert.InRange(await client.UntilClosedAsync(TimeSpan.FromSeconds(8)), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Unbound_keeps_its_word()
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var client = await SslStreamClient.ConnectAsync(peer.Tls);
        Assert.Equal(TimeSpan.FromSeconds(1), DnsBytes.Keepalive(await client.QueryAsync(s_query)));
        Assert.InRange(await client.UntilClosedAsync(TimeSpan.FromSeconds(8)), s_second, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Bind_keeps_its_word()
    {
        await using var peer = await Bind.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var client = await SslStreamClient.ConnectAsync(peer.Tls);
        Assert.Equal(TimeSpan.FromSeconds(1), DnsBytes.Keepalive(await client.QueryAsync(s_query)));
        Assert.InRange(await client.UntilClosedAsync(TimeSpan.FromSeconds(8)), s_second, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Knot_Resolver_advertises_its_time_and_keeps_longer()
    {
        await using var peer = await KnotResolver.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var client = await SslStreamClient.ConnectAsync(peer.Tls);
        Assert.Equal(TimeSpan.FromSeconds(1), DnsBytes.Keepalive(await client.QueryAsync(s_query)));
        // Told one second it closes after about seven: its timer was set when the connection came.
        Assert.InRange(await client.UntilClosedAsync(TimeSpan.FromSeconds(15)), s_second, TimeSpan.FromSeconds(12));
    }
}
