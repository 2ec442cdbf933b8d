using System;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>Verifies the signatures of a handshake under a SubjectPublicKeyInfo from the network.</summary>
internal static class SignatureVerifier
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 4096;

    /// <summary>Bounds the time of a verification; 65537 is what is in use.</summary>
    private const int MaxExponentBits = 33;

    private const int SaltBytes = 32;

    /// <summary>DigestInfo of SHA-256 up to the digest. Source: RFC 8017 section 9.2 note 1.</summary>
    private static readonly byte[] s_digestInfo =
    {
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    };

    public static bool Supports(int scheme)
        => scheme == SignatureScheme.EcdsaSecp256r1Sha256 || scheme == SignatureScheme.RsaPssRsaeSha256 || scheme == SignatureScheme.RsaPkcs1Sha256;

    public static bool Verify(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        if (!Supports(scheme))
            return false;

        // The arguments' ranges are the caller's; everything behind this point depends on bytes from the network.
        byte[] key = Copy(spki, spkiOffset, spkiCount);
        byte[] sig = Copy(signature, signatureOffset, signatureCount);
        Sha256Digest digest = new Sha256Digest();
        digest.BlockUpdate(message, messageOffset, messageCount);

        try
        {
            SubjectPublicKeyInfo info = SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(key));
            if (!SameBytes(info.GetEncoded(Asn1Encodable.Der), key))
                return false;

            return scheme == SignatureScheme.EcdsaSecp256r1Sha256
                ? VerifyEcdsa(info, digest, sig)
                : VerifyRsa(scheme, info, digest, sig);
        }
        catch (Exception e) when (!(e is OutOfMemoryException))
        {
            return false; // BouncyCastle's parsers and key classes throw many types on bad input
        }
    }

    private static bool VerifyEcdsa(SubjectPublicKeyInfo info, Sha256Digest digest, byte[] signature)
    {
        if (!info.Algorithm.Algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey) || !X9ObjectIdentifiers.Prime256v1.Equals(info.Algorithm.Parameters))
            return false;

        byte[] encoded = info.PublicKey.GetOctets();
        ECPoint? point = P256.Decode(encoded, 0, encoded.Length);
        if (point == null)
            return false;

        byte[] hash = new byte[32];
        digest.DoFinal(hash, 0);
        BigInteger[] rs = StandardDsaEncoding.Instance.Decode(P256.Domain.N, signature);
        ECDsaSigner signer = new ECDsaSigner();
        signer.Init(false, new ECPublicKeyParameters(point, P256.Domain));
        return signer.VerifySignature(hash, rs[0], rs[1]);
    }

    private static bool VerifyRsa(int scheme, SubjectPublicKeyInfo info, Sha256Digest digest, byte[] signature)
    {
        RsaKeyParameters? key = RsaKey(info);
        if (key == null || signature.Length != (key.Modulus.BitLength + 7) / 8 || new BigInteger(1, signature).CompareTo(key.Modulus) >= 0)
            return false;

        if (scheme == SignatureScheme.RsaPkcs1Sha256)
            return VerifyPkcs1(key, digest, signature);

        byte[] hash = new byte[32];
        digest.DoFinal(hash, 0);
        PssSigner signer = PssSigner.CreateRawSigner(new RsaEngine(), new Sha256Digest(), SaltBytes);
        signer.Init(false, key);
        signer.BlockUpdate(hash, 0, hash.Length);
        return signer.VerifySignature(signature);
    }

    /// <summary>The key of an rsaEncryption SubjectPublicKeyInfo; null where it is of another type or size.</summary>
    private static RsaKeyParameters? RsaKey(SubjectPublicKeyInfo info)
    {
        if (!info.Algorithm.Algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption))
            return null;

        // Parameters are NULL (RFC 3279 section 2.3.1); some encoders leave them out.
        if (info.Algorithm.Parameters != null && !DerNull.Instance.Equals(info.Algorithm.Parameters))
            return null;

        RsaPublicKeyStructure structure = RsaPublicKeyStructure.GetInstance(info.ParsePublicKey());
        int bits = structure.Modulus.BitLength;
        if (bits < MinRsaBits || bits > MaxRsaBits || structure.PublicExponent.BitLength > MaxExponentBits)
            return null;

        return new RsaKeyParameters(false, structure.Modulus, structure.PublicExponent);
    }

    /// <summary>Compares with the one right encoding instead of parsing what the signature holds. Source: RFC 8017 section 8.2.2.</summary>
    private static bool VerifyPkcs1(RsaKeyParameters key, Sha256Digest digest, byte[] signature)
    {
        byte[] expected = new byte[signature.Length];
        int separator = expected.Length - 32 - s_digestInfo.Length - 1;
        expected[1] = 1;
        for (int i = 2; i < separator; i++)
            expected[i] = 0xff;
        Array.Copy(s_digestInfo, 0, expected, separator + 1, s_digestInfo.Length);
        digest.DoFinal(expected, expected.Length - 32);

        RsaEngine engine = new RsaEngine();
        engine.Init(false, key);
        byte[] block = engine.ProcessBlock(signature, 0, signature.Length);
        byte[] found = new byte[signature.Length];
        Array.Copy(block, 0, found, found.Length - block.Length, block.Length);
        return SameBytes(found, expected);
    }

    private static byte[] Copy(byte[] source, int offset, int count)
    {
        byte[] copy = new byte[count];
        Array.Copy(source, offset, copy, 0, count);
        return copy;
    }

    private static bool SameBytes(byte[] a, byte[] b) => a.Length == b.Length && ConstantTime.AreEqual(a, 0, b, 0, a.Length);
}
