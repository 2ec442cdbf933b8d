using System;
using System.Diagnostics;
using System.Threading;

namespace DprivEmbedded.Sockets;

/// <summary>A monotonic clock that goes on through sleep: the system's stands still while a machine is suspended, so what it missed is added from the time of day.</summary>
internal sealed class MonotonicClock
{
    private long _sleptMs;
    private long _sleepUtcMs = -1;
    private long _sleepNowMs;

    /// <summary>Now, in milliseconds since some moment.</summary>
    public long NowMs => (Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000)) + Interlocked.Read(ref _sleptMs);

    /// <summary>Sleep begins.</summary>
    public void Sleep()
    {
        _sleepNowMs = NowMs;
        _sleepUtcMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    }

    /// <summary>Sleep is over.</summary>
    public void Wake()
    {
        if (_sleepUtcMs < 0)
            return;

        long missed = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - _sleepUtcMs - (NowMs - _sleepNowMs);
        _sleepUtcMs = -1;
        // The clocks' own disagreement is no sleep.
        if (missed > 100)
            Interlocked.Add(ref _sleptMs, missed);
    }
}
