using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using DprivEmbedded.Crypto.BouncyCastle;
using Xunit;

namespace DprivEmbedded.Crypto.Managed.Tests;

/// <summary>Random signatures, half of them damaged: the same verdict in this provider and in BouncyCastle's.</summary>
public class SignatureDifferenceTests
{
    private static readonly ICryptoProvider s_managed = new ManagedProvider(new SystemRandomSource());
    private static readonly ICryptoProvider s_reference = new BouncyCastleProvider();
    private static readonly Lazy<List<RSA>> s_rsa = new(() => new[] { 2048, 2048, 2048, 2056, 2064, 3072, 4096 }.Select(RSA.Create).ToList());

    [Fact]
    public void Ecdsa()
    {
        Random random = new(31);
        List<ECDsa> keys = Enumerable.Range(0, 20).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256)).ToList();
        int valid = 0;
        for (int i = 0; i < Cases.Slow; i++)
        {
            ECDsa key = keys[random.Next(keys.Count)];
            byte[] message = Message(random);
            valid += Compare(random, SignatureScheme.EcdsaSecp256r1Sha256, key.ExportSubjectPublicKeyInfo(), message, key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), i);
        }

        Assert.InRange(valid, Cases.Slow / 3, Cases.Slow * 2 / 3);
    }

    [Theory]
    [InlineData(SignatureScheme.RsaPssRsaeSha256)]
    [InlineData(SignatureScheme.RsaPkcs1Sha256)]
    public void Rsa(int scheme)
    {
        Random random = new(32);

        List<RSA> keys = s_rsa.Value;
        RSASignaturePadding padding = scheme == SignatureScheme.RsaPssRsaeSha256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        int cases = Cases.Rsa;
        int valid = 0;
        for (int i = 0; i < cases; i++)
        {
            RSA key = keys[random.Next(i % 10 == 0 ? keys.Count : 5)];
            byte[] message = Message(random);
            valid += Compare(random, scheme, key.ExportSubjectPublicKeyInfo(), message, key.SignData(message, HashAlgorithmName.SHA256, padding), i);
        }

        Assert.InRange(valid, cases / 3, cases * 2 / 3);
    }

    [Fact]
    public void SmallKeysAreRefused()
    {
        using RSA key = RSA.Create(1024);
        byte[] spki = key.ExportSubjectPublicKeyInfo();
        byte[] signature = key.SignData([1], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.False(s_managed.VerifySignature(SignatureScheme.RsaPkcs1Sha256, spki, 0, spki.Length, [1], 0, 1, signature, 0, signature.Length));
    }

    [Fact]
    public void KeyOfTheOtherKindIsRefused()
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[] byRsa = rsa.SignData([1], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] byEcdsa = ecdsa.SignData([1], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        foreach (int scheme in new[] { SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPssRsaeSha256, SignatureScheme.EcdsaSecp256r1Sha256, 0x0503 })
        {
            foreach ((byte[] spki, byte[] signature, int right) in new[] { (rsa.ExportSubjectPublicKeyInfo(), byRsa, SignatureScheme.RsaPkcs1Sha256), (ecdsa.ExportSubjectPublicKeyInfo(), byEcdsa, SignatureScheme.EcdsaSecp256r1Sha256), (other.ExportSubjectPublicKeyInfo(), byEcdsa, 0) })
                Assert.Equal(scheme == right, s_managed.VerifySignature(scheme, spki, 0, spki.Length, [1], 0, 1, signature, 0, signature.Length));
        }
    }

    [Fact]
    public void CutAndStretchedInputNeverThrows()
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] byRsa = rsa.SignData([1], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] byEcdsa = ecdsa.SignData([1], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        foreach ((int scheme, byte[] spki, byte[] signature) in new[] { (SignatureScheme.RsaPkcs1Sha256, rsa.ExportSubjectPublicKeyInfo(), byRsa), (SignatureScheme.EcdsaSecp256r1Sha256, ecdsa.ExportSubjectPublicKeyInfo(), byEcdsa) })
        {
            for (int cut = 0; cut < spki.Length; cut++)
            {
                byte[] part = spki[..cut];
                Assert.False(s_managed.VerifySignature(scheme, part, 0, cut, [1], 0, 1, signature, 0, signature.Length));
            }

            for (int cut = 0; cut < signature.Length; cut++)
            {
                byte[] part = signature[..cut];
                Assert.False(s_managed.VerifySignature(scheme, spki, 0, spki.Length, [1], 0, 1, part, 0, cut));
            }

            byte[] longer = [.. spki, 0];
            byte[] longerSignature = [.. signature, 0];
            Assert.False(s_managed.VerifySignature(scheme, longer, 0, longer.Length, [1], 0, 1, signature, 0, signature.Length));
            Assert.False(s_managed.VerifySignature(scheme, spki, 0, spki.Length, [1], 0, 1, longerSignature, 0, longerSignature.Length));
            Assert.True(s_managed.VerifySignature(scheme, longer, 0, spki.Length, [1], 0, 1, longerSignature, 0, signature.Length));
        }
    }

    private static int Compare(Random random, int scheme, byte[] spki, byte[] message, byte[] signature, int number)
    {
        bool whole = number % 2 == 0;
        if (!whole)
        {
            byte[] damaged = random.Next(4) switch { 0 => spki, 1 => message, _ => signature };
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
        }

        bool a = s_managed.VerifySignature(scheme, spki, 0, spki.Length, message, 0, message.Length, signature, 0, signature.Length);
        bool b = s_reference.VerifySignature(scheme, spki, 0, spki.Length, message, 0, message.Length, signature, 0, signature.Length);
        if (a != b || (whole && !a))
            Assert.Fail($"case {number}: {a} here, {b} there\nkey {Convert.ToHexString(spki)}\nmessage {Convert.ToHexString(message)}\nsignature {Convert.ToHexString(signature)}");

        return a ? 1 : 0;
    }

    private static byte[] Message(Random random)
    {
        byte[] message = new byte[random.Next(1, 150)];
        random.NextBytes(message);
        return message;
    }
}
