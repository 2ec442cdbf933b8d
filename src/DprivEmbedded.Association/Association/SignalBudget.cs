namespace DprivEmbedded.Association;

/// <summary>How many recoveries unauthenticated signals may start: a bucket of tokens that fills with time. It bounds what a forger can cost, whatever he sends.</summary>
/// <remarks>In any hour at most <c>perHour</c> tokens and the burst are spent: see docs/association.md.</remarks>
internal sealed class SignalBudget
{
    private const int MaxBurst = 4;
    private const int HourMs = 3600000;

    private readonly int _perHour;
    private readonly int _burst;
    private int _tokens;
    private long _fillingSinceMs;

    public SignalBudget(int perHour)
    {
        _perHour = perHour;
        _burst = perHour < MaxBurst ? perHour : MaxBurst;
        _tokens = _burst;
    }

    /// <summary>Tokens that are there now.</summary>
    public int Tokens { get { return _tokens; } }

    /// <summary>The most tokens that there can be.</summary>
    public int Burst { get { return _burst; } }

    /// <summary>Spends a token.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryTake(long nowMs)
    {
        Fill(nowMs);
        if (_tokens == 0)
            return false;

        if (_tokens == _burst)
            _fillingSinceMs = nowMs;

        _tokens--;
        return true;
    }

    private void Fill(long nowMs)
    {
        if (_tokens == _burst)
            return;

        long everyMs = HourMs / _perHour;
        while (_tokens < _burst && nowMs - _fillingSinceMs >= everyMs)
        {
            _tokens++;
            _fillingSinceMs += everyMs;
        }
    }
}
