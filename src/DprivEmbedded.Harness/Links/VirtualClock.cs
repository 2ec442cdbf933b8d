using System;

namespace DprivEmbedded.Harness;

/// <summary>The time of a simulation: it moves only when somebody moves it, and never back.</summary>
public sealed class VirtualClock
{
    /// <summary>Makes a clock.</summary>
    /// <param name="startMs">The time at the start, in milliseconds.</param>
    /// <param name="startUtcMs">The time of day at the start, in milliseconds since 1970-01-01 UTC.</param>
    public VirtualClock(long startMs = 0, long startUtcMs = 1_750_000_000_000)
    {
        NowMs = startMs;
        UtcOffsetMs = startUtcMs - startMs;
    }

    /// <summary>Now, on a monotonic clock, in milliseconds.</summary>
    public long NowMs { get; private set; }

    /// <summary>Now, in milliseconds since 1970-01-01 UTC.</summary>
    public long UtcMs => NowMs + UtcOffsetMs;

    /// <summary>What is added to <see cref="NowMs"/> to get the time of day; a change of it is a clock that was set.</summary>
    public long UtcOffsetMs { get; set; }

    /// <summary>Moves the time forward to a point; to one that has passed it does nothing.</summary>
    /// <param name="timeMs">The point, in milliseconds.</param>
    public void AdvanceTo(long timeMs)
    {
        NowMs = Math.Max(NowMs, timeMs);
    }

    /// <summary>Moves the time forward.</summary>
    /// <param name="durationMs">By how much, in milliseconds, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public void Advance(long durationMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(durationMs);
        NowMs += durationMs;
    }
}
