using System;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sessions;
using DprivEmbedded.Sockets.Storage;
using DprivEmbedded.Sockets.Tests.Storage;
using DprivEmbedded.Sockets.Tests.Support;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Strict and opportunistic, names and pins, and what sessions carry over.</summary>
public class AuthenticationTests
{
    private static readonly byte[] WrongPin = new byte[32];

    [Fact]
    public async Task Strict_sends_nothing_to_a_server_with_a_wrong_pin()
    {
        await using TestServer server = TestServer.Start();
        await using var resolver = new DprivResolver(new DprivResolverOptions { Servers = { With(server, WrongPin) } });

        DprivException error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal((TlsError.PinMismatch, true), (error.ErrorCode, error.IsAuthenticationFailure));
        Assert.Equal((0, 0), (server.Counters.Queries, server.Counters.FullHandshakes));
        Assert.Equal(0, resolver.SessionCount);
    }

    [Fact]
    public async Task Opportunistic_goes_on_and_says_so_when_it_resumes_too()
    {
        await using TestServer server = TestServer.Start();
        await using var resolver = new DprivResolver(new DprivResolverOptions { Profile = DprivProfile.Opportunistic, Servers = { With(server, WrongPin) } });

        foreach (DprivHandshake handshake in (DprivHandshake[])[DprivHandshake.Full, DprivHandshake.Resumed, DprivHandshake.Resumed])
        {
            DprivLookup lookup = await resolver.QueryAsync("www.example");
            int error = handshake == DprivHandshake.Full ? TlsError.PinMismatch : TlsError.SessionNotAuthenticated;
            Assert.Equal((handshake, false, error), (lookup.Handshake, lookup.IsAuthenticated, lookup.AuthenticationError));
            resolver.CloseConnections();
        }
    }

    [Fact]
    public async Task Opportunistic_knows_a_server_that_it_can_authenticate()
    {
        await using TestServer server = TestServer.Start();
        await using var resolver = new DprivResolver(new DprivResolverOptions { Profile = DprivProfile.Opportunistic, Servers = { server.Pinned() } });

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        Assert.Equal((true, 0), (lookup.IsAuthenticated, lookup.AuthenticationError));
    }

    [Fact]
    public async Task Name_and_pin_both_count()
    {
        await using TestServer server = TestServer.Start();
        DprivServer right = server.Named();
        right.Pins.Add(TestServer.Certificate.SpkiSha256());
        await using (var resolver = new DprivResolver(new DprivResolverOptions { TrustAnchors = TestServer.Anchors, Servers = { right } }))
            Assert.True((await resolver.QueryAsync("www.example")).IsAuthenticated);

        DprivServer wrongPin = server.Named();
        wrongPin.Pins.Add(WrongPin);
        Assert.Equal(TlsError.PinMismatch, await FailAsync(wrongPin));

        DprivServer wrongName = server.Pinned();
        wrongName.AuthenticationName = "other.example";
        Assert.Equal(TlsError.NameMismatch, await FailAsync(wrongName));
        Assert.Equal(1, server.Counters.Queries);
    }

