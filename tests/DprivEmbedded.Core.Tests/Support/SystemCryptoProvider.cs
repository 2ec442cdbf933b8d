using System;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>A crypto back-end on System.Security.Cryptography, independent of the one that ships. The BCL has no X25519: that group is null.</summary>
public sealed class SystemCryptoProvider : ICryptoProvider
{
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    public SystemCryptoProvider()
        : this(new SystemRandom())
    {
    }

    public SystemCryptoProvider(IRandomSource random)
    {
        Random = random;
    }

    public IRandomSource Random { get; }

    public IHash CreateSha256()
    {
        return new SystemHash();
    }

    public IHmac CreateHmacSha256()
    {
        return new SystemHmac();
    }

    public IAead CreateAead(int algorithm)
    {
        return SystemAead.IsSupported(algorithm) ? new SystemAead(algorithm) : null!;
    }

    public IKeyAgreement CreateKeyAgreement(int group)
    {
        return group == NamedGroup.Secp256r1 ? new SystemP256() : null!;
    }

    public bool SupportsSignature(int scheme)
    {
        return scheme is SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.RsaPssRsaeSha256 or SignatureScheme.RsaPkcs1Sha256;
    }

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        ReadOnlySpan<byte> key = spki.AsSpan(spkiOffset, spkiCount);
        ReadOnlySpan<byte> data = message.AsSpan(messageOffset, messageCount);
        ReadOnlySpan<byte> signed = signature.AsSpan(signatureOffset, signatureCount);
        try
        {
            return scheme switch
            {
                SignatureScheme.EcdsaSecp256r1Sha256 => VerifyEcdsa(key, data, signed),
                SignatureScheme.RsaPssRsaeSha256 => VerifyRsa(key, data, signed, RSASignaturePadding.Pss),
                SignatureScheme.RsaPkcs1Sha256 => VerifyRsa(key, data, signed, RSASignaturePadding.Pkcs1),
                _ => false,
            };
        }
        catch (Exception e) when (e is CryptographicException || e is AsnContentException)
        {
            return false;
        }
    }

    private static bool VerifyEcdsa(ReadOnlySpan<byte> spki, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(spki, out int read);
        if (read != spki.Length || key.ExportParameters(false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            return false;

        // The BCL's own reading of DER takes a negative s for a positive one.
        AsnReader outer = new AsnReader(signature.ToArray(), AsnEncodingRules.DER);
        AsnReader pair = outer.ReadSequence();
        BigInteger r = pair.ReadInteger();
        BigInteger s = pair.ReadInteger();
        pair.ThrowIfNotEmpty();
        outer.ThrowIfNotEmpty();
        byte[] fixedSize = new byte[64];
        return ToField(r, fixedSize.AsSpan(0, 32)) && ToField(s, fixedSize.AsSpan(32, 32))
            && key.VerifyData(message, fixedSize, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool ToField(BigInteger value, Span<byte> field)
    {
        if (value.Sign <= 0 || value.GetByteCount(true) > field.Length)
            return false;

        value.TryWriteBytes(field[^value.GetByteCount(true)..], out _, true, true);
        return true;
    }

    private static bool VerifyRsa(ReadOnlySpan<byte> spki, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, RSASignaturePadding padding)
    {
        using RSA key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(spki, out int read);
        if (read != spki.Length || key.KeySize < MinRsaBits || key.KeySize > MaxRsaBits)
            return false;

        return key.VerifyData(message, signature, HashAlgorithmName.SHA256, padding);
    }
}
