namespace DprivEmbedded.Power;

/// <summary>Integrates what a radio takes over activities that come in order of time, their tails overlapping: a tail is paid once however many activities it follows, and a promotion only where the radio had gone idle.</summary>
public sealed class RadioMeter
{
    private readonly RadioProfile _radio;
    private readonly int _tailMs;
    private readonly long _promotionNanoJoules;
    private readonly long _startMs;
    private long _onUntilMs;

    /// <summary>Starts with an idle radio.</summary>
    /// <param name="radio">Its numbers.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public RadioMeter(RadioProfile radio, long nowMs)
    {
        _radio = radio;
        _tailMs = radio.EffectiveTailMs();
        _promotionNanoJoules = PromotionExtra(radio);
        _startMs = nowMs;
        _onUntilMs = nowMs;
    }

    /// <summary>Time that the radio was on, in milliseconds, tails that are still to come included.</summary>
    public long OnMs;

    /// <summary>How often it left the idle state.</summary>
    public int Promotions;

    /// <summary>When the last tail ends.</summary>
    public long OnUntilMs { get { return _onUntilMs; } }

    /// <summary>Energy in nanojoules beside the idle power: promotions, time on, and what <see cref="Add"/> was told.</summary>
    public long NanoJoules;

    /// <summary>What a promotion takes beyond the tail's power in that time, in nanojoules.</summary>
    /// <param name="radio">The radio.</param>
    public static long PromotionExtra(RadioProfile radio)
    {
        long extra = radio.PromotionMicroJoules * 1000L - (long)radio.PromotionMs * radio.TailMicroWatts;
        return extra > 0 ? extra : 0;
    }

    /// <summary>Adds an activity.</summary>
    /// <param name="fromMs">When it starts; a promotion, where one is needed, starts then and is to be part of <paramref name="durationMs"/>.</param>
    /// <param name="durationMs">How long it lasts.</param>
    /// <param name="extraNanoJoules">What it takes beyond the tail's power.</param>
    /// <returns>What it added in nanojoules, its tail and promotion included.</returns>
    public long Add(long fromMs, long durationMs, long extraNanoJoules)
    {
        long added = extraNanoJoules;
        if (fromMs >= _onUntilMs)
        {
            Promotions++;
            added += _promotionNanoJoules;
        }

        long from = fromMs > _onUntilMs ? fromMs : _onUntilMs;
        long until = fromMs + durationMs + _tailMs;
        if (until > from)
        {
            OnMs += until - from;
            added += (until - from) * _radio.TailMicroWatts;
            _onUntilMs = until;
        }

        NanoJoules += added;
        return added;
    }

    /// <summary>What the radio took since the start, its idle power included, in microjoules.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public long TotalMicroJoules(long nowMs)
    {
        long idleMs = nowMs - _startMs - OnMs;
        if (idleMs < 0)
            idleMs = 0;

        return (NanoJoules + idleMs * _radio.IdleMicroWatts) / 1000;
    }
}