    [Fact]
    public async Task A_name_that_is_not_validated_is_sent_and_the_pin_decides()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.ServerNames = ["internal.example"]);
        DprivServer pinned = server.Pinned();
        pinned.AuthenticationName = "internal.example";
        pinned.ValidateCertificate = false;
        await using var resolver = new DprivResolver(new DprivResolverOptions { Servers = { pinned } });

        Assert.True((await resolver.QueryAsync("www.example")).IsAuthenticated);
    }

    [Fact]
    public async Task Sessions_outlive_a_resolver_in_their_store()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        byte[] key = FileKey.LoadOrCreate(folder["key"], 32, out _)!;
        DprivHandshake[] handshakes = new DprivHandshake[3];
        for (int i = 0; i < handshakes.Length; i++)
        {
            await using DprivResolver resolver = server.Resolver(options => Store(options, folder, key));
            Assert.Equal(i == 0 ? SessionStoreError.NotFound : SessionStoreError.None, resolver.SessionStoreError);
            handshakes[i] = (await resolver.QueryAsync("www.example")).Handshake;
            await resolver.DisposeAsync();
            Assert.Equal(SessionStoreError.None, resolver.SessionStoreSaveError);
            Assert.Null(resolver.SessionStoreSaveErrorText);
        }

        Assert.Equal([DprivHandshake.Full, DprivHandshake.Resumed, DprivHandshake.Resumed], handshakes);
    }

    [Fact]
    public async Task A_damaged_store_is_reported_and_the_lookup_goes_on()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        byte[] key = FileKey.LoadOrCreate(folder["key"], 16, out _)!;
        await using (DprivResolver resolver = server.Resolver(options => Store(options, folder, key)))
            await resolver.QueryAsync("www.example");

        byte[] block = File.ReadAllBytes(folder["sessions"]);
        block[40] ^= 1;
        File.WriteAllBytes(folder["sessions"], block);
        await using DprivResolver second = server.Resolver(options => Store(options, folder, key));

        Assert.Equal(SessionStoreError.WrongKeyOrDamaged, second.SessionStoreError);
        Assert.Equal("the stored sessions are sealed with another key, or damaged", second.SessionStoreErrorText);
        Assert.Equal(0, second.SessionCount);
        Assert.Equal(DprivHandshake.Full, (await second.QueryAsync("www.example")).Handshake);
    }

    [Theory]
    [InlineData("the same authorities", DprivHandshake.Resumed)]
    [InlineData("one authority more", DprivHandshake.Full)]
    [InlineData("a pin more", DprivHandshake.Full)]
    [InlineData("another profile", DprivHandshake.Full)]
    public async Task A_session_serves_only_under_the_trust_that_it_was_made_with(string change, DprivHandshake handshake)
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        byte[] key = new byte[16];
        await using (var first = new DprivResolver(Stored(server, folder, key, TestServer.Anchors)))
            await first.QueryAsync("www.example");

        DateTimeOffset now = DateTimeOffset.UtcNow;
        IssuedCertificate other = new CertificateMaker().MakeAuthority("Other", now.AddDays(-1), now.AddDays(1));
        DprivResolverOptions options = Stored(server, folder, key, change == "one authority more" ? TrustAnchors.FromCertificates(other.Der, TestServer.Authority.Der) : TrustAnchors.FromCertificates(TestServer.Authority.Der));
        if (change == "a pin more")
            options.Servers[0].Pins.Add(TestServer.Certificate.SpkiSha256());
        if (change == "another profile")
            options.Profile = DprivProfile.Opportunistic;

        await using var second = new DprivResolver(options);
        Assert.Equal(handshake, (await second.QueryAsync("www.example")).Handshake);
    }

    [Fact]
    public async Task A_pre_shared_key_authenticates_both_ways()
    {
        await using TestServer server = TestServer.Start();
        byte[] psk = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        server.Host.Change(dot => dot.State.Psks.Add(new ServerPsk("meter-7"u8.ToArray(), psk)));
        await using var resolver = new DprivResolver(new DprivResolverOptions { Servers = { new DprivServer(IPAddress.Loopback, server.Host.Port) { Psk = psk, PskIdentity = "meter-7"u8.ToArray() } } });

        Assert.True((await resolver.QueryAsync("www.example")).IsAuthenticated);
        Assert.Equal(1, server.Counters.PskHandshakes);
    }

    private static DprivServer With(TestServer server, byte[] pin) => new(IPAddress.Loopback, server.Host.Port) { Pins = { pin } };

    private static void Store(DprivResolverOptions options, TempFolder folder, byte[] key)
    {
        options.SessionStore = new FileBlobStore(folder["sessions"]);
        options.SessionStoreKey = key;
    }

    private static DprivResolverOptions Stored(TestServer server, TempFolder folder, byte[] key, TrustAnchors anchors)
    {
        var options = new DprivResolverOptions { TrustAnchors = anchors, Servers = { server.Named() } };
        Store(options, folder, key);
        return options;
    }

    private static async Task<int> FailAsync(DprivServer server)
    {
        await using var resolver = new DprivResolver(new DprivResolverOptions { TrustAnchors = TestServer.Anchors, Servers = { server } });
        return (await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"))).ErrorCode;
    }
}
