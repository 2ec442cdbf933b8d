using System.Collections.Generic;
using DprivEmbedded.Association;

namespace DprivEmbedded.Harness.Tests.Trials;

/// <summary>Follows a script of choices; a choice beyond its end is the first possibility, and is noted so that brute force can try the others.</summary>
internal sealed class ScriptedPolicy(List<int> script) : IAssociationPolicy
{
    private static readonly int[] QueryChoices = [QueryAction.Reuse, QueryAction.Hedge, QueryAction.Resume, QueryAction.Reconnect];
    private static readonly int[] QuietChoices = [QuietAction.Nothing, QuietAction.Probe, QuietAction.Close, QuietAction.Renew];
    private int _at;

    /// <summary>How many possibilities each choice had.</summary>
    public List<int> Possibilities { get; } = [];

    public int DecideQuery(AssociationFacts facts) => QueryChoices[Choose(QueryChoices.Length)];

    public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
    {
        plan.Clear();
        if (facts.RadioActive)
        {
            int chosen = QuietChoices[Choose(QuietChoices.Length)];
            if (chosen != QuietAction.Nothing)
            {
                plan.Action = chosen;
                plan.EarliestMs = facts.NowMs;
                return;
            }
        }

        // At which of the next whole seconds, and what: 0 is never.
        int seconds = Choose(3 * SecondsAhead + 1);
        if (seconds == 0)
            return;

        plan.Action = QuietChoices[1 + (seconds - 1) % 3];
        plan.EarliestMs = long.MaxValue;
        plan.DueMs = (facts.NowMs / 1000 + 1 + (seconds - 1) / 3) * 1000;
    }

    /// <summary>How far ahead stand-alone actions are tried.</summary>
    public int SecondsAhead { get; init; } = 6;

    public void Observe(int observation, AssociationFacts facts)
    {
    }

    private int Choose(int possibilities)
    {
        Possibilities.Add(possibilities);
        int choice = _at < script.Count ? script[_at] : 0;
        _at++;
        return choice;
    }
}
