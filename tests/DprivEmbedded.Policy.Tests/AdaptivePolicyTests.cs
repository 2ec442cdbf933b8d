using System;
using System.Linq;
using CsCheck;
using DprivEmbedded.Association;
using Xunit;

namespace DprivEmbedded.Policy.Tests;

public class AdaptivePolicyTests
{
    private const long Hour = 3_600_000;

    /// <summary>A device whose gaps of some length are all survived reuses at that length; one whose gaps are all lost resumes.</summary>
    [Theory]
    [InlineData(true, QueryAction.Reuse)]
    [InlineData(false, QueryAction.Resume)]
    public void It_learns_whether_a_gap_is_survived(bool survives, int expected)
    {
        var life = new Life();
        for (int i = 0; i < 60; i++)
            life.Ask(300_000, survives);

        Assert.Equal(expected, life.Decide(300_000));
    }

    [Fact]
    public void What_a_long_gap_showed_holds_for_shorter_ones_and_not_for_longer()
    {
        var life = new Life();
        for (int i = 0; i < 20; i++)
        {
            life.Ask(200_000, true);
            life.Ask(400_000, false);
        }

        Assert.Equal(QueryAction.Reuse, life.Decide(100_000));
        Assert.NotEqual(QueryAction.Reuse, life.Decide(500_000));
    }

    [Fact]
    public void It_forgets_paths_when_the_network_changes()
    {
        var life = new Life();
        for (int i = 0; i < 40; i++)
            life.Ask(1_000_000, true);
        Assert.Equal(QueryAction.Reuse, life.Decide(1_000_000));

        life.Policy.Observe(AssociationObservation.NetworkChanged, life.Facts());

        Assert.NotEqual(QueryAction.Reuse, life.Decide(1_000_000));
    }

    [Fact]
    public void Without_session_it_reconnects_and_without_association_it_resumes()
    {
        var life = new Life();
        AssociationFacts facts = life.Facts();
        facts.HasAssociation = false;
        Assert.Equal(QueryAction.Resume, life.Policy.DecideQuery(facts));

        facts.HasSession = false;
        Assert.Equal(QueryAction.Reconnect, life.Policy.DecideQuery(facts));
    }

