using System;
using DprivEmbedded.Crypto.BouncyCastle;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>The provider with the firmware's AES and HMAC: what it gives is the same, and the firmware did it.</summary>
public class FirmwareTests
{
    private static readonly ICryptoProvider s_reference = new BouncyCastleProvider();

    private readonly FirmwareCrypto _firmware = new();
    private readonly ManagedProvider _provider;

    public FirmwareTests() => _provider = new ManagedProvider(new SystemRandomSource(), _firmware, _firmware);

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm)]
    [InlineData(AeadAlgorithm.Aes128Ccm)]
    [InlineData(AeadAlgorithm.Aes128Ccm8)]
    public void Aead(int algorithm)
    {
        Random random = new(algorithm);
        IAead native = _provider.CreateAead(algorithm);
        IAead reference = s_reference.CreateAead(algorithm)!;
        byte[] key = new byte[16];
        byte[] nonce = new byte[12];
        byte[] aad = new byte[600];
        byte[] a = new byte[900];
        for (int i = 0; i < 3000; i++)
        {
            if (i % 16 == 0)
            {
                random.NextBytes(key);
                native.SetKey(key, 0);
                reference.SetKey(key, 0);
            }

            random.NextBytes(nonce);
            random.NextBytes(aad);
            random.NextBytes(a);
            byte[] b = (byte[])a.Clone();

            // Around the ends of what one call of the firmware takes, too.
            int count = i % 3 == 0 ? 224 + random.Next(80) : random.Next(800);
            int aadCount = i % 5 == 0 ? random.Next(600) : random.Next(20);
            byte[] plain = a[3..(3 + count)];
            native.Seal(nonce, aad, 0, aadCount, a, 3, count);
            reference.Seal(nonce, aad, 0, aadCount, b, 3, count);
            Assert.True(a.AsSpan().SequenceEqual(b), $"case {i}: {count} bytes, {aadCount} of associated data");
            Assert.True(native.Open(nonce, aad, 0, aadCount, a, 3, count + native.TagBytes));
            Assert.True(plain.AsSpan().SequenceEqual(a.AsSpan(3, count)));
            b[3 + random.Next(count + native.TagBytes)] ^= 1;
            Assert.False(native.Open(nonce, aad, 0, aadCount, b, 3, count + native.TagBytes));
            Assert.False(b.AsSpan(3, count + native.TagBytes).ContainsAnyExcept((byte)0));
        }

        Assert.True(_firmware.EcbCalls > 9000);
        Assert.Equal(algorithm != AeadAlgorithm.Aes128Gcm, _firmware.CbcCalls > 9000);
    }

    [Fact]
    public void Hmac()
    {
        Random random = new(5);
        IHmac native = _provider.CreateHmacSha256();
        IHmac reference = s_reference.CreateHmacSha256();
        byte[] data = new byte[500];
        byte[] a = new byte[32];
        byte[] b = new byte[32];
        int longOnes = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] key = new byte[random.Next(100)];
            random.NextBytes(key);
            random.NextBytes(data);
            native.SetKey(key, 0, key.Length);
            reference.SetKey(key, 0, key.Length);
            for (int messages = random.Next(1, 4); messages > 0; messages--)
            {
                int bytes = 0;
                for (int parts = random.Next(4); parts > 0; parts--)
                {
                    int count = random.Next(data.Length / 2);
                    native.Update(data, 0, count);
                    reference.Update(data, 0, count);
                    bytes += count;
                }

                native.Finish(a, 0);
                reference.Finish(b, 0);
                Assert.Equal(b, a);
                longOnes += bytes > ManagedProvider.NativeHmacMessageBytes ? 1 : 0;
            }
        }

        // A message that is too long for one call goes through the managed code.
        Assert.InRange(longOnes, 500, 3000);
        Assert.InRange(_firmware.HmacCalls, 3000, 9000 - longOnes);
        Assert.InRange(_firmware.LargestMessage, ManagedProvider.NativeHmacMessageBytes - 10, ManagedProvider.NativeHmacMessageBytes);
    }

    [Fact]
    public void OneOfTheTwoIsEnough()
    {
        ManagedProvider onlyHmac = new(new SystemRandomSource(), null, _firmware);
        IAead aead = onlyHmac.CreateAead(AeadAlgorithm.Aes128Ccm8);
        aead.SetKey(new byte[16], 0);
        aead.Seal(new byte[12], [], 0, 0, new byte[40], 0, 20);
        Assert.Equal(0, _firmware.EcbCalls);

        ManagedProvider onlyAes = new(new SystemRandomSource(), _firmware, null);
        IHmac hmac = onlyAes.CreateHmacSha256();
        hmac.SetKey(new byte[16], 0, 16);
        hmac.Finish(new byte[32], 0);
        Assert.Equal(0, _firmware.HmacCalls);
    }
}
