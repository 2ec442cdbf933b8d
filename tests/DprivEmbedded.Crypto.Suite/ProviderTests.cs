using System;
using System.Linq;
using System.Security.Cryptography;
using CsCheck;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>The interfaces' contracts, against the runtime's own primitives where it has them.</summary>
public class ProviderTests
{
    private static readonly ICryptoProvider s_provider = Tested.NewProvider();

    public static TheoryData<int> Algorithms => [AeadAlgorithm.Aes128Gcm, AeadAlgorithm.Aes128Ccm, AeadAlgorithm.Aes128Ccm8, AeadAlgorithm.ChaCha20Poly1305];

    public static TheoryData<int> Groups => [NamedGroup.X25519, NamedGroup.Secp256r1];

    [Fact]
    public void UnknownAlgorithmsGiveNull()
    {
        Assert.Null(s_provider.CreateAead(99));
        Assert.Null(s_provider.CreateKeyAgreement(24));
        Assert.False(s_provider.SupportsSignature(0x0503));
        Assert.True(s_provider.SupportsSignature(SignatureScheme.RsaPssRsaeSha256));
        Assert.Throws<ArgumentNullException>(() => Tested.NewProvider(null!));
    }

    [Fact]
    public void HashAndHmacAgreeWithTheRuntime()
    {
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 300], Gen.Int[0, 300]).Sample((key, data, cut) =>
        {
            cut = Math.Min(cut, data.Length);
            byte[] output = new byte[32];
            IHash hash = s_provider.CreateSha256();
            hash.Update(data, 0, cut);
            hash.Snapshot(output, 0);
            Assert.Equal(SHA256.HashData(data.AsSpan(0, cut)), output);
            hash.Update(data, cut, data.Length - cut);
            hash.Snapshot(output, 0);
            Assert.Equal(SHA256.HashData(data), output);

            IHmac hmac = s_provider.CreateHmacSha256();
            hmac.SetKey(key, 0, key.Length);
            hmac.Update(data, 0, data.Length); // left unfinished
            hmac.SetKey(key, 0, key.Length);
            hmac.Update(data, 0, cut);
            hmac.Update(data, cut, data.Length - cut);
            hmac.Finish(output, 0);
            Assert.Equal(HMACSHA256.HashData(key, data), output);
        }, iter: 300);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void AeadAgreesWithAnother(int algorithm)
    {
        // The runtime's, and for CCM BouncyCastle's own mode as well.
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[12], Gen.Byte.Array[0, 70], Gen.Byte.Array[0, 600], Gen.Int[0, 9]).Sample((key, nonce, aad, plain, offset) =>
        {
            IAead aead = s_provider.CreateAead(algorithm)!;
            byte[] expected = SealElsewhere(algorithm, key, nonce, aad, plain);
            byte[] buffer = [.. new byte[offset], .. plain, .. new byte[aead.TagBytes]];
            byte[] shifted = [1, .. aad, 2];
            aead.SetKey([7, .. key], 1);
            aead.Seal(nonce, shifted, 1, aad.Length, buffer, offset, plain.Length);
            Assert.Equal(expected, buffer.AsSpan(offset).ToArray());
            Assert.True(aead.Open(nonce, aad, 0, aad.Length, buffer, offset, buffer.Length - offset));
            Assert.Equal(plain, buffer.AsSpan(offset, plain.Length).ToArray());
            if (algorithm == AeadAlgorithm.Aes128Ccm || algorithm == AeadAlgorithm.Aes128Ccm8)
            {
                CcmBlockCipher ccm = new CcmBlockCipher(new AesEngine());
                ccm.Init(true, new AeadParameters(new KeyParameter(key, 0, 16), aead.TagBytes * 8, nonce, aad));
                Assert.Equal(ccm.ProcessPacket(plain, 0, plain.Length), expected);
            }
        }, iter: 300);
    }

    [Fact]
    public void CcmWithLongAssociatedData()
    {
        byte[] key = RandomNumberGenerator.GetBytes(16);
        byte[] nonce = new byte[12];
        foreach (int count in new[] { 0xfeff, 0xff00, 70000 })
        {
            byte[] aad = RandomNumberGenerator.GetBytes(count);
            byte[] plain = RandomNumberGenerator.GetBytes(70000);
            byte[] buffer = [.. plain, .. new byte[16]];
            IAead aead = s_provider.CreateAead(AeadAlgorithm.Aes128Ccm)!;
            aead.SetKey(key, 0);
            aead.Seal(nonce, aad, 0, aad.Length, buffer, 0, plain.Length);
            Assert.Equal(SealElsewhere(AeadAlgorithm.Aes128Ccm, key, nonce, aad, plain), buffer);
        }
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void DamagedRecordsAreRefusedAndWiped(int algorithm)
    {
        IAead aead = s_provider.CreateAead(algorithm)!;
        byte[] key = RandomNumberGenerator.GetBytes(aead.KeyBytes);
        byte[] nonce = new byte[12];
        byte[] aad = [1, 2, 3];
        byte[] plain = RandomNumberGenerator.GetBytes(300);
        byte[] good = [.. plain, .. new byte[aead.TagBytes]];
        aead.SetKey(key, 0);
        aead.Seal(nonce, aad, 0, 3, good, 0, plain.Length);
        for (int i = 0; i < good.Length; i += 7)
        {
            byte[] buffer = (byte[])good.Clone();
            buffer[i] ^= 1;
            Assert.False(aead.Open(nonce, aad, 0, 3, buffer, 0, buffer.Length));
            Assert.All(buffer, b => Assert.Equal(0, b));
        }

        for (int count = 0; count < good.Length; count += 5)
            Assert.False(aead.Open(nonce, aad, 0, 3, (byte[])good.Clone(), 0, count));

        Assert.False(aead.Open(nonce, aad, 0, 2, (byte[])good.Clone(), 0, good.Length));
        Assert.True(aead.Open(nonce, aad, 0, 3, good, 0, good.Length));
        Assert.Equal(plain, good.AsSpan(0, plain.Length).ToArray());
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void MisuseOfAnAeadThrows(int algorithm)
    {
        IAead aead = s_provider.CreateAead(algorithm)!;
        byte[] buffer = new byte[64];
        Assert.Throws<InvalidOperationException>(() => aead.Seal(new byte[12], [], 0, 0, buffer, 0, 8));
        aead.SetKey(new byte[32], 0);
        Assert.Throws<ArgumentException>(() => aead.Seal(new byte[8], [], 0, 0, buffer, 0, 8));
        Assert.Throws<ArgumentException>(() => aead.Seal(new byte[12], [], 0, 0, buffer, 0, 64));
        aead.Clear();
        Assert.Throws<InvalidOperationException>(() => aead.Open(new byte[12], [], 0, 0, buffer, 0, 64));
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void KeyAgreementIsReproducibleAndClears(int group)
    {
        IKeyAgreement a = s_provider.CreateKeyAgreement(group)!;
        Assert.Equal(group, a.Group);
        byte[] first = new byte[a.PublicBytes];
        byte[] second = new byte[a.PublicBytes];
        byte[] third = new byte[a.PublicBytes];
        a.Generate(new SeededRandom(9), first, 0);
        a.Generate(new SeededRandom(9), second, 0);
        a.Generate(new SeededRandom(10), third, 0);
        Assert.Equal(first, second);
        Assert.NotEqual(first, third);
        a.Clear();
        Assert.Throws<InvalidOperationException>(() => a.Agree(first, 0, first.Length, new byte[32], 0));
    }

    [Fact]
    public void P256AgreesWithTheRuntime()
    {
        for (int i = 0; i < 20; i++)
        {
            using ECDiffieHellman other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            ECParameters theirs = other.ExportParameters(false);
            byte[] peer = [4, .. theirs.Q.X!, .. theirs.Q.Y!];
            IKeyAgreement agreement = s_provider.CreateKeyAgreement(NamedGroup.Secp256r1)!;
            byte[] mine = new byte[65];
            agreement.Generate(s_provider.Random, mine, 0);
            byte[] secret = new byte[32];
            Assert.True(agreement.Agree(peer, 0, peer.Length, secret, 0));

            ECParameters parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = mine[1..33], Y = mine[33..] } };
            using ECDiffieHellman mineThere = ECDiffieHellman.Create(parameters);
            Assert.Equal(other.DeriveRawSecretAgreement(mineThere.PublicKey), secret);
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void BadPeerValuesNeverThrow(int group)
    {
        IKeyAgreement agreement = s_provider.CreateKeyAgreement(group)!;
        agreement.Generate(new SeededRandom(11), new byte[agreement.PublicBytes], 0);
        byte[] secret = new byte[32];
        for (int count = 0; count < 100; count++)
        {
            byte[] zeros = new byte[count];
            Assert.False(agreement.Agree(zeros, 0, count, secret, 0));
        }

        Gen.Byte.Array[0, 130].Sample(peer =>
        {
            bool agreed = agreement.Agree(peer, 0, peer.Length, secret, 0);
            if (peer.Length != agreement.PublicBytes || group == NamedGroup.Secp256r1)
                Assert.False(agreed); // a random pair is on the curve with a chance of 2^-256
        }, iter: 2000, threads: 1);

        if (group == NamedGroup.Secp256r1)
        {
            byte[] point = new byte[65];
            agreement.Generate(new SeededRandom(12), point, 0);
            foreach (byte form in new byte[] { 0, 1, 2, 3, 5, 6, 7, 0x84 })
            {
                byte[] changed = (byte[])point.Clone();
                changed[0] = form;
                Assert.False(agreement.Agree(changed, 0, 65, secret, 0));
            }

            // Coordinates not below p.
            byte[] large = [4, .. Enumerable.Repeat((byte)0xff, 64)];
            Assert.False(agreement.Agree(large, 0, 65, secret, 0));
        }
    }

    [Fact]
    public void UselessRandomSourceIsReported()
    {
        IKeyAgreement agreement = s_provider.CreateKeyAgreement(NamedGroup.Secp256r1)!;
        Assert.Throws<InvalidOperationException>(() => agreement.Generate(new FixedRandom(new byte[64 * 32]), new byte[65], 0));
    }

    private static byte[] SealElsewhere(int algorithm, byte[] key, byte[] nonce, byte[] aad, byte[] plain)
    {
        int tagBytes = algorithm == AeadAlgorithm.Aes128Ccm8 ? 8 : 16;
        byte[] cipher = new byte[plain.Length];
        byte[] tag = new byte[tagBytes];
        switch (algorithm)
        {
            case AeadAlgorithm.Aes128Gcm:
                using (AesGcm gcm = new AesGcm(key.AsSpan(0, 16), 16))
                    gcm.Encrypt(nonce, plain, cipher, tag, aad);
                break;
            case AeadAlgorithm.ChaCha20Poly1305:
                using (System.Security.Cryptography.ChaCha20Poly1305 chacha = new System.Security.Cryptography.ChaCha20Poly1305(key))
                    chacha.Encrypt(nonce, plain, cipher, tag, aad);
                break;
            default:
                using (AesCcm ccm = new AesCcm(key.AsSpan(0, 16)))
                    ccm.Encrypt(nonce, plain, cipher, tag, aad);
                break;
        }

        return [.. cipher, .. tag];
    }
}
