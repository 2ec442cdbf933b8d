using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Policy;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>Runs scenarios with policies and seeds.</summary>
public static class TrialSuite
{
    /// <summary>The adaptive rule that knows the true distributions.</summary>
    public const string Informed = "informed";

    /// <summary>The least that was possible.</summary>
    public const string ClairvoyantName = "clairvoyant";

    /// <summary>The names that a trial takes beside <see cref="PolicyParser.Names"/>.</summary>
    public const string References = Informed + ", " + ClairvoyantName;

    /// <summary>The version of the model: cached results of another one are not used.</summary>
    private const string ModelVersion = "1";

    /// <summary>The policies that are compared by default.</summary>
    public static IReadOnlyList<string> DefaultPolicies { get; } =
        ["adaptive", "reconnect", "resume", "reuse", "probe:30", "threshold:10", "threshold:60", "threshold:300", "hedge", "hedge+ride", Informed, ClairvoyantName];

    /// <summary>Whether a policy of that name exists.</summary>
    /// <param name="name">The name.</param>
    public static bool Knows(string name) => name is Informed or ClairvoyantName || PolicyParser.Parse(name, new CostModel()) != null;

    /// <summary>One run.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="policy">A name that <see cref="Knows"/>.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="days">Simulated days.</param>
    /// <param name="onEvent">Told of each event, with explanations; null for speed. The clairvoyant optimum has none.</param>
    public static TrialResult Run(Scenario scenario, string policy, int seed, double days, Action<TrialEvent>? onEvent = null)
    {
        var world = new World(scenario, seed, days);
        if (policy == ClairvoyantName)
        {
            long cost = new Clairvoyant(world).Cost();
            return new TrialResult { Scenario = scenario.Name, Policy = policy, Seed = seed, Days = days, Queries = world.Queries.Length, CostNanoJoules = cost, LatencyMsP50 = -1, LatencyMsP95 = -1, EnergyNanoJoules = -1, LatencyMs = -1 };
        }

        CostModel costs = Costs(scenario);
        IAssociationPolicy made = PolicyParser.Parse(policy == Informed ? "adaptive" : policy, costs) ?? throw new ArgumentException("No such policy: " + policy, nameof(policy));
        var run = new TrialRun(world, made) { OnEvent = onEvent };
        if (made is AdaptivePolicy adaptive)
        {
            run.Explain = adaptive.Explain;
            if (policy == Informed)
                Inform(run, adaptive, world);
        }

        return run.Run(policy, seed);
    }

    /// <summary>What the adaptive policy believes at the end of a run, beside the truth: the probability that an association outlives a gap.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="days">Simulated days.</param>
    /// <returns>Gap in seconds, believed, true in the conditions at the end; from a second to a day.</returns>
    public static List<(double Seconds, double Believed, double True)> Survival(Scenario scenario, int seed, double days)
    {
        var world = new World(scenario, seed, days);
        CostModel costs = CostModel.Create(scenario.Device, scenario.Protocol, scenario.LatencyMicroWatts);
        var policy = new AdaptivePolicy(costs);
        new TrialRun(world, policy).Run("adaptive", seed);
        Conditions now = scenario.Phases[world.Phase.Length > 0 ? world.Phase[^1] : 0];
        var curve = new List<(double, double, double)>();
        for (double seconds = 1; seconds <= 86400; seconds *= 1.07)
        {
            double path = Outlives(seconds, now.PathSeconds, now.PathJitterPercent);
            double server = Outlives(seconds, now.IdleSeconds, now.IdleJitterPercent);
            curve.Add((seconds, policy.Believed(scenario.Protocol.Transport, (long)(seconds * 1000)) / 32768.0, path * server));
        }

        return curve;
    }

