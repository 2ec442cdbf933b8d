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

        return 0;
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
