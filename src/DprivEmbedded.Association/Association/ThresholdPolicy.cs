namespace DprivEmbedded.Association;

/// <summary>A policy of fixed thresholds: the seed's "a long time ago" as numbers.</summary>
public sealed class ThresholdPolicy : IAssociationPolicy
{
    /// <summary>Gaps up to this many milliseconds reuse the association; <see cref="long.MaxValue"/>, the default, always does.</summary>
    public long ReuseUpToMs = long.MaxValue;

    /// <summary>Longer gaps hedge up to this many milliseconds, and resume beyond. Not above <see cref="ReuseUpToMs"/> (the default): never hedges.</summary>
    public long HedgeUpToMs;

    /// <summary>Whether sessions are resumed at all; else every new association is a full handshake.</summary>
    public bool Resume = true;

    /// <summary>Probes after this many milliseconds of quiet; 0, the default, never does.</summary>
    public long ProbeAfterMs;

    /// <summary>From which part of <see cref="ProbeAfterMs"/> on a probe rides along with other traffic, in percent.</summary>
    public int RideAlongPercent = 50;

    /// <summary>Whether it probes each time that the radio wakes for another reason.</summary>
    public bool RideAlong;

    /// <summary>Closes after this many milliseconds without a query; 0, the default, leaves that to the conversation's own idle time.</summary>
    public long CloseAfterMs;

    private long _awakeMs = -1;

    /// <inheritdoc/>
    public int DecideQuery(AssociationFacts facts)
    {
        if (!facts.HasAssociation)
            return Resume ? QueryAction.Resume : QueryAction.Reconnect;
        if (facts.GapMs <= ReuseUpToMs)
            return QueryAction.Reuse;
        if (facts.GapMs <= HedgeUpToMs && Resume)
            return QueryAction.Hedge;

        return Resume ? QueryAction.Resume : QueryAction.Reconnect;
    }

    /// <inheritdoc/>
    public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
    {
        plan.Clear();
        if (!facts.HasAssociation)
            return;

        long heardMs = facts.NowMs - facts.GapMs;
        long closeMs = CloseAfterMs > 0 && facts.IdleMs != long.MaxValue ? facts.NowMs - facts.IdleMs + CloseAfterMs : long.MaxValue;
        bool sleepLoses = facts.SleepMs > 0 && (!facts.SleepKeepsMemory || facts.NowMs + facts.SleepMs >= closeMs);
        if (sleepLoses || closeMs <= facts.NowMs)
        {
            plan.Action = QuietAction.Close;
            plan.EarliestMs = facts.NowMs;
            plan.DueMs = facts.NowMs;
            plan.LatestMs = facts.NowMs;
            return;
        }

        if (ProbeAfterMs > 0 && facts.ProbeKind != ProbeKind.None && heardMs + ProbeAfterMs < closeMs)
        {
            plan.Action = QuietAction.Probe;
            plan.EarliestMs = heardMs + ProbeAfterMs * RideAlongPercent / 100;
            plan.DueMs = heardMs + ProbeAfterMs;
            plan.LatestMs = plan.DueMs;
        }
        else if (RideAlong && facts.ProbeKind != ProbeKind.None)
        {
            plan.Action = QuietAction.Probe;
            plan.EarliestMs = _awakeMs == facts.NowMs ? facts.NowMs : facts.NowMs + 1;
        }
        else if (closeMs != long.MaxValue)
        {
            plan.Action = QuietAction.Close;
            plan.EarliestMs = closeMs;
            plan.DueMs = closeMs;
            plan.LatestMs = closeMs;
        }
    }

    /// <inheritdoc/>
    public void Observe(int observation, AssociationFacts facts)
    {
        if (observation == AssociationObservation.RadioAwake)
            _awakeMs = facts.NowMs;
    }
}
