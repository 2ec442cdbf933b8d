using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>Keeps what a policy was told.</summary>
internal sealed class RecordingPolicy(IAssociationPolicy inner) : IAssociationPolicy
{
    public List<(int Observation, long GapMs)> Observations { get; } = [];

    public int Plans { get; private set; }

    public int DecideQuery(AssociationFacts facts) => inner.DecideQuery(facts);

    public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
    {
        Plans++;
        inner.PlanQuiet(facts, plan);
    }

    public void Observe(int observation, AssociationFacts facts)
    {
        Observations.Add((observation, facts.GapMs));
        inner.Observe(observation, facts);
    }

    public int Count(int observation) => Observations.Count(o => o.Observation == observation);
}
