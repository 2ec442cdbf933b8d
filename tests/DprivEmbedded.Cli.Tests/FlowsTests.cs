using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Harness.Flows;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>dpriv flows</c>: the figures as ladders, drawings, captures and counts. Ladders and drawings are committed.</summary>
public partial class FlowsTests
{
    private static readonly string[] s_fields = ["figure", "roundTrips", "packets", "bytesUp", "bytesDown"];

    [Fact]
    public async Task Json_is_an_array_with_the_round_trips_of_the_seed()
    {
        IReadOnlyList<JsonElement> figures = await JsonOf("flows", "--figure", "all", "--json");
        Assert.Equal(Enumerable.Range(1, 9), figures.Select(f => f.GetProperty("figure").GetInt32()));
        Assert.Equal([4, 3, 2, 4, 3, 1, 3, 3, 4], figures.Select(f => f.GetProperty("roundTrips").GetInt32()));
        Assert.All(figures, f => Assert.Equal(s_fields, f.EnumerateObject().Select(field => field.Name)));
        Assert.All(figures, f => Assert.InRange(f.GetProperty("packets").GetInt32(), 2, 12));
        Assert.All(figures, f => Assert.InRange(f.GetProperty("bytesUp").GetInt32() + f.GetProperty("bytesDown").GetInt32(), 500, 3000));

        IReadOnlyList<JsonElement> beyond = await JsonOf("flows", "--figure", "6", "--beyond", "--json", "--rtt", "500");
        Assert.Equal(["6", "\"hedge\"", "\"connection-id\"", "\"early-data\""], beyond.Select(f => f.GetProperty("figure").GetRawText()));
        Assert.Equal([1, 2, 1, 1], beyond.Select(f => f.GetProperty("roundTrips").GetInt32()));
    }

    [Fact]
    public async Task The_ladders_are_as_committed()
    {
        foreach (FlowScenario scenario in FlowCatalog.Figures)
            Snapshot.Matches("flow-" + scenario.Name, (await DprivCommand.RunAsync("flows", "--figure", scenario.Name)).EndedWell().Output);

        Snapshot.Matches("flows-all-and-beyond", (await DprivCommand.RunAsync("flows", "--beyond")).EndedWell().Output);
    }

    [Fact]
    public async Task The_drawings_in_the_documentation_are_those_of_the_code()
    {
        using var folder = new TempFolder();
        (await DprivCommand.RunAsync("flows", "--beyond", "--svg", folder["svg"])).EndedWell();

        string[] drawn = [.. Directory.GetFiles(folder["svg"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(12, drawn.Length);
        string committed = Path.Combine(Repository.Root, "docs", "flows");
        if (Environment.GetEnvironmentVariable("DPRIV_ACCEPT_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(committed);
            foreach (string file in drawn)
                File.Copy(Path.Combine(folder["svg"], file), Path.Combine(committed, file), true);
        }

        Assert.Equal(drawn, Directory.GetFiles(committed, "*.svg").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.All(drawn, file => Assert.True(File.ReadAllText(Path.Combine(folder["svg"], file)) == Repository.Read("docs", "flows", file), $"docs/flows/{file} is not as drawn (DPRIV_ACCEPT_SNAPSHOTS=1 takes the new one)"));
    }

    [Fact]
    public async Task Two_runs_write_the_same_captures()
    {
        using var folder = new TempFolder();
        (await DprivCommand.RunAsync("flows", "--beyond", "--json", "--pcap", folder["one"])).EndedWell();
        (await DprivCommand.RunAsync("flows", "--beyond", "--json", "--pcap", folder["two"])).EndedWell();

        string[] files = [.. Directory.GetFiles(folder["one"]).Select(file => Path.GetFileName(file))];
        Assert.Equal(12, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(folder["one"], file)), File.ReadAllBytes(Path.Combine(folder["two"], file))));
        Assert.All(files, file => Assert.Equal(0x0A, File.ReadAllBytes(Path.Combine(folder["one"], file))[0]));
    }

    [Fact]
    public async Task Beyond_says_what_is_open()
    {
        CommandResult result = (await DprivCommand.RunAsync("flows", "--figure", "3", "--beyond")).EndedWell();
        Assert.Equal(FlowCatalog.OpenRow + ".", result.Lines[^1]);
        Assert.DoesNotContain(FlowCatalog.OpenRow, (await DprivCommand.RunAsync("flows", "--figure", "3")).EndedWell().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_every_flow_its_drawing_its_code_and_its_tests()
    {
        string document = Repository.Read("docs", "flows.md");
        foreach (FlowScenario scenario in FlowCatalog.Figures.Concat(FlowCatalog.Beyond))
        {
            string name = (scenario.Figure > 0 ? "figure-" : "beyond-") + scenario.Name;
            string section = Regex.Match(document, $@"(?s)\n## [^\n]*\n(?:(?!\n## ).)*flows/{name}\.svg(?:(?!\n## ).)*").Value;
            Assert.NotEqual("", section);
            Assert.Contains(scenario.CodeFile, section, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(Repository.Root, scenario.CodeFile)), scenario.CodeFile);
            Assert.Matches(scenario.RoundTrips == 1 ? "1 round trip" : scenario.RoundTrips + " round trips", section);
        }

        // The tests that it names are there.
        MatchCollection tests = Test().Matches(document);
        Assert.True(tests.Count >= 20);
        Assert.All(tests, test => Assert.Matches($@"\b{test.Groups[2].Value}\(", Repository.Read(test.Groups[1].Value.Split('/'))));
    }

    private static async Task<IReadOnlyList<JsonElement>> JsonOf(params string[] arguments)
    {
        string output = (await DprivCommand.RunAsync(arguments)).EndedWell().Output;
        return [.. JsonDocument.Parse(output).RootElement.Clone().EnumerateArray()];
    }

    [GeneratedRegex("`(tests/[A-Za-z0-9./]+\\.cs)`:? `([A-Za-z0-9_]+)`")]
    private static partial Regex Test();
}
