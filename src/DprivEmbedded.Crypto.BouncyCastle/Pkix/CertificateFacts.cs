using System;
using System.Collections.Generic;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>What the path search asks about single certificates. Only <see cref="Parse"/> takes unparsed bytes; the rest may throw on parts that are parsed late, and the caller catches.</summary>
internal static class CertificateFacts
{
    private const int DigitalSignature = 0;
    private const int KeyCertSign = 5;
    private const int MinRsaBits = 2048;
    private const int MaxLeafRsaBits = 4096;
    private const int MaxIssuerRsaBits = 8192;

    private static readonly DateTime s_epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Parses one DER certificate with nothing behind it; null where it does not parse.</summary>
    public static X509Certificate? Parse(byte[] der)
    {
        try
        {
            // BouncyCastle reads BER, and checks signatures over what it re-encodes: bytes that are not DER would pass changed.
            Asn1Object parsed = Asn1Object.FromByteArray(der);
            if (!SameBytes(parsed.GetEncoded(Asn1Encodable.Der), der))
                return null;

            X509Certificate certificate = new X509Certificate(X509CertificateStructure.GetInstance(parsed));

            // Everything that is looked at later, so that a certificate that does not parse shows here.
            _ = Subject(certificate);
            _ = Issuer(certificate);
            _ = NotBefore(certificate);
            _ = NotAfter(certificate);
            _ = certificate.GetExtendedKeyUsage();
            _ = certificate.GetSubjectAlternativeNameExtension();
            _ = certificate.GetKeyUsage();
            return certificate;
        }
        catch (Exception e) when (!(e is OutOfMemoryException))
        {
            return null; // BouncyCastle's parsers throw many types
        }
    }

    public static byte[] Subject(X509Certificate certificate) => certificate.SubjectDN.GetEncoded(Asn1Encodable.Der);

    public static byte[] Issuer(X509Certificate certificate) => certificate.IssuerDN.GetEncoded(Asn1Encodable.Der);

    public static byte[] Spki(X509Certificate certificate) => certificate.SubjectPublicKeyInfo.GetEncoded(Asn1Encodable.Der);

    public static byte[] SpkiSha256(X509Certificate certificate)
    {
        byte[] spki = Spki(certificate);
        byte[] hash = new byte[32];
        Sha256Digest digest = new Sha256Digest();
        digest.BlockUpdate(spki, 0, spki.Length);
        digest.DoFinal(hash, 0);
        return hash;
    }

    public static long NotBefore(X509Certificate certificate) => Seconds(certificate.NotBefore);

    public static long NotAfter(X509Certificate certificate) => Seconds(certificate.NotAfter);

    /// <summary>Both ends are inside. Source: RFC 5280 section 4.1.2.5.</summary>
    public static bool IsValidAt(X509Certificate certificate, long utcSeconds) => NotBefore(certificate) <= utcSeconds && utcSeconds <= NotAfter(certificate);

    public static DateTime ToDateTime(long utcSeconds) => s_epoch.AddSeconds(utcSeconds);

    public static bool SameBytes(byte[] a, byte[] b) => a.Length == b.Length && ConstantTime.AreEqual(a, 0, b, 0, a.Length);

    public static bool IsSelfIssued(X509Certificate certificate) => SameBytes(Subject(certificate), Issuer(certificate));

    /// <summary>Whether the certificate may issue others: basicConstraints and keyUsage. A version 1 certificate may only as a trust anchor.</summary>
    public static bool MayIssue(X509Certificate certificate, bool isAnchor)
    {
        if (certificate.Version < 3)
            return isAnchor;

        bool[]? usage = certificate.GetKeyUsage();
        return certificate.GetBasicConstraints() >= 0 && (usage == null || usage[KeyCertSign]);
    }

    /// <summary>Whether the certificate may authenticate a TLS server: keyUsage has digitalSignature where present, extendedKeyUsage fits.</summary>
    public static bool MayServe(X509Certificate certificate)
    {
        bool[]? usage = certificate.GetKeyUsage();
        return (usage == null || usage[DigitalSignature]) && ExtendedUsageFits(certificate);
    }

    /// <summary>Whether extendedKeyUsage is absent or has serverAuth or anyExtendedKeyUsage. In an authority's certificate it limits what is issued below.</summary>
    public static bool ExtendedUsageFits(X509Certificate certificate)
    {
        IList<DerObjectIdentifier>? usages = certificate.GetExtendedKeyUsage();
        if (usages == null)
            return true;

        foreach (DerObjectIdentifier usage in usages)
        {
            if (usage.Equals(KeyPurposeID.id_kp_serverAuth) || usage.Equals(KeyPurposeID.AnyExtendedKeyUsage))
                return true;
        }

        return false;
    }

