using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness.Bench;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>dpriv bench</c>: shape, counts and sums. Times are not asserted.</summary>
public class BenchTests
{
    private static readonly string[] s_fields = ["name", "peer", "server", "cpuMicroseconds", "cpuRatio", "allocatedBytes", "bytesUp", "bytesDown", "flights", "heapBytes", "residentBytes"];

    [Fact]
    public async Task A_quick_run_has_every_row_and_agrees_with_itself()
    {
        using var folder = new TempFolder();
        CommandResult result = (await DprivCommand.RunAsync("bench", "--quick", "--json", "--svg", folder["bench.svg"])).EndedWell();
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(["quick", "clock", "rows", "targets"], root.EnumerateObject().Select(field => field.Name));
        Assert.True(root.GetProperty("quick").GetBoolean());
        Assert.Contains(root.GetProperty("clock").GetString(), (string[])["cpu", "wall"]);
        List<JsonElement> rows = [.. root.GetProperty("rows").EnumerateArray()];
        Assert.All(rows, row => Assert.Equal(s_fields, row.EnumerateObject().Select(field => field.Name)));
        Assert.Equal(rows.Count, rows.Select(row => (Text(row, "name"), Text(row, "peer"))).Distinct().Count());
        foreach (string name in BenchRunner.Names.Where(name => name.Contains('-', StringComparison.Ordinal)))
        {
            string version = name.Split('-')[1];
            JsonElement[] peers = [.. rows.Where(row => Text(row, "name") == name)];
            Assert.Equal(BenchPeers.For(version, name.StartsWith("resumed", StringComparison.Ordinal)), peers.Select(row => Text(row, "peer")));
            double own = peers[0].GetProperty("cpuMicroseconds").GetDouble();
            foreach (JsonElement row in peers)
            {
                double cpu = row.GetProperty("cpuMicroseconds").GetDouble();
                if (cpu > 0)
                    Assert.Equal(own / cpu, row.GetProperty("cpuRatio").GetDouble(), 0.001);

                Assert.True(row.GetProperty("bytesUp").GetInt64() > 128);
                Assert.True(row.GetProperty("bytesDown").GetInt64() > 468);
                Assert.InRange(row.GetProperty("flights").GetInt32(), name.StartsWith("query", StringComparison.Ordinal) ? 2 : 4, name.StartsWith("query", StringComparison.Ordinal) ? 2 : 8);
            }
        }

        // What resuming saves, it saves in bytes for everyone who resumes.
        foreach (JsonElement row in rows.Where(row => Text(row, "name").StartsWith("resumed-", StringComparison.Ordinal) && Text(row, "peer") == BenchPeers.Own))
            Assert.True(Bytes(row) < Bytes(rows.Single(full => Text(full, "name") == Text(row, "name").Replace("resumed", "full", StringComparison.Ordinal) && Text(full, "peer") == BenchPeers.Own)));

        // Core alone allocates nothing: a count, not a time.
        Assert.All(rows.Where(row => Text(row, "name").StartsWith("query-", StringComparison.Ordinal) && Text(row, "peer") == BenchPeers.OwnSystem), row => Assert.Equal(0, row.GetProperty("allocatedBytes").GetInt64()));
        Assert.Equal(["heap-tls13", "heap-tls12", "heap-dtls12"], rows.Where(row => row.GetProperty("heapBytes").ValueKind == JsonValueKind.Number).Select(row => Text(row, "name")).Distinct());
        Assert.Contains(rows, row => Text(row, "name") == "startup" && Text(row, "peer") == BenchPeers.Own);
        foreach (JsonElement target in root.GetProperty("targets").EnumerateArray())
        {
            Assert.Equal(["target", "limit", "value", "met"], target.EnumerateObject().Select(field => field.Name));
            Assert.Equal(target.GetProperty("value").GetDouble() <= target.GetProperty("limit").GetDouble(), target.GetProperty("met").GetBoolean());
        }

        string svg = File.ReadAllText(folder["bench.svg"]);
        Assert.StartsWith("<svg ", svg, StringComparison.Ordinal);
        Assert.Equal(rows.Count(row => row.GetProperty("cpuMicroseconds").ValueKind == JsonValueKind.Number && row.GetProperty("cpuMicroseconds").GetDouble() > 0), Regex.Count(svg, "<rect ") - 1);
    }

    [Fact]
    public async Task Only_some_rows()
    {
        CommandResult result = (await DprivCommand.RunAsync("bench", "--quick", "--only", "query-tls12,resumed")).EndedWell();
        string[] names = [.. result.Lines.TakeWhile(line => !line.StartsWith("| target", StringComparison.Ordinal)).Where(line => line.StartsWith('|')).Skip(2).Select(line => line.Split('|')[1].Trim()).Distinct()];
        Assert.Equal(["query-tls12", "resumed-tls13", "resumed-tls12", "resumed-dtls12"], names);
    }

    [Fact]
    public void Who_is_left_out_of_a_row_cannot_do_it()
    {
        BenchClient bouncy = BenchPeers.Create(BenchPeers.BouncyCastle, "tls13", true);
        bouncy.Connect(false);
        bouncy.Close();
        Assert.Equal("BouncyStreamClient: not resumed", Assert.Throws<InvalidOperationException>(() => bouncy.Connect(true)).Message);
    }

    [Theory]
    [InlineData("bench --only nosuch", "dpriv: --only: there is no row 'nosuch'; the rows are query-tls13, ")]
    [InlineData("bench --only query-tls13,", "dpriv: --only: there is no row ''; ")]
    [InlineData("bench --svg /nosuch/folder/x.svg", "dpriv: --svg: '/nosuch/folder/x.svg' cannot be written: ")]
    [InlineData("bench query", "dpriv: Unrecognized command or argument 'query'.")]
    public async Task Bad_input_is_told(string line, string message)
    {
        CommandResult result = (await DprivCommand.RunAsync(line.Split(' '))).Ended(ExitCode.BadInput);
        Assert.StartsWith(message, result.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task The_document_has_every_option_row_and_field()
    {
        string section = Regex.Match(Repository.Read("docs", "cli.md"), @"(?s)\n## `dpriv bench.*?\n## ").Value;
        string help = (await DprivCommand.RunAsync("bench", "--help")).EndedWell().Output;
        foreach (Match option in Regex.Matches(help, @"(?m)^  (--[a-z]+)"))
            Assert.Contains("`" + option.Groups[1].Value, section, StringComparison.Ordinal);

        Assert.All(s_fields.Concat(["quick", "clock", "rows", "targets", "target", "limit", "value", "met"]).Concat(BenchRunner.Names), name => Assert.Contains($"`{name}`", section, StringComparison.Ordinal));
    }

    private static string Text(JsonElement row, string field) => row.GetProperty(field).GetString()!;

    private static long Bytes(JsonElement row) => row.GetProperty("bytesUp").GetInt64() + row.GetProperty("bytesDown").GetInt64();
}
