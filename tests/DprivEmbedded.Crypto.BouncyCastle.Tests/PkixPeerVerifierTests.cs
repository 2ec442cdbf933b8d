using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using DprivEmbedded.Crypto.Suite;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Crypto.BouncyCastle.Tests;

public class PkixPeerVerifierTests
{
    private const string Name = "dns.example";

    private static readonly DateTimeOffset s_from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_until = s_from.AddYears(2);
    private static readonly DateTimeOffset s_leafUntil = s_from.AddYears(1);
    private static readonly long s_now = s_from.AddDays(30).ToUnixTimeSeconds();
    private static readonly CertificateMaker s_maker = new CertificateMaker(new SeededRandom(30));
    private static readonly BouncyCastleSigner s_rsaKey = BouncyCastleSigner.GenerateRsa(2048, new SeededRandom(31));
    private static readonly IssuedCertificate s_root = s_maker.MakeAuthority("Root", s_from, s_until);
    private static readonly IssuedCertificate s_middle = s_maker.MakeIntermediate(s_root, "Middle", s_from, s_until);
    private static readonly IssuedCertificate s_server = s_maker.MakeServer(s_middle, [Name], [IPAddress.Parse("192.0.2.53"), IPAddress.Parse("2001:db8::53")], s_from, s_leafUntil);
    private static readonly TrustAnchors s_anchors = TrustAnchors.FromCertificates(s_root.Der);

