using System;

namespace DprivEmbedded.BogoShim;

/// <summary>Time stands still unless the runner moves it.</summary>
internal sealed class ShimClock
{
    private readonly long _utcMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public long NowMs { get; private set; } = 1_000_000;

    public long UtcMs => _utcMs + NowMs - 1_000_000;

    public void Advance(long milliseconds) => NowMs += milliseconds;
}
