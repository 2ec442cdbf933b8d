using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>Something that a <see cref="SimulatedNetwork"/> will do; it can be called off.</summary>
public sealed class ScheduledEvent
{
    private readonly SimulatedNetwork _network;

    internal ScheduledEvent(SimulatedNetwork network, long dueUs, Action action, bool background)
    {
        _network = network;
        DueUs = dueUs;
        Action = action;
        IsBackground = background;
    }

    /// <summary>When, in microseconds.</summary>
    public long DueUs { get; }

    /// <summary>Whether it is still to come.</summary>
    public bool IsPending => Action != null;

    /// <summary>Whether the network counts as idle with it, as with a timer that only watches.</summary>
    public bool IsBackground { get; }

    internal Action? Action { get; private set; }

    /// <summary>Calls it off; does nothing where it has happened.</summary>
    public void Cancel()
    {
        if (Action == null)
            return;

        Action = null;
        _network.Gone(this);
    }

    internal Action Take()
    {
        Action action = Action!;
        Action = null;
        _network.Gone(this);
        return action;
    }
}
