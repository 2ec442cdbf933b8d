using System;
using System.Collections.Generic;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>All that happens in one run whatever the policy does: queries, other traffic, lifetimes, restarts, delays. One seed gives one world.</summary>
public sealed class World
{
    private const long HourMs = 3600_000;

    /// <summary>Draws a world.</summary>
    /// <param name="scenario">What to draw.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="days">How long.</param>
    public World(Scenario scenario, int seed, double days)
    {
        Scenario = scenario;
        EndMs = (long)(days * 24 * HourMs);
        ulong root = (ulong)(uint)seed * 0x9E3779B97F4A7C15 + 12345;
        Queries = DrawQueries(scenario.Workload, EndMs, new Draws(root ^ 0x51));
        (Wakes, WindowStarts, WindowEnds) = DrawWakes(scenario, EndMs, new Draws(root ^ 0x52));
        (ResetTimes, ResetIsNetwork) = DrawResets(scenario, EndMs, new Draws(root ^ 0x53));

        int count = Queries.Length;
        Phase = new int[count];
        Rtt = new int[count];
        QueryLosses = new byte[count];
        HandshakeLosses = new byte[count];
        PathMs = new long[count];
        ServerMs = new long[count];
        PathSilent = new bool[count];
        var draws = new Draws(root ^ 0x54);
        int phase = 0;
        for (int i = 0; i < count; i++)
        {
            while (phase + 1 < scenario.Phases.Count && Queries[i] >= scenario.Phases[phase + 1].AtHours * HourMs)
                phase++;

            Conditions now = scenario.Phases[phase];
            Phase[i] = phase;
            Rtt[i] = now.RttMs + draws.Below(now.JitterMs + 1);
            QueryLosses[i] = Losses(ref draws, now.LossPermille);
            HandshakeLosses[i] = Losses(ref draws, 2 * now.LossPermille);
            PathMs[i] = Lifetime(ref draws, now.PathSeconds, now.PathJitterPercent);
            ServerMs[i] = Lifetime(ref draws, now.IdleSeconds, now.IdleJitterPercent);
            PathSilent[i] = draws.Below(100) < now.PathSilentPercent;
        }
    }

    /// <summary>What was drawn.</summary>
    public Scenario Scenario { get; }

    /// <summary>When it ends.</summary>
    public long EndMs { get; }

    /// <summary>When queries come, ascending.</summary>
    internal long[] Queries { get; }

    /// <summary>When the radio wakes for other traffic.</summary>
    internal long[] Wakes { get; }

    /// <summary>When the radio is on for other traffic, tails included and merged.</summary>
    internal long[] WindowStarts { get; }

    internal long[] WindowEnds { get; }

    /// <summary>Restarts of the server and changes of the network.</summary>
    internal long[] ResetTimes { get; }

    internal bool[] ResetIsNetwork { get; }

    /// <summary>The conditions of each query and of the quiet time after it.</summary>
    internal int[] Phase { get; }

    internal int[] Rtt { get; }

    internal byte[] QueryLosses { get; }

    internal byte[] HandshakeLosses { get; }

    internal long[] PathMs { get; }

    internal long[] ServerMs { get; }

    internal bool[] PathSilent { get; }

