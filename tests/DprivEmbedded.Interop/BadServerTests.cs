using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Harness;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>The table of docs/errors.md: each kind of bad server or input ends in an error number and a sentence of its own.</summary>
public sealed class BadServerTests
{
    private static readonly IReadOnlyDictionary<string, BadCase> s_cases = new Dictionary<string, BadCase>
    {
        ["wrong pin"] = new(TlsError.PinMismatch, "no SPKI pin matches", () => Tls(null), (o, _) => o.Servers[0].Pins.Add(Convert.FromBase64String(PeerCertificates.Shared.Rsa.SpkiPin))),
        ["expired"] = new(TlsError.CertificateExpired, "expired or not yet valid", () => Tls(PeerCertificates.Shared.Expired)),
        ["wrong name"] = new(TlsError.NameMismatch, "not for the authentication name", () => Tls(PeerCertificates.Shared.WrongName)),
        ["unknown CA"] = new(TlsError.UnknownAuthority, "no path from the certificate to a trusted authority", () => Tls(PeerCertificates.Shared.UnknownCa)),
        ["SSH banner"] = new(TlsError.NotTls, "does not speak TLS on this port", () => Plain("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "")),
        ["SMTP banner"] = new(TlsError.NotTls, "does not speak TLS on this port", () => Plain("220 mail.example ESMTP\r\n", "")),
        ["HTTP reply"] = new(TlsError.NotTls, "does not speak TLS on this port", () => Plain("", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", closes: true)),
        ["DNS without TLS"] = new(TlsError.NotTls, "does not speak TLS on this port", () => Plain("", "\0\x0C\x16\x03\x80\x01\0\0\0\0\0\0\0\0")),
        ["unbound's port without TLS"] = new(TlsError.HandshakeTimeout, "nothing came back", UnboundPlainAsync, (o, _) => o.HandshakeTimeoutMs = 500),
        ["silent port"] = new(TlsError.HandshakeTimeout, "nothing came back", () => Plain("", ""), (o, _) => o.HandshakeTimeoutMs = 500),
        ["closes at once"] = new(TlsError.ClosedInHandshake, "closed in the middle of the handshake", () => Plain("", "", closes: true)),
        ["nothing listens"] = new(TlsError.ConnectFailed, "nothing listens on that port", () => Task.FromResult<(IPEndPoint, IAsyncDisposable?)>((new IPEndPoint(IPAddress.Loopback, Ports.Free()), null))),
        ["black hole"] = new(TlsError.ConnectFailed, "nobody answers at that address", Hole, (o, _) => o.ConnectTimeoutMs = 400),
        ["0-length frame"] = new(DotError.MalformedFrame, "a length prefix that no DNS message can have", () => Odd((c, _) => c.Send(0, 0))),
        ["11-byte frame"] = new(DotError.MalformedFrame, "a length prefix that no DNS message can have", () => Odd((c, _) => c.Answer(new byte[11]))),
        ["message cut inside"] = new(DotError.MalformedAnswer, "does not parse", () => Odd((c, q) => c.Answer(DnsAnswers.To(q)[..^3]))),
        ["more records than there are"] = new(DotError.MalformedAnswer, "does not parse", () => Odd((c, q) => c.Answer(DnsAnswers.With(DnsAnswers.To(q), 6, 0xFF, 0xFF)))),
        ["compression loop"] = new(DotError.MalformedAnswer, "does not parse", () => Odd((c, q) => c.Answer(Loop(q)))),
        ["frame cut by close_notify"] = new(DotError.TooManyAttempts, "the connection was lost before the answer", () => Odd((c, q) => Half(c, q, c.Close))),
        ["frame cut by FIN"] = new(TlsError.Truncated, "ended without close_notify", () => Odd((c, q) => Half(c, q, c.Finish))),
        ["frame cut by RST"] = new(TlsError.ConnectionReset, "the connection was reset", () => Odd((c, q) => Half(c, q, c.Reset))),
        ["answer too large"] = new(DotError.AnswerTooLarge, "does not fit into the answer buffer", BigAsync, SmallBuffers, PeerZone.BigName, "TXT"),
        ["no answer"] = new(DotError.QueryTimeout, "no answer came in time", () => Odd((_, _) => { }), (o, _) => o.QueryTimeoutMs = 500),
        ["alert"] = new(TlsError.AlertReceived + AlertDescription.HandshakeFailure, "handshake_failure", () => Odd((_, _) => { }, o => o.CipherSuites = [CipherSuite.Aes128CcmSha256]), (o, _) => o.CipherSuites = [CipherSuite.Aes128GcmSha256]),
        ["TLS 1.2 only, 1.3 wanted"] = new(TlsError.AlertReceived + AlertDescription.ProtocolVersion, "protocol_version", () => Odd((_, _) => { }, o => o.Tls13 = false), (o, _) => o.MinVersion = ProtocolVersion.Tls13),
    };

    /// <summary>Case, error number and text, as docs/errors.md has them.</summary>
    internal static IReadOnlyDictionary<string, (int Error, string Text)> Table => s_cases.ToDictionary(c => c.Key, c => (c.Value.Error, c.Value.Text));

    public static TheoryData<string> Cases() => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Ends_in_its_own_error(string name)
    {
        var bad = s_cases[name];
        var (endPoint, server) = await bad.Start();
        await using (server)
        {
            await using var resolver = Dpriv.Resolver(endPoint, change: o => bad.Change?.Invoke(o, endPoint));
            var clock = Stopwatch.StartNew();
            var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync(bad.Name, bad.Type));
            Assert.Equal(bad.Error, error.ErrorCode);
            Assert.Contains(bad.Text, error.Message);
            Assert.StartsWith(endPoint + ": ", error.Message);
            Assert.Equal(bad.Error is >= 100 and < 150, error.IsAuthenticationFailure);
            Assert.InRange(clock.ElapsedMilliseconds, 0, 3500);
            Assert.Equal((1, 0), (resolver.Statistics.Failures, resolver.Statistics.Answers));
        }
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("unknown CA")]
    [InlineData("wrong name")]
    public async Task The_strict_profile_sends_no_query_to_a_server_that_is_not_authenticated(string name)
    {
        var certificate = name switch { "expired" => PeerCertificates.Shared.Expired, "unknown CA" => PeerCertificates.Shared.UnknownCa, _ => PeerCertificates.Shared.WrongName };
        foreach (var version in new[] { ProtocolVersion.Tls12, ProtocolVersion.Tls13 })
        {
            await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)), certificate: certificate);
            await using (var strict = Dpriv.Resolver(server.Tls, version))
                await Assert.ThrowsAsync<DprivException>(() => strict.QueryAsync("a.example"));
            Assert.Empty(server.Queries);
            // It was told why, not just left.
            Assert.True(await Poll.UntilAsync(() => server.Last.IsClosed, TimeSpan.FromSeconds(2)));
            Assert.True(server.Last.Tls.AlertReceived > 0);

            await using var opportunistic = Dpriv.Resolver(server.Tls, version, change: o => o.Profile = DprivProfile.Opportunistic);
            var lookup = await opportunistic.QueryAsync("a.example");
            Assert.False(lookup.IsAuthenticated);
            Assert.Equal(s_cases[name].Error, lookup.AuthenticationError);
        }
    }

