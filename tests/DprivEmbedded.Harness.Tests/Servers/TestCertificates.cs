using System;
using System.Net;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>An authority and two server certificates for dot.example, 127.0.0.1 and ::1, made once.</summary>
internal static class TestCertificates
{
    private static readonly CertificateMaker s_maker = new();
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset s_until = DateTimeOffset.UtcNow.AddDays(30);

    public static IssuedCertificate Authority { get; } = s_maker.MakeAuthority("Test CA", s_from, s_until);

    public static IssuedCertificate Ecdsa { get; } = s_maker.MakeServer(Authority, ["dot.example"], [IPAddress.Loopback, IPAddress.IPv6Loopback], s_from, s_until);

    public static IssuedCertificate Rsa { get; } = s_maker.MakeServer(Authority, ["dot.example"], [IPAddress.Loopback, IPAddress.IPv6Loopback], s_from, s_until, true);

    public static ServerCredential[] Credentials => [new(Ecdsa), new(Rsa)];
}
