using System;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Bench;

/// <summary>The server of a measurement: the harness's, with an ECDSA P-256 certificate that every peer of the process meets.</summary>
internal static class BenchServer
{
    public const string Name = "dot.example";

    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    public static IssuedCertificate Certificate { get; } = new CertificateMaker().MakeServer(null, [Name], [System.Net.IPAddress.Loopback], s_now.AddDays(-1), s_now.AddDays(1));

    public static byte[] Pin { get; } = Certificate.SpkiSha256();

    public static long UtcMs => s_now.ToUnixTimeMilliseconds();

    /// <summary>A padded query of 128 bytes; every peer sends this one.</summary>
    public static byte[] Query { get; } = MakeQuery();

    public static DotServer Dot(bool tls13, bool both = false)
    {
        var options = new DotServerOptions { IdleTimeoutMs = -1 };
        options.Tls.Tls13 = tls13 || both;
        options.Tls.Tls12 = !tls13 || both;
        options.Tls.CipherSuites = [CipherSuite.Aes128GcmSha256, CipherSuite.EcdheEcdsaAes128GcmSha256];
        options.Tls.Credentials = [new ServerCredential(Certificate)];
        return new DotServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), options);
    }

    public static DodtlsServer Dodtls()
    {
        var options = new DodtlsServerOptions();
        options.Dtls.CipherSuites = [CipherSuite.EcdheEcdsaAes128GcmSha256];
        options.Dtls.Credentials = [new ServerCredential(Certificate)];
        options.Dtls.MaxAssociations = 2000;
        return new DodtlsServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), options);
    }

    private static byte[] MakeQuery()
    {
        var query = new byte[512];
        int count = DnsQuery.Write(query, 0, query.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true });
        return query[..count];
    }
}
