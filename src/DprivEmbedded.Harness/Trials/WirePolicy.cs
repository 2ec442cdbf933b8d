using System;
using DprivEmbedded.Association;

namespace DprivEmbedded.Harness.Trials;

/// <summary>The policy under test, with a count of what it decides and is told. It acts in quiet time at whole seconds of the device's clock, and keeps over a deep sleep when the last query was.</summary>
internal sealed class WirePolicy : IAssociationPolicy
{
    private readonly IAssociationPolicy _policy;
    private readonly bool _keepsMemory;
    private readonly TrialResult _result;
    private long _lastQueryMs = -1;
    private bool _mayClose;

    public WirePolicy(IAssociationPolicy policy, bool keepsMemory, TrialResult result)
    {
        _policy = policy;
        _keepsMemory = keepsMemory;
        _result = result;
    }

    /// <summary>Whether the query that was given last was decided on.</summary>
    public bool Decided { get; set; }

    /// <summary>Told what is observed.</summary>
    public Action<int>? Observed { get; set; }

    /// <summary>Whether a query waits for a handshake that the device still computes: there is nothing to decide.</summary>
    public bool Waits { get; set; }

    public int DecideQuery(AssociationFacts facts)
    {
        if (Waits && facts.HasAssociation)
            return QueryAction.Reuse;

        Decided = true;
        Complete(facts);
        return _policy.DecideQuery(facts);
    }

    public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
    {
        Complete(facts);
        NoteClose(facts.HasAssociation);
        _policy.PlanQuiet(facts, plan);
        _mayClose = facts.HasAssociation && plan.Action == QuietAction.Close;
        if (plan.Action != QuietAction.Nothing && plan.DueMs < long.MaxValue - 1000 && !(facts.RadioActive && plan.EarliestMs <= facts.NowMs))
            plan.DueMs = (plan.DueMs + 999) / 1000 * 1000;
    }

    public void Observe(int observation, AssociationFacts facts)
    {
        Complete(facts);
        if (observation is AssociationObservation.ClosedByServer or AssociationObservation.NetworkChanged or AssociationObservation.LostFast or AssociationObservation.LostSilently)
            _mayClose = false;

        if (observation == AssociationObservation.Query)
            NoteClose(facts.HasAssociation);

        _policy.Observe(observation, facts);
        if (observation == AssociationObservation.Query)
            _lastQueryMs = facts.NowMs;
        else if (observation is AssociationObservation.LostFast or AssociationObservation.LostSilently)
            _result.Lost++;
        else if (observation == AssociationObservation.ClosedByServer)
            _result.ServerCloses++;

        Observed?.Invoke(observation);
    }

    private void NoteClose(bool hasAssociation)
    {
        if (_mayClose && !hasAssociation)
            _result.Closes++;

        _mayClose = false;
    }

    private void Complete(AssociationFacts facts)
    {
        facts.IdleMs = _lastQueryMs < 0 ? long.MaxValue : facts.NowMs - _lastQueryMs;
        facts.SleepKeepsMemory = _keepsMemory;
    }
}
