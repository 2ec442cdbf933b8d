using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;
using DprivEmbedded.Crypto.BouncyCastle.Signing;

namespace DprivEmbedded.Harness.Certificates;

/// <summary>A certificate with its private key and its issuer.</summary>
public sealed class IssuedCertificate
{
    internal IssuedCertificate(byte[] der, BouncyCastleSigner key, string? commonName, IssuedCertificate? issuer)
    {
        Der = der;
        Key = key;
        CommonName = commonName;
        Issuer = issuer;
    }

    /// <summary>The certificate in DER.</summary>
    public byte[] Der { get; }

    /// <summary>The subject's private key.</summary>
    public BouncyCastleSigner Key { get; }

    /// <summary>The subject's common name; null where the subject is empty.</summary>
    public string? CommonName { get; }

    /// <summary>The issuer; null for a self-signed certificate.</summary>
    public IssuedCertificate? Issuer { get; }

    /// <summary>What a server sends: this certificate, then its issuers up to and without the self-signed one. A self-signed certificate stands alone.</summary>
    public IReadOnlyList<byte[]> Chain
    {
        get
        {
            List<byte[]> chain = new List<byte[]> { Der };
            for (IssuedCertificate? next = Issuer; next != null && next.Issuer != null; next = next.Issuer)
                chain.Add(next.Der);

            return chain;
        }
    }

    /// <summary>The SPKI pin (RFC 7858 section 4.2).</summary>
    /// <returns>SHA-256 of the SubjectPublicKeyInfo, 32 bytes.</returns>
    public byte[] SpkiSha256() => SHA256.HashData(Key.GetSubjectPublicKeyInfo());

    /// <summary>The certificate as PEM text.</summary>
    /// <returns>One block.</returns>
    public string ToPem() => PemText.Write("CERTIFICATE", Der);

    /// <summary>The chain as PEM text, as server programs read it.</summary>
    /// <returns>One block for each certificate of <see cref="Chain"/>.</returns>
    public string ToChainPem()
    {
        StringBuilder text = new StringBuilder();
        foreach (byte[] der in Chain)
            text.Append(PemText.Write("CERTIFICATE", der));

        return text.ToString();
    }
}
