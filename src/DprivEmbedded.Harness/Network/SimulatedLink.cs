using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>One direction between two nodes: delay, loss, rate and queue, order, and a cut.</summary>
public sealed class SimulatedLink
{
    private readonly SimulatedNetwork _network;
    private readonly Random _random;
    private LinkSettings _settings;
    private Func<bool> _loses;
    private long _busyUntilUs;
    private long _lastArrivalUs;

    internal SimulatedLink(SimulatedNetwork network, SimulatedPath path, NetworkNode to, LinkSettings settings)
    {
        _network = network;
        _random = network.CreateRandom();
        Path = path;
        To = to;
        _settings = settings;
        _loses = settings.Loss.Start(_random);
    }

    /// <summary>The path that it is one direction of.</summary>
    public SimulatedPath Path { get; }

    /// <summary>Where it leads.</summary>
    public NetworkNode To { get; }

    /// <summary>How packets fare. A change holds for those sent from then on.</summary>
    public LinkSettings Settings
    {
        get => _settings;
        set
        {
            if (value.Loss != _settings.Loss)
                _loses = value.Loss.Start(_random);

            _settings = value;
        }
    }

    /// <summary>Whether it swallows everything that is sent.</summary>
    public bool IsCut { get; set; }

    /// <summary>Lets a packet pass (true) or loses it (false), before the lot decides; null for all. The time is the network's.</summary>
    public Func<Packet, bool>? Filter { get; set; }

    /// <summary>Packets that were sent, those that were lost included.</summary>
    public int Sent { get; private set; }

    /// <summary>Packets that were lost: cut, filtered, by lot, or before a full queue.</summary>
    public int Lost { get; private set; }

    /// <summary>Of these, those that found the queue full.</summary>
    public int QueueDrops { get; private set; }

    internal event Action<Packet>? OnSent;

    internal event Action<Packet>? OnArrived;

    internal void Send(Packet packet)
    {
        Sent++;
        OnSent?.Invoke(packet);
        if (IsCut || (Filter != null && !Filter(packet)) || _loses())
        {
            Lost++;
            return;
        }

        long leaves = Leaves(packet);
        if (leaves < 0)
        {
            Lost++;
            QueueDrops++;
            return;
        }

        Travel(packet, leaves);
        if (_settings.DuplicateProbability > 0 && _random.NextDouble() < _settings.DuplicateProbability)
            Travel(packet, leaves);
    }

    /// <summary>When the last bit has left; -1 where the queue is full.</summary>
    private long Leaves(Packet packet)
    {
        long now = _network.NowUs;
        long rate = _settings.RateBitsPerSecond;
        if (rate <= 0)
            return now;

        long start = Math.Max(now, _busyUntilUs);
        long waiting = (start - now) * rate / 8_000_000;
        if (waiting + packet.IpBytes > _settings.QueueBytes)
            return -1;

        _busyUntilUs = start + (packet.IpBytes * 8_000_000L / rate);
        return _busyUntilUs;
    }

    private void Travel(Packet packet, long leavesUs)
    {
        long arrives = leavesUs + _settings.Delay.NextUs(_random);
        if (_settings.KeepsOrder)
            arrives = Math.Max(arrives, _lastArrivalUs);

        _lastArrivalUs = Math.Max(arrives, _lastArrivalUs);
        _network.PacketsOnTheWay++;
        _network.ScheduleUs(arrives, () =>
        {
            _network.PacketsOnTheWay--;
            if (IsCut)
            {
                Lost++;
                return;
            }

            OnArrived?.Invoke(packet);
            To.Receive(packet, this);
        });
    }
}
