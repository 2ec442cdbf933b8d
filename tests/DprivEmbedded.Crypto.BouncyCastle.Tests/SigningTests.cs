using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DprivEmbedded.Crypto.Suite;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

public class SigningTests
{
    private static readonly BouncyCastleProvider s_provider = new BouncyCastleProvider();
    private static readonly Lazy<BouncyCastleSigner> s_rsa = new Lazy<BouncyCastleSigner>(() => BouncyCastleSigner.GenerateRsa(2048, new SeededRandom(1)));
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("the handshake's transcript");
    private static readonly DateTimeOffset s_from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void EcdsaVerifiesHereAndWithTheRuntime()
    {
        BouncyCastleSigner signer = BouncyCastleSigner.GenerateP256(new SeededRandom(2));
        byte[] signature = signer.Sign(SignatureScheme.EcdsaSecp256r1Sha256, s_message, 0, s_message.Length);
        Assert.True(Verify(SignatureScheme.EcdsaSecp256r1Sha256, signer.GetSubjectPublicKeyInfo(), signature));

        using ECDsa other = ECDsa.Create();
        other.ImportPkcs8PrivateKey(signer.ToPkcs8(), out _);
        Assert.Equal(signer.GetSubjectPublicKeyInfo(), other.ExportSubjectPublicKeyInfo());
        Assert.True(other.VerifyData(s_message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        byte[] theirs = other.SignData(s_message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.True(Verify(SignatureScheme.EcdsaSecp256r1Sha256, signer.GetSubjectPublicKeyInfo(), theirs));
    }

    [Theory]
    [InlineData(SignatureScheme.RsaPkcs1Sha256)]
    [InlineData(SignatureScheme.RsaPssRsaeSha256)]
    public void RsaVerifiesHereAndWithTheRuntime(int scheme)
    {
        RSASignaturePadding padding = scheme == SignatureScheme.RsaPkcs1Sha256 ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss;
        BouncyCastleSigner signer = s_rsa.Value;
        byte[] spki = signer.GetSubjectPublicKeyInfo();
        byte[] signature = signer.Sign(scheme, s_message, 0, s_message.Length);
        Assert.True(Verify(scheme, spki, signature));

        using RSA other = RSA.Create();
        other.ImportPkcs8PrivateKey(signer.ToPkcs8(), out _);
        Assert.Equal(spki, other.ExportSubjectPublicKeyInfo());
        Assert.True(other.VerifyData(s_message, signature, HashAlgorithmName.SHA256, padding));
        Assert.True(Verify(scheme, spki, other.SignData(s_message, HashAlgorithmName.SHA256, padding)));
    }

    [Theory]
    [InlineData(1024, false)]
    [InlineData(2048, true)]
    [InlineData(3072, true)]
    [InlineData(4096, true)]
    [InlineData(4104, false)]
    public void RsaKeySizes(int bits, bool accepted)
    {
        using RSA rsa = RSA.Create(bits);
        byte[] spki = rsa.ExportSubjectPublicKeyInfo();
        Assert.Equal(accepted, Verify(SignatureScheme.RsaPkcs1Sha256, spki, rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        Assert.Equal(accepted, Verify(SignatureScheme.RsaPssRsaeSha256, spki, rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
    }

    [Fact]
    public void KeyOfAnotherTypeDoesNotVerify()
    {
        BouncyCastleSigner ec = BouncyCastleSigner.GenerateP256();
        byte[] ecSignature = ec.Sign(SignatureScheme.EcdsaSecp256r1Sha256, s_message, 0, s_message.Length);
        byte[] rsaSignature = s_rsa.Value.Sign(SignatureScheme.RsaPkcs1Sha256, s_message, 0, s_message.Length);
        byte[] pssSignature = s_rsa.Value.Sign(SignatureScheme.RsaPssRsaeSha256, s_message, 0, s_message.Length);
        Assert.False(Verify(SignatureScheme.RsaPkcs1Sha256, ec.GetSubjectPublicKeyInfo(), ecSignature));
        Assert.False(Verify(SignatureScheme.EcdsaSecp256r1Sha256, s_rsa.Value.GetSubjectPublicKeyInfo(), rsaSignature));
        Assert.False(Verify(SignatureScheme.RsaPssRsaeSha256, s_rsa.Value.GetSubjectPublicKeyInfo(), rsaSignature));
        Assert.False(Verify(SignatureScheme.RsaPkcs1Sha256, s_rsa.Value.GetSubjectPublicKeyInfo(), pssSignature));
        Assert.False(Verify(0x0603, ec.GetSubjectPublicKeyInfo(), ecSignature));

        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(Verify(SignatureScheme.EcdsaSecp256r1Sha256, p384.ExportSubjectPublicKeyInfo(), p384.SignData(s_message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
    }

    [Fact]
    public void DamagedKeyOrSignatureNeverThrows()
    {
        foreach (int scheme in new[] { SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.RsaPkcs1Sha256 })
        {
            BouncyCastleSigner signer = scheme == SignatureScheme.EcdsaSecp256r1Sha256 ? BouncyCastleSigner.GenerateP256(new SeededRandom(3)) : s_rsa.Value;
            byte[] spki = signer.GetSubjectPublicKeyInfo();
            byte[] signature = signer.Sign(scheme, s_message, 0, s_message.Length);
            for (int i = 0; i < spki.Length; i++)
            {
                Assert.False(Verify(scheme, spki.AsSpan(0, i).ToArray(), signature));
                byte[] changed = (byte[])spki.Clone();
                changed[i] ^= 0x41;
                Assert.False(Verify(scheme, changed, signature));
            }

            for (int i = 0; i < signature.Length; i++)
            {
                Assert.False(Verify(scheme, spki, signature.AsSpan(0, i).ToArray()));
                byte[] changed = (byte[])signature.Clone();
                changed[i] ^= 0x41;
                Assert.False(Verify(scheme, spki, changed));
            }

            Assert.False(Verify(scheme, [.. spki, 0], signature));
            Assert.False(Verify(scheme, spki, [.. signature, 0]));
            Assert.False(Verify(scheme, spki, [0, .. signature]));
        }
    }

    [Fact]
    public void KeysSurvivePemAndForeignPem()
    {
        BouncyCastleSigner ec = BouncyCastleSigner.GenerateP256();
        Assert.Equal(ec.GetSubjectPublicKeyInfo(), BouncyCastleSigner.FromPem(ec.ToPem()).GetSubjectPublicKeyInfo());
        Assert.Equal(s_rsa.Value.GetSubjectPublicKeyInfo(), BouncyCastleSigner.FromPem("some text\n" + s_rsa.Value.ToPem()).GetSubjectPublicKeyInfo());

        using ECDsa otherEc = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(otherEc.ExportSubjectPublicKeyInfo(), BouncyCastleSigner.FromPem(otherEc.ExportECPrivateKeyPem()).GetSubjectPublicKeyInfo());
        Assert.Equal(otherEc.ExportSubjectPublicKeyInfo(), BouncyCastleSigner.FromPem(otherEc.ExportPkcs8PrivateKeyPem()).GetSubjectPublicKeyInfo());
        using RSA otherRsa = RSA.Create(2048);
        Assert.Equal(otherRsa.ExportSubjectPublicKeyInfo(), BouncyCastleSigner.FromPem(otherRsa.ExportRSAPrivateKeyPem()).GetSubjectPublicKeyInfo());

        Assert.Throws<FormatException>(() => BouncyCastleSigner.FromPem("nothing"));
        Assert.Throws<FormatException>(() => BouncyCastleSigner.FromPem("-----BEGIN PRIVATE KEY-----\nAAAA"));
        Assert.Throws<FormatException>(() => BouncyCastleSigner.FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
        Assert.Throws<FormatException>(() => BouncyCastleSigner.FromPem(otherEc.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1))));
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<FormatException>(() => BouncyCastleSigner.FromPem(p384.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void MadeChainConvincesTheRuntime()
    {
        CertificateMaker maker = new CertificateMaker(new SeededRandom(4));
        DateTimeOffset until = s_from.AddYears(1);
        IssuedCertificate root = maker.MakeAuthority("Root", s_from, until);
        IssuedCertificate middle = maker.MakeIntermediate(root, "Middle", s_from, until, rsa: true);
        foreach (bool pss in new[] { false, true })
        {
            CertificateProfile profile = CertificateMaker.ServerProfile(["dns.example"], [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")], s_from, until);
            profile.SignWithPss = pss;
            IssuedCertificate server = maker.Make(profile, middle);
            Assert.Equal(2, server.Chain.Count);

            using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(server.Der);
            using X509Certificate2 intermediate = X509CertificateLoader.LoadCertificate(middle.Der);
            using X509Certificate2 anchor = X509CertificateLoader.LoadCertificate(root.Der);
            using X509Chain chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(anchor);
            chain.ChainPolicy.ExtraStore.Add(intermediate);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = s_from.AddDays(1).UtcDateTime;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(KeyUsages.ServerAuth));
            Assert.True(chain.Build(leaf), string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation)));
            Assert.True(leaf.MatchesHostname("dns.example"));
            Assert.True(leaf.MatchesHostname("2001:db8::1"));
            Assert.False(leaf.MatchesHostname("other.example"));
            Assert.Equal(server.SpkiSha256(), SHA256.HashData(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
        }
    }

    [Fact]
    public void SameRandomSourceMakesTheSameCertificates()
    {
        Assert.Equal(MakeOnce(false), MakeOnce(false));
        Assert.Equal(MakeOnce(true), MakeOnce(true));

        static string MakeOnce(bool rsa)
        {
            CertificateMaker maker = new CertificateMaker(new SeededRandom(5));
            IssuedCertificate root = maker.MakeAuthority("Root", s_from, s_from.AddYears(1), rsa);
            CertificateProfile profile = CertificateMaker.ServerProfile(["dns.example"], [], s_from, s_from.AddYears(1));
            profile.SignWithPss = rsa;
            return maker.Make(profile, root).ToPem() + root.ToPem();
        }
    }

    private static bool Verify(int scheme, byte[] spki, byte[] signature)
        => s_provider.VerifySignature(scheme, spki, 0, spki.Length, s_message, 0, s_message.Length, signature, 0, signature.Length);
}
