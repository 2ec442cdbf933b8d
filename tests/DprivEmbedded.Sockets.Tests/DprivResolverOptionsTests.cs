using System;
using System.Collections.Generic;
using System.Net;
using System.Text;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Sockets.Tests.Support;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Each wrong option is named, and what would be right.</summary>
public class DprivResolverOptionsTests
{
    private static readonly Dictionary<string, Action<DprivResolverOptions>> Wrong = new(StringComparer.Ordinal)
    {
        ["Add at least one server to Servers."] = options => options.Servers.Clear(),
        ["Servers must not hold null."] = options => options.Servers.Add(null!),
        ["Edns must not be null."] = options => options.Edns = null!,
        ["ReceiveBufferBytes must be 2048 or more."] = options => options.ReceiveBufferBytes = 2047,
        ["AnswerBufferBytes must be 512 to 65535."] = options => options.AnswerBufferBytes = 511,
        ["ConnectTimeoutMs, HandshakeTimeoutMs, QueryTimeoutMs and SilenceTimeoutMs must be 1 or more."] = options => options.SilenceTimeoutMs = 0,
        ["IdleTimeoutMs, RefusedServerRetryMs and FailedServerRetryMs must be 0 or more."] = options => options.IdleTimeoutMs = -1,
        ["MaxPipelined must be 1 to 256."] = options => options.MaxPipelined = 257,
        ["SessionStore and SessionStoreKey belong together: set both or neither."] = options => options.SessionStore = new FileBlobStore("x"),
        ["SessionStoreKey must have 16 or 32 bytes."] = options =>
        {
            options.SessionStore = new FileBlobStore("x");
            options.SessionStoreKey = new byte[15];
        },
        ["Nothing can authenticate 192.0.2.2:853: the strict profile needs an AuthenticationName, pins or a PSK. (DprivProfile.Opportunistic goes on without.)"] =
            options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2"))),
        ["Nothing can authenticate 192.0.2.3:853: the strict profile needs an AuthenticationName, pins or a PSK. (DprivProfile.Opportunistic goes on without.)"] =
            options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.3")) { AuthenticationName = "a.example", ValidateCertificate = false }),
        ["The port of 192.0.2.2 must be 1 to 65535."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2"), 0)),
        ["Port 53 of 192.0.2.2 is for DNS in the clear and never used for TLS (RFC 7858 section 3.1); DNS over TLS has port 853."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2"), 53)),
        ["A pin of 192.0.2.2:853 must have 32 bytes, the SHA-256 of the server's SubjectPublicKeyInfo."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2")) { Pins = { new byte[20] } }),
        ["Psk and PskIdentity of 192.0.2.2:853 belong together: set both or neither."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2")) { Psk = new byte[16] }),
        ["Psk and PskIdentity of 192.0.2.2:853 must have 1 to 256 bytes each."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2")) { Psk = new byte[257], PskIdentity = "x"u8.ToArray() }),
        ["192.0.2.2:853: The authentication name \"a b\" has a character that host names do not have."] = options => options.Servers.Add(new DprivServer(IPAddress.Parse("192.0.2.2")) { AuthenticationName = "a b" }),
    };

    public static TheoryData<string> Messages => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_wrong_option_is_named(string message)
    {
        DprivResolverOptions options = Right();
        Wrong[message](options);

        ArgumentException error = Assert.Throws<ArgumentException>(() => new DprivResolver(options));

        Assert.Equal($"{message} (Parameter 'options')", error.Message);
    }

    [Fact]
    public void The_defaults_are_right()
    {
        DprivResolverOptions options = Right();

        Assert.Null(options.Validate());
        Assert.Equal(DprivProfile.Strict, options.Profile);
        Assert.False(options.EarlyData);
        Assert.False(options.FastOpen);
        Assert.Equal((ProtocolVersion.Tls12, ProtocolVersion.Tls13), (options.MinVersion, options.MaxVersion));
        Assert.Equal("dot", options.ApplicationProtocol);
        Assert.Equal(128, options.Edns.PaddingBlockBytes);
        Assert.True(options.Edns.TcpKeepalive);
        Assert.True(options.Edns.ClientSubnetOptOut);
        new DprivResolver(options).Dispose();
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls13, ProtocolVersion.Tls12)]
    [InlineData(0x0301, ProtocolVersion.Tls13)]
    public void Versions_that_do_not_fit_are_refused(int min, int max)
    {
        DprivResolverOptions options = Right();
        options.MinVersion = min;
        options.MaxVersion = max;

        Assert.Contains("ersion", Assert.Throws<ArgumentException>(() => new DprivResolver(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Opportunistic_needs_nothing_to_authenticate_with()
    {
        using var resolver = new DprivResolver(new DprivResolverOptions { Profile = DprivProfile.Opportunistic, Servers = { new DprivServer(IPAddress.Loopback) } });

        Assert.Equal(0, resolver.SessionCount);
    }

    [Fact]
    public void Null_is_a_programmers_error()
    {
        Assert.Throws<ArgumentNullException>(() => new DprivResolver(null!));
    }

    private static DprivResolverOptions Right() => new() { TrustAnchors = TestServer.Anchors, Servers = { new DprivServer(IPAddress.Parse("192.0.2.1")) { Pins = { new byte[32] } } } };
}
