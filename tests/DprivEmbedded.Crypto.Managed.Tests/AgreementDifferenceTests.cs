using System;
using System.Numerics;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Suite;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Random key agreements, the same in this provider and in BouncyCastle's.</summary>
public class AgreementDifferenceTests
{
    private static readonly ICryptoProvider s_managed = new ManagedProvider(new SystemRandomSource());
    private static readonly ICryptoProvider s_reference = new BouncyCastleProvider();
    private static readonly BigInteger s_order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber, null);

    [Fact]
    public void X25519()
    {
        Random random = new(21);
        byte[] peer = new byte[32];
        byte[] scalar = new byte[32];
        for (int i = 0; i < Cases.Fast / 2; i++)
        {
            // Each case is a public value and a shared secret: two multiplications.
            Fill(random, scalar);
            Fill(random, peer);
            Compare(NamedGroup.X25519, scalar, peer, i);
        }
    }

    [Fact]
    public void P256()
    {
        Random random = new(22);
        byte[] scalar = new byte[32];
        byte[] peer = new byte[65];
        for (int i = 0; i < Cases.Slow / 2; i++)
        {
            do
                Fill(random, scalar);
            while (!IsScalar(scalar));

            // Each public value is the next case's peer; one in eight is damaged.
            byte[] next = Compare(NamedGroup.Secp256r1, scalar, peer, i);
            peer = next;
            if (random.Next(8) == 0)
                peer[random.Next(65)] ^= (byte)(1 << random.Next(8));
        }
    }

    [Fact]
    public void ScalarsAtTheEdgesOfP256()
    {
        byte[] peer = new byte[65];
        s_reference.CreateKeyAgreement(NamedGroup.Secp256r1)!.Generate(new SeededRandom(5), peer, 0);
        for (int i = 1; i <= 40; i++)
        {
            Compare(NamedGroup.Secp256r1, Bytes(i), peer, i);
            Compare(NamedGroup.Secp256r1, Bytes(s_order - i), peer, -i);
            Compare(NamedGroup.Secp256r1, Bytes(s_order / 2 + 20 - i), peer, i);
        }

        for (int bit = 0; bit < 255; bit++)
        {
            Compare(NamedGroup.Secp256r1, Bytes(BigInteger.One << bit), peer, bit);
            Compare(NamedGroup.Secp256r1, Bytes((BigInteger.One << bit) | 1), peer, bit);
        }

        // The base point itself as the peer.
        byte[] point = new byte[65];
        s_reference.CreateKeyAgreement(NamedGroup.Secp256r1)!.Generate(new FixedRandom(Bytes(1)), point, 0);
        for (int i = 1; i < 20; i++)
            Compare(NamedGroup.Secp256r1, Bytes(i), point, i);
    }

    [Fact]
    public void ValuesAtTheEdgesOfX25519()
    {
        BigInteger p = (BigInteger.One << 255) - 19;
        byte[] scalar = new byte[32];
        new SeededRandom(6).Fill(scalar, 0, 32);
        for (int i = 0; i < 40; i++)
        {
            foreach (BigInteger value in new[] { i, p - i, p + i, (p + 1) / 2 + i, BigInteger.One << (6 * i), (BigInteger.One << 256) - 1 - i, (BigInteger.One << 255) - 1 - i })
            {
                byte[] peer = Bytes(value & ((BigInteger.One << 256) - 1));
                Array.Reverse(peer);
                Compare(NamedGroup.X25519, scalar, peer, i);
                Compare(NamedGroup.X25519, peer, peer, i);
            }
        }
    }

    [Theory]
    [InlineData(NamedGroup.X25519)]
    [InlineData(NamedGroup.Secp256r1)]
    public void SecretMayLieOverThePeersValue(int group)
    {
        IKeyAgreement agreement = s_managed.CreateKeyAgreement(group)!;
        byte[] own = new byte[agreement.PublicBytes + 5];
        agreement.Generate(new SeededRandom(7), own, 3);
        byte[] secret = new byte[32];
        Assert.True(agreement.Agree(own, 3, agreement.PublicBytes, secret, 0));
        Assert.True(agreement.Agree(own, 3, agreement.PublicBytes, own, 2));
        Assert.Equal(secret, own.AsSpan(2, 32).ToArray());
    }

    private static byte[] Compare(int group, byte[] scalar, byte[] peer, int number)
    {
        IKeyAgreement managed = s_managed.CreateKeyAgreement(group)!;
        IKeyAgreement reference = s_reference.CreateKeyAgreement(group)!;
        byte[] a = new byte[managed.PublicBytes];
        byte[] b = new byte[reference.PublicBytes];
        managed.Generate(new FixedRandom(scalar), a, 0);
        reference.Generate(new FixedRandom(scalar), b, 0);
        if (!a.AsSpan().SequenceEqual(b))
            Assert.Fail($"case {number}: public values differ for {Convert.ToHexString(scalar)}");

        byte[] secretA = new byte[32];
        byte[] secretB = new byte[32];
        bool agreedA = managed.Agree(peer, 0, peer.Length, secretA, 0);
        bool agreedB = reference.Agree(peer, 0, peer.Length, secretB, 0);
        if (agreedA != agreedB || (agreedA && !secretA.AsSpan().SequenceEqual(secretB)))
            Assert.Fail($"case {number}: secrets differ for {Convert.ToHexString(scalar)} and {Convert.ToHexString(peer)}");

        return a;
    }

    /// <summary>Random bytes, or runs of bits: carries show there.</summary>
    private static void Fill(Random random, byte[] bytes)
    {
        random.NextBytes(bytes);
        int kind = random.Next(4);
        if (kind > 1)
            return;

        for (int i = 0; i < bytes.Length;)
        {
            int run = random.Next(1, 12);
            byte value = random.Next(2) == 0 ? (byte)0 : (byte)0xff;
            for (; run > 0 && i < bytes.Length; run--)
                bytes[i++] = random.Next(16) == 0 ? (byte)random.Next(256) : value;
        }
    }

    private static bool IsScalar(byte[] scalar)
    {
        BigInteger value = new(scalar, true, true);
        return value > 0 && value < s_order;
    }

    private static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[32];
        Assert.True(value.TryWriteBytes(bytes.AsSpan(32 - value.GetByteCount(true)), out _, true, true));
        return bytes;
    }
}