    [Fact]
    public void Decisions_are_the_same_each_time()
    {
        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));
    }

    [Fact]
    public void State_is_small_and_survives_saving()
    {
        Assert.True(AdaptivePolicy.SavedBytes <= 512, $"{AdaptivePolicy.SavedBytes} bytes");
        var life = new Life();
        for (int i = 0; i < 50; i++)
            life.Ask(i % 3 == 0 ? 500_000 : 90_000, i % 3 != 0);

        byte[] state = new byte[AdaptivePolicy.SavedBytes + 2];
        Assert.Equal(AdaptivePolicy.SavedBytes, life.Policy.Save(state, 1));
        var restored = new AdaptivePolicy(Costs.Model());
        Assert.True(restored.Load(state, 1, AdaptivePolicy.SavedBytes));
        byte[] again = new byte[AdaptivePolicy.SavedBytes];
        restored.Save(again, 0);
        for (long gap = 10_000; gap < 2 * Hour; gap += 37_000)
        {
            AssociationFacts facts = life.Facts();
            facts.GapMs = gap;
            facts.ServerGapMs = gap;
            Assert.Equal(life.Policy.DecideQuery(facts), restored.DecideQuery(facts));
        }
    }

    [Fact]
    public void Saved_states_of_others_are_refused_and_damaged_ones_do_no_harm()
    {
        var policy = new AdaptivePolicy(Costs.Model());
        byte[] state = new byte[AdaptivePolicy.SavedBytes];
        policy.Save(state, 0);
        Assert.False(policy.Load(state, 0, state.Length - 1));
        Assert.False(policy.Load(null, 0, state.Length));
        byte[] other = (byte[])state.Clone();
        other[0]++;
        Assert.False(policy.Load(other, 0, other.Length));

        Gen.Byte.Array[AdaptivePolicy.SavedBytes - 1].Sample(bytes =>
        {
            byte[] damaged = [AdaptivePolicy.Version, .. bytes];
            var made = new AdaptivePolicy(Costs.Model());
            Assert.True(made.Load(damaged, 0, damaged.Length));
            Walk(made, 3, 60);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var policy = new AdaptivePolicy(Costs.Model());
        Walk(policy, 1, 400);
        var facts = new AssociationFacts();
        var plan = new QuietPlan();
        var random = new Random(5);
        for (int i = 0; i < 64; i++)
            Step(policy, facts, plan, random, i * 40_000L);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 64; i < 2000; i++)
            Step(policy, facts, plan, random, i * 40_000L);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Never and RideAlong are kept to in every plan, whatever happened before.</summary>
    [Fact]
    public void Permissions_are_honoured()
    {
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 2]).Sample((seed, permission) =>
        {
            var policy = new AdaptivePolicy(Costs.Model(seed % 2 == 0 ? 20_000 : 2_000_000, seed % 3 != 0));
            var facts = new AssociationFacts();
            var plan = new QuietPlan();
            var random = new Random(seed);
            long now = 0;
            for (int i = 0; i < 200; i++)
            {
                now += random.Next(1, 600_000);
                Step(policy, facts, plan, random, now);
                facts.ProbePermission = permission;
                policy.PlanQuiet(facts, plan);
                if (permission == ProbePermission.Never)
                    Assert.True(plan.Action is QuietAction.Nothing or QuietAction.Close, $"{plan.Action} planned without permission");
                if (permission == ProbePermission.RideAlong && plan.Action != QuietAction.Nothing && plan.Action != QuietAction.Close)
                    Assert.True(plan.DueMs == long.MaxValue, "a wake was planned that only a ride is permitted for");
                if (plan.Action == QuietAction.Close)
                    Assert.True(facts.RadioActive, "a close was planned that would wake the radio");
            }
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void Explanations_hold_the_numbers()
    {
        var life = new Life();
        Assert.Equal("", life.Policy.Explain());
        for (int i = 0; i < 20; i++)
            life.Ask(60_000, true);

        life.Decide(60_000);
        Assert.Matches(@"^reuse: alive \d+ %; reuse [\d.]+ mJ, hedge [\d.]+ mJ, new [\d.]+ mJ; purse [\d.]+ mJ$", life.Policy.Explain());
        life.Policy.PlanQuiet(life.Facts(), new QuietPlan());
        Assert.Matches(@"^(nothing|probe|close|renew): worth -?[\d.]+ mJ against -?[\d.]+ mJ for waiting, costs [\d.]+ mJ; refresh every \d+ s$", life.Policy.Explain());
    }

    [Fact]
    public void A_server_that_closes_is_closed_first_where_no_query_is_likely_before()
    {
        var life = new Life();
        for (int i = 0; i < 30; i++)
            life.Ask(Hour, true);

        AssociationFacts facts = life.Facts();
        facts.ServerGapMs = 10_000;
        facts.GapMs = 10_000;
        life.Policy.Observe(AssociationObservation.ClosedByServer, facts);
        facts = life.Facts();
        facts.RadioActive = true;
        facts.IdleMs = 50;
        facts.GapMs = 50;
        facts.ServerGapMs = 50;
        var plan = new QuietPlan();
        life.Policy.PlanQuiet(facts, plan);

        Assert.Equal(QuietAction.Close, plan.Action);
        Assert.Equal(facts.NowMs, plan.DueMs);
    }

    private static string Trace(int seed)
    {
        var policy = new AdaptivePolicy(Costs.Model());
        return string.Join(' ', Walk(policy, seed, 300));
    }

    private static int[] Walk(AdaptivePolicy policy, int seed, int steps)
    {
        var facts = new AssociationFacts();
        var plan = new QuietPlan();
        var random = new Random(seed);
        long now = 0;
        return [.. Enumerable.Range(0, steps).Select(_ =>
        {
            now += random.Next(1, 900_000);
            return Step(policy, facts, plan, random, now);
        })];
    }

    private static int Step(AdaptivePolicy policy, AssociationFacts facts, QuietPlan plan, Random random, long now)
    {
        facts.NowMs = now;
        facts.Transport = random.Next(2);
        facts.HasAssociation = random.Next(4) != 0;
        facts.GapMs = random.Next(1, 4_000_000);
        facts.ServerGapMs = facts.GapMs + (random.Next(2) == 0 ? 0 : random.Next(1_000_000));
        facts.IdleMs = random.Next(10) == 0 ? long.MaxValue : facts.GapMs + random.Next(1_000_000);
        facts.HasSession = random.Next(5) != 0;
        facts.SessionExpiresMs = random.Next(5) == 0 ? long.MaxValue : now + random.Next(7_200_000);
        facts.SmoothedRttMs = random.Next(8) == 0 ? -1 : random.Next(1, 3000);
        facts.ProbeKind = random.Next(4);
        facts.ProbePermission = random.Next(3);
        facts.RadioActive = random.Next(2) == 0;
        facts.NextWakeMs = random.Next(3) == 0 ? now + random.Next(600_000) : long.MaxValue;
        facts.ServerIdleTimeoutMs = random.Next(3) == 0 ? random.Next(1, 100_000) : -1;
        int action = policy.DecideQuery(facts);
        policy.PlanQuiet(facts, plan);
        policy.Observe(random.Next(1, 11), facts);
        return action * 10 + plan.Action;
    }

    /// <summary>Queries one after another.</summary>
    private sealed class Life
    {
        private long _now = 1000;

        public AdaptivePolicy Policy { get; } = new(Costs.Model());

        public AssociationFacts Facts() => new()
        {
            NowMs = _now,
            Transport = AssociationTransport.Dodtls,
            HasAssociation = true,
            HasSession = true,
            SessionExpiresMs = _now + 48 * Hour,
            SmoothedRttMs = 40,
            ProbeKind = ProbeKind.Heartbeat,
            ProbePermission = ProbePermission.StandAlone,
            NextWakeMs = long.MaxValue,
            ServerIdleTimeoutMs = -1,
            IdleMs = 1000,
            GapMs = 1000,
            ServerGapMs = 1000,
        };

        public int Decide(long gap)
        {
            AssociationFacts facts = Facts();
            facts.GapMs = gap;
            facts.ServerGapMs = gap;
            facts.IdleMs = gap;
            return Policy.DecideQuery(facts);
        }

        public void Ask(long gap, bool survives)
        {
            _now += gap;
            AssociationFacts facts = Facts();
            facts.GapMs = gap;
            facts.ServerGapMs = gap;
            facts.IdleMs = gap;
            Policy.Observe(AssociationObservation.Query, facts);
            int action = Policy.DecideQuery(facts);
            if (action is QueryAction.Reuse or QueryAction.Hedge)
                Policy.Observe(survives ? AssociationObservation.Survived : AssociationObservation.LostSilently, facts);
            if (action is QueryAction.Resume || !survives)
                Policy.Observe(AssociationObservation.ConnectedResumed, Facts());
        }
    }
}
