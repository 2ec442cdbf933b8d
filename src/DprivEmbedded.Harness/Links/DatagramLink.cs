using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness;

/// <summary>One direction of a path of datagrams such as UDP's, in virtual time: each arrives whole or not at all, in the order of its arrival time, with the address that it was sent from.</summary>
/// <remarks>
/// The sender calls <see cref="Send"/>; whoever drives the simulation moves the clock to <see cref="NextDueMs"/> and calls <see cref="Receive"/> until it gives 0. Faults come by lot (the
/// probabilities, reproducible by the seed) or by script (<see cref="Script"/>); <see cref="Inject"/> is for those who forge. No threads, no real time.
/// </remarks>
public sealed class DatagramLink
{
    private readonly VirtualClock _clock;
    private readonly Random _random;
    private readonly PriorityQueue<Datagram, (long ArrivesMs, long Number)> _onTheWay = new();
    private long _number;

    /// <summary>Makes a link.</summary>
    /// <param name="clock">The simulation's time.</param>
    /// <param name="latencyMs">The time from sending to arrival, in milliseconds.</param>
    /// <param name="seed">Seeds what is drawn.</param>
    public DatagramLink(VirtualClock clock, int latencyMs, int seed = 1)
    {
        _clock = clock;
        _random = new Random(seed);
        LatencyMs = latencyMs;
    }

    /// <summary>The time from sending to arrival, in milliseconds. A change holds for what is sent from then on.</summary>
    public int LatencyMs { get; set; }

    /// <summary>Up to how much longer a datagram takes, drawn for each, in milliseconds. Datagrams then overtake each other.</summary>
    public int JitterMs { get; set; }

    /// <summary>How much longer a datagram of <see cref="DatagramFate.Delay"/> takes, in milliseconds.</summary>
    public int DelayMs { get; set; } = 40;

    /// <summary>Which part of the datagrams is lost, 0..1.</summary>
    public double LossProbability { get; set; }

    /// <summary>Which part is duplicated, 0..1.</summary>
    public double DuplicateProbability { get; set; }

    /// <summary>Which part is delayed, 0..1.</summary>
    public double DelayProbability { get; set; }

    /// <summary>Which part is corrupted, 0..1.</summary>
    public double CorruptProbability { get; set; }

    /// <summary>Decides on each datagram in place of the lot; null for none.</summary>
    public Func<byte[], DatagramFate>? Script { get; set; }

    /// <summary>Corrupts a datagram in place; by default one bit of it, drawn.</summary>
    public Action<byte[]>? Corrupt { get; set; }

    /// <summary>Sees every datagram as it was sent, with the time; null for none.</summary>
    public Action<long, byte[]>? Observer { get; set; }

    /// <summary>Whether the link swallows everything that is sent.</summary>
    public bool IsCut { get; set; }

    /// <summary>Datagrams that the sender sent, those that were lost included.</summary>
    public int Sent { get; private set; }

    /// <summary>Their bytes.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Datagrams that were lost.</summary>
    public int Lost { get; private set; }

    /// <summary>Datagrams on their way.</summary>
    public int OnTheWay => _onTheWay.Count;

    /// <summary>When the next datagram arrives; <see cref="long.MaxValue"/> where none is on its way.</summary>
    public long NextDueMs => _onTheWay.TryPeek(out _, out (long ArrivesMs, long Number) priority) ? Math.Max(priority.ArrivesMs, _clock.NowMs) : long.MaxValue;

    /// <summary>Sends a datagram.</summary>
    /// <param name="from">The address that it is sent from; any object with Equals.</param>
    /// <param name="data">Its bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public void Send(object from, byte[] data, int offset, int count)
    {
        byte[] bytes = data.AsSpan(offset, count).ToArray();
        Sent++;
        BytesSent += count;
        Observer?.Invoke(_clock.NowMs, bytes);
        DatagramFate fate = IsCut ? DatagramFate.Lose : Script != null ? Script(bytes) : Draw();
        long arrives = _clock.NowMs + LatencyMs + (JitterMs > 0 ? _random.Next(JitterMs + 1) : 0);
        switch (fate)
        {
            case DatagramFate.Lose:
                Lost++;
                return;
            case DatagramFate.Duplicate:
                Enqueue(from, bytes, arrives);
                bytes = (byte[])bytes.Clone();
                break;
            case DatagramFate.Delay:
                arrives += DelayMs;
                break;
            case DatagramFate.Corrupt:
                bytes = (byte[])bytes.Clone();
                if (Corrupt != null)
                    Corrupt(bytes);
                else
                    bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));

                break;
        }

        Enqueue(from, bytes, arrives);
    }

    /// <summary>Puts in a datagram that no peer sent; it arrives at once, behind what has arrived.</summary>
    /// <param name="from">The address that it claims.</param>
    /// <param name="datagram">Its bytes; not copied.</param>
    public void Inject(object from, byte[] datagram)
    {
        Enqueue(from, datagram, _clock.NowMs);
    }

    /// <summary>Loses what is on its way.</summary>
    public void Drop()
    {
        Lost += _onTheWay.Count;
        _onTheWay.Clear();
    }

    /// <summary>Takes the next datagram that has arrived.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; the rest of a larger one is cut off, as by a socket.</param>
    /// <param name="from">The address that it was sent from; null where there is none.</param>
    /// <returns>Number of bytes; 0 where nothing has arrived. Empty datagrams are skipped.</returns>
    public int Receive(byte[] output, int offset, int capacity, out object? from)
    {
        while (_onTheWay.TryPeek(out Datagram datagram, out (long ArrivesMs, long Number) priority) && priority.ArrivesMs <= _clock.NowMs)
        {
            _onTheWay.Dequeue();
            int count = Math.Min(capacity, datagram.Bytes.Length);
            if (count == 0)
                continue;

            datagram.Bytes.AsSpan(0, count).CopyTo(output.AsSpan(offset));
            from = datagram.From;
            return count;
        }

        from = null;
        return 0;
    }

    private void Enqueue(object from, byte[] bytes, long arrivesMs)
    {
        _onTheWay.Enqueue(new Datagram(from, bytes), (arrivesMs, _number++));
    }

    private DatagramFate Draw()
    {
        double lot = _random.NextDouble();
        if (lot < LossProbability)
            return DatagramFate.Lose;

        lot -= LossProbability;
        if (lot < DuplicateProbability)
            return DatagramFate.Duplicate;

        lot -= DuplicateProbability;
        if (lot < DelayProbability)
            return DatagramFate.Delay;

        return lot - DelayProbability < CorruptProbability ? DatagramFate.Corrupt : DatagramFate.Deliver;
    }

    private readonly record struct Datagram(object From, byte[] Bytes);
}
