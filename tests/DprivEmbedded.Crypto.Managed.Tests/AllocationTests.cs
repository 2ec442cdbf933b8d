using System;
using DprivEmbedded.Crypto.BouncyCastle;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Records, hashes and HMACs allocate nothing.</summary>
public class AllocationTests
{
    private const int Rounds = 300;

    private static readonly ICryptoProvider s_provider = new ManagedProvider(new SystemRandomSource());

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm)]
    [InlineData(AeadAlgorithm.Aes128Ccm)]
    [InlineData(AeadAlgorithm.Aes128Ccm8)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305)]
    public void Aead(int algorithm)
    {
        IAead aead = s_provider.CreateAead(algorithm)!;
        byte[] nonce = new byte[12];
        byte[] aad = new byte[13];
        byte[] buffer = new byte[530];
        aead.SetKey(new byte[32], 0);
        long start = 0;
        for (int i = -30; i < Rounds; i++)
        {
            if (i == 0)
                start = GC.GetAllocatedBytesForCurrentThread();

            nonce[0] = (byte)i;
            int count = (i & 1) == 0 ? 512 : 45;
            aead.Seal(nonce, aad, 0, aad.Length, buffer, 0, count);
            aead.Open(nonce, aad, 0, aad.Length, buffer, 0, count + aead.TagBytes);
            aead.Open(nonce, aad, 0, aad.Length, buffer, 1, count + aead.TagBytes);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
    }

    [Fact]
    public void HashAndHmac()
    {
        IHash hash = s_provider.CreateSha256();
        IHmac hmac = s_provider.CreateHmacSha256();
        byte[] data = new byte[300];
        byte[] output = new byte[32];
        long start = 0;
        for (int i = -30; i < Rounds; i++)
        {
            if (i == 0)
                start = GC.GetAllocatedBytesForCurrentThread();

            data[0] = (byte)i;
            hash.Reset();
            hash.Update(data, 0, data.Length);
            hash.Snapshot(output, 0);
            hmac.SetKey(data, 0, (i & 1) == 0 ? 32 : 100);
            hmac.Update(data, 0, data.Length);
            hmac.Finish(output, 0);
            hmac.SetKey(data, 0, 32);
            hmac.Finish(output, 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
    }
}
