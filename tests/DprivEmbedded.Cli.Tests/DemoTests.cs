using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>dpriv demo</c>: what the README shows.</summary>
public class DemoTests
{
    [Theory]
    [InlineData("", "3 1 1 2 4 4 1", "full none none early resumed full none", "TLS 1.3")]
    [InlineData("--tls 1.3", "3 1 1 2 4 4 1", "full none none early resumed full none", "TLS 1.3")]
    [InlineData("--tls 1.2", "3 1 1 3 4 4 1", "full none none resumed resumed full none", "TLS 1.2")]
    public async Task Round_trips_are_those_of_the_figures(string options, string roundTrips, string handshakes, string version)
    {
        CommandResult result = (await DprivCommand.RunAsync(["demo", "--json", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)])).EndedWell();

        Assert.Equal(roundTrips, string.Join(' ', result.Json.Select(one => one.GetProperty("roundTrips").GetInt32())));
        Assert.Equal(handshakes, result.Handshakes);
        Assert.All(result.Json, one => Assert.Equal(version, one.GetProperty("version").GetString()));
        Assert.All(result.Json, one => Assert.True(one.GetProperty("authenticated").GetBoolean()));
        // The RST costs one round trip and a second attempt (figures 1 and 4).
        Assert.Equal([1, 1, 1, 1, 2, 2, 1], result.Json.Select(one => one.GetProperty("attempts").GetInt32()));
        Assert.Equal("NXDOMAIN", result.Json[6].GetProperty("rcode").GetString());
    }

    [Fact]
    public async Task It_prints_a_table_and_a_summary()
    {
        CommandResult result = (await DprivCommand.RunAsync("demo")).EndedWell();

        string[] rows = result.Lines.Where(line => line.StartsWith('│')).ToArray();
        Assert.Equal(9, rows.Length);
        Assert.Equal(["before the lookup", "name", "type", "answer", "handshake", "round", "bytes", "bytes", "ms"], Cells(rows[0]));
        Assert.Equal(["first lookup", "www.example", "A"], Cells(rows[2])[..3]);
        Assert.Equal(["full TLS 1.3", "3"], Cells(rows[2])[4..6]);
        Assert.Equal(["the connection is lost: RST", "example", "TXT", "\"v=spf1 mx -all\"", "resumed TLS 1.3", "4"], Cells(rows[6])[..6]);
        Assert.Equal("7 lookups over 4 connections: 2 full handshakes, 2 resumed (1 with early data), 2 queries sent again.", result.Lines[^1]);
        Assert.All(result.Lines, line => Assert.InRange(line.Length, 1, 150));
    }

    [Fact]
    public async Task With_trace_it_draws_a_ladder_for_each_lookup()
    {
        CommandResult result = (await DprivCommand.RunAsync("demo", "--trace")).EndedWell();

        Assert.Equal(7, result.Lines.Count(line => line.StartsWith("client ", StringComparison.Ordinal)));
        Assert.Contains("DNS query (early data)", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, result.Lines.Count(line => line.StartsWith("|<-TCP RST ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task With_json_ladders_go_to_standard_error()
    {
        CommandResult result = (await DprivCommand.RunAsync("demo", "--trace", "--json")).Ended(0);

        Assert.Equal(7, result.Json.Count);
        Assert.Equal(7, result.ErrorLines.Count(line => line.StartsWith("client ", StringComparison.Ordinal)));
    }

    private static string[] Cells(string row) => row.Trim('│').Split('│').Select(cell => cell.Trim()).ToArray();
}
