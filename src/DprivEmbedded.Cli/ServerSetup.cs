using System;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Cli;

/// <summary>Credentials for the in-process server.</summary>
internal static class ServerSetup
{
    /// <summary>Makes a self-signed certificate that is good for a day.</summary>
    public static IssuedCertificate MakeCertificate(string name)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new CertificateMaker().MakeServer(null, [name], [IPAddress.Loopback, IPAddress.IPv6Loopback], now.AddHours(-1), now.AddDays(1));
    }

    /// <summary>Loads a certificate chain and its key from PEM files.</summary>
    public static ServerCredential Load(string certificateFile, string keyFile)
    {
        try
        {
            var chain = new System.Collections.Generic.List<byte[]>();
            foreach (var block in PemText.ReadAll(File.ReadAllText(certificateFile)))
            {
                if (block.Key == "CERTIFICATE")
                    chain.Add(block.Value);
            }

            if (chain.Count == 0)
                throw new BadInputException($"--cert: '{certificateFile}' holds no certificate in PEM.");

            var credential = new ServerCredential(BouncyCastleSigner.FromPem(File.ReadAllText(keyFile)), chain.ToArray());
            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(chain[0]);
            if (!credential.PublicKeyInfo.AsSpan().SequenceEqual(leaf.PublicKey.ExportSubjectPublicKeyInfo()))
                throw new BadInputException($"--cert, --key: the key in '{keyFile}' does not belong to the first certificate in '{certificateFile}'.");

            return credential;
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is ArgumentException || e is FormatException || e is CryptographicException)
        {
            throw new BadInputException("--cert, --key: " + e.Message);
        }
    }
}
