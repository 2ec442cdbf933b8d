using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;

namespace DprivEmbedded.Interop.Peers;

/// <summary>A port that answers no SYN: it listens, its queue is full, and nobody accepts.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fill = [];

    public BlackHole()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        for (var i = 0; i < 8; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _fill.Add(socket);
            if (!socket.ConnectAsync(EndPoint).Wait(TimeSpan.FromMilliseconds(200)))
                return;
        }

        throw new InvalidOperationException("the queue of the listener does not fill");
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose()
    {
        foreach (var socket in _fill)
            socket.Dispose();
        _listener.Dispose();
    }
}