    internal static long[] DrawQueries(WorkloadModel workload, long endMs, Draws draws)
    {
        var times = new List<long>();
        double end = endMs / 1000.0;
        double at = workload.Kind == WorkloadKind.Periodic ? draws.Uniform() * Math.Min(workload.Seconds, end / 4) : 0;
        switch (workload.Kind)
        {
            case WorkloadKind.Periodic:
                for (; at < end; at += workload.Seconds)
                    Add(times, at + (draws.Uniform() * 2 - 1) * workload.JitterPercent / 100 * workload.Seconds, end);

                break;
            case WorkloadKind.Poisson:
                for (at = draws.Exponential(workload.Seconds); at < end; at += draws.Exponential(workload.Seconds))
                    Add(times, at, end);

                break;
            case WorkloadKind.Bursty:
                for (at = draws.Exponential(workload.Seconds); at < end; at += draws.Exponential(workload.Seconds))
                {
                    Add(times, at, end);
                    while (draws.Uniform() < 1 - 1 / Math.Max(1, workload.BurstQueries))
                    {
                        at += draws.Exponential(workload.WithinSeconds);
                        Add(times, at, end);
                    }
                }

                break;
            case WorkloadKind.Diurnal:
                while (at < end)
                {
                    double hour = at / 3600 % 24;
                    bool day = hour >= workload.DayStartHour && hour < workload.DayEndHour;
                    double boundary = day ? workload.DayEndHour : hour < workload.DayStartHour ? workload.DayStartHour : 24 + workload.DayStartHour;
                    double next = draws.Exponential(day ? workload.Seconds : workload.NightSeconds);
                    double left = (boundary - hour) * 3600;
                    if (next >= left)
                    {
                        at += left + 0.001;
                        continue;
                    }

                    at += next;
                    Add(times, at, end);
                }

                break;
            default:
                double last = workload.Times.Count > 0 ? workload.Times[^1] : 0;
                double period = Math.Max(workload.Seconds, last + 1);
                for (double from = 0; from < end && workload.Times.Count > 0; from += period)
                {
                    foreach (double time in workload.Times)
                        Add(times, from + time, end);
                }

                break;
        }

        return [.. times];
    }

    private static void Add(List<long> times, double at, double end)
    {
        long ms = (long)(at * 1000);
        if (times.Count > 0 && ms <= times[^1])
            ms = times[^1] + 1;
        if (ms >= 0 && ms < (long)(end * 1000))
            times.Add(ms);
    }

    private static (long[] Wakes, long[] Starts, long[] Ends) DrawWakes(Scenario scenario, long endMs, Draws draws)
    {
        TrafficModel traffic = scenario.Traffic;
        var wakes = new List<long>();
        double end = endMs / 1000.0;
        if (traffic.Kind == TrafficKind.Periodic)
        {
            for (double at = draws.Uniform() * traffic.Seconds; at < end; at += traffic.Seconds)
                Add(wakes, at + (draws.Uniform() * 2 - 1) * traffic.JitterPercent / 100 * traffic.Seconds, end);
        }
        else if (traffic.Kind == TrafficKind.Poisson)
        {
            for (double at = draws.Exponential(traffic.Seconds); at < end; at += draws.Exponential(traffic.Seconds))
                Add(wakes, at, end);
        }

        var starts = new List<long>();
        var ends = new List<long>();
        RadioProfile radio = scenario.Device.Radio;
        int on = radio.PromotionMs + traffic.DurationMs + radio.EffectiveTailMs();
        foreach (long wake in wakes)
        {
            if (ends.Count > 0 && wake <= ends[^1])
            {
                ends[^1] = Math.Max(ends[^1], wake + on);
                continue;
            }

            starts.Add(wake);
            ends.Add(wake + on);
        }

        return ([.. wakes], [.. starts], [.. ends]);
    }

    private static (long[] Times, bool[] IsNetwork) DrawResets(Scenario scenario, long endMs, Draws draws)
    {
        var all = new List<(long At, bool Network)>();
        for (int pass = 0; pass < 2; pass++)
        {
            double mean = pass == 0 ? scenario.NetworkChangeHours : scenario.RestartHours;
            if (mean <= 0)
                continue;

            for (double at = draws.Exponential(mean); at * HourMs < endMs; at += draws.Exponential(mean))
                all.Add(((long)(at * HourMs), pass == 0));
        }

        all.Sort((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : a.Network.CompareTo(b.Network));
        return (all.ConvertAll(reset => reset.At).ToArray(), all.ConvertAll(reset => reset.Network).ToArray());
    }

    private static byte Losses(ref Draws draws, int permille)
    {
        byte losses = 0;
        while (losses < 4 && draws.Below(1000) < permille)
            losses++;

        return losses;
    }

    private static long Lifetime(ref Draws draws, double seconds, double jitterPercent) =>
        (long)(seconds * 1000 * (1 + (draws.Uniform() * 2 - 1) * jitterPercent / 100));
}
