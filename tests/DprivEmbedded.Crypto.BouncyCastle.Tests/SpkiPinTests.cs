using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using DprivEmbedded.Crypto.Suite;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

/// <summary>The streaming pin verifier of the core, with real certificates.</summary>
public class SpkiPinTests
{
    private static readonly DateTimeOffset s_from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateMaker s_maker = new CertificateMaker(new SeededRandom(20));
    private static readonly IssuedCertificate s_root = s_maker.MakeAuthority("Root", s_from, s_from.AddYears(1));
    private static readonly IssuedCertificate s_server = s_maker.MakeServer(s_root, ["dns.example"], [], s_from, s_from.AddYears(1));
    private static readonly byte[] s_otherPin = new byte[32];

    [Fact]
    public void PinOfTheLeafOrABackupMatches()
    {
        Assert.Equal(TlsError.None, Run(s_server.Chain, s_server.SpkiSha256()));
        Assert.Equal(TlsError.None, Run(s_server.Chain, s_otherPin, s_server.SpkiSha256()));
        Assert.Equal(TlsError.PinMismatch, Run(s_server.Chain, s_otherPin));
    }

    [Fact]
    public void PinOfAnotherCertificateOfTheChainDoesNotMatch()
    {
        byte[][] chain = [s_server.Der, s_root.Der];
        Assert.Equal(TlsError.PinMismatch, Run(chain, s_root.SpkiSha256()));
    }

    [Fact]
    public void WithoutPinsTheKeyIsReadAndNothingIsVerified()
    {
        SpkiPinVerifier verifier = Make();
        Assert.True(verifier.AcceptsX509);
        Assert.False(verifier.AcceptsRawPublicKey);
        Assert.Equal(TlsError.NothingToVerifyWith, Feed.Chain(verifier, 0, s_server.Chain));
        Assert.Equal(s_server.Key.GetSubjectPublicKeyInfo(), Feed.Key(verifier));
        Assert.Equal(TlsError.NothingToVerifyWith, Feed.Chain(verifier, 0, [s_server.Key.GetSubjectPublicKeyInfo()], raw: true));
        verifier.Begin(false);
        Assert.Null(verifier.PublicKeyInfo);
        Assert.Equal(TlsError.NoCertificate, verifier.Finish(0));
    }

