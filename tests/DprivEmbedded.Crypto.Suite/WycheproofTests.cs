using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>All cases of the Wycheproof files that this provider's interfaces can express: valid ones pass, invalid ones fail.</summary>
public class WycheproofTests
{
    private static readonly ICryptoProvider s_provider = Tested.NewProvider();

    [Theory]
    [InlineData("aes_gcm_test.json", AeadAlgorithm.Aes128Gcm)]
    [InlineData("aes_ccm_test.json", AeadAlgorithm.Aes128Ccm)]
    [InlineData("aes_ccm_test.json", AeadAlgorithm.Aes128Ccm8)]
    [InlineData("chacha20_poly1305_test.json", AeadAlgorithm.ChaCha20Poly1305)]
    public void Aead(string file, int algorithm)
    {
        IAead aead = s_provider.CreateAead(algorithm)!;
        Run(
            file,
            group => group.GetProperty("ivSize").GetInt32() == 96 && group.GetProperty("keySize").GetInt32() == aead.KeyBytes * 8 && group.GetProperty("tagSize").GetInt32() == aead.TagBytes * 8,
            (group, test) =>
            {
                byte[] key = Hex(test, "key");
                byte[] nonce = Hex(test, "iv");
                byte[] aad = Hex(test, "aad");
                byte[] plain = Hex(test, "msg");
                byte[] sealedBytes = [.. Hex(test, "ct"), .. Hex(test, "tag")];
                byte[] buffer = (byte[])sealedBytes.Clone();
                aead.SetKey(key, 0);
                bool opened = aead.Open(nonce, aad, 0, aad.Length, buffer, 0, buffer.Length);
                if (opened)
                {
                    Assert.Equal(plain, buffer.AsSpan(0, plain.Length).ToArray());
                    aead.Seal(nonce, aad, 0, aad.Length, buffer, 0, plain.Length);
                    Assert.Equal(sealedBytes, buffer);
                }
                else
                {
                    Assert.All(buffer, b => Assert.Equal(0, b));
                }

                return opened;
            },
            acceptable: null);
    }

    [Fact]
    public void Hmac()
    {
        IHmac hmac = s_provider.CreateHmacSha256();
        Run(
            "hmac_sha256_test.json",
            _ => true,
            (group, test) =>
            {
                byte[] key = Hex(test, "key");
                byte[] message = Hex(test, "msg");
                byte[] tag = Hex(test, "tag");
                byte[] output = new byte[32];
                hmac.SetKey(key, 0, key.Length);
                hmac.Update(message, 0, message.Length);
                hmac.Finish(output, 0);
                return tag.AsSpan().SequenceEqual(output.AsSpan(0, tag.Length));
            },
            acceptable: null);
    }

    [Fact]
    public void HkdfOnHmac()
    {
        IHmac hmac = s_provider.CreateHmacSha256();
        Run(
            "hkdf_sha256_test.json",
            _ => true,
            (group, test) =>
            {
                int size = test.GetProperty("size").GetInt32();
                if (size > 255 * 32)
                    return false; // longer than HKDF gives: the invalid cases of this file

                byte[] prk = Hkdf.Extract(hmac, Hex(test, "salt"), Hex(test, "ikm"));
                return Hkdf.Expand(hmac, prk, Hex(test, "info"), size).AsSpan().SequenceEqual(Hex(test, "okm"));
            },
            acceptable: null);
    }

    // Acceptable: points on the twist, non-canonical and low-order points. RFC 8446 section 7.4.2 wants the all-zero secret refused, and RFC 7748 the rest accepted.
    [Fact]
    public void X25519()
    {
        Run(
            "x25519_test.json",
            _ => true,
            (group, test) => Agree(NamedGroup.X25519, test, pad: false),
            acceptable: test => !Hex(test, "shared").All(b => b == 0));
    }

    // Acceptable: a compressed point, which TLS does not use and this provider refuses.
    [Fact]
    public void P256()
    {
        Run(
            "ecdh_secp256r1_ecpoint_test.json",
            _ => true,
            (group, test) => Agree(NamedGroup.Secp256r1, test, pad: true),
            acceptable: _ => false);
    }

    // Acceptable (RSA PKCS#1): a DigestInfo without the NULL, which RFC 8017 section 9.2 only tolerates; refused.
    [Theory]
    [InlineData("ecdsa_secp256r1_sha256_test.json", SignatureScheme.EcdsaSecp256r1Sha256)]
    [InlineData("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureScheme.RsaPssRsaeSha256)]
    [InlineData("rsa_signature_2048_sha256_test.json", SignatureScheme.RsaPkcs1Sha256)]
    public void Signature(string file, int scheme)
    {
        Run(
            file,
            _ => true,
            (group, test) =>
            {
                byte[] spki = Hex(group, "publicKeyDer");
                byte[] message = Hex(test, "msg");
                byte[] signature = Hex(test, "sig");
                return s_provider.VerifySignature(scheme, spki, 0, spki.Length, message, 0, message.Length, signature, 0, signature.Length);
            },
            acceptable: _ => false);
    }

    private static bool Agree(int group, JsonElement test, bool pad)
    {
        byte[] scalar = Hex(test, "private");
        if (pad)
        {
            // Big-endian integers of any length there, 32 bytes here.
            scalar = scalar.SkipWhile(b => b == 0).ToArray();
            scalar = [.. new byte[32 - scalar.Length], .. scalar];
        }

        IKeyAgreement agreement = s_provider.CreateKeyAgreement(group)!;
        agreement.Generate(new FixedRandom(scalar), new byte[agreement.PublicBytes], 0);
        byte[] peer = Hex(test, "public");
        byte[] secret = new byte[32];
        if (!agreement.Agree(peer, 0, peer.Length, secret, 0))
            return false;

        Assert.Equal(Convert.ToHexStringLower(Hex(test, "shared")), Convert.ToHexStringLower(secret));
        return true;
    }

    private static void Run(string file, Func<JsonElement, bool> fits, Func<JsonElement, JsonElement, bool> verdict, Func<JsonElement, bool>? acceptable)
    {
        using JsonDocument document = VectorFiles.Open(file);
        int ran = 0;
        int total = 0;
        Dictionary<string, int> results = new Dictionary<string, int>();
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            JsonElement tests = group.GetProperty("tests");
            total += tests.GetArrayLength();
            if (!fits(group))
                continue;

            foreach (JsonElement test in tests.EnumerateArray())
            {
                string result = test.GetProperty("result").GetString()!;
                bool expected = result == "valid" || (result == "acceptable" && acceptable!(test));
                string name = file + " case " + test.GetProperty("tcId").GetInt32() + " (" + test.GetProperty("comment").GetString() + ")";
                Assert.True(verdict(group, test) == expected, name + ": expected " + expected);
                results[result] = results.GetValueOrDefault(result) + 1;
                ran++;
            }
        }

        Assert.True(ran > 0, "No case of " + file + " fits.");
        Console.WriteLine("Wycheproof " + file + ": " + ran + " of " + total + " cases: " + string.Join(", ", results.Select(r => r.Value + " " + r.Key)));
    }

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
