using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>A hash whose digest is always zero.</summary>
internal sealed class NullHash : IHash
{
    public void Reset()
    {
    }

    public void Update(byte[] data, int offset, int count) => _ = data.AsSpan(offset, count);

    public void Snapshot(byte[] output, int offset) => output.AsSpan(offset, 32).Clear();
}