    /// <summary>Whether the handshake can verify signatures of the leaf's key: P-256, or RSA with 2048 to 4096 bits.</summary>
    public static bool LeafKeyFits(X509Certificate certificate)
    {
        SubjectPublicKeyInfo info = certificate.SubjectPublicKeyInfo;
        if (info.Algorithm.Algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
            return X9ObjectIdentifiers.Prime256v1.Equals(info.Algorithm.Parameters);

        return RsaKeyFits(info, MaxLeafRsaBits);
    }

    /// <summary>Whether an issuer's key is one of those accepted: P-256, P-384, or RSA with at least 2048 bits. Asked before BouncyCastle makes a key object of it.</summary>
    public static bool IssuerKeyFits(X509Certificate certificate)
    {
        SubjectPublicKeyInfo info = certificate.SubjectPublicKeyInfo;
        if (info.Algorithm.Algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
            return X9ObjectIdentifiers.Prime256v1.Equals(info.Algorithm.Parameters) || SecObjectIdentifiers.SecP384r1.Equals(info.Algorithm.Parameters);

        return RsaKeyFits(info, MaxIssuerRsaBits);
    }

    /// <summary>Whether the certificate is signed with an accepted algorithm: ECDSA with SHA-256 or SHA-384, RSA PKCS#1 v1.5 or PSS with SHA-256, SHA-384 or SHA-512.</summary>
    public static bool SignatureAlgorithmFits(X509Certificate certificate)
    {
        AlgorithmIdentifier algorithm = certificate.SignatureAlgorithm;
        DerObjectIdentifier oid = algorithm.Algorithm;
        if (oid.Equals(X9ObjectIdentifiers.ECDsaWithSha256) || oid.Equals(X9ObjectIdentifiers.ECDsaWithSha384))
            return true;
        if (oid.Equals(PkcsObjectIdentifiers.Sha256WithRsaEncryption) || oid.Equals(PkcsObjectIdentifiers.Sha384WithRsaEncryption) || oid.Equals(PkcsObjectIdentifiers.Sha512WithRsaEncryption))
            return true;
        if (!oid.Equals(PkcsObjectIdentifiers.IdRsassaPss))
            return false;

        RsassaPssParameters pss = RsassaPssParameters.GetInstance(algorithm.Parameters);
        DerObjectIdentifier hash = pss.HashAlgorithm.Algorithm;
        bool hashFits = hash.Equals(NistObjectIdentifiers.IdSha256) || hash.Equals(NistObjectIdentifiers.IdSha384) || hash.Equals(NistObjectIdentifiers.IdSha512);
        return hashFits
            && pss.MaskGenAlgorithm.Algorithm.Equals(PkcsObjectIdentifiers.IdMgf1)
            && AlgorithmIdentifier.GetInstance(pss.MaskGenAlgorithm.Parameters).Algorithm.Equals(hash);
    }

    /// <summary>Whether the key identifiers say that this issuer signed the certificate: then a wrong signature is a fault and not a namesake.</summary>
    public static bool KeyIdentifiersMatch(X509Certificate certificate, X509Certificate issuer)
    {
        Asn1OctetString? authority = certificate.GetExtensionValue(X509Extensions.AuthorityKeyIdentifier);
        Asn1OctetString? subject = issuer.GetExtensionValue(X509Extensions.SubjectKeyIdentifier);
        if (authority == null || subject == null)
            return false;

        byte[]? wanted = AuthorityKeyIdentifier.GetInstance(authority.GetOctets()).KeyIdentifier?.GetOctets();
        byte[]? found = SubjectKeyIdentifier.GetInstance(subject.GetOctets()).GetKeyIdentifier();
        return wanted != null && found != null && SameBytes(wanted, found);
    }

    private static bool RsaKeyFits(SubjectPublicKeyInfo info, int maxBits)
    {
        if (!info.Algorithm.Algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption))
            return false;

        int bits = RsaPublicKeyStructure.GetInstance(info.ParsePublicKey()).Modulus.BitLength;
        return bits >= MinRsaBits && bits <= maxBits;
    }

    private static long Seconds(DateTime time) => (long)Math.Floor((DateTime.SpecifyKind(time, DateTimeKind.Utc) - s_epoch).TotalSeconds);
}
