using System;
using DprivEmbedded.Association;
using Xunit;

namespace DprivEmbedded.Policy.Tests;

/// <summary>What a decision costs on an interpreter: its instructions, counted one by one.</summary>
public class OperationTests
{
    private const int Most = 2000;

    /// <summary>Where everything has to be weighed at once: renewal, close, ride and wake, on gaps of all sizes.</summary>
    private const int MostOfAll = 2400;

    /// <summary>Learning gathers what plans look at, so that they need not.</summary>
    private const int MostLearning = 12500;

    [Fact]
    public void A_decision_takes_few_instructions()
    {
        long query = 0;
        long quiet = 0;
        long learn = 0;
        string worst = "";
        var all = new System.Collections.Generic.List<long>();
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var policy = new AdaptivePolicy(Costs.Model());
            var facts = new AssociationFacts();
            var plan = new QuietPlan();
            var interpreter = new CountingInterpreter();
            long now = 0;
            for (int i = 0; i < 400; i++)
            {
                Fill(facts, random, ref now, seed);
                if (i % 4 == 0 && i >= 200)
                {
                    interpreter.Count = 0;
                    interpreter.Call(policy, nameof(AdaptivePolicy.DecideQuery), facts);
                    query = Math.Max(query, interpreter.Count);
                    interpreter.Count = 0;
                    interpreter.Call(policy, nameof(AdaptivePolicy.PlanQuiet), facts, plan);
                    all.Add(interpreter.Count);
                    if (interpreter.Count > quiet)
                    {
                        quiet = interpreter.Count;
                        worst = policy.Explain();
                    }

                    interpreter.Count = 0;
                    interpreter.Call(policy, nameof(AdaptivePolicy.Observe), AssociationObservation.Survived, facts);
                    learn = Math.Max(learn, interpreter.Count);
                }
                else
                {
                    policy.DecideQuery(facts);
                    policy.PlanQuiet(facts, plan);
                }

                policy.Observe(AssociationObservation.Query, facts);
                policy.Observe(random.Next(4) == 0 ? AssociationObservation.LostSilently : AssociationObservation.Survived, facts);
                facts.NowMs += 1;
                policy.Observe(AssociationObservation.RadioAwake, facts);
                if (i % 7 == 0)
                    policy.Observe(AssociationObservation.ConnectedResumed, facts);
                if (i % 50 == 0 && seed % 2 == 0)
                    policy.Observe(AssociationObservation.ClosedByServer, facts);
            }
        }

        all.Sort();
        TestContext.Current.SendDiagnosticMessage("query {0}, quiet {1} (median {2}, 95 % {3}), learning {4}; {5}", query, quiet, all[all.Count / 2], all[all.Count * 19 / 20], learn, worst);
#if DEBUG
        Assert.Skip("what is counted is optimised code: run this in Release");
#else
        Assert.True(query <= Most, $"a query's decision takes {query} instructions");
        Assert.True(all[all.Count * 19 / 20] <= Most, $"one plan in twenty takes more than {all[all.Count * 19 / 20]} instructions");
        Assert.True(quiet <= MostOfAll, $"a plan takes {quiet} instructions: {worst}");
        Assert.True(learn <= MostLearning, $"learning takes {learn} instructions");
#endif
    }

    private static void Fill(AssociationFacts facts, Random random, ref long now, int seed)
    {
        // Gaps of all sizes: the histogram is as full as it can be.
        long gap = (long)(1000 * Math.Pow(2, random.NextDouble() * (seed % 3 == 0 ? 18 : seed % 3 == 1 ? 10 : 3) + (seed % 3 == 2 ? 9 : 0)));
        now += gap;
        facts.NowMs = now;
        facts.Transport = AssociationTransport.Dodtls;
        facts.HasAssociation = random.Next(5) != 0;
        facts.GapMs = gap;
        facts.ServerGapMs = gap;
        facts.IdleMs = random.Next(2) == 0 ? 50 : gap;
        facts.HasSession = random.Next(8) != 0;
        facts.SessionExpiresMs = now + random.Next(7_200_000);
        facts.SmoothedRttMs = 40;
        facts.ProbeKind = ProbeKind.Heartbeat;
        facts.ProbePermission = ProbePermission.StandAlone;
        facts.RadioActive = random.Next(2) == 0;
        facts.NextWakeMs = long.MaxValue;
        facts.ServerIdleTimeoutMs = -1;
    }
}
