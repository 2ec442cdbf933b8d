using System;
using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Harness.Trials;

/// <summary>One policy in one scenario, all seeds together.</summary>
public sealed class TrialSummary
{
    private TrialSummary(IReadOnlyList<TrialResult> runs)
    {
        Runs = runs;
        Scenario = runs[0].Scenario;
        Policy = runs[0].Policy;
        Seeds = runs.Count;
        Queries = runs.Sum(run => run.Queries);
        Failed = runs.Sum(run => run.Failed);
        Objective = runs.Average(run => run.Objective);
        double squares = runs.Sum(run => (run.Objective - Objective) * (run.Objective - Objective));
        ObjectiveStdErr = Seeds > 1 ? Math.Sqrt(squares / (Seeds - 1) / Seeds) : 0;
        IsBound = Policy == TrialSuite.ClairvoyantName;
        if (IsBound)
            return;

        EnergyMilliJoulesPerQuery = runs.Average(run => run.EnergyMilliJoulesPerQuery);
        LatencyMsMean = runs.Sum(run => (double)run.LatencyMs) / Math.Max(1, Queries);
        LatencyMsP50 = runs.Average(run => run.LatencyMsP50);
        LatencyMsP95 = runs.Average(run => run.LatencyMsP95);
        BatteryDays = runs.Average(run => run.BatteryDays);
    }

    /// <summary>The runs, by seed.</summary>
    public IReadOnlyList<TrialResult> Runs { get; }

    /// <summary>The scenario.</summary>
    public string Scenario { get; }

    /// <summary>The policy.</summary>
    public string Policy { get; }

    /// <summary>Whether it is the clairvoyant optimum, of which only the objective is known.</summary>
    public bool IsBound { get; }

    /// <summary>Number of seeds.</summary>
    public int Seeds { get; }

    /// <summary>Energy a query.</summary>
    public double EnergyMilliJoulesPerQuery { get; }

    /// <summary>Mean latency.</summary>
    public double LatencyMsMean { get; }

    /// <summary>Median latency, mean over seeds.</summary>
    public double LatencyMsP50 { get; }

    /// <summary>95th percentile, mean over seeds.</summary>
    public double LatencyMsP95 { get; }

    /// <summary>Energy and weighted latency a query, in millijoules, mean over seeds.</summary>
    public double Objective { get; }

    /// <summary>Its standard error over seeds; 0 for one seed.</summary>
    public double ObjectiveStdErr { get; }

    /// <summary>Half of the 95 % confidence interval (normal).</summary>
    public double ObjectiveHalfInterval => 1.96 * ObjectiveStdErr;

    /// <summary>Queries in all.</summary>
    public int Queries { get; }

    /// <summary>Queries without answer.</summary>
    public int Failed { get; }

    /// <summary>Battery life; 0 on mains.</summary>
    public double BatteryDays { get; }

    /// <summary>Puts runs together, in their order.</summary>
    /// <param name="results">What <see cref="TrialSuite.RunAll"/> gave.</param>
    public static List<TrialSummary> Of(IEnumerable<TrialResult> results) =>
        results.GroupBy(result => (result.Scenario, result.Policy)).Select(group => new TrialSummary([.. group])).ToList();
}
