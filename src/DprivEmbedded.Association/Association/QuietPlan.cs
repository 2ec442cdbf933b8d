namespace DprivEmbedded.Association;

/// <summary>What to do in quiet time, and in which window. A plain holder that a policy fills.</summary>
public sealed class QuietPlan
{
    /// <summary>One of <see cref="QuietAction"/>.</summary>
    public int Action;

    /// <summary>From when on it may be done while the radio is awake anyway; <see cref="long.MaxValue"/> for never.</summary>
    public long EarliestMs;

    /// <summary>When the radio is to be woken for it; <see cref="long.MaxValue"/> for never.</summary>
    public long DueMs;

    /// <summary>Until when waiting for another reason to wake does no harm: at least <see cref="DueMs"/>.</summary>
    public long LatestMs;

    /// <summary>Plans nothing.</summary>
    public void Clear()
    {
        Action = QuietAction.Nothing;
        EarliestMs = long.MaxValue;
        DueMs = long.MaxValue;
        LatestMs = long.MaxValue;
    }
}
