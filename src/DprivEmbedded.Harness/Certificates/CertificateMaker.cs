using System;
using System.Collections.Generic;
using System.Net;
using System.Security.Cryptography;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Math;

namespace DprivEmbedded.Harness.Certificates;

/// <summary>Makes authorities, intermediates and server certificates for simulations and tests.</summary>
/// <remarks>With a reproducible random source and times given by the caller, every certificate is reproducible.</remarks>
public sealed class CertificateMaker
{
    private const int SerialBytes = 16;

    /// <summary>Key identifiers are the left 160 bits of the key's SHA-256. Source: RFC 7093 section 2 method 1.</summary>
    private const int KeyIdentifierBytes = 20;

    private readonly IRandomSource _random;

    /// <summary>A maker with the operating system's random source.</summary>
    public CertificateMaker()
        : this(new SystemRandomSource())
    {
    }

    /// <summary>A maker with another random source.</summary>
    /// <param name="random">Source of keys, serial numbers and salts.</param>
    public CertificateMaker(IRandomSource random)
    {
        _random = random ?? throw new ArgumentNullException(nameof(random));
    }

    /// <summary>Makes a P-256 key, or one of RSA with 2048 bits (which takes a moment: reuse it).</summary>
    /// <param name="rsa">True for RSA.</param>
    /// <returns>The key.</returns>
    public BouncyCastleSigner MakeKey(bool rsa = false) => rsa ? BouncyCastleSigner.GenerateRsa(2048, _random) : BouncyCastleSigner.GenerateP256(_random);

    /// <summary>Makes a self-signed authority.</summary>
    /// <param name="commonName">Its name.</param>
    /// <param name="notBefore">Start of validity.</param>
    /// <param name="notAfter">End of validity.</param>
    /// <param name="rsa">True for an RSA key, otherwise P-256.</param>
    /// <returns>The authority.</returns>
    public IssuedCertificate MakeAuthority(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, bool rsa = false)
        => Make(AuthorityProfile(commonName, notBefore, notAfter, MakeKey(rsa)), null);

    /// <summary>Makes an intermediate authority.</summary>
    /// <param name="issuer">Who issues it.</param>
    /// <param name="commonName">Its name.</param>
    /// <param name="notBefore">Start of validity.</param>
    /// <param name="notAfter">End of validity.</param>
    /// <param name="rsa">True for an RSA key, otherwise P-256.</param>
    /// <returns>The intermediate.</returns>
    public IssuedCertificate MakeIntermediate(IssuedCertificate issuer, string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, bool rsa = false)
        => Make(AuthorityProfile(commonName, notBefore, notAfter, MakeKey(rsa)), issuer);

    /// <summary>Makes a server's certificate: digitalSignature, serverAuth, the names in subjectAltName.</summary>
    /// <param name="issuer">Who issues it; null for a self-signed one.</param>
    /// <param name="dnsNames">dNSName entries; the first is the common name too. May be empty.</param>
    /// <param name="addresses">iPAddress entries. May be empty.</param>
    /// <param name="notBefore">Start of validity.</param>
    /// <param name="notAfter">End of validity.</param>
    /// <param name="rsa">True for an RSA key, otherwise P-256.</param>
    /// <returns>The certificate.</returns>
    public IssuedCertificate MakeServer(IssuedCertificate? issuer, IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, DateTimeOffset notBefore, DateTimeOffset notAfter, bool rsa = false)
        => Make(ServerProfile(dnsNames, addresses, notBefore, notAfter, MakeKey(rsa)), issuer);

    /// <summary>The profile of <see cref="MakeAuthority"/> and <see cref="MakeIntermediate"/>, to be changed.</summary>
    /// <param name="commonName">Its name.</param>
    /// <param name="notBefore">Start of validity.</param>
    /// <param name="notAfter">End of validity.</param>
    /// <param name="key">Its key; null for a new P-256 key.</param>
    /// <returns>A new profile.</returns>
    public static CertificateProfile AuthorityProfile(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, BouncyCastleSigner? key = null)
    {
        return new CertificateProfile
        {
            CommonName = commonName,
            Key = key,
            NotBefore = notBefore,
            NotAfter = notAfter,
            IsAuthority = true,
            KeyUsage = KeyUsages.KeyCertSign | KeyUsages.CrlSign,
        };
    }

