using System;
using System.Collections.Generic;
using System.Net;
using DprivEmbedded.Crypto.BouncyCastle.Signing;

namespace DprivEmbedded.Harness.Certificates;

/// <summary>What a certificate of <see cref="CertificateMaker"/> says. Everything can be chosen, wrong things too: tests need bad certificates.</summary>
public sealed class CertificateProfile
{
    /// <summary>The subject's common name; null for an empty subject (then subjectAltName is critical, RFC 5280 section 4.2.1.6).</summary>
    public string? CommonName { get; set; }

    /// <summary>The subject's key; null to make a P-256 key.</summary>
    public BouncyCastleSigner? Key { get; set; }

    /// <summary>Start of validity, whole seconds.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>End of validity, whole seconds, inclusive.</summary>
    public DateTimeOffset NotAfter { get; set; }

    /// <summary>dNSName entries of subjectAltName, as they are.</summary>
    public IReadOnlyList<string> DnsNames { get; set; } = Array.Empty<string>();

    /// <summary>iPAddress entries of subjectAltName.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; set; } = Array.Empty<IPAddress>();

    /// <summary>basicConstraints: true writes a critical CA:TRUE, false a CA:FALSE, null leaves the extension out.</summary>
    public bool? IsAuthority { get; set; }

    /// <summary>pathLenConstraint of an authority; null for none.</summary>
    public int? PathLength { get; set; }

    /// <summary>keyUsage bits as in <see cref="KeyUsages"/>; null leaves the extension out.</summary>
    public int? KeyUsage { get; set; }

    /// <summary>extendedKeyUsage object identifiers in dotted form; null leaves the extension out.</summary>
    public IReadOnlyList<string>? ExtendedKeyUsage { get; set; }

    /// <summary>Permitted dNSName subtrees of a critical nameConstraints; null for none.</summary>
    public IReadOnlyList<string>? PermittedDnsSubtrees { get; set; }

    /// <summary>Excluded dNSName subtrees of a critical nameConstraints; null for none.</summary>
    public IReadOnlyList<string>? ExcludedDnsSubtrees { get; set; }

    /// <summary>An extension with this object identifier, critical and of unknown meaning; null for none.</summary>
    public string? UnknownCriticalExtension { get; set; }

    /// <summary>Whether an RSA issuer signs with RSASSA-PSS instead of PKCS#1 v1.5.</summary>
    public bool SignWithPss { get; set; }
}
