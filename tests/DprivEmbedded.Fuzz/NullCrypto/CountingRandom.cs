using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>Bytes that look random and are the same in every run (SplitMix64), so that an input always does the same.</summary>
internal sealed class CountingRandom(int seed) : IRandomSource
{
    private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15;

    public void Fill(byte[] buffer, int offset, int count)
    {
        ulong value = 0;
        for (int i = 0; i < count; i++)
        {
            if ((i & 7) == 0)
                value = Next();

            buffer[offset + i] = (byte)value;
            value >>= 8;
        }
    }

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
