using System;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>ECDH over P-256 of System.Security.Cryptography, with the private value from the given random source.</summary>
public sealed class SystemP256 : IKeyAgreement
{
    private const int FieldBytes = 32;

    private static readonly byte[] s_order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private ECDiffieHellman? _own;

    public int Group => NamedGroup.Secp256r1;

    public int PublicBytes => 1 + (2 * FieldBytes);

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        byte[] scalar = new byte[FieldBytes];
        do
        {
            random.Fill(scalar, 0, FieldBytes);
        }
        while (!IsScalar(scalar));

        SetPrivate(scalar);
        CryptographicOperations.ZeroMemory(scalar);
        ECParameters own = _own!.ExportParameters(false);
        output[offset] = 4;
        own.Q.X.CopyTo(output.AsSpan(offset + 1, FieldBytes));
        own.Q.Y.CopyTo(output.AsSpan(offset + 1 + FieldBytes, FieldBytes));
    }

    /// <summary>Sets the private value, for vectors that give it.</summary>
    public void SetPrivate(byte[] scalar)
    {
        Clear();
        _own = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        if (_own == null)
            throw new InvalidOperationException("no key pair was made");

        if (peerCount != PublicBytes || peer[peerOffset] != 4)
            return false;

        ECParameters parameters = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = peer.AsSpan(peerOffset + 1, FieldBytes).ToArray(),
                Y = peer.AsSpan(peerOffset + 1 + FieldBytes, FieldBytes).ToArray(),
            },
        };
        try
        {
            using ECDiffieHellman other = ECDiffieHellman.Create(parameters);
            byte[] agreed = _own.DeriveRawSecretAgreement(other.PublicKey);
            agreed.CopyTo(secret.AsSpan(secretOffset, FieldBytes));
            CryptographicOperations.ZeroMemory(agreed);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Clear()
    {
        _own?.Dispose();
        _own = null;
    }

    private static bool IsScalar(byte[] scalar)
    {
        return scalar.AsSpan().ContainsAnyExcept((byte)0) && scalar.AsSpan().SequenceCompareTo(s_order) < 0;
    }
}
