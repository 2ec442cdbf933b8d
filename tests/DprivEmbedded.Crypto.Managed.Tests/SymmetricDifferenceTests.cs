using System;
using DprivEmbedded.Crypto.BouncyCastle;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Random cases, the same in this provider and in BouncyCastle's.</summary>
public class SymmetricDifferenceTests
{
    private const int MaxAad = 40;
    private const int MaxMessage = 200;

    private static readonly ICryptoProvider s_managed = new ManagedProvider(new SystemRandomSource());
    private static readonly ICryptoProvider s_reference = new BouncyCastleProvider();

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm)]
    [InlineData(AeadAlgorithm.Aes128Ccm)]
    [InlineData(AeadAlgorithm.Aes128Ccm8)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305)]
    public void Aead(int algorithm)
    {
        Random random = new(algorithm);
        IAead managed = s_managed.CreateAead(algorithm)!;
        IAead reference = s_reference.CreateAead(algorithm)!;
        Assert.Equal(reference.KeyBytes, managed.KeyBytes);
        Assert.Equal(reference.TagBytes, managed.TagBytes);
        byte[] key = new byte[managed.KeyBytes + 3];
        byte[] nonce = new byte[12];
        byte[] aad = new byte[MaxAad + 8];
        byte[] a = new byte[MaxMessage + 40];
        byte[] b = new byte[MaxMessage + 40];
        for (int i = 0; i < Cases.Fast; i++)
        {
            // A new key now and then: BouncyCastle's take long.
            if (i % 16 == 0)
            {
                random.NextBytes(key);
                managed.SetKey(key, i % 3);
                reference.SetKey(key, i % 3);
            }

            random.NextBytes(nonce);
            random.NextBytes(aad);
            random.NextBytes(a);
            int aadAt = random.Next(8);
            int aadCount = random.Next(MaxAad + 1);
            int at = random.Next(8);
            int count = random.Next(MaxMessage + 1);
            a.CopyTo(b, 0);
            byte[] plain = a.AsSpan(at, count).ToArray();
            managed.Seal(nonce, aad, aadAt, aadCount, a, at, count);
            reference.Seal(nonce, aad, aadAt, aadCount, b, at, count);
            if (!a.AsSpan().SequenceEqual(b))
                Assert.Fail($"case {i}: {count} bytes, {aadCount} of associated data");

            int sealedCount = count + managed.TagBytes;
            bool damaged = i % 4 == 0;
            if (damaged)
                a[at + random.Next(sealedCount)] ^= (byte)(1 << random.Next(8));

            bool opened = managed.Open(nonce, aad, aadAt, aadCount, a, at, sealedCount);
            if (opened == damaged)
                Assert.Fail($"case {i}: opened {opened}, damaged {damaged}");

            Span<byte> result = a.AsSpan(at, damaged ? sealedCount : count);
            if (damaged ? result.ContainsAnyExcept((byte)0) : !result.SequenceEqual(plain))
                Assert.Fail($"case {i}: wrong bytes after Open");
        }
    }

    [Fact]
    public void Hash()
    {
        Random random = new(11);
        IHash managed = s_managed.CreateSha256();
        IHash reference = s_reference.CreateSha256();
        byte[] data = new byte[300];
        byte[] a = new byte[32];
        byte[] b = new byte[32];
        for (int i = 0; i < Cases.Fast; i++)
        {
            if (random.Next(4) == 0)
            {
                managed.Reset();
                reference.Reset();
            }

            random.NextBytes(data);
            int at = random.Next(20);
            int count = random.Next(data.Length - at + 1);
            managed.Update(data, at, count);
            reference.Update(data, at, count);
            managed.Snapshot(a, 0);
            reference.Snapshot(b, 0);
            if (!a.AsSpan().SequenceEqual(b))
                Assert.Fail($"case {i}: {count} bytes");
        }
    }

    [Fact]
    public void Hmac()
    {
        Random random = new(12);
        IHmac managed = s_managed.CreateHmacSha256();
        IHmac reference = s_reference.CreateHmacSha256();
        byte[][] keys = new byte[5][];
        byte[] data = new byte[200];
        byte[] a = new byte[32];
        byte[] b = new byte[32];
        for (int i = 0; i < Cases.Fast; i++)
        {
            // Few keys, so that one is often set again while it is there.
            int k = random.Next(keys.Length);
            if (keys[k] == null || random.Next(8) == 0)
            {
                keys[k] = new byte[random.Next(100)];
                random.NextBytes(keys[k]);
            }

            if (i == 0 || random.Next(3) > 0)
            {
                managed.SetKey(keys[k], 0, keys[k].Length);
                reference.SetKey(keys[k], 0, keys[k].Length);
            }

            random.NextBytes(data);
            for (int part = random.Next(4); part > 0; part--)
            {
                int at = random.Next(data.Length);
                int count = random.Next(data.Length - at + 1);
                managed.Update(data, at, count);
                reference.Update(data, at, count);
            }

            if (random.Next(10) == 0)
                continue; // unfinished: the next key starts a new message, and no key goes on with this one

            managed.Finish(a, 0);
            reference.Finish(b, 0);
            if (!a.AsSpan().SequenceEqual(b))
                Assert.Fail($"case {i}");
        }
    }
}
