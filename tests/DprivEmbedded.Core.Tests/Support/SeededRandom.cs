using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>A reproducible random source for tests. Not secure.</summary>
public sealed class SeededRandom : IRandomSource
{
    private readonly Random _random;

    public SeededRandom(int seed)
    {
        _random = new Random(seed);
    }

    public void Fill(byte[] buffer, int offset, int count)
    {
        _random.NextBytes(buffer.AsSpan(offset, count));
    }
}
