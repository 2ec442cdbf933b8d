using System;
using System.Collections.Generic;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace DprivEmbedded.Crypto.BouncyCastle.Signing;

/// <summary>A private key (P-256 or RSA) that signs handshakes and certificates: for servers, simulations and tests. A client needs none.</summary>
/// <remarks>
/// ECDSA nonces are those of RFC 6979 and thus a function of key and message. RSA-PSS salts and RSA blinding come from the random source, so that a
/// reproducible source gives reproducible signatures. Safe for use from several threads where the random source is. The key lives as long as the
/// object; BouncyCastle offers no way to zero it.
/// </remarks>
public sealed class BouncyCastleSigner
{
    private const int SaltBytes = 32;

    private readonly AsymmetricKeyParameter _private;
    private readonly SubjectPublicKeyInfo _publicInfo;
    private readonly IRandomSource _random;
    private readonly byte[] _spki;

    private BouncyCastleSigner(AsymmetricKeyParameter privateKey, SubjectPublicKeyInfo publicInfo, IRandomSource? random)
    {
        _private = privateKey;
        _publicInfo = publicInfo;
        _random = random ?? new SystemRandomSource();
        _spki = publicInfo.GetEncoded(Asn1Encodable.Der);
    }

    /// <summary>Whether the key is an RSA key; otherwise it is one of P-256.</summary>
    public bool IsRsa => _private is RsaPrivateCrtKeyParameters;

    /// <summary>Loads the first private key of a PEM text: "PRIVATE KEY" (PKCS#8), "EC PRIVATE KEY" (RFC 5915) or "RSA PRIVATE KEY" (RFC 8017 appendix A.1.2).</summary>
    /// <param name="pem">The text; other blocks are skipped.</param>
    /// <param name="random">Source of salts and blinding; null for the operating system's.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="FormatException">The text holds no private key, or one that is encrypted, damaged or of an unsupported type.</exception>
    public static BouncyCastleSigner FromPem(string pem, IRandomSource? random = null)
    {
        foreach (KeyValuePair<string, byte[]> block in PemText.ReadAll(pem))
        {
            switch (block.Key)
            {
                case "PRIVATE KEY":
                    return FromPkcs8(block.Value, random);
                case "EC PRIVATE KEY":
                    return Guard(() => FromEc(ECPrivateKeyStructure.GetInstance(block.Value), null, random));
                case "RSA PRIVATE KEY":
                    return Guard(() => FromRsa(RsaPrivateKeyStructure.GetInstance(block.Value), random));
                case "ENCRYPTED PRIVATE KEY":
                    throw new FormatException("The private key is encrypted; only unencrypted keys are supported.");
            }
        }

        throw new FormatException("The PEM text holds no private key.");
    }

    /// <summary>Loads a PKCS#8 PrivateKeyInfo (RFC 5208).</summary>
    /// <param name="der">Its DER encoding.</param>
    /// <param name="random">Source of salts and blinding; null for the operating system's.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="FormatException">The key is damaged or of an unsupported type.</exception>
    public static BouncyCastleSigner FromPkcs8(byte[] der, IRandomSource? random = null)
    {
        return Guard(() =>
        {
            PrivateKeyInfo info = PrivateKeyInfo.GetInstance(der);
            DerObjectIdentifier algorithm = info.PrivateKeyAlgorithm.Algorithm;
            if (algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption))
                return FromRsa(RsaPrivateKeyStructure.GetInstance(info.ParsePrivateKey()), random);
            if (algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
                return FromEc(ECPrivateKeyStructure.GetInstance(info.ParsePrivateKey()), info.PrivateKeyAlgorithm.Parameters, random);

            throw new FormatException("The private key's type " + algorithm.Id + " is not supported; P-256 and RSA are.");
        });
    }

    /// <summary>Makes a P-256 key.</summary>
    /// <param name="random">Source of the key; null for the operating system's. The key is a function of the source.</param>
    /// <returns>The signer.</returns>
    public static BouncyCastleSigner GenerateP256(IRandomSource? random = null)
    {
        byte[] scalar = new byte[P256.ScalarBytes];
        P256.DrawScalar(random ?? new SystemRandomSource(), scalar);
        BouncyCastleSigner signer = FromScalar(scalar, random);
        ConstantTime.Clear(scalar);
        return signer;
    }

    /// <summary>Makes an RSA key with the public exponent 65537. Takes from a tenth of a second to several seconds.</summary>
    /// <param name="bits">Size of the modulus, 1024 to 4096; a provider's verification wants at least 2048.</param>
    /// <param name="random">Source of the key; null for the operating system's. The key is a function of the source.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bits"/> is out of range.</exception>
    public static BouncyCastleSigner GenerateRsa(int bits = 2048, IRandomSource? random = null)
    {
        if (bits < 1024 || bits > 4096)
            throw new ArgumentOutOfRangeException(nameof(bits), "An RSA key has 1024 to 4096 bits here.");

        RsaKeyPairGenerator generator = new RsaKeyPairGenerator();
        generator.Init(new RsaKeyGenerationParameters(BigInteger.ValueOf(65537), RandomSourceGenerator.Wrap(random ?? new SystemRandomSource()), bits, 100));
        return FromRsaKey((RsaPrivateCrtKeyParameters)generator.GenerateKeyPair().Private, random);
    }

    /// <summary>The public key in DER, a new copy.</summary>
    /// <returns>The SubjectPublicKeyInfo (RFC 5280 section 4.1).</returns>
    public byte[] GetSubjectPublicKeyInfo() => (byte[])_spki.Clone();

