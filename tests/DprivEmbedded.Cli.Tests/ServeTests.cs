using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>dpriv serve</c> as a process of its own, with a resolver in this one.</summary>
public class ServeTests
{
    [Fact]
    public async Task It_serves_the_demonstration_zone_with_the_pin_that_it_prints()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0");
        string first = await serve.LineAsync("serving ");
        await using DprivResolver resolver = await ResolverAsync(serve, first);

        DprivLookup lookup = await resolver.QueryAsync("_mqtts._tcp.example", "SRV");

        Assert.Equal("0 5 8883 broker.example.", Assert.Single(lookup.Message.Answers).RdataText);
        Assert.Matches(@"^serving example\. \(\d+ records\) over TLS on 127\.0\.0\.1:\d+$", first);
        CommandResult end = await QuitAsync(serve);
        Assert.Equal("connections 1, full handshakes 1, resumed 0, failed 0, early data 0, queries 1, answers 1", end.Lines[^1]);
    }

    [Fact]
    public async Task It_serves_a_zone_file_with_a_given_key()
    {
        using var folder = new TempFolder();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var maker = new CertificateMaker();
        IssuedCertificate authority = maker.MakeAuthority("A", now.AddDays(-1), now.AddDays(1));
        IssuedCertificate certificate = maker.MakeServer(authority, ["ns.lab.test"], [], now.AddDays(-1), now.AddDays(1));
        string zone = folder.Write("zone", "$ORIGIN lab.test.\n$TTL 60\n@ SOA ns host 1 1 1 1 1\n@ NS ns\nns A 192.0.2.7\n");
        await using DprivCommand serve = DprivCommand.StartWithInput(
            "serve", "--dot", "0", "--zone", zone, "--cert", folder.Write("chain.pem", certificate.ToChainPem()), "--key", folder.Write("key.pem", certificate.Key.ToPem()));
        string first = await serve.LineAsync("serving lab.test. (3 records) over TLS on ");

        Assert.Equal("pin " + Convert.ToBase64String(certificate.SpkiSha256()), await serve.LineAsync("pin "));
        await using var resolver = new DprivResolver(new DprivResolverOptions
        {
            TrustAnchors = TrustAnchors.FromCertificates(authority.Der),
            Servers = { new DprivServer(IPAddress.Loopback, Port(first)) { AuthenticationName = "ns.lab.test" } },
        });
        Assert.Equal("192.0.2.7", Assert.Single((await resolver.QueryAsync("ns.lab.test", "A")).Message.Answers).RdataText);
        await QuitAsync(serve);
    }

    [Fact]
    public async Task Lost_state_costs_a_full_handshake_lost_associations_a_resumption_and_lost_tickets_show_later()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0");
        await using DprivResolver resolver = await ResolverAsync(serve, await serve.LineAsync("serving "));

        Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("www.example")).Handshake);
        Assert.Equal("connections, tickets and session ids forgotten", await serve.SayAsync("lose-state"));
        DprivLookup after = await resolver.QueryAsync("www.example");
        Assert.Equal((DprivHandshake.Full, 2, 4), (after.Handshake, after.Attempts, after.RoundTrips));

        Assert.Equal("connections and associations forgotten; tickets and session ids are kept", await serve.SayAsync("lose-associations"));
        after = await resolver.QueryAsync("www.example");
        Assert.Equal((DprivHandshake.Resumed, 2, 4), (after.Handshake, after.Attempts, after.RoundTrips));

        Assert.Equal("tickets and session ids forgotten", await serve.SayAsync("lose-tickets"));
        Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("www.example")).Handshake);
        resolver.CloseConnections();
        Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("www.example")).Handshake);
        await QuitAsync(serve);
    }

    [Fact]
    public async Task It_refuses_and_accepts_again()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0");
        await using DprivResolver resolver = await ResolverAsync(serve, await serve.LineAsync("serving "));

        Assert.Equal("connections are refused", await serve.SayAsync("refuse"));
        DprivException refused = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));
        Assert.Equal(TlsError.ConnectionReset, refused.ErrorCode);
        Assert.Equal("connections are accepted", await serve.SayAsync("accept"));
        Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("www.example")).Handshake);
        await QuitAsync(serve);
    }

    [Fact]
    public async Task It_delays_drains_and_tells_its_status()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0");
        await using DprivResolver resolver = await ResolverAsync(serve, await serve.LineAsync("serving "));
        await resolver.QueryAsync("www.example");

        Assert.Equal("answers are delayed by 120 ms", await serve.SayAsync("delay 120"));
        Assert.InRange((await resolver.QueryAsync("www.example")).Elapsed.TotalMilliseconds, 100, 10000);
        Assert.Equal("answers are delayed by 0 ms", await serve.SayAsync("delay 0"));

        Assert.Equal("clients are asked to drain", await serve.SayAsync("drain"));
        Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("www.example")).Handshake);
        Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("www.example")).Handshake);

        Assert.Matches("^connections 2, full handshakes 1, resumed 1, failed 0, early data 0, queries 4, answers 4$", await serve.SayAsync("status"));
        await QuitAsync(serve);
    }

    [Fact]
    public async Task What_it_does_not_understand_it_says()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0");
        await serve.LineAsync("pin ");

        Assert.Equal("'dance' is no command; commands: lose-state, lose-associations, lose-tickets, refuse, accept, delay MS, drain, status, quit", await serve.SayAsync("dance"));
        Assert.Equal("delay takes milliseconds, 0 or more, such as delay 250", await serve.SayAsync("delay"));
        Assert.Equal("delay takes milliseconds, 0 or more, such as delay 250", await serve.SayAsync("delay -1"));
        Assert.Equal("delay takes milliseconds, 0 or more, such as delay 250", await serve.SayAsync("delay x"));
        await serve.WriteAsync("   ");
        await QuitAsync(serve);
    }

    [Theory]
    [InlineData(DprivCommand.Interrupt, true)]
    [InlineData(DprivCommand.Terminate, true)]
    [InlineData(DprivCommand.Interrupt, false)]
    [InlineData(DprivCommand.Terminate, false)]
    public async Task A_signal_ends_it_with_a_goodbye_to_its_clients(int signal, bool input)
    {
        await using DprivCommand serve = input ? DprivCommand.StartWithInput("serve", "--dot", "0") : DprivCommand.Start("serve", "--dot", "0");
        await using DprivResolver resolver = await ResolverAsync(serve, await serve.LineAsync("serving "));
        await resolver.QueryAsync("www.example");

        serve.Signal(signal);
        CommandResult end = (await serve.EndAsync()).EndedWell();

        Assert.StartsWith("connections 1, full handshakes 1, ", end.Lines[^1], StringComparison.Ordinal);
        // It is gone, not merely silent.
        Assert.Equal(TlsError.ConnectFailed, (await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"))).ErrorCode);
    }

    [Theory]
    [InlineData("--tls 1.2", "TLS 1.2", "full resumed resumed")]
    [InlineData("--tls 1.3", "TLS 1.3", "full resumed resumed")]
    [InlineData("--tickets 0 --tls 1.3", "TLS 1.3", "full full full")]
    [InlineData("--early-data 4096", "TLS 1.3", "full early early")]
    [InlineData("--retry", "TLS 1.3", "full resumed resumed")]
    [InlineData("--fast-open --out-of-order --idle 5000", "TLS 1.3", "full resumed resumed")]
    public async Task Its_options_make_the_server_that_a_test_needs(string options, string version, string handshakes)
    {
        await using DprivCommand serve = DprivCommand.StartWithInput(["serve", "--dot", "0", .. options.Split(' ')]);
        string first = await serve.LineAsync("serving ");
        string pin = (await serve.LineAsync("pin "))[4..];

        CommandResult result = (await DprivCommand.RunAsync(
            "query", "www.example", "--server", "127.0.0.1:" + Port(first), "--pin", pin, "--json", "--repeat", "3", "--reconnect", "--early-data")).EndedWell();

        Assert.Equal(handshakes, result.Handshakes);
        Assert.All(result.Json, one => Assert.Equal(version, one.GetProperty("version").GetString()));
        if (options == "--retry")
            Assert.Equal([4, 4, 4], result.Json.Select(one => one.GetProperty("roundTrips").GetInt32()));

        await QuitAsync(serve);
    }

    [Theory]
    [InlineData("--close-after 1")]
    [InlineData("--advertise-idle 0")]
    public async Task It_can_close_after_each_answer_or_have_the_client_close(string options)
    {
        await using DprivCommand serve = DprivCommand.StartWithInput(["serve", "--dot", "0", .. options.Split(' ')]);
        string first = await serve.LineAsync("serving ");
        await using DprivResolver resolver = await ResolverAsync(serve, first);

        await resolver.QueryAsync("www.example");
        await resolver.QueryAsync("www.example");

        Assert.Equal(2, resolver.Statistics.Connections);
        await QuitAsync(serve);
    }

    [Fact]
    public async Task A_pre_shared_key_can_be_given()
    {
        const string Key = "00112233445566778899aabbccddeeff";
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0", "--psk-identity", "meter-7", "--psk-key", Key);
        string first = await serve.LineAsync("serving ");

        (await DprivCommand.RunAsync("query", "www.example", "--server", "127.0.0.1:" + Port(first), "--psk-identity", "meter-7", "--psk-key", Key)).EndedWell();

        await QuitAsync(serve);
    }

    private static async Task<DprivResolver> ResolverAsync(DprivCommand serve, string first)
    {
        string pin = (await serve.LineAsync("pin "))[4..];
        var options = new DprivResolverOptions { Servers = { new DprivServer(IPAddress.Loopback, Port(first)) { Pins = { SpkiPin.Parse(pin) } } } };
        return new DprivResolver(options);
    }

    private static async Task<CommandResult> QuitAsync(DprivCommand serve)
    {
        await serve.WriteAsync("quit");
        return (await serve.EndAsync()).EndedWell();
    }

    private static int Port(string serving) => int.Parse(serving.Split(',')[0][(serving.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
}
