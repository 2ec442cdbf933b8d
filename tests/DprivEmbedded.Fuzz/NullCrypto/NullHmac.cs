using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>An HMAC whose tag is always zero: every binder and every Finished is so.</summary>
internal sealed class NullHmac : IHmac
{
    public void SetKey(byte[] key, int offset, int count) => _ = key.AsSpan(offset, count);

    public void Update(byte[] data, int offset, int count) => _ = data.AsSpan(offset, count);

    public void Finish(byte[] output, int offset) => output.AsSpan(offset, 32).Clear();

    public void Clear()
    {
    }
}
