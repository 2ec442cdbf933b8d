using System;
using System.IO;
using System.Net;
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

            return new ServerCredential(BouncyCastleSigner.FromPem(File.ReadAllText(keyFile)), chain.ToArray());
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is ArgumentException || e is FormatException)
        {
            throw new BadInputException("--cert, --key: " + e.Message);
        }
    }
}
