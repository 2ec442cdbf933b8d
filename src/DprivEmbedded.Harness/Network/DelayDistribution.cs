using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>How long packets travel.</summary>
public abstract class DelayDistribution
{
    private DelayDistribution()
    {
    }

    /// <summary>Always the same.</summary>
    /// <param name="ms">Milliseconds.</param>
    /// <returns>The distribution.</returns>
    public static DelayDistribution Constant(double ms)
    {
        return new ConstantDelay(Us(ms));
    }

    /// <summary>Anything between two values, all alike.</summary>
    /// <param name="minMs">The least, in milliseconds.</param>
    /// <param name="maxMs">The most, in milliseconds.</param>
    /// <returns>The distribution.</returns>
    public static DelayDistribution Uniform(double minMs, double maxMs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMs, minMs);
        return new UniformDelay(Us(minMs), Us(maxMs));
    }

    /// <summary>Lognormal: half of the packets are faster than the median, and a few much slower.</summary>
    /// <param name="medianMs">The median, in milliseconds.</param>
    /// <param name="sigma">The standard deviation of the logarithm: 0.5 has 5 % above 2.3 medians.</param>
    /// <param name="leastMs">What is added to each, in milliseconds.</param>
    /// <returns>The distribution.</returns>
    public static DelayDistribution LogNormal(double medianMs, double sigma, double leastMs = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sigma);
        return new LogNormalDelay(Us(medianMs), sigma, Us(leastMs));
    }

    /// <summary>Drawn from values that were measured.</summary>
    /// <param name="measuredMs">The values, in milliseconds; copied.</param>
    /// <returns>The distribution.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static DelayDistribution Empirical(IReadOnlyList<double> measuredMs)
    {
        if (measuredMs.Count == 0)
            throw new ArgumentException("No values.", nameof(measuredMs));

        long[] values = new long[measuredMs.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = Us(measuredMs[i]);

        return new EmpiricalDelay(values);
    }

    internal abstract long NextUs(Random random);

    private static long Us(double ms)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ms);
        return (long)Math.Round(ms * 1000);
    }

    private sealed class ConstantDelay(long us) : DelayDistribution
    {
        internal override long NextUs(Random random) => us;
    }

    private sealed class UniformDelay(long minUs, long maxUs) : DelayDistribution
    {
        internal override long NextUs(Random random) => random.NextInt64(minUs, maxUs + 1);
    }

    private sealed class LogNormalDelay(long medianUs, double sigma, long leastUs) : DelayDistribution
    {
        internal override long NextUs(Random random)
        {
            // Box and Muller.
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return leastUs + (long)(medianUs * Math.Exp(sigma * normal));
        }
    }

    private sealed class EmpiricalDelay(long[] values) : DelayDistribution
    {
        internal override long NextUs(Random random) => values[random.Next(values.Length)];
    }
}
