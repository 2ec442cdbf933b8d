using System;
using System.IO;
using DprivEmbedded.Crypto.Suite;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

public class TrustAnchorsTests
{
    private static readonly DateTimeOffset s_from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_until = s_from.AddYears(1);
    private static readonly CertificateMaker s_maker = new CertificateMaker(new SeededRandom(40));
    private static readonly IssuedCertificate s_root = s_maker.MakeAuthority("Root", s_from, s_until);
    private static readonly IssuedCertificate s_middle = s_maker.MakeIntermediate(s_root, "Middle", s_from, s_until);
    private static readonly IssuedCertificate s_server = s_maker.MakeServer(s_middle, ["dns.example"], [], s_from, s_until);

    [Fact]
    public void AnchorsFromFiles()
    {
        string folder = Directory.CreateTempSubdirectory("dpriv-anchors").FullName;
        try
        {
            string pem = Path.Combine(folder, "ca.pem");
            File.WriteAllText(pem, "# a comment\n" + s_middle.ToPem() + s_middle.Key.ToPem() + s_root.ToPem());
            Assert.Equal(2, TrustAnchors.FromFile(pem).Count);
            Assert.Equal(TlsError.None, Run(TrustAnchors.FromFile(pem)));
            string der = Path.Combine(folder, "ca.der");
            File.WriteAllBytes(der, s_root.Der);
            Assert.Equal(TlsError.None, Run(TrustAnchors.FromFile(der)));

            foreach (string content in new[] { "", "no pem", s_root.Key.ToPem(), s_root.ToPem()[..200], s_root.ToPem().Replace("M", "!", StringComparison.Ordinal), "0garbage", PemText.Write("CERTIFICATE", [1, 2, 3]) })
            {
                string bad = Path.Combine(folder, "bad.pem");
                File.WriteAllText(bad, content);
                Assert.Contains(bad, Assert.Throws<TrustAnchorException>(() => TrustAnchors.FromFile(bad)).Message, StringComparison.Ordinal);
            }

            string missing = Path.Combine(folder, "missing.pem");
            Assert.Contains(missing, Assert.Throws<TrustAnchorException>(() => TrustAnchors.FromFile(missing)).Message, StringComparison.Ordinal);
            Assert.Contains(folder, Assert.Throws<TrustAnchorException>(() => TrustAnchors.FromFile(folder)).Message, StringComparison.Ordinal);
            Assert.Throws<TrustAnchorException>(() => TrustAnchors.FromCertificates());
            Assert.Throws<TrustAnchorException>(() => TrustAnchors.FromCertificates([1, 2]));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void SystemBundle()
    {
        if (!File.Exists("/etc/ssl/certs/ca-certificates.crt"))
            Assert.Skip("No /etc/ssl/certs/ca-certificates.crt here.");

        TrustAnchors anchors = TrustAnchors.FromSystem();
        int blocks = PemText.ReadAll(File.ReadAllText("/etc/ssl/certs/ca-certificates.crt")).Count;
        Console.WriteLine("System bundle: " + anchors.Count + " of " + blocks + " certificates parse");
        Assert.Equal(blocks, anchors.Count);
        Assert.Equal(TlsError.UnknownAuthority, Run(anchors));
    }

    private static int Run(TrustAnchors anchors) => Feed.Chain(new PkixPeerVerifier("dns.example", anchors), s_from.AddDays(1).ToUnixTimeSeconds(), s_server.Chain);
}
