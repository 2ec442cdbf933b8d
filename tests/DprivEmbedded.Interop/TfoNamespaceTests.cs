using System;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Namespaces;
using DprivEmbedded.Interop.Peers;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>TCP Fast Open (RFC 7413) works in the namespaces: the second connection's ClientHello rides in the SYN.</summary>
public sealed class TfoNamespaceTests
{
    private const int Tcp = 6;
    private const int TcpFastOpenConnect = 30;

    [Fact]
    public async Task Data_rides_in_the_SYN_of_the_second_connection()
    {
        await using var pair = await TfoNamespace.StartAsync();
        await using var capture = await pair.CaptureAsync();
        for (ushort id = 1; id <= 3; id++)
        {
            var answer = await pair.OnClientThreadAsync(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.SetRawSocketOption(Tcp, TcpFastOpenConnect, BitConverter.GetBytes(1));
                socket.Connect(pair.Server.Tls);
                return SslStreamClient.Query(socket, DnsBytes.Query(id, "a." + PeerZone.Origin));
            });
            Assert.Equal(1, DnsBytes.AnswerCount(answer));
        }

        // The first one fetched the cookie.
        var segments = await capture.StopAsync(s => s.Count(x => x is { Syn: true, Ack: false }) >= 3);
        var syns = segments.Where(s => s is { Syn: true, Ack: false }).ToArray();
        Assert.Equal([false, true, true], syns.Select(s => s.IsSynWithData));
        Assert.Equal(2, await pair.ServerCounterAsync("TCPFastOpenPassive"));
        Assert.Equal(1, await pair.ServerCounterAsync("TCPFastOpenCookieReqd"));
    }

    [Fact]
    public async Task Without_the_option_no_SYN_has_data()
    {
        await using var pair = await TfoNamespace.StartAsync();
        await using var capture = await pair.CaptureAsync();
        for (var i = 0; i < 2; i++)
        {
            var answers = await Kdig.QueryAsync(pair.Server.Tls, TlsVersion.Tls13, [("a.peers.example", "A")], networkNamespace: pair.ClientNamespace);
            Assert.Equal(["a.peers.example. A 192.0.2.1"], answers[0].Answers);
        }

        var segments = await capture.StopAsync(s => s.Count(x => x is { Syn: true, Ack: false }) >= 2);
        Assert.Equal(2, segments.Count(s => s is { Syn: true, Ack: false }));
        Assert.DoesNotContain(segments, s => s.IsSynWithData);
        Assert.Equal(0, await pair.ServerCounterAsync("TCPFastOpenPassive"));
    }
}
