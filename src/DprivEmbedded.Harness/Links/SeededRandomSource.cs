using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness;

/// <summary>A reproducible random source: the same seed gives the same bytes. For simulations; never for keys that are to be kept.</summary>
public sealed class SeededRandomSource : IRandomSource
{
    private readonly Random _random;

    /// <summary>Makes a source.</summary>
    /// <param name="seed">The seed.</param>
    public SeededRandomSource(int seed)
    {
        _random = new Random(seed);
    }

    /// <inheritdoc/>
    public void Fill(byte[] buffer, int offset, int count)
    {
        _random.NextBytes(buffer.AsSpan(offset, count));
    }
}
