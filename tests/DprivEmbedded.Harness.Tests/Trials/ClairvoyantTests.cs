using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Trials;
using DprivEmbedded.Power;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Trials;

/// <summary>The clairvoyant optimum against brute force, and against every policy.</summary>
public class ClairvoyantTests
{
    private static readonly string[] Policies = ["adaptive", "informed", "reconnect", "resume", "reuse", "probe:30", "probe:7", "threshold:10", "threshold:60", "threshold:300", "hedge", "hedge+ride"];

    public static TheoryData<string> Scenarios => [.. ShippedData.Scenarios];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void No_policy_beats_it(string name)
    {
        Scenario scenario = ScenarioReader.Shipped(name);
        for (int seed = 1; seed <= 2; seed++)
        {
            long least = TrialSuite.Run(scenario, TrialSuite.ClairvoyantName, seed, 0.7).CostNanoJoules;
            foreach (string policy in Policies)
            {
                long cost = TrialSuite.Run(scenario, policy, seed, 0.7).CostNanoJoules;
                Assert.True(cost >= least, $"{policy} with seed {seed} costs {cost}, less than {least}");
            }
        }
    }

    [Fact]
    public void Brute_force_finds_nothing_better_and_nothing_worse()
    {
        int compared = 0;
        for (int seed = 1; seed <= 160; seed++)
        {
            Scenario scenario = Small(seed);
            var world = new World(scenario, seed, scenario.Days);
            if (world.Queries.Length is < 2 or > 4 || world.Wakes.Length > 3)
                continue;

            long brute = BruteForce(world, 400_000, out bool complete);
            if (!complete)
                continue;

            long optimum = new Clairvoyant(world).Cost();
            Assert.True(brute == optimum, $"seed {seed}: brute force {brute}, dynamic program {optimum}, queries {string.Join(' ', world.Queries)}, wakes {string.Join(' ', world.Wakes)}, permission {scenario.Permission}, device {scenario.Device.Name}");
            compared++;
        }

        Assert.True(compared >= 25, $"only {compared} instances were small enough");
    }

    private static Scenario Small(int seed)
    {
        var random = new Random(seed);
        string[] devices = ["esp32-dtim3", "nrf9160-ltem", "nrf9160-ltem-rai", "gateway-mains", "esp32-deepsleep", "esp32-modemsleep"];
        string[] protocols = ["dodtls", "dot", "dot-keepalive", "dodtls-psk", "dot-fastopen"];
        string protocol = protocols[random.Next(protocols.Length)];
        var scenario = new Scenario
        {
            Name = "small",
            Device = ProfileReader.Shipped(devices[random.Next(devices.Length)])!,
            Protocol = ProfileReader.Protocols().First(table => table.Name == protocol),
            Permission = random.Next(3),
            LatencyMicroWatts = random.Next(3) switch { 0 => 20_000, 1 => 200_000, _ => 2_000_000 },
            ConnectionId = random.Next(2) == 0,
            NetworkChangeHours = random.Next(3) == 0 ? 0.004 : 0,
            RestartHours = random.Next(3) == 0 ? 0.004 : 0,
            RestartKeepsTickets = random.Next(2) == 0,
            Days = 9 / 86400.0,
        };
        scenario.Probe = scenario.Protocol.Name == "dot-keepalive" ? ProbeKind.Keepalive : ProbeKind.Query;
        scenario.Workload.Kind = WorkloadKind.Poisson;
        scenario.Workload.Seconds = 2.5;
        scenario.Traffic.Kind = random.Next(2) == 0 ? TrafficKind.None : TrafficKind.Poisson;
        scenario.Traffic.Seconds = 4;
        scenario.Phases.Add(new Conditions
        {
            RttMs = random.Next(2) == 0 ? 30 : 90,
            LossPermille = random.Next(2) * 100,
            PathSeconds = 1 + random.Next(6),
            PathSilentPercent = random.Next(3) * 50,
            IdleSeconds = 1 + random.Next(6),
            End = (ServerEnd)random.Next(3),
            TicketSeconds = 2 + random.Next(8),
        });
        return scenario;
    }

    /// <summary>Tries every script, as an odometer.</summary>
    private static long BruteForce(World world, int limit, out bool complete)
    {
        long best = long.MaxValue;
        var script = new List<int>();
        int ahead = (int)(world.EndMs / 1000);
        for (int run = 0; run < limit; run++)
        {
            var policy = new ScriptedPolicy(script) { SecondsAhead = ahead };
            TrialResult result = new TrialRun(world, policy).Run("script", 1);
            best = Math.Min(best, result.CostNanoJoules);
            while (script.Count < policy.Possibilities.Count)
                script.Add(0);
            if (script.Count > policy.Possibilities.Count)
                script.RemoveRange(policy.Possibilities.Count, script.Count - policy.Possibilities.Count);

            while (script.Count > 0 && script[^1] + 1 >= policy.Possibilities[script.Count - 1])
                script.RemoveAt(script.Count - 1);
            if (script.Count == 0)
            {
                complete = true;
                return best;
            }

            script[^1]++;
        }

        complete = false;
        return best;
    }
}
