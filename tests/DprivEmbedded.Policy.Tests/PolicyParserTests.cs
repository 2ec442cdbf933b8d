using DprivEmbedded.Association;
using Xunit;

namespace DprivEmbedded.Policy.Tests;

public class PolicyParserTests
{
    [Theory]
    [InlineData("reconnect", QueryAction.Reconnect, QueryAction.Reconnect)]
    [InlineData("resume", QueryAction.Resume, QueryAction.Resume)]
    [InlineData("reuse", QueryAction.Reuse, QueryAction.Reuse)]
    [InlineData("probe:30", QueryAction.Reuse, QueryAction.Reuse)]
    [InlineData("threshold:10", QueryAction.Reuse, QueryAction.Resume)]
    [InlineData("hedge", QueryAction.Hedge, QueryAction.Hedge)]
    [InlineData("hedge+ride", QueryAction.Hedge, QueryAction.Hedge)]
    public void Classics_do_what_their_names_say(string name, int soon, int late)
    {
        IAssociationPolicy policy = PolicyParser.Parse(name, Costs.Model());
        var facts = new AssociationFacts { HasAssociation = true, HasSession = true, GapMs = 9999 };
        Assert.Equal(soon, policy.DecideQuery(facts));
        facts.GapMs = 100_000;
        Assert.Equal(late, policy.DecideQuery(facts));
    }

    [Fact]
    public void Probes_are_planned_where_the_name_says()
    {
        var facts = new AssociationFacts { HasAssociation = true, NowMs = 1_000_000, GapMs = 5000, IdleMs = 5000, ProbeKind = ProbeKind.Heartbeat };
        var plan = new QuietPlan();
        PolicyParser.Parse("probe:30", Costs.Model()).PlanQuiet(facts, plan);
        Assert.Equal(QuietAction.Probe, plan.Action);
        Assert.Equal(1_025_000, plan.DueMs);

        IAssociationPolicy ride = PolicyParser.Parse("hedge+ride", Costs.Model());
        ride.PlanQuiet(facts, plan);
        Assert.Equal(long.MaxValue, plan.DueMs);
        Assert.True(plan.EarliestMs > facts.NowMs);
        ride.Observe(AssociationObservation.RadioAwake, facts);
        ride.PlanQuiet(facts, plan);
        Assert.Equal(facts.NowMs, plan.EarliestMs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("adaptive ")]
    [InlineData("probe")]
    [InlineData("probe:")]
    [InlineData("probe:0")]
    [InlineData("probe:-1")]
    [InlineData("threshold:x")]
    [InlineData("threshold:12345678")]
    public void Other_names_are_none(string name) => Assert.Null(PolicyParser.Parse(name, Costs.Model()));
}
