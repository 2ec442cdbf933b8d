using System;

namespace DprivEmbedded.Harness.Trials;

/// <summary>A small generator of random numbers (splitmix64), the same on every machine.</summary>
internal struct Draws(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below 1.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    public double Exponential(double mean) => -Math.Log(1 - Uniform()) * mean;

    public int Below(int limit) => limit <= 0 ? 0 : (int)(Next() % (uint)limit);
}