    [Fact]
    public void RawPublicKeys()
    {
        byte[] spki = s_server.Key.GetSubjectPublicKeyInfo();
        SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
        Assert.True(verifier.AcceptsRawPublicKey);
        Assert.Equal(TlsError.None, Feed.Chain(verifier, 0, [spki], 1, raw: true));
        Assert.Equal(spki, Feed.Key(verifier));
        Assert.Equal(TlsError.PinMismatch, Feed.Chain(Make(s_otherPin), 0, [spki], raw: true));
        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [spki, spki], raw: true));
        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [[.. spki, 0]], raw: true));
        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [spki[..^1]], raw: true));

        // A certificate is no raw key, a raw key no certificate.
        Assert.NotEqual(TlsError.None, Feed.Chain(verifier, 0, [s_server.Der], raw: true));
        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [spki]));
    }

    [Theory]
    [InlineData(2048, TlsError.None)]
    [InlineData(4096, TlsError.None)]
    [InlineData(8192, TlsError.UnsupportedKey)]
    public void RsaKeys(int bits, int expected)
    {
        using RSA rsa = RSA.Create(bits == 8192 ? 2048 : bits);
        byte[] der;
        byte[] pin;
        if (bits == 8192)
        {
            // A modulus of that size, made up: its certificate's signature is not looked at.
            RSAParameters parameters = new RSAParameters { Modulus = new byte[1024], Exponent = [1, 0, 1] };
            Array.Fill(parameters.Modulus, (byte)0xc3);
            using RSA large = RSA.Create(parameters);
            using X509Certificate2 certificate = new CertificateRequest(new X500DistinguishedName("CN=a"), new PublicKey(large), HashAlgorithmName.SHA256).Create(new X500DistinguishedName("CN=b"), X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1), s_from, s_from.AddYears(1), [1]);
            der = certificate.RawData;
            pin = s_otherPin;
        }
        else
        {
            using X509Certificate2 certificate = new CertificateRequest("CN=a", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(s_from, s_from.AddYears(1));
            der = certificate.RawData;
            pin = SHA256.HashData(rsa.ExportSubjectPublicKeyInfo());
        }

        for (int piece = 1; piece < 200; piece += 33)
            Assert.Equal(expected, Feed.Chain(Make(pin), 0, [der], piece));
    }

    [Fact]
    public void PiecesOfAnySizeGiveTheSame()
    {
        byte[] spki = s_server.Key.GetSubjectPublicKeyInfo();
        for (int piece = 1; piece < s_server.Der.Length; piece++)
        {
            SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
            Assert.Equal(TlsError.None, Feed.Chain(verifier, 0, [s_server.Der, s_root.Der], piece));
            Assert.Equal(spki, Feed.Key(verifier));
        }
    }

    [Fact]
    public void TruncatedAnywhereIsMalformed()
    {
        SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
        for (int count = 0; count < s_server.Der.Length; count++)
        {
            // The whole, shorter than it says.
            Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [s_server.Der[..count]], 7));
            Assert.Null(verifier.PublicKeyInfo);

            // Announced in full, but not all sent.
            verifier.Begin(false);
            Assert.Equal(TlsError.None, verifier.BeginCertificate(s_server.Der.Length));
            Assert.Equal(TlsError.None, verifier.Certificate(s_server.Der, 0, count));
            Assert.Equal(TlsError.CertificateMalformed, verifier.EndCertificate());
        }

        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, 0, [[.. s_server.Der, 0]]));
    }

    [Fact]
    public void LargeChainIsRefused()
    {
        SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
        verifier.Begin(false);
        Assert.Equal(TlsError.CertificateTooLarge, verifier.BeginCertificate(SpkiPinVerifier.MaxChainBytes + 1));
        byte[] filler = new byte[SpkiPinVerifier.MaxChainBytes - s_server.Der.Length];
        Assert.Equal(TlsError.None, Feed.Chain(verifier, 0, [s_server.Der, filler]));
        Assert.Equal(TlsError.CertificateTooLarge, Feed.Chain(verifier, 0, [s_server.Der, filler, new byte[1]]));
    }

    [Fact]
    public void MutatedCertificatesNeverThrowAndNeverMatchWithAnotherKey()
    {
        byte[] spki = s_server.Key.GetSubjectPublicKeyInfo();
        Gen.Select(Gen.Int[0, s_server.Der.Length - 1], Gen.Byte, Gen.Int[1, 64]).Array[1, 4].Sample(mutations =>
        {
            byte[] der = (byte[])s_server.Der.Clone();
            int piece = 1;
            foreach ((int at, byte value, int size) in mutations)
            {
                der[at] = value;
                piece = size;
            }

            SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
            int error = Feed.Chain(verifier, 0, [der], piece);
            if (error == TlsError.None)
                Assert.Equal(spki, Feed.Key(verifier));
            else
                Assert.True(error == TlsError.CertificateMalformed || error == TlsError.PinMismatch || error == TlsError.UnsupportedKey, "error " + error);
        }, iter: 20000);

        Gen.Byte.Array[0, 200].Sample(garbage => Assert.NotEqual(TlsError.None, Run([garbage], s_server.SpkiSha256())), iter: 5000);
    }

    [Fact]
    public void VerifyingAllocatesNothing()
    {
        SpkiPinVerifier verifier = Make(s_server.SpkiSha256());
        byte[] der = s_server.Der;
        long start = 0;
        int errors = 0;
        for (int i = -5; i < 100; i++)
        {
            if (i == 0)
                start = GC.GetAllocatedBytesForCurrentThread();

            verifier.Begin(false);
            errors |= verifier.BeginCertificate(der.Length);
            errors |= verifier.Certificate(der, 0, der.Length);
            errors |= verifier.EndCertificate();
            errors |= verifier.Finish(0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - start);
        Assert.Equal(0, errors);
    }

    [Fact]
    public void MisuseThrows()
    {
        Assert.Throws<ArgumentNullException>(() => new SpkiPinVerifier(null!, new BouncyCastleProvider().CreateSha256()));
        Assert.Throws<ArgumentNullException>(() => new SpkiPinVerifier([], null!));
        Assert.Throws<ArgumentException>(() => Make(new byte[31]));
    }

    [Fact]
    public void PinNotations()
    {
        Gen.Byte.Array[32].Sample(pin =>
        {
            string base64 = Convert.ToBase64String(pin);
            Assert.Equal(pin, SpkiPin.Parse(base64));
            Assert.Equal(pin, SpkiPin.Parse("sha256/" + base64));
            Assert.Equal(pin, SpkiPin.Parse("sha256//" + base64));
            Assert.Equal(pin, SpkiPin.Parse("pin-sha256=\"" + base64 + "\""));
            Assert.Equal(pin, SpkiPin.Parse(Convert.ToHexString(pin)));
            Assert.Equal(pin, SpkiPin.Parse("sha256/" + Convert.ToHexStringLower(pin)));
        });

        Assert.Throws<ArgumentNullException>(() => SpkiPin.Parse(null!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256/")]
    [InlineData("pin-sha256=\"")]
    [InlineData("pin-sha256=\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=")]
    [InlineData("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85")]
    [InlineData("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("SHA256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public void BadPinNotations(string text)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => SpkiPin.Parse(text));
        Assert.Contains("SPKI pin", e.Message);
    }

    private static SpkiPinVerifier Make(params byte[][] pins) => new SpkiPinVerifier(pins, new BouncyCastleProvider().CreateSha256());

    private static int Run(System.Collections.Generic.IReadOnlyList<byte[]> chain, params byte[][] pins) => Feed.Chain(Make(pins), 0, chain);
}
