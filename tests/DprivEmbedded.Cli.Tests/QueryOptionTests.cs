using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>The options of <c>dpriv query</c>, each seen from the server's side too where it can be.</summary>
public class QueryOptionTests
{
    private const string Key = "00112233445566778899aabbccddeeff";

    [Fact]
    public async Task Repeated_lookups_share_a_connection()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--repeat", "3", "--interval", "10")).EndedWell();

        Assert.Equal("full none none", result.Handshakes);
        Assert.Equal([3, 1, 1], result.Json.Select(one => one.GetProperty("roundTrips").GetInt32()));
        Assert.Equal(1, server.Host.Counters.Connections);
        Assert.Equal(3, server.Host.Counters.Queries);
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task Reconnecting_lookups_resume(string version)
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--repeat", "3", "--reconnect", "--tls", version)).EndedWell();

        Assert.Equal("full resumed resumed", result.Handshakes);
        Assert.All(result.Json, one => Assert.Equal("TLS " + version, one.GetProperty("version").GetString()));
        Assert.Equal((1, 2), (server.Host.Counters.FullHandshakes, server.Host.Counters.ResumedHandshakes));
    }

    [Fact]
    public async Task Early_data_saves_a_round_trip()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.EarlyData = EarlyDataMode.Accept);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--repeat", "2", "--reconnect", "--early-data")).EndedWell();

        Assert.Equal("full early", result.Handshakes);
        Assert.Equal([3, 2], result.Json.Select(one => one.GetProperty("roundTrips").GetInt32()));
        Assert.Equal(1, server.Host.Counters.EarlyQueries);
    }

    [Fact]
    public async Task Without_the_option_nothing_travels_early()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.EarlyData = EarlyDataMode.Accept);

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--repeat", "2", "--reconnect")).EndedWell();

        Assert.Equal("full resumed", result.Handshakes);
        Assert.Equal(0, server.Host.Counters.EarlyDataOffered);
    }

    [Fact]
    public async Task A_query_sent_again_after_a_reset_is_not_early()
    {
        await using TestServer server = TestServer.Start(options =>
        {
            options.Tls.EarlyData = EarlyDataMode.Accept;
            options.CloseAfterAnswers = 1;
            options.CloseAfterAnswersManner = CloseManner.Forget;
        });

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--repeat", "2", "--early-data")).EndedWell();

        Assert.Equal("full resumed", result.Handshakes);
        Assert.Equal([1, 2], result.Json.Select(one => one.GetProperty("attempts").GetInt32()));
        Assert.Equal([3, 4], result.Json.Select(one => one.GetProperty("roundTrips").GetInt32()));
        Assert.Equal(0, server.Host.Counters.EarlyQueries);
    }

    [Fact]
    public async Task Fast_open_does_no_harm_where_the_server_has_none()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--fast-open", "--repeat", "2", "--reconnect")).EndedWell();

        Assert.Equal("full resumed", result.Handshakes);
        Assert.All(result.Json, one => Assert.False(one.GetProperty("fastOpen").GetBoolean()));
        Assert.All(result.Json, one => Assert.Equal(3, one.GetProperty("roundTrips").GetInt32()));
    }

    [Theory]
    [InlineData("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    [InlineData("1.3", "TLS_AES_128_GCM_SHA256")]
    public async Task A_version_can_be_chosen(string version, string suite)
    {
        await using TestServer server = TestServer.Start();

        JsonElement lookup = Assert.Single((await server.QueryAsync("www.example", "A", "--json", "--tls", version)).EndedWell().Json);

        Assert.Equal("TLS " + version, lookup.GetProperty("version").GetString());
        Assert.Equal(suite, lookup.GetProperty("cipherSuite").GetString());
    }

    [Fact]
    public async Task A_version_that_the_server_has_not_is_refused()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.Tls13 = false);

        (await server.QueryAsync("www.example", "A", "--tls", "1.3")).Ended(ExitCode.TlsFailed);

        Assert.Equal(0, server.Host.Counters.Queries);
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task A_small_buffer_holds_a_large_answer(string version)
    {
        await using TestServer server = TestServer.Start();

        JsonElement lookup = Assert.Single((await server.QueryAsync("large.example", "TXT", "--json", "--buffer", "2048", "--tls", version)).EndedWell().Json);

        Assert.Equal(24, lookup.GetProperty("answers").GetArrayLength());
        Assert.InRange(lookup.GetProperty("bytesDown").GetInt64(), 5000, 10000);
    }

    [Fact]
    public async Task The_authority_and_the_name_authenticate()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--auth-name", TestServer.Name, "--ca", server.AuthorityFile, "--json")).EndedWell();

        Assert.True(Assert.Single(result.Json).GetProperty("authenticated").GetBoolean());
    }

    [Fact]
    public async Task An_address_can_be_the_authentication_name()
    {
        await using TestServer server = TestServer.Start();

        (await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--auth-name", "127.0.0.1", "--ca", server.AuthorityFile)).EndedWell();
    }

    [Fact]
    public async Task One_pin_of_several_must_match_and_hexadecimal_is_as_good()
    {
        await using TestServer server = TestServer.Start();
        string hexadecimal = Convert.ToHexString(Convert.FromBase64String(server.Pin));

        (await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--pin", new string('A', 43) + "=", "--pin", hexadecimal)).EndedWell();
    }

    [Fact]
    public async Task Name_and_pin_must_both_match()
    {
        await using TestServer server = TestServer.Start();
        string[] common = ["query", "www.example", "--server", server.Address, "--ca", server.AuthorityFile];

        (await DprivCommand.RunAsync([.. common, "--auth-name", TestServer.Name, "--pin", server.Pin])).EndedWell();
        (await DprivCommand.RunAsync([.. common, "--auth-name", TestServer.Name, "--pin", new string('A', 43) + "="])).Ended(ExitCode.NotAuthenticated);
        (await DprivCommand.RunAsync([.. common, "--auth-name", "other.example", "--pin", server.Pin])).Ended(ExitCode.NotAuthenticated);

        Assert.Equal(1, server.Host.Counters.Queries);
    }

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task A_pre_shared_key_authenticates(string version)
    {
        await using TestServer server = TestServer.StartWithServer(dot => dot.State.Psks.Add(new ServerPsk("meter-7"u8.ToArray(), Convert.FromHexString(Key))));

        CommandResult result = (await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--psk-identity", "meter-7", "--psk-key", Key, "--tls", version, "--json")).EndedWell();

        Assert.True(Assert.Single(result.Json).GetProperty("authenticated").GetBoolean());
        Assert.Equal(1, server.Host.Counters.PskHandshakes);
    }

    [Fact]
    public async Task A_wrong_pre_shared_key_ends_before_the_query()
    {
        await using TestServer server = TestServer.StartWithServer(dot => dot.State.Psks.Add(new ServerPsk("meter-7"u8.ToArray(), Convert.FromHexString(Key))));

        (await DprivCommand.RunAsync("query", "www.example", "--server", server.Address, "--psk-identity", "meter-7", "--psk-key", "ff" + Key[2..])).Ended(ExitCode.TlsFailed);

        Assert.Equal(0, server.Host.Counters.Queries);
    }

    [Fact]
    public async Task Opportunistic_lookups_say_that_nobody_was_authenticated()
    {
        await using TestServer server = TestServer.Start();
        string[] common = ["query", "www.example", "--server", server.Address, "--opportunistic"];

        Assert.Contains(", NOT AUTHENTICATED: ", (await DprivCommand.RunAsync(common)).EndedWell().Lines[^1], StringComparison.Ordinal);
        Assert.False(Assert.Single((await DprivCommand.RunAsync([.. common, "--json"])).EndedWell().Json).GetProperty("authenticated").GetBoolean());
        Assert.Contains(", NOT AUTHENTICATED: no SPKI pin matches", (await DprivCommand.RunAsync([.. common, "--pin", new string('A', 43) + "="])).EndedWell().Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("NOT AUTHENTICATED", (await DprivCommand.RunAsync([.. common, "--pin", server.Pin])).EndedWell().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_server_is_asked_where_the_first_is_gone()
    {
        await using TestServer server = TestServer.Start();
        string gone = "127.0.0.1:" + await Ports.ClosedAsync();

        CommandResult result = (await DprivCommand.RunAsync("query", "www.example", "--server", gone, "--server", server.Address, "--pin", server.Pin, "--repeat", "2", "--json")).EndedWell();

        Assert.Equal("full none", result.Handshakes);
        Assert.All(result.Json, one => Assert.Equal(server.Address, one.GetProperty("server").GetString()));
    }

    [Fact]
    public async Task Each_failed_server_is_named_once()
    {
        string first = "127.0.0.1:" + await Ports.ClosedAsync();
        string second = "127.0.0.1:" + await Ports.ClosedAsync();

        CommandResult result = (await DprivCommand.RunAsync("query", "www.example", "--server", first, "--server", second, "--pin", new string('A', 43) + "=")).Ended(ExitCode.NoConnection);

        const string Gone = ": the connection could not be made: nothing listens on that port";
        Assert.Equal($"dpriv: {first}{Gone}; {second}{Gone}\n", result.Error);
    }

    [Fact]
    public async Task The_exit_code_is_that_of_the_last_lookup_that_failed()
    {
        // The second of three answers never comes.
        await using TestServer server = TestServer.StartWithServer(dot =>
        {
            dot.Options.AnswerFault = AnswerFault.HalfMessage;
            dot.Options.AnswerFaultEvery = 2;
        });

        CommandResult result = (await server.QueryAsync("www.example", "A", "--repeat", "2", "--json")).Ended(ExitCode.BadAnswer);

        Assert.Equal(2, result.Json.Count);
        Assert.Equal(ExitCode.BadAnswer, result.Json[0].GetProperty("exitCode").GetInt32());
        Assert.Equal("NOERROR", result.Json[1].GetProperty("rcode").GetString());
    }

    [Fact]
    public async Task Secrets_are_written_only_when_asked_for()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();

        (await server.QueryAsync("www.example", "A")).EndedWell();
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));

        (await server.QueryAsync("www.example", "A", "--key-log", folder["keys"], "--tls", "1.3")).EndedWell();
        string[] labels = File.ReadAllLines(folder["keys"]).Select(line => line.Split(' ')[0]).ToArray();
        Assert.Equal(["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "EXPORTER_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"], labels.Order(StringComparer.Ordinal));
        Assert.All(File.ReadAllLines(folder["keys"]), line => Assert.Matches("^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64}$", line));

        (await server.QueryAsync("www.example", "A", "--key-log", folder["keys"], "--tls", "1.2")).EndedWell();
        Assert.Matches("^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$", File.ReadAllLines(folder["keys"])[^1]);
        Assert.Equal("600", TempFolder.Mode(folder["keys"]));
    }
}
