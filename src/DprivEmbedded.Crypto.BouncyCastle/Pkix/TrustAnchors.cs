using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Crypto.BouncyCastle.Pkix;

/// <summary>The certificates that a client trusts. Immutable; safe for use from several threads.</summary>
public sealed class TrustAnchors
{
    /// <summary>Where systems keep their bundle: Debian and Alpine, Fedora, OpenSUSE, the BSDs and macOS.</summary>
    private static readonly string[] s_systemFiles =
    {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };

    private static readonly IReadOnlyList<X509Certificate> s_none = new List<X509Certificate>();

    private readonly Dictionary<string, List<X509Certificate>> _bySubject = new Dictionary<string, List<X509Certificate>>();

    private TrustAnchors()
    {
    }

    /// <summary>Number of certificates.</summary>
    public int Count { get; private set; }

    /// <summary>Loads a file of one DER certificate or any number of PEM certificates; other PEM blocks are skipped.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The anchors, at least one.</returns>
    /// <exception cref="TrustAnchorException">The file cannot be read, holds no certificate or a damaged one.</exception>
    public static TrustAnchors FromFile(string path) => Load(path, skipDamaged: false);

    /// <summary>Loads the operating system's bundle of authorities. Certificates in it that do not parse are skipped.</summary>
    /// <returns>The anchors, at least one.</returns>
    /// <exception cref="TrustAnchorException">No bundle was found, or it is not readable.</exception>
    public static TrustAnchors FromSystem()
    {
        foreach (string path in s_systemFiles)
        {
            if (File.Exists(path))
                return Load(path, skipDamaged: true);
        }

        throw new TrustAnchorException("The system has no bundle of trust anchors; looked for " + string.Join(", ", s_systemFiles) + ".");
    }

    /// <summary>Takes certificates from memory.</summary>
    /// <param name="certificates">DER certificates.</param>
    /// <returns>The anchors.</returns>
    /// <exception cref="TrustAnchorException">There is none, or one is damaged.</exception>
    public static TrustAnchors FromCertificates(params byte[][] certificates)
    {
        TrustAnchors anchors = new TrustAnchors();
        foreach (byte[] der in certificates)
        {
            if (!anchors.Add(der))
                throw new TrustAnchorException("A trust anchor does not parse as a certificate.");
        }

        return anchors.Count > 0 ? anchors : throw new TrustAnchorException("There is no trust anchor.");
    }

    /// <summary>A value that is the same for the same certificates, in whatever order: a session that one set of authorities vouched for must not serve under another.</summary>
    /// <returns>SHA-256 over the sorted hashes of the certificates, 32 bytes.</returns>
    public byte[] Fingerprint()
    {
        List<string> hashes = new List<string>();
        using SHA256 sha = SHA256.Create();
        foreach (List<X509Certificate> same in _bySubject.Values)
        {
            foreach (X509Certificate certificate in same)
                hashes.Add(Convert.ToBase64String(sha.ComputeHash(certificate.GetEncoded())));
        }

        hashes.Sort(StringComparer.Ordinal);
        return sha.ComputeHash(Encoding.ASCII.GetBytes(string.Concat(hashes)));
    }

    internal IReadOnlyList<X509Certificate> BySubject(byte[] subject)
        => _bySubject.TryGetValue(Convert.ToBase64String(subject), out List<X509Certificate>? found) ? found : s_none;

    private static TrustAnchors Load(string path, bool skipDamaged)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is NotSupportedException || e is ArgumentException)
        {
            throw new TrustAnchorException("The file of trust anchors \"" + path + "\" cannot be read: " + e.Message, e);
        }

        TrustAnchors anchors = new TrustAnchors();
        foreach (byte[] der in Certificates(path, content))
        {
            if (!anchors.Add(der) && !skipDamaged)
                throw new TrustAnchorException("The file of trust anchors \"" + path + "\" has a damaged certificate (after " + anchors.Count + " good ones).");
        }

        return anchors.Count > 0 ? anchors : throw new TrustAnchorException("The file of trust anchors \"" + path + "\" holds no certificate.");
    }

    private static List<byte[]> Certificates(string path, byte[] content)
    {
        List<byte[]> certificates = new List<byte[]>();
        if (content.Length > 0 && content[0] == 0x30)
        {
            certificates.Add(content);
            return certificates;
        }

        try
        {
            foreach (KeyValuePair<string, byte[]> block in PemText.ReadAll(Encoding.UTF8.GetString(content)))
            {
                if (block.Key == "CERTIFICATE" || block.Key == "TRUSTED CERTIFICATE" || block.Key == "X509 CERTIFICATE")
                    certificates.Add(block.Value);
            }
        }
        catch (FormatException e)
        {
            throw new TrustAnchorException("The file of trust anchors \"" + path + "\" is damaged: " + e.Message, e);
        }

        return certificates;
    }

    private bool Add(byte[] der)
    {
        X509Certificate? certificate = CertificateFacts.Parse(der);
        if (certificate == null)
            return false;

        string key = Convert.ToBase64String(CertificateFacts.Subject(certificate));
        if (!_bySubject.TryGetValue(key, out List<X509Certificate>? list))
        {
            list = new List<X509Certificate>();
            _bySubject[key] = list;
        }

        list.Add(certificate);
        Count++;
        return true;
    }
}
