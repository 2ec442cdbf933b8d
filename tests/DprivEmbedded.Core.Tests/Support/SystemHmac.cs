using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>HMAC-SHA-256 of System.Security.Cryptography; a key costs a new object of the BCL.</summary>
public sealed class SystemHmac : IHmac
{
    private IncrementalHash? _hmac;

    public void SetKey(byte[] key, int offset, int count)
    {
        Clear();
        _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.AsSpan(offset, count));
    }

    public void Update(byte[] data, int offset, int count)
    {
        Keyed().AppendData(data.AsSpan(offset, count));
    }

    public void Finish(byte[] output, int offset)
    {
        Keyed().GetHashAndReset(output.AsSpan(offset, 32));
    }

    public void Clear()
    {
        _hmac?.Dispose();
        _hmac = null;
    }

    private IncrementalHash Keyed()
    {
        return _hmac ?? throw new InvalidOperationException("no key is set");
    }
}
