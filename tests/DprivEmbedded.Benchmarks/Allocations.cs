using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Benchmarks;

/// <summary>What a query and its answer allocate on an established connection, by the runtime's own counter.</summary>
internal static class Allocations
{
    private const int WarmUp = 200;
    private const int Queries = 10000;
    private const int WarmUpHandshakes = 5;
    private const int Handshakes = 50;

    private static readonly (int Version, int Suite)[] Suites =
    [
        (ProtocolVersion.Tls13, CipherSuite.Aes128GcmSha256),
        (ProtocolVersion.Tls13, CipherSuite.ChaCha20Poly1305Sha256),
        (ProtocolVersion.Tls13, CipherSuite.Aes128CcmSha256),
        (ProtocolVersion.Tls13, CipherSuite.Aes128Ccm8Sha256),
        (ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128GcmSha256),
        (ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256),
        (ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128Ccm),
        (ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128Ccm8),
    ];

    /// <summary>Prints the table.</summary>
    /// <returns>0 where the core alone allocates nothing, otherwise 1.</returns>
    public static int Print()
    {
        Console.WriteLine($"Bytes allocated by the client for a query and its answer, mean of {Queries} on one connection.");
        Console.WriteLine();
        Console.WriteLine("| version | cipher suite | core alone | with BouncyCastle |");
        Console.WriteLine("|---|---|---:|---:|");
        bool nothing = true;
        foreach ((int version, int suite) in Suites)
        {
            // The operating system's CCM allocates for each record, so it cannot show the core alone.
            bool ccm = CipherSuite.Name(suite).Contains("CCM", StringComparison.Ordinal);
            long alone = ccm ? -1 : Measure(version, suite, Primitives.System);
            nothing &= alone <= 0;
            Console.WriteLine($"| {ProtocolVersion.Name(version)} | {CipherSuite.Name(suite)} | {(ccm ? "–" : PerQuery(alone))} | {PerQuery(Measure(version, suite, Primitives.BouncyCastle))} |");
        }

        PrintHandshakes();
        return nothing ? 0 : 1;
    }

    private static void PrintHandshakes()
    {
        Console.WriteLine();
        Console.WriteLine($"Bytes allocated by the client, with BouncyCastle, for a connection with one query, mean of {Handshakes}. X25519, an ECDSA P-256 certificate, a pin.");
        Console.WriteLine();
        Console.WriteLine("| version | cipher suite | full | resumed |");
        Console.WriteLine("|---|---|---:|---:|");
        foreach ((int version, int suite) in Suites)
            Console.WriteLine($"| {ProtocolVersion.Name(version)} | {CipherSuite.Name(suite)} | {MeasureHandshake(version, suite, false)} | {MeasureHandshake(version, suite, true)} |");
    }

    private static long MeasureHandshake(int version, int suite, bool resume)
    {
        var rig = new Rig(version, suite, Primitives.BouncyCastle);
        Connect(rig, false);
        for (int i = 0; i < WarmUpHandshakes; i++)
            Connect(rig, resume);

        long before = rig.Allocated;
        for (int i = 0; i < Handshakes; i++)
            Connect(rig, resume);

        return (rig.Allocated - before) / Handshakes;
    }

    private static void Connect(Rig rig, bool resume)
    {
        if (rig.Connect(resume) != resume)
            throw new InvalidOperationException(resume ? "not resumed" : "resumed");

        rig.Close();
    }

    private static string PerQuery(long bytes) => (bytes / (double)Queries).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    private static long Measure(int version, int suite, Primitives aead)
    {
        var rig = new Rig(version, suite, aead);
        rig.Connect(resume: false);
        for (int i = 0; i < WarmUp; i++)
            rig.Query();

        long before = rig.Allocated;
        for (int i = 0; i < Queries; i++)
            rig.Query();

        return rig.Allocated - before;
    }
}
