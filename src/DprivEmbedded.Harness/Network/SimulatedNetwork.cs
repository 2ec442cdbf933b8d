using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>Hosts, links, NATs and routers that exchange packets in virtual time. Everything that is drawn comes from the seed: the same seed and the same calls give the same packets.</summary>
/// <remarks>
/// Time is in microseconds inside, so that rates may be simulated; <see cref="Clock"/> follows in milliseconds. What is due at the same time happens in the order in which it was scheduled.
/// Whoever drives the simulation calls <see cref="RunUntil(long)"/> and its like; all callbacks come from there. One thread.
/// </remarks>
public sealed class SimulatedNetwork
{
    private const int MaxEventsAtOnce = 100_000;

    private readonly PriorityQueue<ScheduledEvent, (long DueUs, long Number)> _events = new();
    private readonly List<SimulatedPath> _paths = [];
    private long _number;
    private long _nowUs;
    private int _foreground;
    private int _pending;
    private int _streams;
    private int _atOnce;

    /// <summary>Makes an empty network.</summary>
    /// <param name="seed">Seeds everything that is drawn.</param>
    /// <param name="clock">The simulation's time; null for a new one.</param>
    public SimulatedNetwork(int seed, VirtualClock? clock = null)
    {
        Seed = seed;
        Clock = clock ?? new VirtualClock();
        _nowUs = Clock.NowMs * 1000;
    }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>The time in milliseconds, which the network moves.</summary>
    public VirtualClock Clock { get; }

    /// <summary>Now, in microseconds.</summary>
    public long NowUs => Math.Max(_nowUs, Clock.NowMs * 1000);

    /// <summary>Now, in milliseconds.</summary>
    public long NowMs => NowUs / 1000;

    /// <summary>Events that have happened.</summary>
    public long EventsDone { get; private set; }

    /// <summary>Packets on their way on links.</summary>
    public int PacketsOnTheWay { get; internal set; }

    /// <summary>The paths, in the order in which they were made.</summary>
    public IReadOnlyList<SimulatedPath> Paths => _paths;

    /// <summary>When the next event is due, in microseconds; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDueUs
    {
        get
        {
            Skip();
            return _events.TryPeek(out _, out (long DueUs, long Number) priority) ? Math.Max(priority.DueUs, NowUs) : long.MaxValue;
        }
    }

    /// <summary>When the next event is due, in milliseconds, rounded up; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDueMs
    {
        get
        {
            long due = NextDueUs;
            return due == long.MaxValue ? due : (due + 999) / 1000;
        }
    }

    /// <summary>Whether nothing but background events is to come.</summary>
    public bool IsIdle => _foreground == 0;

    /// <summary>Makes a random generator of its own, so that what one part draws does not shift what another draws.</summary>
    /// <returns>A generator that the seed and the number of generators made before decide.</returns>
    public Random CreateRandom()
    {
        return new Random(unchecked((Seed * 486187739) + (++_streams * 16777619)));
    }

    /// <summary>Lets something happen at a point in time.</summary>
    /// <param name="atMs">When, in milliseconds; at once where that is past.</param>
    /// <param name="action">What.</param>
    /// <param name="background">Whether the network counts as idle with it.</param>
    /// <returns>The event, to call it off.</returns>
    public ScheduledEvent Schedule(long atMs, Action action, bool background = false)
    {
        return ScheduleUs(atMs > long.MaxValue / 1000 ? long.MaxValue : atMs * 1000, action, background);
    }

    /// <summary>Lets something happen at a point in time.</summary>
    /// <param name="atUs">When, in microseconds; at once where that is past.</param>
    /// <param name="action">What.</param>
    /// <param name="background">Whether the network counts as idle with it.</param>
    /// <returns>The event, to call it off.</returns>
    public ScheduledEvent ScheduleUs(long atUs, Action action, bool background = false)
    {
        ScheduledEvent scheduled = new(this, Math.Max(atUs, NowUs), action, background);
        _events.Enqueue(scheduled, (scheduled.DueUs, _number++));
        _pending++;
        _foreground += background ? 0 : 1;
        return scheduled;
    }