    /// <summary>The private key as an unencrypted PKCS#8 PrivateKeyInfo.</summary>
    /// <returns>Its DER encoding.</returns>
    public byte[] ToPkcs8()
    {
        if (_private is RsaPrivateCrtKeyParameters rsa)
        {
            RsaPrivateKeyStructure structure = new RsaPrivateKeyStructure(rsa.Modulus, rsa.PublicExponent, rsa.Exponent, rsa.P, rsa.Q, rsa.DP, rsa.DQ, rsa.QInv);
            return new PrivateKeyInfo(_publicInfo.Algorithm, structure).GetEncoded(Asn1Encodable.Der);
        }

        ECPrivateKeyStructure ec = new ECPrivateKeyStructure(256, ((ECPrivateKeyParameters)_private).D, _publicInfo.PublicKey, null);
        return new PrivateKeyInfo(_publicInfo.Algorithm, ec).GetEncoded(Asn1Encodable.Der);
    }

    /// <summary>The private key as PEM text ("PRIVATE KEY"), unencrypted.</summary>
    /// <returns>The text.</returns>
    public string ToPem() => PemText.Write("PRIVATE KEY", ToPkcs8());

    /// <summary>Whether the key can make signatures of a scheme.</summary>
    /// <param name="scheme">One of <see cref="SignatureScheme"/>.</param>
    /// <returns>True where it can.</returns>
    public bool Supports(int scheme)
    {
        return IsRsa
            ? scheme == SignatureScheme.RsaPkcs1Sha256 || scheme == SignatureScheme.RsaPssRsaeSha256
            : scheme == SignatureScheme.EcdsaSecp256r1Sha256;
    }

    /// <summary>Signs a message.</summary>
    /// <param name="scheme">One of <see cref="SignatureScheme"/> that the key supports.</param>
    /// <param name="message">The bytes, before hashing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>The signature as on the wire.</returns>
    /// <exception cref="ArgumentException">The key cannot make such signatures.</exception>
    public byte[] Sign(int scheme, byte[] message, int offset, int count)
    {
        if (!Supports(scheme))
            throw new ArgumentException("The key cannot sign with scheme 0x" + scheme.ToString("x4") + ".", nameof(scheme));

        ISigner signer;
        ICipherParameters parameters = _private;
        switch (scheme)
        {
            case SignatureScheme.EcdsaSecp256r1Sha256:
                signer = new DsaDigestSigner(new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest())), new Sha256Digest());
                break;
            case SignatureScheme.RsaPssRsaeSha256:
                signer = new PssSigner(new RsaBlindedEngine(), new Sha256Digest(), SaltBytes);
                parameters = new ParametersWithRandom(_private, RandomSourceGenerator.Wrap(_random));
                break;
            default:
                signer = new RsaDigestSigner(new Sha256Digest(), NistObjectIdentifiers.IdSha256);
                parameters = new ParametersWithRandom(_private, RandomSourceGenerator.Wrap(_random));
                break;
        }

        signer.Init(true, parameters);
        signer.BlockUpdate(message, offset, count);
        return signer.GenerateSignature();
    }

    private static BouncyCastleSigner FromEc(ECPrivateKeyStructure structure, Asn1Encodable? outerParameters, IRandomSource? random)
    {
        Asn1Encodable? curve = outerParameters ?? structure.Parameters;
        if (!X9ObjectIdentifiers.Prime256v1.Equals(curve))
            throw new FormatException("The private key is not one of the curve P-256.");

        BigInteger d = new BigInteger(1, structure.PrivateKey.GetOctets());
        if (d.SignValue <= 0 || d.CompareTo(P256.Domain.N) >= 0)
            throw new FormatException("The private key is out of range.");

        byte[] bytes = d.ToByteArrayUnsigned();
        byte[] scalar = new byte[P256.ScalarBytes];
        Array.Copy(bytes, 0, scalar, scalar.Length - bytes.Length, bytes.Length);
        BouncyCastleSigner signer = FromScalar(scalar, random);
        ConstantTime.Clear(scalar);
        ConstantTime.Clear(bytes);
        return signer;
    }

    private static BouncyCastleSigner FromScalar(byte[] scalar, IRandomSource? random)
    {
        ECPoint point = P256.Multiply(P256.Domain.G, scalar);
        SubjectPublicKeyInfo info = new SubjectPublicKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.IdECPublicKey, X9ObjectIdentifiers.Prime256v1), point.GetEncoded(false));
        return new BouncyCastleSigner(new ECPrivateKeyParameters(new BigInteger(1, scalar), P256.Domain), info, random);
    }

    private static BouncyCastleSigner FromRsa(RsaPrivateKeyStructure key, IRandomSource? random)
        => FromRsaKey(new RsaPrivateCrtKeyParameters(key.Modulus, key.PublicExponent, key.PrivateExponent, key.Prime1, key.Prime2, key.Exponent1, key.Exponent2, key.Coefficient), random);

    private static BouncyCastleSigner FromRsaKey(RsaPrivateCrtKeyParameters key, IRandomSource? random)
    {
        SubjectPublicKeyInfo info = new SubjectPublicKeyInfo(new AlgorithmIdentifier(PkcsObjectIdentifiers.RsaEncryption, DerNull.Instance), new RsaPublicKeyStructure(key.Modulus, key.PublicExponent));
        return new BouncyCastleSigner(key, info, random);
    }

    private static BouncyCastleSigner Guard(Func<BouncyCastleSigner> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (!(e is FormatException || e is OutOfMemoryException))
        {
            throw new FormatException("The private key does not parse.", e);
        }
    }
}
