using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Harness;
using DprivEmbedded.Interop.Clients;

namespace DprivEmbedded.Interop.Peers;

/// <summary>One connection of an <see cref="OddServer"/>. Its methods may be called from any thread.</summary>
public sealed class OddConnection
{
    private static readonly Stopwatch s_clock = Stopwatch.StartNew();

    private readonly object _gate = new();
    private readonly Socket _socket;
    private readonly TlsServer _tls;
    private readonly Action<OddConnection, byte[]> _onQuery;
    private readonly List<byte> _pending = [];
    private readonly List<byte[]> _queries = [];
    private readonly List<int> _recordBytes = [];

    internal OddConnection(Socket socket, TlsServer tls, Action<OddConnection, byte[]> onQuery)
    {
        _socket = socket;
        _tls = tls;
        _onQuery = onQuery;
    }

    /// <summary>From 0 in the order of arrival.</summary>
    public int Index { get; internal set; }

    /// <summary>The engine, to read what was negotiated.</summary>
    public TlsServer Tls => _tls;

    /// <summary>Whether the client is gone.</summary>
    public bool IsClosed { get; private set; }

    public IReadOnlyList<byte[]> Queries
    {
        get
        {
            lock (_gate)
                return [.. _queries];
        }
    }

    /// <summary>The bytes of application data that each read of the engine gave: what the client put into records.</summary>
    public IReadOnlyList<int> Reads
    {
        get
        {
            lock (_gate)
                return [.. _recordBytes];
        }
    }

    /// <summary>Sends bytes of the DNS stream as they are, in one record.</summary>
    public void Send(params byte[] bytes) => Do(() => _tls.Send(bytes, 0, bytes.Length));

    /// <summary>Sends a message with its length.</summary>
    public void Answer(byte[] message) => Send(DnsBytes.Framed(message));

    /// <summary>Does something with the engine and sends what comes of it.</summary>
    public void Do(Action action)
    {
        lock (_gate)
        {
            if (IsClosed)
                return;
            action();
            Flush();
        }
    }

    /// <summary>Ends with close_notify and FIN.</summary>
    public void Close() => Do(_tls.Close);

    /// <summary>Ends with a FIN and no close_notify.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (!IsClosed)
                _socket.Shutdown(SocketShutdown.Send);
        }
    }

    /// <summary>Ends with a RST.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            if (IsClosed)
                return;
            IsClosed = true;
            _socket.LingerState = new LingerOption(true, 0);
            _socket.Close();
        }
    }

    internal async Task RunAsync()
    {
        var buffer = new byte[16384];
        try
        {
            while (true)
            {
                var count = await _socket.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
                lock (_gate)
                {
                    if (count == 0)
                        _tls.TransportClosed(false);
                    else
                        _tls.Receive(buffer, 0, count, s_clock.ElapsedMilliseconds);
                    TakeQueries();
                    if (_tls.PeerClosed)
                        _tls.Close();
                    Flush();
                    if (IsClosed || count == 0)
                        break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, by the client or from here.
        }

        lock (_gate)
        {
            IsClosed = true;
            _socket.Dispose();
        }
    }

    private void TakeQueries()
    {
        var buffer = new byte[16384];
        int count;
        while ((count = _tls.Read(buffer, 0, buffer.Length)) > 0)
        {
            _recordBytes.Add(count);
            _pending.AddRange(buffer.AsSpan(0, count));
        }

        while (_pending.Count >= 2)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian([_pending[0], _pending[1]]);
            if (_pending.Count < 2 + length)
                return;
            var query = _pending.GetRange(2, length).ToArray();
            _pending.RemoveRange(0, 2 + length);
            _queries.Add(query);
            _onQuery(this, query);
        }
    }

    private void Flush()
    {
        var buffer = new byte[16384];
        int count;
        try
        {
            while (!IsClosed && (count = _tls.Transmit(buffer, 0, buffer.Length)) > 0)
                _socket.Send(buffer, count, SocketFlags.None);
            if (_tls.End == TransportEnd.Reset)
                Reset();
            else if (_tls.End == TransportEnd.Fin)
                Finish();
        }
        catch (SocketException)
        {
            IsClosed = true;
            _socket.Dispose();
        }
    }
}