    /// <summary>All runs, in parallel; the order of the results does not depend on the number of threads.</summary>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="policies">The policies.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="days">Simulated days; 0 for what each scenario says.</param>
    /// <param name="threads">How many threads; 0 for one a core.</param>
    /// <param name="cacheFolder">Where results are kept, so that a run that was broken off goes on; null for nowhere.</param>
    /// <param name="progress">Told how many runs are done.</param>
    /// <param name="wire">Whether every byte goes through the engines (<see cref="RunWire"/>), or flights and bytes are counted by table.</param>
    public static List<TrialResult> RunAll(IReadOnlyList<Scenario> scenarios, IReadOnlyList<string> policies, int seeds, double days, int threads = 0, string? cacheFolder = null, Action<int>? progress = null, bool wire = false)
    {
        var results = new TrialResult[scenarios.Count * policies.Count * seeds];
        int done = 0;
        object gate = new();
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount }, i =>
        {
            Scenario scenario = scenarios[i / (policies.Count * seeds)];
            string policy = policies[i / seeds % policies.Count];
            int seed = i % seeds + 1;
            double length = days > 0 ? days : scenario.Days;
            string? path = cacheFolder == null ? null : Path.Combine(cacheFolder, CacheName(scenario, policy, seed, length, wire));
            TrialResult? result = path == null ? null : ReadCached(path);
            if (result == null)
            {
                result = wire ? RunWire(scenario, policy, seed, length) : Run(scenario, policy, seed, length);
                if (path != null)
                    WriteCached(path, result);
            }

            results[i] = result;
            lock (gate)
            {
                done++;
                progress?.Invoke(done);
            }
        });
        return [.. results];
    }

    /// <summary>One run with every byte through the engines: associations, TLS or DTLS, TCP or UDP, NAT and server on the simulated network.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="policy">A name that <see cref="Knows"/>, but no reference.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="days">Simulated days.</param>
    /// <exception cref="ArgumentException">The policy is a reference or unknown.</exception>
    public static TrialResult RunWire(Scenario scenario, string policy, int seed, double days)
    {
        CostModel costs = Costs(scenario);
        IAssociationPolicy made = PolicyParser.Parse(policy, costs) ?? throw new ArgumentException("No such policy on the wire: " + policy, nameof(policy));
        return new WireRun(new World(scenario, seed, days), made, policy, seed).Run();
    }

    private static CostModel Costs(Scenario scenario)
    {
        CostModel costs = CostModel.Create(scenario.Device, scenario.Protocol, scenario.LatencyMicroWatts);
        if (scenario.Traffic.Kind != TrafficKind.None)
            costs.OtherTrafficMs = scenario.Traffic.DurationMs + costs.PromotionMs;

        return costs;
    }

    private static void Inform(TrialRun run, AdaptivePolicy policy, World world)
    {
        Scenario scenario = world.Scenario;
        long[] sample = World.DrawQueries(scenario.Workload, world.EndMs, new Draws(0x5EED));
        int stride = Math.Max(1, sample.Length / 100);
        run.OnPhase = query =>
        {
            Conditions now = scenario.Phases[world.Phase[query]];
            double pathLeast = now.PathSeconds * (1 - now.PathJitterPercent / 100);
            double pathMost = now.PathSeconds * (1 + now.PathJitterPercent / 100);
            double serverLeast = now.IdleSeconds * (1 - now.IdleJitterPercent / 100);
            double serverMost = now.IdleSeconds * (1 + now.IdleJitterPercent / 100);
            bool apart = scenario.Probe == ProbeKind.Keepalive;
            double least = apart ? pathLeast : Math.Min(pathLeast, serverLeast);
            double most = apart ? pathMost : Math.Min(pathMost, serverMost);
            bool byPath = pathMost <= serverMost;
            int silent = byPath ? now.PathSilentPercent : now.End == ServerEnd.Silent ? 100 : 0;
            policy.Know(scenario.Protocol.Transport, (long)(least * 1000), (long)(most * 1000), (long)(now.IdleSeconds * 1000), now.End == ServerEnd.Fin && scenario.Device.Radio.Reachable, silent);
        };
        for (int i = stride; i < sample.Length; i += stride)
            policy.KnowGap(sample[i] - sample[i - 1]);
    }

    private static double Outlives(double gap, double mean, double jitterPercent)
    {
        double least = mean * (1 - jitterPercent / 100);
        double most = mean * (1 + jitterPercent / 100);
        return gap <= least ? 1 : gap > most ? 0 : (most - gap) / (most - least);
    }

    private static string CacheName(Scenario scenario, string policy, int seed, double days, bool wire)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{ModelVersion}\n{BuildId()}\n{scenario.Source}\n{policy}\n{seed}\n{days}") + (wire ? "\nwire" : "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32] + ".json";
    }

    /// <summary>Results of another build may differ.</summary>
    private static string BuildId() => typeof(AdaptivePolicy).Module.ModuleVersionId + " " + typeof(TrialSuite).Module.ModuleVersionId;

    private static TrialResult? ReadCached(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<TrialResult>(File.ReadAllText(path)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    private static void WriteCached(string path, TrialResult result)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + "." + Environment.CurrentManagedThreadId.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(temporary, JsonSerializer.Serialize(result));
        File.Move(temporary, path, true);
    }
}
