using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Peers;

/// <summary>The certificates of one run, made with the base class library in a temporary directory that goes with the process.</summary>
public sealed class PeerCertificates
{
    /// <summary>The name that the good certificates are for; they also name 127.0.0.1 and ::1.</summary>
    public const string ServerName = "dot.peers.example";

    private static readonly Lazy<PeerCertificates> s_shared = new(() => new PeerCertificates());

    private PeerCertificates()
    {
        var directory = new TempDirectory("certificates");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Dispose();
        var now = DateTimeOffset.UtcNow;
        var from = now.AddDays(-2);
        var to = now.AddDays(30);

        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var ca = Authority("CN=Peers CA", caKey).CreateSelfSigned(from, to);
        CaPath = directory.Write("ca.pem", ca.ExportCertificatePem() + "\n");
        Ca = X509CertificateLoader.LoadCertificate(ca.RawData);

        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = Authority("CN=Unknown CA", otherKey).CreateSelfSigned(from, to);

        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Authority("CN=Peers Intermediate CA", middleKey).Create(ca, from, to, Serial());
        using var middleWithKey = middle.CopyWithPrivateKey(middleKey);

        string[] good = [ServerName];
        Ecdsa = WithEcdsa(directory, "ecdsa", ca, good, from, to);
        Rsa = WithRsa(directory, "rsa", ca, good, from, to);
        Expired = WithEcdsa(directory, "expired", ca, good, from, now.AddDays(-1));
        WrongName = WithEcdsa(directory, "wrong-name", ca, ["other.peers.example"], from, to, withAddress: false);
        UnknownCa = WithEcdsa(directory, "unknown-ca", other, good, from, to);
        Intermediate = WithEcdsa(directory, "intermediate", middleWithKey, good, from, to, intermediate: middle);
        var many = new List<string> { ServerName };
        for (var i = 0; i < 200; i++)
            many.Add($"a-rather-long-host-name-number-{i:000}.peers.example");
        Large = WithEcdsa(directory, "large", ca, [.. many], from, to);
    }

    public static PeerCertificates Shared => s_shared.Value;

    /// <summary>The trust anchor, without its key.</summary>
    public X509Certificate2 Ca { get; }

    /// <summary>PEM file of the trust anchor.</summary>
    public string CaPath { get; }

    /// <summary>P-256, ecdsa-with-SHA256, issued by the trust anchor.</summary>
    public PeerCertificate Ecdsa { get; }

    /// <summary>RSA-2048 key, issued by the trust anchor (so signed with ECDSA; the server's own signatures are RSA).</summary>
    public PeerCertificate Rsa { get; }

    /// <summary>Ended yesterday.</summary>
    public PeerCertificate Expired { get; }

    /// <summary>For other.peers.example only, without an address.</summary>
    public PeerCertificate WrongName { get; }

    /// <summary>Issued by a CA that no one knows.</summary>
    public PeerCertificate UnknownCa { get; }

    /// <summary>Issued by an intermediate CA, which the server sends along.</summary>
    public PeerCertificate Intermediate { get; }

    /// <summary>200 names: a Certificate message of about 10 KB, larger than small receive buffers.</summary>
    public PeerCertificate Large { get; }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static PeerCertificate WithEcdsa(
        TempDirectory directory, string name, X509Certificate2 issuer, string[] names, DateTimeOffset from, DateTimeOffset to, bool withAddress = true, X509Certificate2? intermediate = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + names[0], key, HashAlgorithmName.SHA256);
        var certificate = Issue(request, issuer, names, from, to, withAddress);
        return intermediate is null
            ? new PeerCertificate(directory.Path, name, certificate, key)
            : new PeerCertificate(directory.Path, name, certificate, key, X509CertificateLoader.LoadCertificate(intermediate.RawData));
    }

    private static PeerCertificate WithRsa(TempDirectory directory, string name, X509Certificate2 issuer, string[] names, DateTimeOffset from, DateTimeOffset to)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + names[0], key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return new PeerCertificate(directory.Path, name, Issue(request, issuer, names, from, to, withAddress: true), key);
    }

    private static X509Certificate2 Issue(CertificateRequest request, X509Certificate2 issuer, string[] names, DateTimeOffset from, DateTimeOffset to, bool withAddress)
    {
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternative.AddDnsName(name);
        if (withAddress)
        {
            alternative.AddIpAddress(IPAddress.Loopback);
            alternative.AddIpAddress(IPAddress.IPv6Loopback);
        }

        request.CertificateExtensions.Add(alternative.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var key = issuer.GetECDsaPrivateKey() ?? throw new InvalidOperationException("the issuer has no key");
        using (key)
            return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to, Serial());
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] &= 0x7F;
        serial[0] |= 0x40;
        return serial;
    }
}
