using System;
using System.Security.Cryptography;
using System.Text.Json;
using DprivEmbedded.Crypto;
using Xunit;

namespace DprivEmbedded.Core.Tests.Support;

/// <summary>The second back-end keeps the contracts of the crypto interfaces, so that what it finds wrong is wrong elsewhere.</summary>
public class SystemCryptoProviderTests
{
    private readonly SystemCryptoProvider _crypto = new SystemCryptoProvider();

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm, "aes_gcm_test.json", 128, 128)]
    [InlineData(AeadAlgorithm.Aes128Ccm, "aes_ccm_test.json", 128, 128)]
    [InlineData(AeadAlgorithm.Aes128Ccm8, "aes_ccm_test.json", 128, 64)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305, "chacha20_poly1305_test.json", 256, 128)]
    public void AeadVectors(int algorithm, string file, int keyBits, int tagBits)
    {
        using JsonDocument document = VectorFile.OpenOrSkip(file);
        int run = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("keySize").GetInt32() != keyBits || group.GetProperty("tagSize").GetInt32() != tagBits)
                continue;

            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                CheckAead(algorithm, test);
                run++;
            }
        }

        Assert.True(run >= 8, "only " + run + " vectors fit");
    }

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm)]
    [InlineData(AeadAlgorithm.Aes128Ccm)]
    [InlineData(AeadAlgorithm.Aes128Ccm8)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305)]
    public void AWrongTagLeavesNoPlaintext(int algorithm)
    {
        IAead aead = _crypto.CreateAead(algorithm);
        aead.SetKey(new byte[aead.KeyBytes], 0);
        byte[] plain = RandomNumberGenerator.GetBytes(40);
        byte[] buffer = new byte[5 + 40 + aead.TagBytes];
        plain.CopyTo(buffer, 5);
        aead.Seal(new byte[12], plain, 0, 3, buffer, 5, 40);
        Assert.False(buffer.AsSpan(5, 40).SequenceEqual(plain));
        buffer[^1] ^= 1;
        Assert.False(aead.Open(new byte[12], plain, 0, 3, buffer, 5, 40 + aead.TagBytes));
        Assert.False(buffer.AsSpan().IndexOf(plain.AsSpan(0, 4)) >= 0);
        Assert.False(aead.Open(new byte[12], plain, 0, 3, buffer, 5, aead.TagBytes - 1));
    }

    [Theory]
    [InlineData(AeadAlgorithm.Aes128Gcm)]
    [InlineData(AeadAlgorithm.ChaCha20Poly1305)]
    public void SealingAndOpeningAllocateNothing(int algorithm)
    {
        IAead aead = _crypto.CreateAead(algorithm);
        aead.SetKey(new byte[aead.KeyBytes], 0);
        byte[] nonce = new byte[12];
        byte[] aad = new byte[5];
        byte[] buffer = new byte[128];
        bool good = RoundTrips(aead, nonce, aad, buffer, 200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        good &= RoundTrips(aead, nonce, aad, buffer, 1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(good);
    }

    [Fact]
    public void HashIsReadableInMidStream()
    {
        IHash hash = _crypto.CreateSha256();
        byte[] data = RandomNumberGenerator.GetBytes(200);
        byte[] digest = new byte[40];
        for (int i = 0; i < data.Length; i++)
        {
            hash.Snapshot(digest, 3);
            Assert.Equal(SHA256.HashData(data.AsSpan(0, i)), digest.AsSpan(3, 32).ToArray());
            hash.Update(data, i, 1);
        }

        hash.Reset();
        hash.Snapshot(digest, 0);
        Assert.Equal(SHA256.HashData(ReadOnlySpan<byte>.Empty), digest.AsSpan(0, 32).ToArray());
    }

    [Fact]
    public void HmacVectors()
    {
        using JsonDocument document = VectorFile.OpenOrSkip("hmac_sha256_test.json");
        IHmac hmac = _crypto.CreateHmacSha256();
        byte[] tag = new byte[32];
        int run = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] key = VectorFile.Bytes(test, "key");
                byte[] message = VectorFile.Bytes(test, "msg");
                byte[] expected = VectorFile.Bytes(test, "tag");
                hmac.SetKey(key, 0, key.Length);
                for (int twice = 0; twice < 2; twice++)
                {
                    hmac.Update(message, 0, message.Length / 2);
                    hmac.Update(message, message.Length / 2, message.Length - (message.Length / 2));
                    hmac.Finish(tag, 0);
                    Assert.Equal(test.GetProperty("result").GetString() == "valid", tag.AsSpan(0, expected.Length).SequenceEqual(expected));
                }

                run++;
            }
        }

        Assert.True(run > 100);
    }

    [Fact]
    public void EcdhVectors()
    {
        using JsonDocument document = VectorFile.OpenOrSkip("ecdh_secp256r1_ecpoint_test.json");
        SystemP256 own = new SystemP256();
        byte[] secret = new byte[32];
        int agreed = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] peer = VectorFile.Bytes(test, "public");
                byte[] scalar = new byte[32];
                byte[] given = VectorFile.Bytes(test, "private");
                given.AsSpan(Math.Max(0, given.Length - 32)).CopyTo(scalar.AsSpan(Math.Max(0, 32 - given.Length)));
                own.SetPrivate(scalar);
                bool result = own.Agree(peer, 0, peer.Length, secret, 0);

                // Compressed points are "acceptable" there; TLS does not allow them (RFC 8446 section 4.2.8.2).
                bool valid = test.GetProperty("result").GetString() == "valid" && peer.Length == 65;
                Assert.True(valid == result, "tcId " + test.GetProperty("tcId").GetInt32());
                if (!result)
                    continue;

                Assert.Equal(VectorFile.Bytes(test, "shared"), secret);
                agreed++;
            }
        }

        Assert.True(agreed > 100);
    }

    [Fact]
    public void EcdhPairsAgreeAndFollowTheRandomSource()
    {
        IKeyAgreement a = _crypto.CreateKeyAgreement(NamedGroup.Secp256r1);
        IKeyAgreement b = _crypto.CreateKeyAgreement(NamedGroup.Secp256r1);
        byte[] publicA = new byte[66];
        byte[] again = new byte[66];
        byte[] publicB = new byte[66];
        b.Generate(new SeededRandom(5), publicB, 0);
        a.Generate(new SeededRandom(4), again, 1);
        a.Generate(new SeededRandom(4), publicA, 1);
        Assert.Equal(publicA, again);
        byte[] secretA = new byte[32];
        byte[] secretB = new byte[32];
        Assert.True(a.Agree(publicB, 0, 65, secretA, 0));
        Assert.True(b.Agree(publicA, 1, 65, secretB, 0));
        Assert.Equal(secretA, secretB);
        Assert.False(a.Agree(publicB, 0, 64, secretA, 0));
        Assert.Null(_crypto.CreateKeyAgreement(NamedGroup.X25519));
    }

    [Theory]
    [InlineData(SignatureScheme.EcdsaSecp256r1Sha256, "ecdsa_secp256r1_sha256_test.json")]
    [InlineData(SignatureScheme.RsaPssRsaeSha256, "rsa_pss_2048_sha256_mgf1_32_test.json")]
    [InlineData(SignatureScheme.RsaPkcs1Sha256, "rsa_signature_2048_sha256_test.json")]
    public void SignatureVectors(int scheme, string file)
    {
        using JsonDocument document = VectorFile.OpenOrSkip(file);
        int valid = 0;
        int invalid = 0;
        Assert.True(_crypto.SupportsSignature(scheme));
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            byte[] spki = VectorFile.Bytes(group, "publicKeyDer");
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                string expected = test.GetProperty("result").GetString()!;
                byte[] message = VectorFile.Bytes(test, "msg");
                byte[] signature = VectorFile.Bytes(test, "sig");
                bool result = _crypto.VerifySignature(scheme, spki, 0, spki.Length, message, 0, message.Length, signature, 0, signature.Length);
                if (expected == "acceptable")
                    continue;

                Assert.True(result == (expected == "valid"), "tcId " + test.GetProperty("tcId").GetInt32());
                if (result)
                    valid++;
                else
                    invalid++;
            }
        }

        Assert.True(valid > 0 && invalid > 0);
    }

    [Fact]
    public void ASignatureUnderAKeyOfAnotherTypeIsWrong()
    {
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(1024);
        byte[] message = { 1, 2, 3 };
        byte[] ecSpki = p384.ExportSubjectPublicKeyInfo();
        byte[] ecSignature = p384.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[] rsaSpki = rsa.ExportSubjectPublicKeyInfo();
        byte[] rsaSignature = rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.False(Verify(SignatureScheme.EcdsaSecp256r1Sha256, ecSpki, message, ecSignature));
        Assert.False(Verify(SignatureScheme.RsaPkcs1Sha256, rsaSpki, message, rsaSignature));
        Assert.False(Verify(SignatureScheme.RsaPkcs1Sha256, ecSpki, message, rsaSignature));
        Assert.False(Verify(SignatureScheme.EcdsaSecp256r1Sha256, new byte[] { 0x30, 0x80 }, message, ecSignature));
    }

    private static bool RoundTrips(IAead aead, byte[] nonce, byte[] aad, byte[] buffer, int times)
    {
        bool good = true;
        for (int i = 0; i < times; i++)
        {
            aead.Seal(nonce, aad, 0, aad.Length, buffer, 0, 100);
            good &= aead.Open(nonce, aad, 0, aad.Length, buffer, 0, 100 + aead.TagBytes);
        }

        return good;
    }

    private bool Verify(int scheme, byte[] spki, byte[] message, byte[] signature)
    {
        return _crypto.VerifySignature(scheme, spki, 0, spki.Length, message, 0, message.Length, signature, 0, signature.Length);
    }

    private void CheckAead(int algorithm, JsonElement test)
    {
        IAead aead = _crypto.CreateAead(algorithm);
        aead.SetKey(VectorFile.Bytes(test, "key"), 0);
        byte[] nonce = VectorFile.Bytes(test, "iv");
        byte[] aad = VectorFile.Bytes(test, "aad");
        byte[] message = VectorFile.Bytes(test, "msg");
        byte[] cipher = VectorFile.Bytes(test, "ct");
        byte[] tag = VectorFile.Bytes(test, "tag");
        byte[] record = new byte[cipher.Length + tag.Length];
        cipher.CopyTo(record, 0);
        tag.CopyTo(record, cipher.Length);
        bool valid = test.GetProperty("result").GetString() == "valid";
        string id = "tcId " + test.GetProperty("tcId").GetInt32();
        byte[] opened = (byte[])record.Clone();
        Assert.True(aead.Open(nonce, aad, 0, aad.Length, opened, 0, opened.Length) == valid, id);
        if (!valid)
            return;

        Assert.Equal(message, opened.AsSpan(0, message.Length).ToArray());
        byte[] made = new byte[record.Length];
        message.CopyTo(made, 0);
        aead.Seal(nonce, aad, 0, aad.Length, made, 0, message.Length);
        Assert.Equal(record, made);
        aead.Clear();
    }
}
