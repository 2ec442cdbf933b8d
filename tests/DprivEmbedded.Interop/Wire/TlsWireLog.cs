using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Wire;

/// <summary>
/// A TCP relay on the loopback address between a client and a peer that keeps what passes and reads it without keys: whether a handshake resumed is seen here, not believed of either side.
/// It can also cut, stall and fragment.
/// </summary>
public sealed class TlsWireLog : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _server;
    private readonly List<TlsWireConnection> _connections = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;

    public TlsWireLog(IPEndPoint server, bool ipv6 = false)
    {
        _server = server;
        _listener = new TcpListener(ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Bytes a piece towards the server, each sent on its own (1: one byte at a time); 0 leaves the pieces as read.</summary>
    public int PieceUp { get; set; }

    /// <summary>The same towards the client.</summary>
    public int PieceDown { get; set; }

    /// <summary>For connections to come: after so many records from the client nothing more passes to the server, until Resume; once a connection. The read that completes the record passes whole.</summary>
    public int? StallUpAfterRecords { get; set; }

    /// <summary>The same towards the client.</summary>
    public int? StallDownAfterRecords { get; set; }

    public IReadOnlyList<TlsWireConnection> Connections
    {
        get
        {
            lock (_connections)
                return [.. _connections];
        }
    }

    public TlsWireConnection Last
    {
        get
        {
            var all = Connections;
            return all.Count > 0 ? all[^1] : throw new InvalidOperationException("no connection yet");
        }
    }

    /// <summary>Waits for the connection with this index, from 0 in the order of arrival.</summary>
    public async Task<TlsWireConnection> ConnectionAsync(int index)
    {
        if (!await Poll.UntilAsync(() => Connections.Count > index, TimeSpan.FromSeconds(5)).ConfigureAwait(false))
            throw new TimeoutException($"connection {index} did not come; there are {Connections.Count}");
        return Connections[index];
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var connection in Connections)
        {
            connection.Resume(WireDirection.Up);
            connection.Resume(WireDirection.Down);
            connection.Reset();
        }

        await _accepting.ConfigureAwait(false);
        Task[] running;
        lock (_connections)
            running = [.. _running];
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    internal int? StallAfterRecords(WireDirection direction) => direction == WireDirection.Up ? StallUpAfterRecords : StallDownAfterRecords;

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync().ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (InvalidOperationException)
            {
                // Stopped between two accepts.
                return;
            }

            var server = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_server).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                client.LingerState = new LingerOption(true, 0);
                client.Dispose();
                server.Dispose();
                continue;
            }

            var connection = new TlsWireConnection(this, client, server);
            lock (_connections)
            {
                _connections.Add(connection);
                _running.Add(connection.RunAsync());
            }
        }
    }
}
