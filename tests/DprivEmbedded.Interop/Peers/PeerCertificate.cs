using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DprivEmbedded.Interop.Peers;

/// <summary>A server certificate with its key, as PEM files for the peers and as facts for the client under test.</summary>
public sealed class PeerCertificate
{
    internal PeerCertificate(string directory, string name, X509Certificate2 certificate, AsymmetricAlgorithm key, params X509Certificate2[] intermediates)
    {
        Name = name;
        Certificate = certificate;
        SpkiPin = Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        var chain = certificate.ExportCertificatePem() + "\n";
        foreach (var intermediate in intermediates)
            chain += intermediate.ExportCertificatePem() + "\n";
        var pkcs8 = key.ExportPkcs8PrivateKeyPem() + "\n";
        ChainPath = Write(directory, name + ".pem", chain);
        KeyPath = Write(directory, name + ".key", pkcs8);
        CombinedPath = Write(directory, name + "-both.pem", chain + pkcs8);
        PublicKeyPath = Write(directory, name + ".pub", key.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    public string Name { get; }

    public X509Certificate2 Certificate { get; }

    /// <summary>Base64 of the SHA-256 of the SubjectPublicKeyInfo (RFC 7858 section 4.2).</summary>
    public string SpkiPin { get; }

    /// <summary>PEM file: the certificate, then its intermediates; the trust anchor is not in it.</summary>
    public string ChainPath { get; }

    /// <summary>PEM file: the key, PKCS #8.</summary>
    public string KeyPath { get; }

    /// <summary>PEM file: chain and key, as haproxy and socat want it.</summary>
    public string CombinedPath { get; }

    /// <summary>PEM file: the SubjectPublicKeyInfo alone, for raw public keys.</summary>
    public string PublicKeyPath { get; }

    private static string Write(string directory, string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
