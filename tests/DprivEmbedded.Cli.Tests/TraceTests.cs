using System;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>The ladders that --trace draws, with bytes and without times.</summary>
public partial class TraceTests
{
    [Theory]
    [InlineData("full-1.3", "--tls 1.3")]
    [InlineData("full-1.2-false-start", "--tls 1.2")]
    [InlineData("resumed-1.3", "--tls 1.3 --repeat 2 --reconnect")]
    [InlineData("resumed-1.2", "--tls 1.2 --repeat 2 --reconnect")]
    [InlineData("reused", "--repeat 2")]
    [InlineData("compatibility", "--tls 1.3 --compatibility")]
    public async Task A_ladder_shows_every_flight(string snapshot, string options)
    {
        await using TestServer server = TestServer.StartRsa();

        Snapshot.Matches(snapshot, Ladders((await server.QueryAsync("www.example", "A", [.. options.Split(' '), "--trace"])).EndedWell()));
    }

    [Fact]
    public async Task Early_data_travels_with_the_ClientHello()
    {
        await using TestServer server = TestServer.StartRsa(options => options.Tls.EarlyData = EarlyDataMode.Accept);

        string ladders = Ladders((await server.QueryAsync("www.example", "A", "--early-data", "--repeat", "2", "--reconnect", "--trace")).EndedWell());

        // Whether the server's tickets come before the client closes is left to chance.
        int end = ladders.IndexOf("|--EndOfEarlyData, Finished", StringComparison.Ordinal);
        Assert.True(end > 0, ladders);
        Snapshot.Matches("early-data", ladders[..end]);
    }

    [Fact]
    public async Task Refused_early_data_is_sent_again()
    {
        await using TestServer server = TestServer.StartRsa(options => options.Tls.EarlyData = EarlyDataMode.Reject);

        Snapshot.Matches("early-data-refused", Ladders((await server.QueryAsync("www.example", "A", "--early-data", "--repeat", "2", "--reconnect", "--trace")).EndedWell()));
    }

    [Theory]
    [InlineData("1.2", "rst-1.2")]
    [InlineData("1.3", "rst-1.3")]
    public async Task A_lost_connection_is_resumed(string version, string snapshot)
    {
        await using TestServer server = TestServer.StartRsa(options =>
        {
            options.CloseAfterAnswers = 1;
            options.CloseAfterAnswersManner = CloseManner.Forget;
        });

        Snapshot.Matches(snapshot, Ladders((await server.QueryAsync("www.example", "A", "--tls", version, "--repeat", "2", "--trace")).EndedWell()));
    }

    [Fact]
    public async Task A_HelloRetryRequest_costs_a_flight_each_way()
    {
        await using TestServer server = TestServer.StartRsa(options => options.Tls.HelloRetry = HelloRetryMode.Cookie);

        Snapshot.Matches("hello-retry", Ladders((await server.QueryAsync("www.example", "A", "--tls", "1.3", "--trace")).EndedWell()));
    }

    [Fact]
    public async Task A_refused_connection_is_drawn_too()
    {
        string address = "127.0.0.1:" + await Ports.ClosedAsync();
        CommandResult result = await DprivCommand.RunAsync("query", "www.example", "--server", address, "--pin", new string('A', 43) + "=", "--trace");

        Snapshot.Matches("refused", Ladders(result.Ended(ExitCode.NoConnection)));
    }

    [Fact]
    public async Task With_json_the_ladder_goes_to_standard_error()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--json", "--trace")).Ended(0);

        Assert.Equal("full", Assert.Single(result.Json).GetProperty("handshake").GetString());
        Assert.StartsWith("client ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Times_rise_and_begin_with_zero()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await server.QueryAsync("www.example", "A", "--trace")).EndedWell();

        MatchCollection times = Time().Matches(result.Output);
        Assert.Equal(6, times.Count);
        double last = 0;
        Assert.Equal("0.0", times[0].Groups[1].Value);
        foreach (Match time in times)
        {
            double ms = double.Parse(time.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(ms >= last, result.Output);
            last = ms;
        }
    }

    /// <summary>The drawn lines alone, without times.</summary>
    private static string Ladders(CommandResult result)
    {
        string text = "";
        foreach (string line in result.Output.Split('\n'))
        {
            if (line.StartsWith("client", StringComparison.Ordinal) || line.StartsWith('|') || line.Length == 0)
                text += Time().Replace(line, "") + "\n";
        }

        return text.TrimEnd('\n') + "\n";
    }

    [GeneratedRegex(@"(?<=\|) +(\d+\.\d) ms$", RegexOptions.Multiline)]
    private static partial Regex Time();
}
