using System;
using System.Linq;
using System.Security.Cryptography;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Suite;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Empty and long input, counters that carry, buffers that lie over each other, and the parts that no interface shows.</summary>
public class EdgeTests
{
    private static readonly ICryptoProvider s_managed = new ManagedProvider(new SystemRandomSource());
    private static readonly ICryptoProvider s_reference = new BouncyCastleProvider();

    public static TheoryData<int> Algorithms => [AeadAlgorithm.Aes128Gcm, AeadAlgorithm.Aes128Ccm, AeadAlgorithm.Aes128Ccm8, AeadAlgorithm.ChaCha20Poly1305];

    // FIPS 197 appendix B and C.1
    [Theory]
    [InlineData("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32")]
    [InlineData("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a")]
    public void AesBlock(string key, string plain, string cipher)
    {
        byte[] block = Convert.FromHexString(plain);
        for (int place = 0; place < 4; place++)
        {
            ulong[] w = new ulong[Aes128.Words];
            Aes128 aes = new();
            aes.SetKey(Convert.FromHexString(key), 0, w);
            Assert.All(w, word => Assert.Equal(0ul, word));
            w[place] = Aes128.LoadEven(block, 0);
            w[place + 4] = Aes128.LoadOdd(block, 0);
            aes.Encrypt(w);
            byte[] output = new byte[16];
            Aes128.Store(w[place], w[place + 4], output, 0);
            Assert.Equal(cipher, Convert.ToHexStringLower(output));
        }
    }

    [Fact]
    public void AesBlocksDoNotMix()
    {
        byte[] key = RandomNumberGenerator.GetBytes(16);
        byte[] plain = RandomNumberGenerator.GetBytes(64);
        using Aes reference = Aes.Create();
        reference.Key = key;
        ulong[] w = new ulong[Aes128.Words];
        Aes128 aes = new();
        aes.SetKey(key, 0, w);
        for (int i = 0; i < 4; i++)
        {
            w[i] = Aes128.LoadEven(plain, 16 * i);
            w[i + 4] = Aes128.LoadOdd(plain, 16 * i);
        }

        aes.Encrypt(w);
        byte[] output = new byte[64];
        for (int i = 0; i < 4; i++)
            Aes128.Store(w[i], w[i + 4], output, 16 * i);

        Assert.Equal(reference.EncryptEcb(plain, PaddingMode.None), output);
    }

