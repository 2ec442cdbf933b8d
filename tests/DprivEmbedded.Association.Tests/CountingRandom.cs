using DprivEmbedded.Crypto;

namespace DprivEmbedded.Association.Tests;

/// <summary>A random source that counts: its IDs come in a known order, each of them several times.</summary>
internal sealed class CountingRandom(int repeats) : IRandomSource
{
    private int _calls;

    public void Fill(byte[] buffer, int offset, int count)
    {
        int id = _calls++ / repeats;
        for (int i = 0; i < count; i++)
            buffer[offset + i] = (byte)(id >> (8 * (count - 1 - i)));
    }
}
