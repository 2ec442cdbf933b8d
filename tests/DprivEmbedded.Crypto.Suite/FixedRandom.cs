using System;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>Gives out a fixed sequence of bytes: a private value for a key agreement.</summary>
internal sealed class FixedRandom : IRandomSource
{
    private readonly byte[] _bytes;
    private int _used;

    public FixedRandom(byte[] bytes) => _bytes = bytes;

    public void Fill(byte[] buffer, int offset, int count)
    {
        Array.Copy(_bytes, _used, buffer, offset, count);
        _used += count;
    }
}