    [Fact]
    public void GoodChain()
    {
        PkixPeerVerifier verifier = new PkixPeerVerifier(Name, s_anchors);
        Assert.True(verifier.AcceptsX509);
        Assert.False(verifier.AcceptsRawPublicKey);
        Assert.Equal(TlsError.None, Feed.Chain(verifier, s_now, s_server.Chain));
        Assert.Equal(s_server.Key.GetSubjectPublicKeyInfo(), Feed.Key(verifier));
        Assert.Equal(s_leafUntil.ToUnixTimeSeconds(), verifier.ValidUntilUtcSeconds);

        // The verifier serves the next handshake too, and forgets the one before.
        verifier.Begin(false);
        Assert.Null(verifier.PublicKeyInfo);
        Assert.Equal(0, verifier.ValidUntilUtcSeconds);
        Assert.Equal(TlsError.NoCertificate, verifier.Finish(s_now));
        Assert.Equal(TlsError.None, Feed.Chain(verifier, s_now, s_server.Chain, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RsaChain(bool pss)
    {
        IssuedCertificate root = s_maker.Make(CertificateMaker.AuthorityProfile("Rsa root", s_from, s_until, s_rsaKey), null);
        CertificateProfile profile = Server();
        profile.SignWithPss = pss;
        IssuedCertificate server = s_maker.Make(profile, root);
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(root.Der), server.Chain));
        profile.Key = s_rsaKey;
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(root.Der), s_maker.Make(profile, root).Chain));
    }

    [Fact]
    public void ValidUntilIsTheEarliestOfThePath()
    {
        IssuedCertificate middle = s_maker.MakeIntermediate(s_root, "Short", s_from, s_from.AddDays(40));
        IssuedCertificate server = s_maker.Make(Server(), middle);
        PkixPeerVerifier verifier = new PkixPeerVerifier(Name, s_anchors);
        Assert.Equal(TlsError.None, Feed.Chain(verifier, s_now, server.Chain));
        Assert.Equal(s_from.AddDays(40).ToUnixTimeSeconds(), verifier.ValidUntilUtcSeconds);
    }

    [Fact]
    public void OrderAndExtrasDoNotMatter()
    {
        IssuedCertificate second = s_maker.MakeIntermediate(s_middle, "Second", s_from, s_until);
        IssuedCertificate server = s_maker.Make(Server(), second);
        byte[] foreign = s_maker.MakeAuthority("Foreign", s_from, s_until).Der;
        byte[] leaf = server.Der;
        Assert.Equal(TlsError.None, Run(s_anchors, [leaf, second.Der, s_middle.Der]));
        Assert.Equal(TlsError.None, Run(s_anchors, [leaf, s_middle.Der, second.Der]));
        Assert.Equal(TlsError.None, Run(s_anchors, [leaf, s_root.Der, foreign, s_middle.Der, s_middle.Der, second.Der]));
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, [leaf, second.Der]));
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, [leaf, s_middle.Der]));
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, [leaf]));

        // Reversed: the first is taken for the peer's own.
        Assert.NotEqual(TlsError.None, Run(s_anchors, [s_middle.Der, second.Der, leaf]));

        // Garbage behind a good chain is an extra certificate; in place of a needed one it is a fault.
        Assert.Equal(TlsError.None, Run(s_anchors, [leaf, [1, 2, 3], second.Der, s_middle.Der]));
        Assert.Equal(TlsError.CertificateInvalid, Run(s_anchors, [leaf, [1, 2, 3], s_middle.Der]));
    }

    [Fact]
    public void IntermediateAsAnchor()
    {
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(s_middle.Der), [s_server.Der]));
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(s_middle.Der), s_server.Chain));

        // Its path length and name constraints count.
        CertificateProfile profile = CertificateMaker.AuthorityProfile("Bounded", s_from, s_until);
        profile.PathLength = 0;
        profile.PermittedDnsSubtrees = ["example"];
        IssuedCertificate bounded = s_maker.Make(profile, s_root);
        TrustAnchors anchors = TrustAnchors.FromCertificates(bounded.Der);
        Assert.Equal(TlsError.None, Run(anchors, s_maker.Make(Server(), bounded).Chain));
        Assert.Equal(TlsError.CertificateInvalid, Run(anchors, s_maker.Make(Server(), s_maker.MakeIntermediate(bounded, "Below", s_from, s_until)).Chain));
        Assert.Equal(TlsError.CertificateInvalid, Run(anchors, s_maker.MakeServer(bounded, [Name, "dns.test"], [], s_from, s_until).Chain));
    }

    [Fact]
    public void CrossSigned()
    {
        // One key, certified by an unknown old root and by the trusted one; the same name twice.
        IssuedCertificate oldRoot = s_maker.MakeAuthority("Old root", s_from, s_until);
        BouncyCastleSigner key = s_maker.MakeKey();
        IssuedCertificate byOld = s_maker.Make(CertificateMaker.AuthorityProfile("Cross", s_from, s_until, key), oldRoot);
        IssuedCertificate byRoot = s_maker.Make(CertificateMaker.AuthorityProfile("Cross", s_from, s_until, key), s_root);
        IssuedCertificate server = s_maker.Make(Server(), byRoot);
        Assert.Equal(TlsError.None, Run(s_anchors, [server.Der, byOld.Der, byRoot.Der]));
        Assert.Equal(TlsError.None, Run(s_anchors, [server.Der, byRoot.Der, byOld.Der, oldRoot.Der]));
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, [server.Der, byOld.Der]));

        // The old root expired, but there is another way.
        IssuedCertificate expiredRoot = s_maker.Make(CertificateMaker.AuthorityProfile("Root X", s_from.AddYears(-2), s_from.AddDays(-1), s_root.Key), null);
        IssuedCertificate byExpired = s_maker.Make(CertificateMaker.AuthorityProfile("Cross", s_from, s_until, key), expiredRoot);
        TrustAnchors both = TrustAnchors.FromCertificates(expiredRoot.Der, s_root.Der);
        Assert.Equal(TlsError.None, Run(both, [server.Der, byExpired.Der, byRoot.Der]));
        Assert.Equal(TlsError.CertificateExpired, Run(both, [server.Der, byExpired.Der]));
    }

    [Fact]
    public void NamesakeAuthorityIsUnknown()
    {
        IssuedCertificate namesake = s_maker.MakeAuthority("Root", s_from, s_until);
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, s_maker.Make(Server(), namesake).Chain));
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(namesake.Der, s_root.Der), s_server.Chain));
    }

    [Fact]
    public void WrongSignature()
    {
        byte[] changed = (byte[])s_server.Der.Clone();
        changed[^1] ^= 1;
        Assert.Equal(TlsError.CertificateInvalid, Run(s_anchors, [changed, s_middle.Der]));
    }

    [Fact]
    public void Thicket()
    {
        // Namesakes with one key, each signed by it: every order of them is a path by name and by signature, and none leads to an anchor.
        BouncyCastleSigner key = s_maker.MakeKey();
        IssuedCertificate first = s_maker.Make(CertificateMaker.AuthorityProfile("Loop", s_from, s_until, key), null);
        List<byte[]> chain = [s_maker.Make(Server(), first).Der];
        for (int i = 0; i < 9; i++)
            chain.Add(s_maker.Make(CertificateMaker.AuthorityProfile("Loop", s_from, s_until, key), null).Der);

        long start = Environment.TickCount64;
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, chain));
        Assert.InRange(Environment.TickCount64 - start, 0, 20000); // all orders would take hours
    }

    [Fact]
    public void Validity()
    {
        long from = s_from.ToUnixTimeSeconds();
        long until = s_leafUntil.ToUnixTimeSeconds();
        Assert.Equal(TlsError.CertificateExpired, Run(s_anchors, s_server.Chain, from - 1));
        Assert.Equal(TlsError.None, Run(s_anchors, s_server.Chain, from));
        Assert.Equal(TlsError.None, Run(s_anchors, s_server.Chain, until));
        Assert.Equal(TlsError.CertificateExpired, Run(s_anchors, s_server.Chain, until + 1));
        Assert.Equal(TlsError.ClockUnknown, Run(s_anchors, s_server.Chain, 0));
        Assert.NotEqual(TlsError.None, Run(s_anchors, s_server.Chain, long.MaxValue));

        IssuedCertificate oldMiddle = s_maker.MakeIntermediate(s_root, "Old middle", s_from, s_from.AddDays(10));
        Assert.Equal(TlsError.CertificateExpired, Run(s_anchors, s_maker.Make(Server(), oldMiddle).Chain));

        IssuedCertificate oldRoot = s_maker.MakeAuthority("Old root", s_from, s_from.AddDays(10));
        Assert.Equal(TlsError.CertificateExpired, Run(TrustAnchors.FromCertificates(oldRoot.Der), s_maker.Make(Server(), oldRoot).Chain));
    }

    [Fact]
    public void PublicKeyIsThereWhereverOnlyAuthenticationFailed()
    {
        byte[] spki = s_server.Key.GetSubjectPublicKeyInfo();
        TrustAnchors others = TrustAnchors.FromCertificates(s_maker.MakeAuthority("Other", s_from, s_until).Der);
        foreach ((TrustAnchors anchors, string name, long now) in new[] { (others, Name, s_now), (s_anchors, "a.test", s_now), (s_anchors, Name, 0L), (s_anchors, Name, s_until.ToUnixTimeSeconds()) })
        {
            PkixPeerVerifier verifier = new PkixPeerVerifier(name, anchors);
            Assert.NotEqual(TlsError.None, Feed.Chain(verifier, now, s_server.Chain));
            Assert.Equal(spki, Feed.Key(verifier));
            Assert.Equal(0, verifier.ValidUntilUtcSeconds);
        }
    }

    [Fact]
    public void Purposes()
    {
        Assert.Equal(TlsError.CertificateNotForServer, RunServer(p => p.ExtendedKeyUsage = [KeyUsages.ClientAuth]));
        Assert.Equal(TlsError.None, RunServer(p => p.ExtendedKeyUsage = [KeyUsages.ClientAuth, KeyUsages.ServerAuth]));
        Assert.Equal(TlsError.None, RunServer(p => p.ExtendedKeyUsage = [KeyUsages.Any]));
        Assert.Equal(TlsError.None, RunServer(p => p.ExtendedKeyUsage = null));
        Assert.Equal(TlsError.CertificateNotForServer, RunServer(p => p.KeyUsage = KeyUsages.KeyEncipherment));
        Assert.Equal(TlsError.None, RunServer(p => p.KeyUsage = null));
        Assert.Equal(TlsError.None, RunServer(p => p.IsAuthority = null));

        Assert.Equal(TlsError.CertificateNotForServer, RunBelow(p => p.IsAuthority = null));
        Assert.Equal(TlsError.CertificateNotForServer, RunBelow(p => p.IsAuthority = false));
        Assert.Equal(TlsError.CertificateNotForServer, RunBelow(p => p.KeyUsage = KeyUsages.DigitalSignature));
        Assert.Equal(TlsError.CertificateNotForServer, RunBelow(p => p.ExtendedKeyUsage = [KeyUsages.ClientAuth]));
        Assert.Equal(TlsError.None, RunBelow(p => p.ExtendedKeyUsage = [KeyUsages.ServerAuth]));
        Assert.Equal(TlsError.None, RunBelow(p => p.KeyUsage = null));

        // A server's certificate cannot issue another.
        Assert.Equal(TlsError.CertificateNotForServer, Run(s_anchors, s_maker.Make(Server(), s_server).Chain));
    }

    [Fact]
    public void ConstraintsAndCriticalExtensions()
    {
        Assert.Equal(TlsError.None, RunBelow(p => p.PathLength = 0));
        CertificateProfile profile = CertificateMaker.AuthorityProfile("Bounded", s_from, s_until);
        profile.PathLength = 0;
        IssuedCertificate bounded = s_maker.Make(profile, s_root);
        Assert.Equal(TlsError.CertificateInvalid, Run(s_anchors, s_maker.Make(Server(), s_maker.MakeIntermediate(bounded, "Below", s_from, s_until)).Chain));

        Assert.Equal(TlsError.None, RunBelow(p => p.PermittedDnsSubtrees = ["example"]));
        Assert.Equal(TlsError.None, RunBelow(p => p.PermittedDnsSubtrees = ["dns.example"]));
        Assert.Equal(TlsError.CertificateInvalid, RunBelow(p => p.PermittedDnsSubtrees = ["test"]));
        Assert.Equal(TlsError.CertificateInvalid, RunBelow(p => p.ExcludedDnsSubtrees = ["example"]));
        Assert.Equal(TlsError.None, RunBelow(p => p.ExcludedDnsSubtrees = ["test"]));

        Assert.Equal(TlsError.CertificateInvalid, RunBelow(p => p.UnknownCriticalExtension = "1.2.3.4"));
        Assert.Equal(TlsError.CertificateInvalid, RunServer(p => p.UnknownCriticalExtension = "1.2.3.4"));

        // The root's own constraints count as well.
        CertificateProfile rootProfile = CertificateMaker.AuthorityProfile("Bounded root", s_from, s_until);
        rootProfile.PermittedDnsSubtrees = ["test"];
        IssuedCertificate root = s_maker.Make(rootProfile, null);
        Assert.Equal(TlsError.CertificateInvalid, Run(TrustAnchors.FromCertificates(root.Der), s_maker.Make(Server(), root).Chain));
        rootProfile.PermittedDnsSubtrees = null;
        rootProfile.PathLength = 0;
        root = s_maker.Make(rootProfile, null);
        Assert.Equal(TlsError.None, Run(TrustAnchors.FromCertificates(root.Der), s_maker.Make(Server(), root).Chain));
        Assert.Equal(TlsError.CertificateInvalid, Run(TrustAnchors.FromCertificates(root.Der), s_maker.Make(Server(), s_maker.MakeIntermediate(root, "Below", s_from, s_until)).Chain));
    }

    [Fact]
    public void WeakAlgorithmsAreRefused()
    {
        using RSA rsa = RSA.Create(2048);
        using RSA weak = RSA.Create(1024);
        using ECDsa p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        byte[] leafKey = p256.ExportSubjectPublicKeyInfo();
        RSASignaturePadding pkcs1 = RSASignaturePadding.Pkcs1;
        Assert.Equal(TlsError.CertificateInvalid, RunWeak("SHA1WITHRSA", rsa.ExportRSAPrivateKeyPem(), leafKey));
        Assert.Equal(TlsError.CertificateInvalid, RunWeak("MD5WITHRSA", rsa.ExportRSAPrivateKeyPem(), leafKey));
        Assert.Equal(TlsError.CertificateInvalid, RunWeak("SHA1WITHRSAANDMGF1", rsa.ExportRSAPrivateKeyPem(), leafKey));
        Assert.Equal(TlsError.CertificateInvalid, RunWeak("SHA1WITHECDSA", p256.ExportECPrivateKeyPem(), leafKey));
        Assert.Equal(TlsError.None, RunWeak("SHA256WITHRSA", rsa.ExportRSAPrivateKeyPem(), leafKey));
        Assert.Equal(TlsError.CertificateInvalid, RunForeign(X509SignatureGenerator.CreateForRSA(weak, pkcs1), HashAlgorithmName.SHA256, leafKey));
        Assert.Equal(TlsError.CertificateInvalid, RunForeign(X509SignatureGenerator.CreateForECDsa(p521), HashAlgorithmName.SHA256, leafKey));

        foreach (HashAlgorithmName hash in new[] { HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512 })
        {
            Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForRSA(rsa, pkcs1), hash, leafKey));
            Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pss), hash, leafKey));
        }

        Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForECDsa(p384), HashAlgorithmName.SHA384, leafKey));
        Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForECDsa(p384), HashAlgorithmName.SHA256, leafKey));
        Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForECDsa(p256), HashAlgorithmName.SHA384, leafKey));

        // The peer's own key must be one whose handshake signatures can be verified.
        Assert.Equal(TlsError.UnsupportedKey, RunForeign(X509SignatureGenerator.CreateForRSA(rsa, pkcs1), HashAlgorithmName.SHA256, p384.ExportSubjectPublicKeyInfo()));
        Assert.Equal(TlsError.UnsupportedKey, RunForeign(X509SignatureGenerator.CreateForRSA(rsa, pkcs1), HashAlgorithmName.SHA256, weak.ExportSubjectPublicKeyInfo()));
        Assert.Equal(TlsError.None, RunForeign(X509SignatureGenerator.CreateForRSA(rsa, pkcs1), HashAlgorithmName.SHA256, rsa.ExportSubjectPublicKeyInfo()));
    }

    [Fact]
    public void SelfSignedLeafAsAnchor()
    {
        IssuedCertificate self = s_maker.Make(Server(), null);
        TrustAnchors anchors = TrustAnchors.FromCertificates(self.Der);
        Assert.Equal(TlsError.None, Run(anchors, [self.Der]));
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, [self.Der]));
        Assert.Equal(TlsError.CertificateExpired, Run(anchors, [self.Der], s_until.ToUnixTimeSeconds()));
        Assert.Equal(TlsError.NameMismatch, Run(anchors, [self.Der], s_now, "a.test"));

        // Trusted for itself, it can still issue nothing.
        Assert.Equal(TlsError.CertificateNotForServer, Run(anchors, s_maker.Make(Server(), self).Chain));

        CertificateProfile profile = Server();
        profile.UnknownCriticalExtension = "1.2.3.4";
        self = s_maker.Make(profile, null);
        Assert.Equal(TlsError.CertificateInvalid, Run(TrustAnchors.FromCertificates(self.Der), [self.Der]));
        profile.UnknownCriticalExtension = null;
        profile.ExtendedKeyUsage = [KeyUsages.ClientAuth];
        self = s_maker.Make(profile, null);
        Assert.Equal(TlsError.CertificateNotForServer, Run(TrustAnchors.FromCertificates(self.Der), [self.Der]));
    }

    [Theory]
    [InlineData("dns.example", "dns.example", true)]
    [InlineData("dns.example", "DNS.Example", true)]
    [InlineData("DNS.EXAMPLE", "dns.example", true)]
    [InlineData("dns.example", "dns.example.", true)]
    [InlineData("dns.example.", "dns.example", false)]
    [InlineData("dns.example", "a.dns.example", false)]
    [InlineData("dns.example", "ns.example", false)]
    [InlineData("*.dns.example", "a.dns.example", true)]
    [InlineData("*.DNS.example", "A.dns.EXAMPLE", true)]
    [InlineData("*.dns.example", "xn--bcher-kva.dns.example", true)]
    [InlineData("*.dns.example", "a.b.dns.example", false)]
    [InlineData("*.dns.example", "dns.example", false)]
    [InlineData("*.example", "dns.example", false)]
    [InlineData("*", "example", false)]
    [InlineData("*", "dns.example", false)]
    [InlineData("d*.dns.example", "dx.dns.example", false)]
    [InlineData("*x.dns.example", "dx.dns.example", false)]
    [InlineData("a.*.example", "a.dns.example", false)]
    [InlineData("*.*.example", "a.dns.example", false)]
    [InlineData("**.dns.example", "ab.dns.example", false)]
    [InlineData("xn--*.dns.example", "xn--bcher-kva.dns.example", false)]
    [InlineData("dns.example\0.test", "dns.example", false)]
    [InlineData("", "dns.example", false)]
    [InlineData("192.0.2.1", "192.0.2.1", false)] // an address in a dNSName is none
    public void DnsNames(string presented, string reference, bool matches)
    {
        CertificateProfile profile = Server();
        profile.DnsNames = ["other.test", presented];
        int expected = matches ? TlsError.None : TlsError.NameMismatch;
        Assert.Equal(expected, Run(s_anchors, s_maker.Make(profile, s_root).Chain, s_now, reference));
    }

    [Theory]
    [InlineData("192.0.2.53", TlsError.None)]
    [InlineData("192.0.2.54", TlsError.NameMismatch)]
    [InlineData("2001:db8::53", TlsError.None)]
    [InlineData("2001:0DB8:0:0:0:0:0:53", TlsError.None)]
    [InlineData("2001:db8::54", TlsError.NameMismatch)]
    [InlineData("::ffff:192.0.2.53", TlsError.NameMismatch)]
    [InlineData("a.test", TlsError.NameMismatch)]
    public void Addresses(string reference, int expected) => Assert.Equal(expected, Run(s_anchors, s_server.Chain, s_now, reference));

    [Fact]
    public void CommonNameIsNeverLookedAt()
    {
        CertificateProfile profile = Server();
        profile.DnsNames = [];
        profile.CommonName = Name;
        Assert.Equal(TlsError.NameMismatch, Run(s_anchors, s_maker.Make(profile, s_root).Chain));
        profile.CommonName = "192.0.2.53";
        Assert.Equal(TlsError.NameMismatch, Run(s_anchors, s_maker.Make(profile, s_root).Chain, s_now, "192.0.2.53"));

        // An empty subject with a critical subjectAltName is as good as any.
        profile.CommonName = null;
        profile.DnsNames = [Name];
        Assert.Equal(TlsError.None, Run(s_anchors, s_maker.Make(profile, s_root).Chain));
    }

    [Fact]
    public void NameAndPinMustBothMatch()
    {
        byte[] backup = new byte[32];
        foreach (IssuedCertificate pinned in new[] { s_server, s_middle, s_root })
        {
            byte[][] pins = [backup, pinned.SpkiSha256()];
            Assert.Equal(TlsError.None, Run(s_anchors, s_server.Chain, s_now, Name, pins));
            Assert.Equal(TlsError.NameMismatch, Run(s_anchors, s_server.Chain, s_now, "a.test", pins));
        }

        Assert.Equal(TlsError.PinMismatch, Run(s_anchors, s_server.Chain, s_now, Name, [backup]));
        Assert.Equal(TlsError.NameMismatch, Run(s_anchors, s_server.Chain, s_now, "a.test", [backup]));

        // A certificate that is sent but not part of the validated path proves nothing.
        IssuedCertificate foreign = s_maker.MakeAuthority("Foreign", s_from, s_until);
        Assert.Equal(TlsError.PinMismatch, Run(s_anchors, [.. s_server.Chain, foreign.Der], s_now, Name, [foreign.SpkiSha256()]));

        // A pin does not stand in for a valid path.
        IssuedCertificate unknown = s_maker.Make(Server(), foreign);
        Assert.Equal(TlsError.UnknownAuthority, Run(s_anchors, unknown.Chain, s_now, Name, [unknown.SpkiSha256()]));
        Assert.Equal(TlsError.CertificateExpired, Run(s_anchors, s_server.Chain, s_until.ToUnixTimeSeconds(), Name, [s_server.SpkiSha256()]));
    }

    [Fact]
    public void PinChoosesAmongValidPaths()
    {
        IssuedCertificate second = s_maker.MakeAuthority("Second root", s_from, s_until);
        BouncyCastleSigner key = s_maker.MakeKey();
        IssuedCertificate a = s_maker.Make(CertificateMaker.AuthorityProfile("Cross", s_from, s_until, key), s_root);
        IssuedCertificate b = s_maker.Make(CertificateMaker.AuthorityProfile("Cross", s_from, s_until, key), second);
        byte[][] chain = [s_maker.Make(Server(), a).Der, a.Der, b.Der];
        TrustAnchors anchors = TrustAnchors.FromCertificates(s_root.Der, second.Der);
        Assert.Equal(TlsError.None, Run(anchors, chain, s_now, Name, [s_root.SpkiSha256()]));
        Assert.Equal(TlsError.None, Run(anchors, chain, s_now, Name, [second.SpkiSha256()]));
        Assert.Equal(TlsError.PinMismatch, Run(TrustAnchors.FromCertificates(s_root.Der), chain, s_now, Name, [second.SpkiSha256()]));
    }

    [Fact]
    public void RawPublicKeysOnlyWithPins()
    {
        byte[] spki = s_server.Key.GetSubjectPublicKeyInfo();
        PkixPeerVerifier pinned = new PkixPeerVerifier(Name, s_anchors, [s_server.SpkiSha256()]);
        Assert.True(pinned.AcceptsRawPublicKey);
        Assert.Equal(TlsError.None, Feed.Chain(pinned, 0, [spki], raw: true));
        Assert.Equal(spki, Feed.Key(pinned));
        Assert.Equal(0, pinned.ValidUntilUtcSeconds);
        Assert.Equal(TlsError.PinMismatch, Feed.Chain(new PkixPeerVerifier(Name, s_anchors, [new byte[32]]), s_now, [spki], raw: true));
        Assert.Equal(TlsError.NothingToVerifyWith, Feed.Chain(new PkixPeerVerifier(Name, s_anchors), s_now, [spki], raw: true));
        Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(pinned, 0, [spki, spki], raw: true));
    }

    [Fact]
    public void Limits()
    {
        byte[][] chain = [.. s_server.Chain];
        int bytes = chain.Sum(c => c.Length);
        Assert.Equal(TlsError.None, Feed.Chain(new PkixPeerVerifier(Name, s_anchors, null, bytes), s_now, chain));
        Assert.Equal(TlsError.CertificateTooLarge, Feed.Chain(new PkixPeerVerifier(Name, s_anchors, null, bytes - 1), s_now, chain));
        Assert.Equal(TlsError.None, Feed.Chain(new PkixPeerVerifier(Name, s_anchors, null, bytes, 2), s_now, chain));
        Assert.Equal(TlsError.CertificateTooLarge, Feed.Chain(new PkixPeerVerifier(Name, s_anchors, null, bytes, 1), s_now, chain));
        PkixPeerVerifier verifier = new PkixPeerVerifier(Name, s_anchors);
        verifier.Begin(false);
        Assert.Equal(TlsError.CertificateTooLarge, verifier.BeginCertificate(0xffffff));
        verifier.Begin(false);
        Assert.Equal(TlsError.CertificateMalformed, verifier.BeginCertificate(0));
    }

    [Fact]
    public void TruncatedAnywhereIsMalformed()
    {
        PkixPeerVerifier verifier = new PkixPeerVerifier(Name, s_anchors);
        for (int count = 1; count < s_server.Der.Length; count++)
        {
            Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, s_now, [s_server.Der[..count], s_middle.Der]));
            Assert.Null(verifier.PublicKeyInfo);
            Assert.NotEqual(TlsError.None, Feed.Chain(verifier, s_now, [s_server.Der, s_middle.Der[..Math.Min(count, s_middle.Der.Length - 1)]]));
        }

        // Shortened with its outermost length put right.
        for (int count = 4; count < s_server.Der.Length; count++)
        {
            byte[] der = s_server.Der[..count];
            der[2] = (byte)((count - 4) >> 8);
            der[3] = (byte)(count - 4);
            Assert.Equal(TlsError.CertificateMalformed, Feed.Chain(verifier, s_now, [der, s_middle.Der]));
            Assert.Null(verifier.PublicKeyInfo);
        }
    }

    [Fact]
    public void MutatedChainsNeverThrowAndNeverPass()
    {
        byte[][] chain = [.. s_server.Chain];
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 9999], Gen.Byte).Array[1, 3].Sample(mutations =>
        {
            byte[][] changed = [(byte[])chain[0].Clone(), (byte[])chain[1].Clone()];
            foreach ((int which, int at, byte value) in mutations)
                changed[which][at % changed[which].Length] = value;

            bool same = changed[0].AsSpan().SequenceEqual(chain[0]) && changed[1].AsSpan().SequenceEqual(chain[1]);
            int error = Run(s_anchors, changed);
            Assert.Equal(same, error == TlsError.None);
            Assert.True(same || (error >= TlsError.CertificateMalformed && error <= TlsError.UnsupportedKey), "error " + error);
        }, iter: 4000);

        Gen.Byte.Array[1, 300].Array[1, 3].Sample(garbage => Assert.Equal(TlsError.CertificateMalformed, Run(s_anchors, garbage)), iter: 1000);
    }

    [Fact]
    public void DeeplyNestedGarbageIsRefused()
    {
        // Thousands of nested sequences, of indefinite and of definite length, where a name should be.
        byte[] indefinite = new byte[8000];
        for (int i = 0; i < indefinite.Length; i += 2)
        {
            indefinite[i] = 0x30;
            indefinite[i + 1] = 0x80;
        }

        Assert.NotEqual(TlsError.None, Run(s_anchors, [indefinite]));
        Assert.NotEqual(TlsError.None, Run(s_anchors, [s_server.Der, indefinite]));

        byte[] nested = [0x05, 0x00];
        for (int i = 0; i < 3000; i++)
            nested = Wrap(nested);
        Assert.NotEqual(TlsError.None, Run(s_anchors, [nested]));
        Assert.NotEqual(TlsError.None, Run(s_anchors, [s_server.Der, nested]));

        static byte[] Wrap(byte[] content)
        {
            int n = content.Length;
            return n < 128 ? [0x30, (byte)n, .. content] : n < 256 ? [0x30, 0x81, (byte)n, .. content] : [0x30, 0x82, (byte)(n >> 8), (byte)n, .. content];
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("bücher.example")]
    [InlineData("*.example")]
    [InlineData("a b.example")]
    [InlineData("256.1.1.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("1:2")]
    public void BadAuthenticationNames(string name) => Assert.Throws<ArgumentException>(() => new PkixPeerVerifier(name, s_anchors));

    [Fact]
    public void MisuseThrows()
    {
        Assert.Throws<ArgumentNullException>(() => new PkixPeerVerifier(null!, s_anchors));
        Assert.Throws<ArgumentNullException>(() => new PkixPeerVerifier(Name, null!));
        Assert.Throws<ArgumentException>(() => new PkixPeerVerifier(Name, s_anchors, [new byte[20]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PkixPeerVerifier(Name, s_anchors, null, 0));
    }

    private static CertificateProfile Server() => CertificateMaker.ServerProfile([Name], [], s_from, s_leafUntil);

    private static int Run(TrustAnchors anchors, IReadOnlyList<byte[]> chain, long? now = null, string name = Name, byte[][]? pins = null)
        => Feed.Chain(new PkixPeerVerifier(name, anchors, pins), now ?? s_now, chain);

    private static int RunServer(Action<CertificateProfile> change)
    {
        CertificateProfile profile = Server();
        change(profile);
        return Run(s_anchors, s_maker.Make(profile, s_middle).Chain);
    }

    /// <summary>A server below an intermediate that was changed.</summary>
    private static int RunBelow(Action<CertificateProfile> change)
    {
        CertificateProfile profile = CertificateMaker.AuthorityProfile("Changed", s_from, s_until);
        change(profile);
        return Run(s_anchors, s_maker.Make(Server(), s_maker.Make(profile, s_root)).Chain);
    }

    /// <summary>A leaf signed in a way that neither the certificate maker nor the runtime offers, by a root with the same key.</summary>
    private static int RunWeak(string algorithm, string issuerPem, byte[] leafKey)
    {
        IssuedCertificate root = s_maker.Make(CertificateMaker.AuthorityProfile("Weak", s_from, s_until, BouncyCastleSigner.FromPem(issuerPem)), null);
        using StringReader text = new StringReader(issuerPem);
        Org.BouncyCastle.Crypto.AsymmetricCipherKeyPair keys = (Org.BouncyCastle.Crypto.AsymmetricCipherKeyPair)new Org.BouncyCastle.OpenSsl.PemReader(text).ReadObject();
        Org.BouncyCastle.X509.X509V3CertificateGenerator generator = new Org.BouncyCastle.X509.X509V3CertificateGenerator();
        generator.SetSerialNumber(Org.BouncyCastle.Math.BigInteger.One);
        generator.SetIssuerDN(new Org.BouncyCastle.X509.X509Certificate(root.Der).SubjectDN);
        generator.SetSubjectDN(new Org.BouncyCastle.Asn1.X509.X509Name("CN=x"));
        generator.SetNotBefore(s_from.UtcDateTime);
        generator.SetNotAfter(s_leafUntil.UtcDateTime);
        generator.SetPublicKey(Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(leafKey));
        generator.AddExtension(
            Org.BouncyCastle.Asn1.X509.X509Extensions.SubjectAlternativeName,
            false,
            new Org.BouncyCastle.Asn1.X509.GeneralNames(new Org.BouncyCastle.Asn1.X509.GeneralName(Org.BouncyCastle.Asn1.X509.GeneralName.DnsName, Name)));
        byte[] leaf = generator.Generate(new Org.BouncyCastle.Crypto.Operators.Asn1SignatureFactory(algorithm, keys.Private)).GetEncoded();
        return Run(TrustAnchors.FromCertificates(root.Der), [leaf]);
    }

    /// <summary>A root and a leaf made with the runtime's own certificate code; the root signs both with the given key and hash.</summary>
    private static int RunForeign(X509SignatureGenerator generator, HashAlgorithmName hash, byte[] leafKey)
    {
        X500DistinguishedName rootName = new X500DistinguishedName("CN=Foreign root, O=Example");
        CertificateRequest rootRequest = new CertificateRequest(rootName, generator.PublicKey, hash);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = rootRequest.Create(rootName, generator, s_from, s_until, [1, 2, 3]);

        CertificateRequest request = new CertificateRequest(new X500DistinguishedName("CN=x"), PublicKey.CreateFromSubjectPublicKeyInfo(leafKey, out _), hash);
        SubjectAlternativeNameBuilder names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(rootName, generator, s_from, s_leafUntil, [4, 5, 6]);
        return Run(TrustAnchors.FromCertificates(root.RawData), [leaf.RawData]);
    }
}
