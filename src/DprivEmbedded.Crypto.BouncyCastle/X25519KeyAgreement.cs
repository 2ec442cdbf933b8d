using System;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>X25519. Source: RFC 7748 sections 5 and 6.1, RFC 8446 section 7.4.2.</summary>
internal sealed class X25519KeyAgreement : IKeyAgreement
{
    private const int Bytes = 32;

    private readonly byte[] _private = new byte[Bytes];
    private bool _hasKey;

    public int Group => NamedGroup.X25519;

    public int PublicBytes => Bytes;

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        random.Fill(_private, 0, Bytes);
        _hasKey = true;
        X25519.GeneratePublicKey(_private, 0, output, offset);
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        if (!_hasKey)
            throw new InvalidOperationException("Generate a key pair first.");
        if (peerCount != Bytes)
            return false;

        return X25519.CalculateAgreement(_private, 0, peer, peerOffset, secret, secretOffset);
    }

    public void Clear()
    {
        Array.Clear(_private, 0, Bytes);
        _hasKey = false;
    }
}
