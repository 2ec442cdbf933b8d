using System;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Harness.Bench;

namespace DprivEmbedded.Benchmarks;

/// <summary>Where the time of a query on an established TLS 1.3 connection goes: the primitives that it calls, each alone, and what is left.</summary>
internal static class QueryParts
{
    private const int Batch = 5000;
    private const int Rounds = 25;

    /// <summary>Prints the parts.</summary>
    public static int Print()
    {
        foreach (Primitives primitives in Enum.GetValues<Primitives>())
        {
            ICryptoProvider crypto = new ClientCrypto(primitives);
            IAead aead = crypto.CreateAead(AeadAlgorithm.Aes128Gcm)!;
            aead.SetKey(new byte[16], 0);
            var nonce = new byte[12];
            var buffer = new byte[1024];
            var sealedAnswer = new byte[1024];
            aead.Seal(nonce, buffer, 600, 5, sealedAnswer, 0, 471);
            int counter = 0;
            var sealing = new byte[12];
            double seal = Time(() =>
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(sealing.AsSpan(8), ++counter);
                aead.Seal(sealing, buffer, 600, 5, buffer, 0, 131);
            });
            double open = Time(() =>
            {
                Array.Copy(sealedAnswer, 0, buffer, 0, 487);
                if (!aead.Open(nonce, sealedAnswer, 600, 5, buffer, 0, 487))
                    throw new InvalidOperationException("the tag is wrong");
            });
            double random = Time(() => crypto.Random.Fill(buffer, 0, 2));
            BenchClient client = BenchPeers.Create(primitives == Primitives.System ? BenchPeers.OwnSystem : BenchPeers.Own, "tls13", false);
            client.Connect(false);
            var totals = new double[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                client.Meter.Start();
                for (int i = 0; i < Batch; i++)
                    client.Query();

                client.Meter.Stop();
                totals[round] = client.Meter.ClientNs / Batch;
            }

            double total = totals.Order().ElementAt(Rounds / 2);
            Console.WriteLine($"{primitives}: query {total:0} ns = seal {seal:0} + open {open:0} + 2 random octets {random:0} + the rest {total - seal - open - random:0}");
        }

        PrintResumption();
        return 0;
    }

    private static void PrintResumption()
    {
        const int Connections = 2000;
        var crypto = new TimedCrypto();
        BenchClient client = BenchPeers.CreateOwnDatagram(crypto);
        client.Connect(false);
        client.Close();
        for (int pass = 0; pass < 3; pass++)
        {
            Array.Clear(crypto.Ticks);
            Array.Clear(crypto.Calls);
            client.Meter.Start();
            for (int i = 0; i < Connections; i++)
            {
                client.Connect(true);
                client.Close();
            }

            client.Meter.Stop();
        }

        string[] kinds = ["random", "SHA-256", "HMAC", "AES-GCM"];
        double us = System.Diagnostics.Stopwatch.Frequency / 1e6 * Connections;
        Console.WriteLine($"resumed DTLS 1.2 connection with one query: {client.Meter.ClientNs / 1000 / Connections:0.0} us, of it "
            + string.Join(", ", kinds.Select((kind, i) => $"{kind} {crypto.Ticks[i] / us:0.0} us in {crypto.Calls[i] / Connections} calls")));
    }

    private static double Time(Action action)
    {
        var times = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = ThreadCpu.NowNs();
            for (int i = 0; i < Batch; i++)
                action();

            times[round] = (ThreadCpu.NowNs() - start) / (double)Batch;
        }

        return times.Order().ElementAt(Rounds / 2);
    }
}
