using System;
using System.Linq;
using System.Text;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Keys and certificates of the tests with pairs: made once, the same in every run.</summary>
internal static class PairKeys
{
    public const string Name = "dot.example";

    private static readonly DateTimeOffset s_from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly DateTimeOffset s_until = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
    private static readonly CertificateMaker s_maker = new(new SeededRandomSource(2026));
    private static readonly Lazy<IssuedCertificate> s_authority = new(() => s_maker.MakeAuthority("Test CA", s_from, s_until));
    private static readonly Lazy<ServerCredential> s_ecdsa = new(() => new ServerCredential(Issue(s_authority.Value, false, s_until)));
    private static readonly Lazy<ServerCredential> s_rsa = new(() => new ServerCredential(Issue(s_authority.Value, true, s_until)));
    private static readonly Lazy<ServerCredential> s_expired = new(() => new ServerCredential(Issue(s_authority.Value, false, s_from.AddDays(1))));
    private static readonly Lazy<ServerCredential> s_large = new(MakeLarge);

    public static IssuedCertificate Authority => s_authority.Value;

    public static ServerCredential Ecdsa => s_ecdsa.Value;

    public static ServerCredential Rsa => s_rsa.Value;

    public static ServerCredential Expired => s_expired.Value;

    /// <summary>A chain of more than 4 KiB: RSA keys, an intermediate, many names.</summary>
    public static ServerCredential Large => s_large.Value;

    public static byte[] PskIdentity { get; } = Encoding.ASCII.GetBytes("sensor-1");

    public static byte[] Psk { get; } = Convert.FromHexString("00112233445566778899aabbccddeeff");

    public static byte[] Pin(ServerCredential credential)
    {
        return System.Security.Cryptography.SHA256.HashData(credential.PublicKeyInfo);
    }

    private static IssuedCertificate Issue(IssuedCertificate issuer, bool rsa, DateTimeOffset until)
    {
        return s_maker.MakeServer(issuer, [Name], [], s_from, until, rsa);
    }

    private static ServerCredential MakeLarge()
    {
        IssuedCertificate middle = s_maker.MakeIntermediate(Authority, "Test intermediate", s_from, s_until, true);
        string[] names = [Name, .. Enumerable.Range(0, 120).Select(i => $"name-{i:D3}.of.many.example")];
        CertificateProfile profile = CertificateMaker.ServerProfile(names, [], s_from, s_until, s_maker.MakeKey(true));
        return new ServerCredential(s_maker.Make(profile, middle));
    }
}
