using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>What <c>dpriv query</c> prints, for people and as JSON.</summary>
public partial class QueryOutputTests
{
    private static readonly (string Name, JsonValueKind Kind)[] Fields =
    [
        ("name", JsonValueKind.String),
        ("type", JsonValueKind.String),
        ("rcode", JsonValueKind.String),
        ("answers", JsonValueKind.Array),
        ("truncated", JsonValueKind.False),
        ("server", JsonValueKind.String),
        ("transport", JsonValueKind.String),
        ("version", JsonValueKind.String),
        ("cipherSuite", JsonValueKind.String),
        ("handshake", JsonValueKind.String),
        ("authenticated", JsonValueKind.True),
        ("fastOpen", JsonValueKind.False),
        ("attempts", JsonValueKind.Number),
        ("roundTrips", JsonValueKind.Number),
        ("bytesUp", JsonValueKind.Number),
        ("bytesDown", JsonValueKind.Number),
        ("elapsedMs", JsonValueKind.Number),
    ];

    [Fact]
    public async Task Text_has_the_answers_and_what_they_cost()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("shop.example", "A")).EndedWell();

        Assert.Equal(6, result.Lines.Count);
        Assert.Matches("^;; NOERROR, 4 answers, id [0-9]+$", result.Lines[0]);
        Assert.Equal("shop.example. 3600 IN CNAME store.example.", result.Lines[1]);
        Assert.Equal("store.example. 300 IN CNAME www.example.", result.Lines[2]);
        Assert.Equal(["www.example. 3600 IN A 192.0.2.80", "www.example. 3600 IN A 192.0.2.81"], result.Lines.Skip(3).Take(2).Order(StringComparer.Ordinal));
        Assert.Matches($"^;; {server.Address} dot TLS 1\\.3 TLS_AES_128_GCM_SHA256, handshake full, 3 round trips, [0-9]+ B up, [0-9]+ B down, [0-9.]+ ms$", result.Lines[5]);
    }

    [Fact]
    public async Task No_such_name_is_an_answer_and_shows_the_authority()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("nosuch.example", "A")).EndedWell();

        Assert.StartsWith(";; NXDOMAIN, 0 answers", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith(";; authority: example. 60 IN SOA ns.example. hostmaster.example. 2024010101 ", result.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_extended_error_is_shown()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example.net", "A")).EndedWell();

        Assert.StartsWith(";; REFUSED, 0 answers", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith(";; extended error: ", result.Lines[1], StringComparison.Ordinal);
        Assert.Contains("Not Authoritative", result.Lines[1], StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("www.example", "AAAA", "2001:db8::80")]
    [InlineData("WWW.Example.", "aaaa", "2001:db8::80")]
    [InlineData("example", "TYPE15", "10 mail.example.")]
    [InlineData("_mqtts._tcp.example", "SRV", "0 5 8883 broker.example.")]
    [InlineData("sensor.example", "TXT", "\"room=attic\" \"unit=celsius\"")]
    [InlineData("_dns.example", "SVCB", "1 ns.example. alpn=\"dot\" port=853")]
    [InlineData("a.b.things.example", "A", "192.0.2.99")]
    public async Task Records_of_many_types(string name, string type, string data)
    {
        await using TestServer server = TestServer.Start();

        JsonElement lookup = Assert.Single((await server.QueryAsync(name, type, "--json")).EndedWell().Json);

        Assert.Contains(data, lookup.GetProperty("answers").EnumerateArray().Select(answer => answer.GetProperty("data").GetString()));
        Assert.Equal(name, lookup.GetProperty("name").GetString());
        Assert.Equal(type.ToUpperInvariant(), lookup.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Json_has_every_documented_field()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json")).EndedWell();

        JsonElement lookup = Assert.Single(result.Json);
        Assert.Equal(Fields, lookup.EnumerateObject().Select(field => (field.Name, field.Value.ValueKind)));
        Assert.Equal("NOERROR", lookup.GetProperty("rcode").GetString());
        Assert.Equal(server.Address, lookup.GetProperty("server").GetString());
        Assert.Equal("dot", lookup.GetProperty("transport").GetString());
        Assert.Equal("TLS 1.3", lookup.GetProperty("version").GetString());
        Assert.Equal("TLS_AES_128_GCM_SHA256", lookup.GetProperty("cipherSuite").GetString());
        Assert.Equal("full", lookup.GetProperty("handshake").GetString());
        Assert.Equal(1, lookup.GetProperty("attempts").GetInt32());
        Assert.Equal(3, lookup.GetProperty("roundTrips").GetInt32());
        Assert.InRange(lookup.GetProperty("elapsedMs").GetDouble(), 0.001, 60000);
        Assert.Equal(2, lookup.GetProperty("answers").GetArrayLength());
        foreach (JsonElement answer in lookup.GetProperty("answers").EnumerateArray())
        {
            Assert.Equal(["name", "type", "ttl", "data"], answer.EnumerateObject().Select(field => field.Name));
            Assert.Equal("www.example.", answer.GetProperty("name").GetString());
            Assert.Equal("A", answer.GetProperty("type").GetString());
            Assert.Equal(3600, answer.GetProperty("ttl").GetInt32());
            Assert.StartsWith("192.0.2.8", answer.GetProperty("data").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Json_counts_the_bytes_that_the_server_counts()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--tls", "1.3")).EndedWell();

        JsonElement lookup = Assert.Single(result.Json);
        Assert.Equal(server.Host.Counters.BytesSent - CloseNotifyBytes(server), lookup.GetProperty("bytesDown").GetInt64());
        // The client's close_notify, 24 bytes, follows the answer; the server may not have read it yet.
        long up = lookup.GetProperty("bytesUp").GetInt64();
        Assert.Contains(server.Host.Counters.BytesReceived - up, new long[] { 0, 24 });
    }

    [Fact]
    public async Task Json_shows_extended_errors()
    {
        await using TestServer server = TestServer.Start();

        JsonElement lookup = Assert.Single((await server.QueryAsync("www.example.net", "A", "--json")).EndedWell().Json);

        Assert.Equal("REFUSED", lookup.GetProperty("rcode").GetString());
        Assert.Equal(JsonValueKind.String, Assert.Single(lookup.GetProperty("extendedErrors").EnumerateArray().ToList()).ValueKind);
    }

    [Fact]
    public async Task Json_says_so_when_an_answer_was_cut()
    {
        await using TestServer server = TestServer.Start(options => options.AnswerFault = AnswerFault.Truncation);

        JsonElement lookup = Assert.Single((await server.QueryAsync("www.example", "A", "--json")).EndedWell().Json);

        Assert.True(lookup.GetProperty("truncated").GetBoolean());
        Assert.Contains(", truncated", (await server.QueryAsync("www.example", "A")).EndedWell().Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_lookup_is_an_object_too()
    {
        string address = "127.0.0.1:" + await Ports.ClosedAsync();

        CommandResult result = (await DprivCommand.RunAsync("query", "www.example", "--server", address, "--pin", new string('A', 43) + "=", "--json")).Ended(ExitCode.NoConnection);

        JsonElement lookup = Assert.Single(result.Json);
        Assert.Equal(["name", "type", "error", "errorCode", "exitCode"], lookup.EnumerateObject().Select(field => field.Name));
        Assert.Equal(ExitCode.NoConnection, lookup.GetProperty("exitCode").GetInt32());
        Assert.Equal(Tls.TlsError.ConnectFailed, lookup.GetProperty("errorCode").GetInt32());
        Assert.Equal("dpriv: " + lookup.GetProperty("error").GetString(), Assert.Single(result.ErrorLines));
    }

    [Fact]
    public void The_document_names_the_fields_and_no_others()
    {
        string section = Regex.Match(Repository.Read("docs", "cli.md"), "### JSON\n(.*?)\n## ", RegexOptions.Singleline).Groups[1].Value;
        HashSet<string> documented = [.. Backticked().Matches(section).Select(match => match.Groups[1].Value)];

        string[] all = [.. Fields.Select(field => field.Name), "extendedErrors", "ttl", "data", "error", "errorCode", "exitCode", "heartbeat", "supported", "answered", "ms"];
        string[] values = ["dot", "dodtls", "none", "full", "resumed", "early"];
        Assert.Equal(all.Concat(values).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_document_names_the_options_and_no_others()
    {
        string document = Repository.Read("docs", "cli.md");
        foreach (string command in (string[])["query", "serve", "demo", "trial"])
        {
            string section = Regex.Match(document, $"## `dpriv {command}.*?(?=\n## )", RegexOptions.Singleline).Value;
            string help = (await DprivCommand.RunAsync(command, "--help")).EndedWell().Output;
            IEnumerable<string> options = Option().Matches(help).Select(match => match.Value).Distinct().Except(["--help"]).Order(StringComparer.Ordinal);

            Assert.Equal(options, Option().Matches(section).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));
        }
    }

    private static long CloseNotifyBytes(TestServer server) => server.Host.Counters.ClosedByClient > 0 ? 24 : 0;

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Backticked();

    [GeneratedRegex("(?<![a-z-])--[a-z][a-z-]*[a-z]")]
    private static partial Regex Option();
}
