using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Peers;

namespace DprivEmbedded.Interop.Clients;

/// <summary>A DNS question over UDP, to see that a server is ready.</summary>
public static class PlainDns
{
    /// <summary>Whether the server gives a.peers.example's address within a short time.</summary>
    public static async Task<bool> AnswersAsync(IPEndPoint server)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var timer = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var buffer = new byte[1500];
        try
        {
            await socket.ConnectAsync(server, timer.Token).ConfigureAwait(false);
            await socket.SendAsync(DnsBytes.Query(0x1357, "a." + PeerZone.Origin), timer.Token).ConfigureAwait(false);
            var count = await socket.ReceiveAsync(buffer, timer.Token).ConfigureAwait(false);
            return count > 12 && DnsBytes.Rcode(buffer) == 0 && DnsBytes.AnswerCount(buffer) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
