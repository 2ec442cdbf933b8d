using System;
using System.Text.Json;
using DprivEmbedded.Harness.Trials;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Trials;

/// <summary>The same worlds through the engines and by the table.</summary>
public class WireTests
{
    /// <summary>Scenarios in which nothing is lost at random and no close of a server comes in: both fidelities agree within 1.5 % there. docs/policy.md tells the others.</summary>
    public static TheoryData<string, string> Agreeing
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string scenario in new[] { "deepsleep-3h", "deepsleep-hourly", "wifi-2h-tcp", "wifi-change", "wifi-dtls-30min", "wifi-jitter-nat", "wifi-longest-life", "wifi-nat30", "wifi-nat300-mqtt", "wifi-nat65-minute", "wifi-restarts", "wifi-roaming", "wifi-rst-350", "wifi-shorter", "ltem-tail" })
            {
                foreach (string policy in new[] { "reuse", "resume", "reconnect", "threshold:10" })
                    data.Add(scenario, policy);
            }

            return data;
        }
    }

    public static TheoryData<string> Shipped => [.. ShippedData.Scenarios];

    [Theory]
    [MemberData(nameof(Agreeing))]
    public void Model_and_wire_count_alike(string name, string policy)
    {
        Scenario scenario = ScenarioReader.Shipped(name);
        double days = DaysOf(scenario, 12);

        TrialResult model = TrialSuite.Run(scenario, policy, 1, days);
        TrialResult wire = TrialSuite.RunWire(scenario, policy, 1, days);

        Assert.True(model.Queries >= 8);
        Assert.Equal(Counts(model), Counts(wire));
        double ratio = wire.EnergyMilliJoulesPerQuery / model.EnergyMilliJoulesPerQuery;
        Assert.True(ratio is > 0.985 and < 1.015, $"wire over model: {ratio:F4}");
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_query_is_answered_on_the_wire(string name)
    {
        Scenario scenario = ScenarioReader.Shipped(name);
        double days = DaysOf(scenario, 12);
        foreach (string policy in new[] { "adaptive", "hedge+ride", "probe:30" })
        {
            TrialResult wire = TrialSuite.RunWire(scenario, policy, 2, days);

            Assert.Equal(0, wire.Failed);
            Assert.True(wire.Queries > 0 && wire.EnergyNanoJoules > 0);
            if (scenario.Permission < DprivEmbedded.Association.ProbePermission.StandAlone)
                Assert.Equal(0, wire.StandAloneProbes);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Scenario scenario = ScenarioReader.Shipped("wifi-roaming");

        Assert.Equal(JsonSerializer.Serialize(TrialSuite.RunWire(scenario, "adaptive", 3, 0.05)), JsonSerializer.Serialize(TrialSuite.RunWire(scenario, "adaptive", 3, 0.05)));
    }

    [Theory]
    [InlineData(TrialSuite.ClairvoyantName)]
    [InlineData(TrialSuite.Informed)]
    public void References_are_refused(string policy)
    {
        Assert.Throws<ArgumentException>(() => TrialSuite.RunWire(ScenarioReader.Shipped("wifi-nat30"), policy, 1, 0.05));
    }

    private static string Counts(TrialResult result) =>
        $"{string.Join('/', result.Actions)} lost {result.Lost}, full {result.FullHandshakes}, probes {result.RideAlongProbes}/{result.StandAloneProbes}, failed {result.Failed}";

    private static double DaysOf(Scenario scenario, int queries)
    {
        double days = 0.02;
        while (TrialSuite.Run(scenario, "reuse", 1, days).Queries < queries || TrialSuite.Run(scenario, "reuse", 2, days).Queries < queries)
            days *= 1.5;

        return days;
    }
}
