using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using Xunit;

namespace DprivEmbedded.Cli.Tests;

/// <summary>samples/host runs, and README.md shows what it does.</summary>
public partial class SampleTests
{
    private const string Sample = "dpriv-sample-host";

    [Fact]
    public async Task The_sample_looks_up_twice_and_the_next_run_resumes()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();

        CommandResult first = (await DprivCommand.RunProgramAsync(Sample, "www.example", server.Address, server.Pin, folder["sessions"])).EndedWell();
        CommandResult second = (await DprivCommand.RunProgramAsync(Sample, "www.example", server.Address, server.Pin, folder["sessions"])).EndedWell();

        Assert.Equal("www.example. 3600 IN AAAA 2001:db8::80", first.Lines[0]);
        Assert.Matches("^TLS 1.3, handshake Full, 3 round trips, [0-9]+ B up, [0-9]+ B down$", first.Lines[1]);
        Assert.Matches("^TLS 1.3, handshake None, 1 round trips, ", first.Lines[3]);
        Assert.Matches("^TLS 1.3, handshake Resumed, 3 round trips, ", second.Lines[1]);
    }

    [Fact]
    public async Task The_sample_drives_the_core_alone()
    {
        await using TestServer server = TestServer.Start();

        CommandResult result = (await DprivCommand.RunProgramAsync(Sample, "www.example", server.Address, server.Pin, "--core")).EndedWell();

        Assert.Equal(["www.example. 3600 IN AAAA 2001:db8::80", "resumed: False", "www.example. 3600 IN AAAA 2001:db8::80", "resumed: True"], result.Lines);
        Assert.Equal((1, 1), (server.Host.Counters.FullHandshakes, server.Host.Counters.ResumedHandshakes));
    }

    [Fact]
    public async Task The_sample_says_why_a_lookup_failed()
    {
        using var folder = new TempFolder();
        await using TestServer server = TestServer.Start();
        string wrong = new string('A', 43) + "=";

        Assert.Equal(server.Address + ": no SPKI pin matches\n", (await DprivCommand.RunProgramAsync(Sample, "www.example", server.Address, wrong, folder["sessions"])).Ended(1).Error);
        Assert.Equal("no SPKI pin matches\n", (await DprivCommand.RunProgramAsync(Sample, "www.example", server.Address, wrong, "--core")).Ended(1).Error);
    }

    [Theory]
    [InlineData("resolver", "Program.cs")]
    [InlineData("core", "CoreLookup.cs")]
    public void The_readme_shows_the_sample(string region, string file)
    {
        string code = Repository.Read("samples", "host", file);
        Match marked = Regex.Match(code, $"// README: {region}\n(.*?)\n *// README: end", RegexOptions.Singleline);
        Assert.True(marked.Success, "no such region");
        string[] lines = marked.Groups[1].Value.Split('\n');
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);

        string snippet = "```csharp\n" + string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..])) + "\n```\n";

        Assert.Contains(snippet, Repository.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_readme_shows_the_demos_output()
    {
        string demo = (await DprivCommand.RunAsync("demo")).EndedWell().Output;
        Match shown = Regex.Match(Repository.Read("README.md"), "(╭.*?queries sent again\\.)", RegexOptions.Singleline);

        Assert.True(shown.Success, "README.md shows no demo");
        Assert.Equal(Shape(demo), Shape(shown.Groups[1].Value));
    }

    [Fact]
    public void The_readmes_links_lead_somewhere()
    {
        string[] links = Link().Matches(Repository.Read("README.md")).Select(match => match.Groups[1].Value).Where(link => !link.Contains("://", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(Repository.Root, link)), link));
    }

    /// <summary>The table's cells without sizes and times, which differ from run to run (signatures have 70 to 72 bytes), and the lines outside of it.</summary>
    private static string[] Shape(string demo) => demo.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] is not ('╭' or '├' or '╰'))
        .Select(line => line[0] == '│' ? string.Join('|', line.Trim('│').Split('│').Select(cell => cell.Trim()).Take(6)) : line)
        .ToArray();

    [GeneratedRegex(@"\]\(([^)#]+)[^)]*\)")]
    private static partial Regex Link();
}
