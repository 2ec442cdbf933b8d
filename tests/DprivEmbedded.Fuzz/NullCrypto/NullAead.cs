using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>An AEAD that leaves the text as it is, writes a tag of zeros and takes any tag.</summary>
internal sealed class NullAead(int algorithm) : IAead
{
    public int KeyBytes => algorithm == AeadAlgorithm.ChaCha20Poly1305 ? 32 : 16;

    public int TagBytes => algorithm == AeadAlgorithm.Aes128Ccm8 ? 8 : 16;

    public void SetKey(byte[] key, int offset)
    {
        if (offset < 0 || key.Length - offset < KeyBytes)
            throw new ArgumentException("The key is short.");
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        Check(nonce, aad, aadOffset, aadCount);
        buffer.AsSpan(offset, count + TagBytes)[count..].Clear();
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        Check(nonce, aad, aadOffset, aadCount);
        return count >= TagBytes && buffer.AsSpan(offset, count).Length == count;
    }

    public void Clear()
    {
    }

    private static void Check(byte[] nonce, byte[] aad, int aadOffset, int aadCount)
    {
        if (nonce.Length != 12 || aad.AsSpan(aadOffset, aadCount).Length != aadCount)
            throw new ArgumentException("The nonce or the associated data is wrong.");
    }
}