    /// <summary>Joins two nodes.</summary>
    /// <param name="first">The node nearer to the clients.</param>
    /// <param name="second">The node nearer to the servers.</param>
    /// <param name="up">How packets fare from the first to the second.</param>
    /// <param name="down">How they fare the other way; null for as up.</param>
    /// <returns>The path.</returns>
    public SimulatedPath Connect(NetworkNode first, NetworkNode second, LinkSettings up, LinkSettings? down = null)
    {
        SimulatedPath path = new(this, first, second, up, down ?? up.Copy());
        _paths.Add(path);
        first.Attach(path, true);
        second.Attach(path, false);
        return path;
    }

    /// <summary>Goes to the next event and lets it happen.</summary>
    /// <param name="endUs">Does nothing where it is due after this, in microseconds.</param>
    /// <returns>Whether something happened.</returns>
    public bool Step(long endUs = long.MaxValue)
    {
        Skip();
        if (!_events.TryPeek(out ScheduledEvent? next, out _) || next.DueUs > endUs || next.DueUs == long.MaxValue)
            return false;

        _events.Dequeue();
        long before = NowUs;
        MoveTo(next.DueUs);
        _atOnce = NowUs == before ? _atOnce + 1 : 0;
        if (_atOnce > MaxEventsAtOnce)
            throw new InvalidOperationException("The simulated network does not come to rest.");

        EventsDone++;
        next.Take()();
        return true;
    }

    /// <summary>Lets everything happen until a point in time, which is now afterwards.</summary>
    /// <param name="timeMs">The point, in milliseconds.</param>
    public void RunUntil(long timeMs)
    {
        while (Step(timeMs * 1000))
        {
        }

        MoveTo(timeMs * 1000);
    }

    /// <summary>Lets everything happen for a time.</summary>
    /// <param name="durationMs">How long, in milliseconds.</param>
    public void RunFor(long durationMs)
    {
        long endUs = NowUs + (durationMs * 1000);
        while (Step(endUs))
        {
        }

        MoveTo(endUs);
    }

    /// <summary>Lets everything happen until a condition holds.</summary>
    /// <param name="condition">Asked before each event.</param>
    /// <param name="limitMs">Gives up after this long, in milliseconds.</param>
    /// <returns>Whether it holds.</returns>
    public bool RunUntil(Func<bool> condition, long limitMs = 600_000)
    {
        long endUs = NowUs + (limitMs * 1000);
        while (!condition())
        {
            if (!Step(endUs))
                return condition();
        }

        return true;
    }

    /// <summary>Lets everything happen until only background events are to come: timers that watch, such as keepalive and a server's idle timeout.</summary>
    /// <param name="limitMs">Gives up after this long, in milliseconds.</param>
    /// <returns>Whether the network is idle.</returns>
    public bool RunUntilIdle(long limitMs = 600_000)
    {
        return RunUntil(() => IsIdle, limitMs);
    }

    internal void Gone(ScheduledEvent scheduled)
    {
        _pending--;
        _foreground -= scheduled.IsBackground ? 0 : 1;
        if (_events.Count > 64 && _events.Count > 4 * _pending)
            Sweep();
    }

    private void Skip()
    {
        while (_events.TryPeek(out ScheduledEvent? next, out _) && !next.IsPending)
            _events.Dequeue();
    }

    /// <summary>Takes out what was called off, so that timers that are always restarted do not pile up.</summary>
    private void Sweep()
    {
        List<(ScheduledEvent, (long, long))> kept = [];
        foreach ((ScheduledEvent scheduled, (long, long) priority) in _events.UnorderedItems)
        {
            if (scheduled.IsPending)
                kept.Add((scheduled, priority));
        }

        _events.Clear();
        _events.EnqueueRange(kept);
    }

    private void MoveTo(long timeUs)
    {
        _nowUs = Math.Max(NowUs, timeUs);
        Clock.AdvanceTo(_nowUs / 1000);
    }
}
