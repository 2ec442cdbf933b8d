using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A zone over plain UDP and TCP on one loopback port: the local resolver behind a forwarding server.</summary>
internal sealed class PlainDnsServer : IAsyncDisposable
{
    private readonly ZoneAnswerer _zone;
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loops;

    public PlainDnsServer(Zone zone)
    {
        _zone = new ZoneAnswerer([zone]);
        _tcp = new TcpListener(IPAddress.Loopback, 0);
        _tcp.Start();
        EndPoint = (IPEndPoint)_tcp.LocalEndpoint;
        _udp.Bind(EndPoint);
        _loops = Task.WhenAll(UdpAsync(), TcpAsync());
    }

    public IPEndPoint EndPoint { get; }

    public byte[] LastQuery { get; private set; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    private async Task UdpAsync()
    {
        byte[] query = new byte[4096];
        byte[] answer = new byte[65535];
        try
        {
            while (true)
            {
                SocketReceiveFromResult result = await _udp.ReceiveFromAsync(query, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                LastQuery = query[..result.ReceivedBytes];
                int count = _zone.Answer(query, 0, result.ReceivedBytes, answer, 0, answer.Length, new ZoneAnswerOptions { Datagram = true });
                await _udp.SendToAsync(answer.AsMemory(0, count), SocketFlags.None, result.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task TcpAsync()
    {
        byte[] answer = new byte[65535];
        try
        {
            while (true)
            {
                using TcpClient client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                NetworkStream stream = client.GetStream();
                byte[] length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                byte[] query = new byte[(length[0] << 8) | length[1]];
                await stream.ReadExactlyAsync(query, _stop.Token);
                int count = _zone.Answer(query, 0, query.Length, answer, 0, answer.Length, new ZoneAnswerOptions());
                await stream.WriteAsync((byte[])[(byte)(count >> 8), (byte)count, .. answer[..count]], _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
