using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Trials;
using DprivEmbedded.Power;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Trials;

public class TrialSuiteTests
{
    private static readonly string[] Policies = ["adaptive", "informed", "hedge+ride", "reuse", "clairvoyant"];

    private static List<Scenario> Some => new[] { "wifi-nat300-mqtt", "wifi-fin-8s", "ltem-rai-telemetry", "wifi-roaming" }.Select(ScenarioReader.Shipped).ToList();

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        string one = JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 3, 1, 1));
        string two = JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 3, 1, 2));

        Assert.Equal(one, two);
    }

    [Fact]
    public void Seeds_differ()
    {
        Assert.NotEqual(TrialSuite.Run(Some[0], "adaptive", 1, 2).CostNanoJoules, TrialSuite.Run(Some[0], "adaptive", 2, 2).CostNanoJoules);
    }

    [Fact]
    public void What_is_in_the_cache_is_not_run_again()
    {
        string folder = Directory.CreateTempSubdirectory("dpriv-trial").FullName;
        try
        {
            string first = JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 2, 0.5, 2, folder));
            string[] files = Directory.GetFiles(folder);
            Assert.Equal(Some.Count * Policies.Length * 2, files.Length);
            string second = JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 2, 0.5, 1, folder));
            Assert.Equal(first, second);

            // A result that was cut off is run again; one that is whole is believed.
            File.WriteAllText(files[0], "{\"Scen");
            Assert.Equal(first, JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 2, 0.5, 1, folder)));
            File.WriteAllText(files[1], File.ReadAllText(files[1]).Replace("\"Queries\":", "\"Queries\":1", StringComparison.Ordinal));
            Assert.NotEqual(first, JsonSerializer.Serialize(TrialSuite.RunAll(Some, Policies, 2, 0.5, 1, folder)));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>Energy in the model is what a meter of the whole radio reads with DNS less what it reads without.</summary>
    [Theory]
    [InlineData("ltem-rai-telemetry")]
    [InlineData("nbiot-tail")]
    [InlineData("wifi-nat300-mqtt")]
    public void Marginal_energy_is_the_difference_of_two_meters(string name)
    {
        Scenario scenario = ScenarioReader.Shipped(name);
        scenario.Device.Radio.DozeDelayMs = 0;
        var world = new World(scenario, 3, 5);
        RadioProfile radio = scenario.Device.Radio;
        int promotion = radio.PromotionMs;
        var physics = new TrialPhysics(world);
        var activities = new List<(long At, long Duration, long Extra)>();
        foreach (long wake in world.Wakes)
            activities.Add((wake, promotion + scenario.Traffic.DurationMs, 0));

        TrialState state = TrialPhysics.Start();
        long marginal = 0;
        for (int i = 0; i < world.Queries.Length; i++)
        {
            long before = state.OnUntil;
            StepResult step = physics.Ask(ref state, i, QueryAction.Resume);
            marginal += step.EnergyNanoJoules;
            long extra = Extra(physics.Costs, world, i, step);
            activities.Add((world.Queries[i], step.LatencyMs, extra));
            Assert.True(state.OnUntil >= before);
        }

        activities.Sort((a, b) => a.At.CompareTo(b.At));
        Assert.Equal(Read(radio, activities), Read(radio, activities.Where(activity => activity.Extra == 0).ToList()) + marginal);
    }

    [Fact]
    public void Ten_device_years_take_a_second_a_core()
    {
        Scenario scenario = ScenarioReader.Shipped("nbiot-psm");
        scenario.Workload.Seconds = 3600;
        TrialSuite.Run(scenario, "adaptive", 1, 365);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        TrialResult result = TrialSuite.Run(scenario, "adaptive", 2, 3650);
        double seconds = watch.Elapsed.TotalSeconds;

        TestContext.Current.SendDiagnosticMessage("{0:F1} device-years a second", 10 / seconds);
        Assert.InRange(result.Queries, 87_000, 88_000);

        // The figure is for an idle machine; a crowded one gets ten times as long.
        Assert.True(seconds < 10, $"{seconds:F1} s");
    }

    [Fact]
    public void Every_query_is_answered()
    {
        foreach (Scenario scenario in Some)
            Assert.Equal(0, TrialSuite.Run(scenario, "adaptive", 1, 1).Failed);
    }

    private static long Extra(CostModel costs, World world, int query, in StepResult step)
    {
        int kind = step.Action == QueryAction.Reuse ? ExchangeKind.Reuse : step.Action == QueryAction.Resume ? ExchangeKind.Resume : ExchangeKind.Reconnect;
        int losses = kind == ExchangeKind.Reuse ? 0 : world.HandshakeLosses[query];
        return costs.ExtraNanoJoules(kind, world.Rtt[query]) + losses * costs.NanoJoules[ExchangeKind.Vain];
    }

    private static long Read(RadioProfile radio, List<(long At, long Duration, long Extra)> activities)
    {
        var meter = new RadioMeter(radio, 0);
        foreach ((long at, long duration, long extra) in activities)
            meter.Add(at, duration, extra);

        return meter.NanoJoules;
    }
}
