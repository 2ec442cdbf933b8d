using System;
using Org.BouncyCastle.Math.EC;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>ECDH on P-256 with uncompressed points. Source: RFC 8446 sections 4.2.8.2 and 7.4.2, RFC 8422 section 5.10.</summary>
internal sealed class P256KeyAgreement : IKeyAgreement
{
    private readonly byte[] _private = new byte[P256.ScalarBytes];
    private bool _hasKey;

    public int Group => NamedGroup.Secp256r1;

    public int PublicBytes => P256.PointBytes;

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        P256.DrawScalar(random, _private);
        _hasKey = true;
        byte[] encoded = P256.Multiply(P256.Domain.G, _private).GetEncoded(false);
        Array.Copy(encoded, 0, output, offset, P256.PointBytes);
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        if (!_hasKey)
            throw new InvalidOperationException("Generate a key pair first.");

        ECPoint? point = P256.Decode(peer, peerOffset, peerCount);
        if (point == null)
            return false;

        ECPoint shared = P256.Multiply(point, _private);
        if (shared.IsInfinity)
            return false;

        byte[] x = shared.AffineXCoord.GetEncoded();
        Array.Copy(x, 0, secret, secretOffset, P256.ScalarBytes);
        Array.Clear(x, 0, x.Length);
        return true;
    }

    public void Clear()
    {
        Array.Clear(_private, 0, P256.ScalarBytes);
        _hasKey = false;
    }
}
