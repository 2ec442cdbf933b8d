using System;
using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Tls;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A client's UDP socket, which may be replaced by another one.</summary>
internal sealed class UdpLink : DatagramTransport, IDisposable
{
    private readonly IPEndPoint _server;
    private Socket _socket;

    public UdpLink(IPEndPoint server)
    {
        _server = server;
        _socket = Connect();
    }

    /// <summary>Goes on from another port.</summary>
    public void NewSocket()
    {
        _socket.Dispose();
        _socket = Connect();
    }

    public int GetReceiveLimit() => 65535;

    public int GetSendLimit() => 1232;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        try
        {
            return _socket.Poll(TimeSpan.FromMilliseconds(Math.Max(waitMillis, 1)), SelectMode.SelectRead) ? _socket.Receive(buffer) : -1;
        }
        catch (SocketException)
        {
            return -1;
        }
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer) => _socket.Send(buffer);

    public void Close()
    {
    }

    public void Dispose()
    {
        _socket.Dispose();
    }

    private Socket Connect()
    {
        Socket socket = new(_server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(_server);
        return socket;
    }
}
