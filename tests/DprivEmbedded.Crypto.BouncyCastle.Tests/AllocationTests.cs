using System;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

/// <summary>Bytes allocated a call in steady state, measured with the runtime's counter: the numbers in the primitives' documentation.</summary>
public class AllocationTests
{
    private const int Rounds = 1000;

    private static readonly BouncyCastleProvider s_provider = new BouncyCastleProvider();

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm, 672, 672)]
    [InlineData(AeadAlgorithm.Aes128Ccm, 0, 0)]
    [InlineData(AeadAlgorithm.Aes128Ccm8, 0, 0)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305, 400, 400)]
    public void AeadAllocatesLittleARecord(int algorithm, int sealLimit, int openLimit)
    {
        foreach (int size in new[] { 16, 512, 4096 })
        {
            IAead aead = s_provider.CreateAead(algorithm)!;
            byte[] nonce = new byte[12];
            byte[] aad = new byte[13];
            byte[] buffer = new byte[size + aead.TagBytes];
            aead.SetKey(new byte[32], 0);
            long sealing = 0;
            long opening = 0;
            for (int i = -10; i < Rounds; i++)
            {
                nonce[0] = (byte)i;
                nonce[1] = (byte)(i >> 8);
                long start = GC.GetAllocatedBytesForCurrentThread();
                aead.Seal(nonce, aad, 0, aad.Length, buffer, 0, size);
                long middle = GC.GetAllocatedBytesForCurrentThread();
                bool opened = aead.Open(nonce, aad, 0, aad.Length, buffer, 0, buffer.Length);
                long end = GC.GetAllocatedBytesForCurrentThread();
                Assert.True(opened);
                if (i >= 0)
                {
                    sealing += middle - start;
                    opening += end - middle;
                }
            }

            Console.WriteLine("AEAD " + algorithm + ", " + size + " bytes: Seal allocates " + (sealing / Rounds) + ", Open " + (opening / Rounds) + " bytes");
            Assert.InRange(sealing / Rounds, 0, sealLimit);
            Assert.InRange(opening / Rounds, 0, openLimit);
        }
    }

    [Fact]
    public void HashAndHmacAllocateNothing()
    {
        IHash hash = s_provider.CreateSha256();
        IHmac hmac = s_provider.CreateHmacSha256();
        byte[] data = new byte[300];
        byte[] output = new byte[32];
        long start = 0;
        for (int i = -10; i < Rounds; i++)
        {
            if (i == 0)
                start = GC.GetAllocatedBytesForCurrentThread();

            hash.Reset();
            hash.Update(data, 0, data.Length);
            hash.Snapshot(output, 0);
            hmac.SetKey(data, 0, 32);
            hmac.Update(data, 0, data.Length);
            hmac.Finish(output, 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
    }
}