    /// <summary>The profile of <see cref="MakeServer"/>, to be changed.</summary>
    /// <param name="dnsNames">dNSName entries; the first is the common name too. May be empty.</param>
    /// <param name="addresses">iPAddress entries. May be empty.</param>
    /// <param name="notBefore">Start of validity.</param>
    /// <param name="notAfter">End of validity.</param>
    /// <param name="key">Its key; null for a new P-256 key.</param>
    /// <returns>A new profile.</returns>
    public static CertificateProfile ServerProfile(IReadOnlyList<string> dnsNames, IReadOnlyList<IPAddress> addresses, DateTimeOffset notBefore, DateTimeOffset notAfter, BouncyCastleSigner? key = null)
    {
        return new CertificateProfile
        {
            CommonName = dnsNames.Count > 0 ? dnsNames[0] : "server",
            Key = key,
            NotBefore = notBefore,
            NotAfter = notAfter,
            DnsNames = dnsNames,
            Addresses = addresses,
            IsAuthority = false,
            KeyUsage = KeyUsages.DigitalSignature,
            ExtendedKeyUsage = new[] { KeyUsages.ServerAuth },
        };
    }

    /// <summary>Makes a certificate as its profile says.</summary>
    /// <param name="profile">What the certificate says; not kept.</param>
    /// <param name="issuer">Who signs it; null for a self-signed one.</param>
    /// <returns>The certificate.</returns>
    /// <exception cref="ArgumentException">SignWithPss with an issuer whose key is not RSA.</exception>
    public IssuedCertificate Make(CertificateProfile profile, IssuedCertificate? issuer)
    {
        BouncyCastleSigner key = profile.Key ?? MakeKey();
        BouncyCastleSigner issuerKey = issuer != null ? issuer.Key : key;
        int scheme = SchemeOf(issuerKey, profile.SignWithPss);
        AlgorithmIdentifier algorithm = AlgorithmOf(scheme);

        V3TbsCertificateGenerator generator = new V3TbsCertificateGenerator();
        generator.SetSerialNumber(new DerInteger(MakeSerial()));
        generator.SetSignature(algorithm);
        generator.SetIssuer(NameOf(issuer != null ? issuer.CommonName : profile.CommonName));
        generator.SetSubject(NameOf(profile.CommonName));
        generator.SetStartDate(new Time(profile.NotBefore.UtcDateTime));
        generator.SetEndDate(new Time(profile.NotAfter.UtcDateTime));
        generator.SetSubjectPublicKeyInfo(SubjectPublicKeyInfo.GetInstance(key.GetSubjectPublicKeyInfo()));
        generator.SetExtensions(ExtensionsOf(profile, key, issuerKey));

        TbsCertificateStructure body = generator.GenerateTbsCertificate();
        byte[] signed = body.GetEncoded(Asn1Encodable.Der);
        byte[] signature = issuerKey.Sign(scheme, signed, 0, signed.Length);
        byte[] der = new DerSequence(body, algorithm, new DerBitString(signature)).GetEncoded(Asn1Encodable.Der);
        return new IssuedCertificate(der, key, profile.CommonName, issuer);
    }

    private static int SchemeOf(BouncyCastleSigner key, bool pss)
    {
        if (pss)
            return SignatureScheme.RsaPssRsaeSha256;

        return key.IsRsa ? SignatureScheme.RsaPkcs1Sha256 : SignatureScheme.EcdsaSecp256r1Sha256;
    }

    private static AlgorithmIdentifier AlgorithmOf(int scheme)
    {
        switch (scheme)
        {
            case SignatureScheme.EcdsaSecp256r1Sha256:
                return new AlgorithmIdentifier(X9ObjectIdentifiers.ECDsaWithSha256);
            case SignatureScheme.RsaPkcs1Sha256:
                return new AlgorithmIdentifier(PkcsObjectIdentifiers.Sha256WithRsaEncryption, DerNull.Instance);
            default:
                AlgorithmIdentifier hash = new AlgorithmIdentifier(NistObjectIdentifiers.IdSha256, DerNull.Instance);
                AlgorithmIdentifier mask = new AlgorithmIdentifier(PkcsObjectIdentifiers.IdMgf1, hash);
                return new AlgorithmIdentifier(PkcsObjectIdentifiers.IdRsassaPss, new RsassaPssParameters(hash, mask, DerInteger.ValueOf(32), RsassaPssParameters.DefaultTrailerField));
        }
    }

