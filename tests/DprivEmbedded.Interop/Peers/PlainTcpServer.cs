using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>A TCP server that speaks no TLS: it greets or answers with fixed bytes, or does neither.</summary>
public sealed class PlainTcpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _greeting;
    private readonly byte[] _reply;
    private readonly bool _closes;
    private readonly List<Task> _running = [];
    private readonly List<Socket> _sockets = [];
    private readonly Task _accepting;
    private int _accepted;

    /// <param name="greeting">Sent at once; may be empty.</param>
    /// <param name="reply">Sent when the client's first bytes are there; may be empty.</param>
    /// <param name="closes">Closes after that; otherwise it waits for the client.</param>
    public PlainTcpServer(byte[] greeting, byte[] reply, bool closes)
    {
        _greeting = greeting;
        _reply = reply;
        _closes = closes;
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Connections so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        foreach (var socket in _sockets)
            socket.Dispose();
        await Task.WhenAll(_running).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                _sockets.Add(socket);
                _running.Add(ServeAsync(socket));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            if (_greeting.Length > 0)
                await socket.SendAsync(_greeting).ConfigureAwait(false);
            if (await socket.ReceiveAsync(buffer).ConfigureAwait(false) == 0)
                return;
            if (_reply.Length > 0)
                await socket.SendAsync(_reply).ConfigureAwait(false);
            if (_closes)
                socket.Shutdown(SocketShutdown.Send);
            while (await socket.ReceiveAsync(buffer).ConfigureAwait(false) > 0)
            {
                // Until the client is gone.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client cut it.
        }
    }
}
