using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness;

/// <summary>One direction of a byte stream such as TCP's, in virtual time: bytes arrive in order, after the latency, in pieces that <see cref="Fragmentation"/> says.</summary>
/// <remarks>
/// The sender calls <see cref="Send"/> and <see cref="SendEnd"/>; whoever drives the simulation moves the clock to <see cref="NextDueMs"/> and calls <see cref="Receive"/> until it gives 0,
/// then looks at <see cref="TakeEnd"/>. Faults: <see cref="Cut"/> (a path that swallows everything from now on), <see cref="IsStalled"/> (a path that holds everything back for a while),
/// <see cref="InjectReset"/> (a RST that no peer sent). No threads, no real time.
/// </remarks>
public sealed class StreamLink
{
    private readonly VirtualClock _clock;
    private readonly Random _random;
    private readonly Queue<Segment> _segments = new();
    private readonly ByteQueue _arrived = new();
    private readonly Queue<int> _pieces = new();
    private int _front;
    private TransportEnd _arrivedEnd;
    private bool _endSent;
    private bool _endTaken;
    private bool _cut;
    private long _lastArrivalMs;

    /// <summary>Makes a link.</summary>
    /// <param name="clock">The simulation's time.</param>
    /// <param name="latencyMs">The time from sending to arrival, in milliseconds.</param>
    /// <param name="seed">Seeds <see cref="Fragmentation.Random"/>.</param>
    public StreamLink(VirtualClock clock, int latencyMs, int seed = 1)
    {
        _clock = clock;
        _random = new Random(seed);
        LatencyMs = latencyMs;
    }

    /// <summary>The time from sending to arrival, in milliseconds. A change holds for what is sent from then on; nothing overtakes.</summary>
    public int LatencyMs { get; set; }

    /// <summary>In which pieces bytes are handed over.</summary>
    public Fragmentation Fragmentation { get; set; }

    /// <summary>Whether arrivals are held back. What was held back arrives when it ends.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Whether the link swallows everything.</summary>
    public bool IsCut => _cut;

    /// <summary>Bytes that the sender sent, those that were swallowed included.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Calls of <see cref="Send"/> that sent something.</summary>
    public int Sends { get; private set; }

    /// <summary>When the next piece or end can be received; <see cref="long.MaxValue"/> where nothing is on its way.</summary>
    public long NextDueMs
    {
        get
        {
            if (IsStalled)
                return long.MaxValue;
            if (_arrived.Count > 0 || (_arrivedEnd != TransportEnd.Open && !_endTaken))
                return _clock.NowMs;

            return _segments.Count > 0 ? Math.Max(_segments.Peek().ArrivesMs, _clock.NowMs) : long.MaxValue;
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <param name="data">The bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes; 0 does nothing.</param>
    public void Send(byte[] data, int offset, int count)
    {
        if (count == 0 || _endSent)
            return;

        BytesSent += count;
        Sends++;
        if (!_cut)
            _segments.Enqueue(new Segment(Arrival(), data.AsSpan(offset, count).ToArray(), TransportEnd.Open));
    }

    /// <summary>Ends the stream behind the bytes that were sent.</summary>
    /// <param name="end">In order (FIN), or torn down (RST).</param>
    public void SendEnd(TransportEnd end)
    {
        if (_endSent || end == TransportEnd.Open)
            return;

        _endSent = true;
        if (!_cut)
            _segments.Enqueue(new Segment(Arrival(), [], end));
    }

    /// <summary>Tears the stream down for the receiver at once; what is on its way is lost. A RST of a middlebox, or of an attacker.</summary>
    public void InjectReset()
    {
        Drop();
        _endSent = true;
        _arrivedEnd = TransportEnd.Reset;
    }

    /// <summary>Swallows what is on its way and everything that is sent from now on, ends included: the receiver sees silence.</summary>
    public void Cut()
    {
        _cut = true;
        Drop();
    }

    /// <summary>Takes the next piece that has arrived.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; a larger piece is cut there.</param>
    /// <returns>Number of bytes; 0 where nothing has arrived.</returns>
    public int Receive(byte[] output, int offset, int capacity)
    {
        if (IsStalled)
            return 0;

        Arrive();
        if (_arrived.Count == 0)
            return 0;

        int wanted = NextPiece();
        int count = _arrived.Read(output, offset, Math.Min(wanted, capacity));
        Taken(count);
        return count;
    }

    /// <summary>Takes the end of the stream, once it has arrived and all bytes before it were received.</summary>
    /// <returns>The end; <see cref="TransportEnd.Open"/> where there is none, or it was taken before.</returns>
    public TransportEnd TakeEnd()
    {
        if (IsStalled || _endTaken)
            return TransportEnd.Open;

        Arrive();
        if (_arrived.Count > 0 || _arrivedEnd == TransportEnd.Open)
            return TransportEnd.Open;

        _endTaken = true;
        return _arrivedEnd;
    }

    private long Arrival()
    {
        _lastArrivalMs = Math.Max(_lastArrivalMs, _clock.NowMs + LatencyMs);
        return _lastArrivalMs;
    }

    private void Arrive()
    {
        while (_segments.Count > 0 && _segments.Peek().ArrivesMs <= _clock.NowMs)
        {
            Segment segment = _segments.Dequeue();
            _arrived.Write(segment.Bytes);
            if (segment.Bytes.Length > 0)
                _pieces.Enqueue(segment.Bytes.Length);

            if (segment.End != TransportEnd.Open)
                _arrivedEnd = segment.End;
        }
    }

    private int NextPiece()
    {
        switch (Fragmentation)
        {
            case Fragmentation.Bytes:
                return 1;
            case Fragmentation.Random:
                return _random.Next(1, _random.Next(2) == 0 ? 8 : 700);
            case Fragmentation.Coalesced:
                return _arrived.Count;
            default:
                return FrontBytes();
        }
    }

    /// <summary>What is left of the send in front.</summary>
    private int FrontBytes()
    {
        if (_front == 0)
            _front = _pieces.Dequeue();

        return _front;
    }

    private void Taken(int count)
    {
        while (count > 0)
        {
            int part = Math.Min(count, FrontBytes());
            _front -= part;
            count -= part;
        }
    }

    private void Drop()
    {
        _segments.Clear();
        _arrived.Clear();
        _pieces.Clear();
        _front = 0;
    }

    private readonly record struct Segment(long ArrivesMs, byte[] Bytes, TransportEnd End);
}