    private static X509Name NameOf(string? commonName)
    {
        return commonName == null
            ? X509Name.GetInstance(DerSequence.Empty)
            : new X509Name(new List<DerObjectIdentifier> { X509Name.CN }, new List<string> { commonName });
    }

    private static X509Extensions ExtensionsOf(CertificateProfile profile, BouncyCastleSigner key, BouncyCastleSigner issuerKey)
    {
        X509ExtensionsGenerator extensions = new X509ExtensionsGenerator();
        extensions.AddExtension(X509Extensions.SubjectKeyIdentifier, false, new SubjectKeyIdentifier(KeyIdentifier(key)));
        if (!ReferenceEquals(key, issuerKey))
            extensions.AddExtension(X509Extensions.AuthorityKeyIdentifier, false, new AuthorityKeyIdentifier(KeyIdentifier(issuerKey)));
        if (profile.IsAuthority == true)
            extensions.AddExtension(X509Extensions.BasicConstraints, true, profile.PathLength.HasValue ? new BasicConstraints(profile.PathLength.Value) : new BasicConstraints(true));
        else if (profile.IsAuthority == false)
            extensions.AddExtension(X509Extensions.BasicConstraints, true, new BasicConstraints(false));
        if (profile.KeyUsage.HasValue)
            extensions.AddExtension(X509Extensions.KeyUsage, true, new KeyUsage(profile.KeyUsage.Value));
        if (profile.ExtendedKeyUsage != null)
            extensions.AddExtension(X509Extensions.ExtendedKeyUsage, false, ExtendedUsageOf(profile.ExtendedKeyUsage));
        if (profile.DnsNames.Count + profile.Addresses.Count > 0)
            extensions.AddExtension(X509Extensions.SubjectAlternativeName, profile.CommonName == null, NamesOf(profile));
        if (profile.PermittedDnsSubtrees != null || profile.ExcludedDnsSubtrees != null)
            extensions.AddExtension(X509Extensions.NameConstraints, true, new NameConstraints(SubtreesOf(profile.PermittedDnsSubtrees), SubtreesOf(profile.ExcludedDnsSubtrees)));
        if (profile.UnknownCriticalExtension != null)
            extensions.AddExtension(new DerObjectIdentifier(profile.UnknownCriticalExtension), true, DerNull.Instance);

        return extensions.Generate();
    }

    private static DerSequence ExtendedUsageOf(IReadOnlyList<string> usages)
    {
        Asn1EncodableVector vector = new Asn1EncodableVector();
        foreach (string usage in usages)
            vector.Add(new DerObjectIdentifier(usage));

        return new DerSequence(vector);
    }

    private static GeneralNames NamesOf(CertificateProfile profile)
    {
        List<GeneralName> names = new List<GeneralName>();
        foreach (string name in profile.DnsNames)
            names.Add(new GeneralName(GeneralName.DnsName, new DerIA5String(name)));
        foreach (IPAddress address in profile.Addresses)
            names.Add(new GeneralName(GeneralName.IPAddress, new DerOctetString(address.GetAddressBytes())));

        return new GeneralNames(names.ToArray());
    }

    private static GeneralSubtrees? SubtreesOf(IReadOnlyList<string>? names)
    {
        if (names == null)
            return null;

        Asn1EncodableVector subtrees = new Asn1EncodableVector();
        foreach (string name in names)
            subtrees.Add(new GeneralSubtree(new GeneralName(GeneralName.DnsName, new DerIA5String(name))));

        return GeneralSubtrees.GetInstance(new DerSequence(subtrees));
    }

    private static byte[] KeyIdentifier(BouncyCastleSigner key)
    {
        SubjectPublicKeyInfo info = SubjectPublicKeyInfo.GetInstance(key.GetSubjectPublicKeyInfo());
        return SHA256.HashData(info.PublicKey.GetBytes()).AsSpan(0, KeyIdentifierBytes).ToArray();
    }

    private BigInteger MakeSerial()
    {
        byte[] bytes = new byte[SerialBytes];
        _random.Fill(bytes, 0, bytes.Length);
        bytes[0] = (byte)((bytes[0] & 0x3f) | 0x40); // positive and of fixed length
        return new BigInteger(1, bytes);
    }
}
