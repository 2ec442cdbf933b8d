using Xunit;

namespace DprivEmbedded.Association.Tests;

/// <summary>Thresholds in, decisions out.</summary>
public class ThresholdPolicyTests
{
    [Theory]
    [InlineData(0, QueryAction.Reuse)]
    [InlineData(1000, QueryAction.Reuse)]
    [InlineData(1001, QueryAction.Hedge)]
    [InlineData(5000, QueryAction.Hedge)]
    [InlineData(5001, QueryAction.Resume)]
    public void Gap_decides(long gapMs, int action)
    {
        ThresholdPolicy policy = new() { ReuseUpToMs = 1000, HedgeUpToMs = 5000 };
        Assert.Equal(action, policy.DecideQuery(new AssociationFacts { HasAssociation = true, GapMs = gapMs }));
    }

    [Fact]
    public void Without_an_association_there_is_nothing_to_reuse()
    {
        Assert.Equal(QueryAction.Resume, new ThresholdPolicy().DecideQuery(new AssociationFacts()));
        Assert.Equal(QueryAction.Reconnect, new ThresholdPolicy { Resume = false }.DecideQuery(new AssociationFacts()));
    }

    [Fact]
    public void Probe_is_planned_in_a_window_behind_the_last_sign()
    {
        ThresholdPolicy policy = new() { ProbeAfterMs = 20_000, RideAlongPercent = 50 };
        QuietPlan plan = new();
        policy.PlanQuiet(new AssociationFacts { NowMs = 100_000, HasAssociation = true, GapMs = 4000, IdleMs = 4000, ProbeKind = ProbeKind.Heartbeat }, plan);
        Assert.Equal(QuietAction.Probe, plan.Action);
        Assert.Equal(106_000, plan.EarliestMs);
        Assert.Equal(116_000, plan.DueMs);
        policy.PlanQuiet(new AssociationFacts { NowMs = 100_000, HasAssociation = true, ProbeKind = ProbeKind.None }, plan);
        Assert.Equal(QuietAction.Nothing, plan.Action);
        policy.PlanQuiet(new AssociationFacts { NowMs = 100_000 }, plan);
        Assert.Equal(long.MaxValue, plan.DueMs);
    }

    [Fact]
    public void Close_comes_at_its_time_and_before_a_sleep_that_would_pass_it()
    {
        ThresholdPolicy policy = new() { CloseAfterMs = 30_000 };
        QuietPlan plan = new();
        AssociationFacts facts = new() { NowMs = 100_000, HasAssociation = true, IdleMs = 10_000, SleepKeepsMemory = true };
        policy.PlanQuiet(facts, plan);
        Assert.Equal(QuietAction.Close, plan.Action);
        Assert.Equal(120_000, plan.DueMs);
        facts.SleepMs = 20_000;
        policy.PlanQuiet(facts, plan);
        Assert.Equal(100_000, plan.DueMs);
        facts.SleepMs = 19_999;
        policy.PlanQuiet(facts, plan);
        Assert.Equal(120_000, plan.DueMs);
        facts.SleepKeepsMemory = false;
        policy.PlanQuiet(facts, plan);
        Assert.Equal(100_000, plan.DueMs);
    }
}
