using System;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>
/// Which servers forget the session ID of a client that leaves without a close_notify (RFC 5246 section 7.2.1 no longer asks for it): dnsdist does after a mere FIN, so close cleanly.
/// A RST loses nothing, and tickets survive both.
/// </summary>
public sealed class UncleanCloseTests
{
    [Theory]
    [InlineData(nameof(Unbound), true)]
    [InlineData(nameof(Bind), true)]
    [InlineData(nameof(Dnsdist), false)]
    [InlineData(nameof(HaproxyEarlyData), true)]
    [InlineData(nameof(NginxSessionId), true)]
    public async Task Session_id_after_a_FIN_without_close_notify(string name, bool resumes)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        Assert.Equal(resumes, await ResumesAfterCutAsync(peer, c => c.Finish(), "-no_ticket"));
    }

    [Theory]
    [InlineData(nameof(Unbound))]
    [InlineData(nameof(Bind))]
    [InlineData(nameof(Dnsdist))]
    [InlineData(nameof(HaproxyEarlyData))]
    [InlineData(nameof(NginxSessionId))]
    public async Task Session_id_after_a_RST(string name)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        Assert.True(await ResumesAfterCutAsync(peer, c => c.Reset(), "-no_ticket"));
    }

    [Theory]
    [InlineData(nameof(Unbound))]
    [InlineData(nameof(Bind))]
    [InlineData(nameof(Dnsdist))]
    [InlineData(nameof(HaproxyEarlyData))]
    public async Task Ticket_after_a_FIN_without_close_notify(string name)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        Assert.True(await ResumesAfterCutAsync(peer, c => c.Finish()));
    }

    private static async Task<bool> ResumesAfterCutAsync(Peer peer, Action<TlsWireConnection> cut, params string[] extra)
    {
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        // The client stays until it is cut, so no close_notify can have passed.
        var query = client.QueryAsync(wire.EndPoint, TlsVersion.Tls12, stay: true, extra: extra);
        var connection = await wire.ConnectionAsync(0);
        Assert.True(await connection.WaitAsync(Answered));
        cut(connection);
        Assert.True(await connection.WaitForCloseAsync());
        Assert.False((await query).Reused);
        Assert.True(client.HasSession);

        await using var direct = new TlsWireLog(peer.Tls);
        var second = await client.QueryAsync(direct.EndPoint, TlsVersion.Tls12, resume: true, extra: extra);
        Assert.Equal(second.Reused, direct.Last.Look(w => w.IsResumption));
        return second.Reused;
    }

    private static bool Answered(TlsWireParser wire)
    {
        foreach (var record in wire.Records)
        {
            if (record is { Direction: WireDirection.Down, Type: 23 })
                return true;
        }

        return false;
    }
}