    // FIPS 180-4: a million times "a"
    [Fact]
    public void MillionBytes()
    {
        IHash hash = s_managed.CreateSha256();
        byte[] data = [.. Enumerable.Repeat((byte)'a', 1000)];
        byte[] output = new byte[32];
        for (int i = 0; i < 1000; i++)
            hash.Update(data, 0, data.Length);

        hash.Snapshot(output, 0);
        Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Convert.ToHexStringLower(output));
    }

    /// <summary>The count of bits has more than 32 bits.</summary>
    [Fact]
    public void HalfAGibibyteAndMore()
    {
        byte[] data = new byte[1 << 20];
        using IncrementalHash reference = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IHash hash = s_managed.CreateSha256();
        for (int i = 0; i < 513; i++)
        {
            hash.Update(data, 0, data.Length);
            reference.AppendData(data);
        }

        byte[] output = new byte[32];
        hash.Snapshot(output, 0);
        Assert.Equal(reference.GetHashAndReset(), output);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void LongMessages(int algorithm)
    {
        // 16 bytes more than 2^20: the third byte of CCM's and GCM's counters moves.
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] nonce = RandomNumberGenerator.GetBytes(12);
        foreach ((int count, int aadCount) in new[] { (0, 0), (0, 1), (1, 0), (70000, 0xfeff), (70001, 0xff00), ((1 << 20) + 33, 70000) })
        {
            byte[] aad = RandomNumberGenerator.GetBytes(aadCount);
            byte[] a = RandomNumberGenerator.GetBytes(count + 16);
            byte[] b = (byte[])a.Clone();
            IAead managed = s_managed.CreateAead(algorithm)!;
            IAead reference = s_reference.CreateAead(algorithm)!;
            managed.SetKey(key, 0);
            reference.SetKey(key, 0);
            managed.Seal(nonce, aad, 0, aadCount, a, 0, count);
            reference.Seal(nonce, aad, 0, aadCount, b, 0, count);
            Assert.True(a.AsSpan().SequenceEqual(b), $"{count} bytes");
            Assert.True(managed.Open(nonce, aad, 0, aadCount, a, 0, count + managed.TagBytes));
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void AssociatedDataMayLieInTheSameBuffer(int algorithm)
    {
        IAead aead = s_managed.CreateAead(algorithm)!;
        aead.SetKey(RandomNumberGenerator.GetBytes(32), 0);
        byte[] nonce = new byte[12];
        byte[] buffer = RandomNumberGenerator.GetBytes(100);
        byte[] aad = buffer[..13];
        byte[] apart = buffer[13..];
        aead.Seal(nonce, buffer, 0, 13, buffer, 13, 60);
        aead.Seal(nonce, aad, 0, 13, apart, 0, 60);
        Assert.Equal(apart, buffer[13..]);
        Assert.True(aead.Open(nonce, buffer, 0, 13, buffer, 13, 60 + aead.TagBytes));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void OtherBytesOfTheBufferStay(int algorithm)
    {
        IAead aead = s_managed.CreateAead(algorithm)!;
        aead.SetKey(new byte[32], 0);
        for (int count = 0; count < 70; count++)
        {
            byte[] buffer = [.. Enumerable.Repeat((byte)0xee, 120)];
            aead.Seal(new byte[12], [], 0, 0, buffer, 11, count);
            int end = 11 + count + aead.TagBytes;
            Assert.True(aead.Open(new byte[12], [], 0, 0, buffer, 11, end - 11));
            Assert.All(buffer[..(11 + count)], b => Assert.Equal(0xee, b));
            Assert.All(buffer[end..], b => Assert.Equal(0xee, b));
        }
    }

    [Fact]
    public void TagMayLieOverKeyAndMessage()
    {
        IHmac hmac = s_managed.CreateHmacSha256();
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] expected = HMACSHA256.HashData(key, key);
        hmac.SetKey(key, 0, 32);
        hmac.Update(key, 0, 32);
        hmac.Finish(key, 0);
        Assert.Equal(expected, key);

        // The key that is set is the old one.
        hmac.Update(expected, 0, 32);
        hmac.SetKey(expected, 0, 32);
        hmac.Finish(key, 0);
        Assert.Equal(HMACSHA256.HashData(expected, Array.Empty<byte>()), key);
    }

    [Fact]
    public void KeysThatDifferByTrailingZerosAreOneKey()
    {
        // HMAC fills keys up with zeros, so the one that is set may stay.
        IHmac hmac = s_managed.CreateHmacSha256();
        byte[] output = new byte[32];
        hmac.SetKey([1, 2], 0, 2);
        hmac.SetKey([1, 2, 0], 0, 3);
        hmac.Update([3], 0, 1);
        hmac.Finish(output, 0);
        Assert.Equal(HMACSHA256.HashData(new byte[] { 1, 2, 0 }, new byte[] { 3 }), output);
        hmac.SetKey([], 0, 0);
        hmac.Finish(output, 0);
        Assert.Equal(HMACSHA256.HashData(Array.Empty<byte>(), Array.Empty<byte>()), output);
    }

    // RFC 8439 section 2.3.2: the block function alone
    [Fact]
    public void ChaCha20Block()
    {
        ChaCha20 chacha = new();
        chacha.SetKey([.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0);
        chacha.Start(Convert.FromHexString("000000090000004a00000000"));
        chacha.NextBlock();
        chacha.NextBlock();
        Assert.Equal(
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
            Convert.ToHexStringLower(chacha.Block));
    }

    // RFC 7748 section 5.2: the iterated vector, 1 and 1000 times
    [Fact]
    public void X25519Iterated()
    {
        byte[] k = new byte[32];
        k[0] = 9;
        byte[] u = (byte[])k.Clone();
        for (int i = 1; i <= 1000; i++)
        {
            IKeyAgreement agreement = s_managed.CreateKeyAgreement(NamedGroup.X25519)!;
            agreement.Generate(new FixedRandom(k), new byte[32], 0);
            byte[] result = new byte[32];
            Assert.True(agreement.Agree(u, 0, 32, result, 0));
            u = k;
            k = result;
            if (i == 1)
                Assert.Equal("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", Convert.ToHexStringLower(k));
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(k));
    }
}
