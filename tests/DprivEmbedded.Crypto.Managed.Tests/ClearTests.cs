using System;
using System.Linq;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Suite;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Nothing of a key is left after Clear; a record leaves only what the key needs.</summary>
public class ClearTests
{
    public static TheoryData<int, bool> Aeads => new()
    {
        { AeadAlgorithm.Aes128Gcm, false }, { AeadAlgorithm.Aes128Ccm, false }, { AeadAlgorithm.Aes128Ccm8, false }, { AeadAlgorithm.ChaCha20Poly1305, false },
        { AeadAlgorithm.Aes128Gcm, true }, { AeadAlgorithm.Aes128Ccm, true }, { AeadAlgorithm.Aes128Ccm8, true },
    };

    [Theory]
    [MemberData(nameof(Aeads))]
    public void Aead(int algorithm, bool firmware)
    {
        FirmwareCrypto native = new();
        ManagedProvider provider = firmware ? new ManagedProvider(new SystemRandomSource(), native, native) : new ManagedProvider(new SystemRandomSource());
        IAead aead = provider.CreateAead(algorithm);
        byte[] key = [.. Enumerable.Repeat((byte)0xa5, 32)];
        byte[] nonce = [.. Enumerable.Repeat((byte)0x5a, 12)];
        byte[] buffer = [.. Enumerable.Repeat((byte)0x77, 500)];
        aead.SetKey(key, 0);
        Assert.NotEmpty(Secrets.Left(aead));
        aead.Seal(nonce, buffer, 0, 13, buffer, 13, 401);
        aead.Open(nonce, buffer, 0, 13, buffer, 13, 401 + aead.TagBytes);
        Assert.DoesNotContain(Secrets.Left(aead), field => field.EndsWith("_tag", StringComparison.Ordinal) || field.EndsWith("_mac", StringComparison.Ordinal) || field.EndsWith("_block", StringComparison.Ordinal) || field.EndsWith("_chunk", StringComparison.Ordinal) || field.EndsWith("_mask", StringComparison.Ordinal) || field.EndsWith("_w", StringComparison.Ordinal));
        aead.Clear();
        Assert.DoesNotContain(Secrets.Left(aead), field => !IsNonce(field));
        Assert.Throws<InvalidOperationException>(() => aead.Seal(nonce, [], 0, 0, buffer, 0, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hmac(bool firmware)
    {
        FirmwareCrypto native = new();
        IHmac hmac = new ManagedProvider(new SystemRandomSource(), null, firmware ? native : null).CreateHmacSha256();
        foreach (int keyBytes in new[] { 32, 80 })
        {
            byte[] key = [.. Enumerable.Repeat((byte)0xa5, keyBytes)];
            hmac.SetKey(key, 0, keyBytes);
            Assert.NotEmpty(Secrets.Left(hmac));
            hmac.Update(new byte[400], 0, 400);
            hmac.Finish(new byte[32], 0);
            hmac.Update(key, 0, 20);
            hmac.Clear();
            Assert.Empty(Secrets.Left(hmac));
            Assert.Throws<InvalidOperationException>(() => hmac.Finish(new byte[32], 0));
        }
    }

    [Theory]
    [InlineData(NamedGroup.X25519)]
    [InlineData(NamedGroup.Secp256r1)]
    public void KeyAgreement(int group)
    {
        IKeyAgreement agreement = new ManagedProvider(new SystemRandomSource()).CreateKeyAgreement(group);
        byte[] own = new byte[agreement.PublicBytes];
        agreement.Generate(new SeededRandom(3), own, 0);
        Assert.True(agreement.Agree(own, 0, own.Length, new byte[32], 0));
        Assert.NotEmpty(Secrets.Left(agreement));
        agreement.Clear();
        Assert.Empty(Secrets.Left(agreement));
    }

    /// <summary>Nonce and counter are no secrets.</summary>
    private static bool IsNonce(string field) => field.EndsWith("_nonce", StringComparison.Ordinal) || field.EndsWith("._even", StringComparison.Ordinal) || field.EndsWith("._odd", StringComparison.Ordinal)
        || field.EndsWith("_counterEven", StringComparison.Ordinal) || field.EndsWith("_counterOdd", StringComparison.Ordinal);
}
