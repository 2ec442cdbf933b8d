using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>SHA-256 of System.Security.Cryptography, readable in mid-stream.</summary>
public sealed class SystemHash : IHash
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Reset()
    {
        Span<byte> ignored = stackalloc byte[32];
        _hash.GetHashAndReset(ignored);
    }

    public void Update(byte[] data, int offset, int count)
    {
        _hash.AppendData(data.AsSpan(offset, count));
    }

    public void Snapshot(byte[] output, int offset)
    {
        _hash.GetCurrentHash(output.AsSpan(offset, 32));
    }
}
