using System;
using System.Collections.Generic;

namespace DprivEmbedded.Timing;

/// <summary>Welch's t-test between the times of two classes, on all measurements and on those below several percentiles: what interrupts a machine lands above them.</summary>
internal static class Welch
{
    // Each next one keeps less of the slow tail: all, and 99 % down to 50 %.
    private static readonly double[] s_kept = [1, 0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5];

    /// <summary>The largest |t| of all croppings.</summary>
    /// <param name="times">The times.</param>
    /// <param name="classes">Their classes.</param>
    /// <param name="count">How many there are.</param>
    public static double MaxT(long[] times, byte[] classes, int count)
    {
        long[] sorted = times[..count];
        Array.Sort(sorted);
        double most = 0;
        foreach (double kept in s_kept)
        {
            long limit = sorted[Math.Min(count - 1, (int)(kept * count))];
            most = Math.Max(most, Math.Abs(T(times, classes, count, limit)));
        }

        return most;
    }

    /// <summary>The median of a class.</summary>
    public static long Median(long[] times, byte[] classes, int count, int of)
    {
        List<long> own = [];
        for (int i = 0; i < count; i++)
        {
            if (classes[i] == of)
                own.Add(times[i]);
        }

        own.Sort();
        return own.Count == 0 ? 0 : own[own.Count / 2];
    }

    private static double T(long[] times, byte[] classes, int count, long limit)
    {
        Span<double> n = [0, 0];
        Span<double> mean = [0, 0];
        Span<double> squares = [0, 0];
        for (int i = 0; i < count; i++)
        {
            if (times[i] > limit)
                continue;

            int c = classes[i];
            n[c]++;
            double difference = times[i] - mean[c];
            mean[c] += difference / n[c];
            squares[c] += difference * (times[i] - mean[c]);
        }

        if (n[0] < 100 || n[1] < 100)
            return 0;

        double variance = squares[0] / (n[0] - 1) / n[0] + squares[1] / (n[1] - 1) / n[1];
        return variance <= 0 ? 0 : (mean[0] - mean[1]) / Math.Sqrt(variance);
    }
}