    [Fact]
    public async Task A_failed_server_does_not_stop_the_next_one_and_the_message_tells_of_both()
    {
        await using var wrong = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)), certificate: PeerCertificates.Shared.Expired);
        await using var resolver = Dpriv.Resolver(wrong.Tls, change: o => o.Servers.Add(Dpriv.Server(new IPEndPoint(IPAddress.Loopback, Ports.Free()))));
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.example"));
        Assert.Matches(@"^127\.0\.0\.1:\d+: a certificate is expired or not yet valid; 127\.0\.0\.1:\d+: the connection could not be made: nothing listens on that port$", error.Message);
    }

    [Fact]
    public async Task An_answer_of_exactly_the_buffers_size_fits_and_an_error_leaves_the_connection_usable()
    {
        await using var server = new OddServer((connection, query) =>
        {
            var answer = DnsAnswers.To(query);
            // A TXT record of the root fills up to the size that the name tells.
            var size = int.Parse(DnsAnswers.Name(query).Split('.')[0][1..]);
            connection.Answer(Fill(answer, size));
        });
        await using var resolver = Dpriv.Resolver(server.Tls, change: o =>
        {
            o.AnswerBufferBytes = 700;
            o.ReceiveBufferBytes = 2048;
        });
        Assert.Equal(700, (await resolver.QueryAsync("n700.example")).MessageBytes.Length);
        // What lies whole in one record is handed out from there; what does not needs the buffer.
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("n3000.example"));
        Assert.Equal(DotError.AnswerTooLarge, error.ErrorCode);
        Assert.Equal(600, (await resolver.QueryAsync("n600.example")).MessageBytes.Length);
        Assert.Single(server.Connections);
    }

    [Fact]
    public async Task A_truncated_answer_is_handed_out_as_such()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.With(DnsAnswers.To(query), 2, 0x83)));
        await using var resolver = Dpriv.Resolver(server.Tls);
        Assert.True((await resolver.QueryAsync("a.example")).Message.Truncated);
    }

    [Theory]
    [InlineData("a directory", SessionStoreError.ReadFailed, "could not be read")]
    [InlineData("other text", SessionStoreError.BadMagic, "no session store")]
    [InlineData("cut short", SessionStoreError.Truncated, "end too early")]
    [InlineData("changed byte", SessionStoreError.WrongKeyOrDamaged, "another key, or damaged")]
    [InlineData("other key", SessionStoreError.WrongKeyOrDamaged, "another key, or damaged")]
    [InlineData("too large", SessionStoreError.TooLarge, "name another file or remove it")]
    [InlineData("missing", SessionStoreError.NotFound, "there is no session store")]
    public async Task A_ticket_store_that_cannot_be_used_is_told_and_passed_over(string how, int error, string text)
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        using var directory = new TempDirectory("tickets");
        var path = directory.File("tickets");
        await using (var resolver = Dpriv.Resolver(server.Tls, 0, new FileBlobStore(path)))
            await resolver.QueryAsync("a.example");
        var good = await File.ReadAllBytesAsync(path);
        var key = Dpriv.StoreKey;
        switch (how)
        {
            case "a directory":
                File.Delete(path);
                Directory.CreateDirectory(path);
                break;
            case "other text":
                await File.WriteAllTextAsync(path, "the shopping list, which is not to be overwritten");
                break;
            case "cut short":
                await File.WriteAllBytesAsync(path, good[..^40]);
                break;
            case "changed byte":
                good[^20] ^= 1;
                await File.WriteAllBytesAsync(path, good);
                break;
            case "other key":
                key = [.. key.Reverse()];
                break;
            case "too large":
                await File.WriteAllBytesAsync(path, [.. good, .. new byte[100000]]);
                break;
            default:
                File.Delete(path);
                break;
        }

        await using (var resolver = Dpriv.Resolver(server.Tls, 0, new FileBlobStore(path), o => o.SessionStoreKey = key))
        {
            Assert.Equal(error, resolver.SessionStoreError);
            Assert.Contains(text, resolver.SessionStoreErrorText);
            Assert.Equal(0, resolver.SessionCount);
            Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.example")).Handshake);
        }

        // What is no session store is left alone; what is one is replaced, and works again.
        if (how == "other text")
            Assert.StartsWith("the shopping list", await File.ReadAllTextAsync(path));
        else if (how is "cut short" or "changed byte" or "other key" or "missing")
        {
            await using var again = Dpriv.Resolver(server.Tls, 0, new FileBlobStore(path), o => o.SessionStoreKey = key);
            Assert.Equal(SessionStoreError.None, again.SessionStoreError);
            Assert.Equal(DprivHandshake.Resumed, (await again.QueryAsync("a.example")).Handshake);
        }
    }

    private static Task<(IPEndPoint, IAsyncDisposable?)> Tls(PeerCertificate? certificate) => Odd((connection, query) => connection.Answer(DnsAnswers.To(query)), certificate: certificate);

    private static Task<(IPEndPoint, IAsyncDisposable?)> Odd(Action<OddConnection, byte[]> onQuery, Action<TlsServerOptions>? configure = null, PeerCertificate? certificate = null)
    {
        var server = new OddServer(onQuery, configure, certificate);
        return Task.FromResult<(IPEndPoint, IAsyncDisposable?)>((server.Tls, server));
    }

    private static Task<(IPEndPoint, IAsyncDisposable?)> Plain(string greeting, string reply, bool closes = false)
    {
        var server = new PlainTcpServer(Encoding.Latin1.GetBytes(greeting), Encoding.Latin1.GetBytes(reply), closes);
        return Task.FromResult<(IPEndPoint, IAsyncDisposable?)>((server.EndPoint, server));
    }

    private static Task<(IPEndPoint, IAsyncDisposable?)> Hole()
    {
        var hole = new BlackHole();
        return Task.FromResult<(IPEndPoint, IAsyncDisposable?)>((hole.EndPoint, new AsyncHole(hole)));
    }

    // Records of at most 2 KiB, so that an answer of 6 KB comes in pieces.
    private static void SmallBuffers(DprivResolverOptions options, IPEndPoint server)
    {
        options.AnswerBufferBytes = 512;
        options.ReceiveBufferBytes = 2048;
    }

    // unbound takes a ClientHello for the beginning of a message of 5635 bytes and waits for the rest.
    private static async Task<(IPEndPoint, IAsyncDisposable?)> UnboundPlainAsync() => ((await SharedPeers.UnboundAsync()).Plain!, null);

    private static async Task<(IPEndPoint, IAsyncDisposable?)> BigAsync()
    {
        var peer = await SharedPeers.UnboundAsync();
        return (peer.Tls, null);
    }

    private static void Half(OddConnection connection, byte[] query, Action end)
    {
        var framed = DnsBytes.Framed(DnsAnswers.To(query));
        connection.Send(framed[..(framed.Length / 2)]);
        end();
    }

    private static byte[] Loop(byte[] query)
    {
        var answer = DnsAnswers.To(query);
        var end = DnsAnswers.QuestionEnd(query);
        // The owner name points at itself.
        return DnsAnswers.With(answer, end, (byte)(0xC0 | (end >> 8)), (byte)end);
    }

    private static byte[] Fill(byte[] answer, int size)
    {
        var rdata = size - answer.Length - 11;
        byte[] record = [0, 0, 16, 0, 1, 0, 0, 0, 60, (byte)(rdata >> 8), (byte)rdata];
        var text = new byte[rdata];
        for (var at = 0; at < rdata;)
        {
            var part = Math.Min(255, rdata - at - 1);
            text[at] = (byte)part;
            at += 1 + part;
        }

        return DnsAnswers.With([.. answer, .. record, .. text], 6, 0, 2);
    }

    private sealed record BadCase(
        int Error, string Text, Func<Task<(IPEndPoint EndPoint, IAsyncDisposable? Server)>> Start, Action<DprivResolverOptions, IPEndPoint>? Change = null, string Name = "a.example", string Type = "A");

    private sealed class AsyncHole(BlackHole hole) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            hole.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
