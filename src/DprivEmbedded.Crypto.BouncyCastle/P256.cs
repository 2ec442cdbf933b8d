using System;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>The curve P-256 with its own field arithmetic.</summary>
internal static class P256
{
    public const int ScalarBytes = 32;

    /// <summary>Size of an uncompressed point.</summary>
    public const int PointBytes = 65;

    private const int ScalarAttempts = 64;

    public static readonly ECDomainParameters Domain = MakeDomain();

    private static readonly FixedPointCombMultiplier s_comb = new FixedPointCombMultiplier();

    /// <summary>Draws a scalar in [1, n-1] by rejection, so that it depends on the source alone.</summary>
    public static void DrawScalar(IRandomSource random, byte[] scalar)
    {
        for (int i = 0; i < ScalarAttempts; i++)
        {
            random.Fill(scalar, 0, ScalarBytes);
            BigInteger value = new BigInteger(1, scalar);
            if (value.SignValue > 0 && value.CompareTo(Domain.N) < 0)
                return;
        }

        throw new InvalidOperationException("The random source gives no scalar of P-256.");
    }

    /// <summary>Multiplies by the fixed comb: the same sequence of operations for every scalar, with masked table look-ups.</summary>
    public static ECPoint Multiply(ECPoint point, byte[] scalar) => s_comb.Multiply(point, new BigInteger(1, scalar)).Normalize();

    /// <summary>Decodes an uncompressed point from the network; null where it has the wrong size or form or is not on the curve.</summary>
    public static ECPoint? Decode(byte[] data, int offset, int count)
    {
        if (count != PointBytes || data[offset] != 4)
            return null;

        byte[] copy = new byte[PointBytes];
        Array.Copy(data, offset, copy, 0, PointBytes);
        try
        {
            // Checks both coordinates' range and the curve's equation; the cofactor is 1. The encoding cannot be of the point at infinity.
            return Domain.Curve.DecodePoint(copy);
        }
        catch (Exception e) when (e is ArgumentException || e is FormatException || e is ArithmeticException)
        {
            return null;
        }
    }

    private static ECDomainParameters MakeDomain()
    {
        X9ECParameters curve = CustomNamedCurves.GetByOid(X9ObjectIdentifiers.Prime256v1);
        return new ECNamedDomainParameters(X9ObjectIdentifiers.Prime256v1, curve);
    }
}
