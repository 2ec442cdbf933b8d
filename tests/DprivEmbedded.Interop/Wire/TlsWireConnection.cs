using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Wire;

/// <summary>One connection through the relay: what passed, and the means to disturb it.</summary>
public sealed class TlsWireConnection
{
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly TlsWireLog _log;
    private readonly TlsWireParser _parser = new();
    private readonly List<(WireDirection Direction, byte[] Bytes)> _chunks = [];
    private readonly SemaphoreSlim[] _gates = [new(1, 1), new(1, 1)];
    private readonly bool[] _stalled = new bool[2];
    private readonly long[] _bytes = new long[2];
    private int _ended;

    internal TlsWireConnection(TlsWireLog log, Socket client, Socket server)
    {
        _log = log;
        _client = client;
        _server = server;
        ClientPort = ((IPEndPoint)client.RemoteEndPoint!).Port;
        ServerSidePort = ((IPEndPoint)server.LocalEndPoint!).Port;
    }

    /// <summary>The port that the client under test has.</summary>
    public int ClientPort { get; }

    /// <summary>The port that the server sees, as its log names it.</summary>
    public int ServerSidePort { get; }

    /// <summary>Both directions are closed.</summary>
    public bool IsClosed => Volatile.Read(ref _ended) >= 2;

    public long BytesUp => Interlocked.Read(ref _bytes[(int)WireDirection.Up]);

    public long BytesDown => Interlocked.Read(ref _bytes[(int)WireDirection.Down]);

    /// <summary>The reads of the relay in their order; a run of one direction is about a flight.</summary>
    public (WireDirection Direction, byte[] Bytes)[] Chunks()
    {
        lock (_parser)
            return [.. _chunks];
    }

    /// <summary>Evaluates <paramref name="look"/> over what passed so far.</summary>
    public T Look<T>(Func<TlsWireParser, T> look)
    {
        lock (_parser)
            return look(_parser);
    }

    /// <summary>Waits until what passed satisfies <paramref name="condition"/>.</summary>
    public Task<bool> WaitAsync(Func<TlsWireParser, bool> condition, TimeSpan? limit = null) =>
        Poll.UntilAsync(() => Look(condition), limit ?? TimeSpan.FromSeconds(5));

    public Task<bool> WaitForCloseAsync(TimeSpan? limit = null) => Poll.UntilAsync(() => IsClosed, limit ?? TimeSpan.FromSeconds(5));

    /// <summary>From now on nothing of this direction passes; it is kept and passes after <see cref="Resume"/>.</summary>
    public void Stall(WireDirection direction)
    {
        lock (_stalled)
        {
            if (_stalled[(int)direction])
                return;
            _stalled[(int)direction] = true;
        }

        _gates[(int)direction].Wait();
    }

    public void Resume(WireDirection direction)
    {
        lock (_stalled)
        {
            if (!_stalled[(int)direction])
                return;
            _stalled[(int)direction] = false;
        }

        _gates[(int)direction].Release();
    }

    /// <summary>Cuts both sides with a RST.</summary>
    public void Reset()
    {
        Abort(_client);
        Abort(_server);
    }

    /// <summary>Ends the server's side with a FIN, as a client does that leaves without a close_notify, and then the client's.</summary>
    public void Finish()
    {
        try
        {
            _server.Shutdown(SocketShutdown.Send);
            _client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closed already.
        }
    }

    /// <summary>Cuts the client with a RST and leaves the server without a word, as when a NAT forgets.</summary>
    public void ResetClient() => Abort(_client);

    internal async Task RunAsync()
    {
        await Task.WhenAll(CopyAsync(WireDirection.Up, _client, _server), CopyAsync(WireDirection.Down, _server, _client)).ConfigureAwait(false);
        _client.Dispose();
        _server.Dispose();
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (ObjectDisposedException)
        {
            // Gone already.
        }
        catch (SocketException)
        {
            socket.Dispose();
        }
    }

    private async Task CopyAsync(WireDirection direction, Socket from, Socket to)
    {
        var buffer = new byte[16384];
        var records = 0;
        var stalledOnce = false;
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
                if (count == 0)
                    break;

                lock (_parser)
                {
                    _chunks.Add((direction, buffer[..count]));
                    _parser.Add(direction, buffer.AsSpan(0, count));
                    records = CountRecords(direction);
                }

                Interlocked.Add(ref _bytes[(int)direction], count);
                await SendAsync(direction, buffer.AsMemory(0, count), to).ConfigureAwait(false);
                if (!stalledOnce && _log.StallAfterRecords(direction) is { } limit && records >= limit)
                {
                    stalledOnce = true;
                    Stall(direction);
                }
            }

            await _gates[(int)direction].WaitAsync().ConfigureAwait(false);
            _gates[(int)direction].Release();
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e)
        {
            // A reset is passed on as one.
            if (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
                Abort(to);
        }
        catch (ObjectDisposedException)
        {
            // Cut from here.
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }

    private async Task SendAsync(WireDirection direction, ReadOnlyMemory<byte> bytes, Socket to)
    {
        var piece = direction == WireDirection.Up ? _log.PieceUp : _log.PieceDown;
        for (var at = 0; at < bytes.Length;)
        {
            var count = piece == 0 ? bytes.Length - at : Math.Min(piece, bytes.Length - at);
            await _gates[(int)direction].WaitAsync().ConfigureAwait(false);
            try
            {
                at += await to.SendAsync(bytes.Slice(at, count), SocketFlags.None).ConfigureAwait(false);
            }
            finally
            {
                _gates[(int)direction].Release();
            }
        }
    }

    private int CountRecords(WireDirection direction)
    {
        var count = 0;
        foreach (var record in _parser.Records)
        {
            if (record.Direction == direction)
                count++;
        }

        return count;
    }
}
