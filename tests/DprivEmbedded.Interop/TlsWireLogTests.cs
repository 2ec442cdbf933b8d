using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>The relay itself: what it disturbs and what it counts.</summary>
public sealed class TlsWireLogTests
{
    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task One_byte_at_a_time_is_the_same_connection(TlsVersion version)
    {
        var peer = await SharedPeers.UnboundAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls) { PieceUp = 1, PieceDown = 1 };
        var session = await client.QueryAsync(wire.EndPoint, version);
        Assert.Equal(1, DnsBytes.AnswerCount(session.Answer));
        var connection = wire.Last;
        Assert.True(await connection.WaitForCloseAsync());
        Assert.Equal(0, connection.Look(w => w.GarbageBytes));
        var up = 0L;
        var down = 0L;
        foreach (var record in connection.Look(w => w.Records))
        {
            if (record.Direction == WireDirection.Up)
                up += record.Length;
            else
                down += record.Length;
        }

        Assert.Equal((up, down), (connection.BytesUp, connection.BytesDown));
        Assert.InRange(connection.Look(w => w.HandshakeBytes(WireDirection.Up)), 200, (int)up - 1);
        Assert.InRange(connection.Look(w => w.HandshakeBytes(WireDirection.Down)), 500, (int)down - 1);
    }

    [Fact]
    public async Task Reads_the_ClientHello()
    {
        var peer = await SharedPeers.UnboundAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        await client.QueryAsync(wire.EndPoint, TlsVersion.Tls13, extra: ["-ciphersuites", "TLS_AES_128_GCM_SHA256"]);
        var hello = wire.Last.Look(w => w.ClientHello!);
        Assert.Contains(0x1301, hello.CipherSuites);
        Assert.Equal("\0\x14\0\0\x11" + PeerCertificates.ServerName, System.Text.Encoding.Latin1.GetString(hello.Extension(WireHello.ServerName)!));
        Assert.Equal([0, 4, 3, (byte)'d', (byte)'o', (byte)'t'], hello.Extension(WireHello.Alpn));
        Assert.Equal(32, hello.SessionId.Length);
        Assert.False(hello.Has(WireHello.PreSharedKey));
        Assert.Equal(0x1301, wire.Last.Look(w => w.CipherSuite));
    }

    [Fact]
    public async Task Reset_reaches_the_client_as_a_reset()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(wire.EndPoint);
        (await wire.ConnectionAsync(0)).Reset();
        var error = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], SocketFlags.None));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_stalled_direction_passes_nothing_until_it_resumes()
    {
        var peer = await SharedPeers.UnboundAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls) { StallUpAfterRecords = 1 };
        var query = client.QueryAsync(wire.EndPoint, TlsVersion.Tls13);
        var connection = await wire.ConnectionAsync(0);
        // The client's second flight is at the relay, the server's tickets that would follow it are not.
        Assert.True(await connection.WaitAsync(w => w.HandshakeBytes(WireDirection.Up) > 0));
        var handshake = connection.Look(w => w.HandshakeBytes(WireDirection.Down));
        Assert.False(query.IsCompleted);
        Assert.Equal(handshake, connection.BytesDown);
        connection.Resume(WireDirection.Up);
        Assert.Equal(1, DnsBytes.AnswerCount((await query).Answer));
        Assert.True(connection.BytesDown > handshake);
    }

    [Fact]
    public async Task A_server_that_is_gone_resets_the_client()
    {
        await using var wire = new TlsWireLog(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, Ports.Free()));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The reset may be there before the connect has been seen to succeed.
            await socket.ConnectAsync(wire.EndPoint);
            await socket.ReceiveAsync(new byte[1], SocketFlags.None);
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }
}
