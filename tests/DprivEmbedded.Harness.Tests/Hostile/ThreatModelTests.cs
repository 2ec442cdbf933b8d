using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Hostile;

/// <summary>docs/threat-model.md names tests that exist.</summary>
public partial class ThreatModelTests
{
    [Fact]
    public void EveryNamedTestExists()
    {
        string root = HostilePeerTests.Root();
        string text = File.ReadAllText(Path.Combine(root, "docs", "threat-model.md"));
        ILookup<string, string> sources = Directory.GetFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(f => Path.GetFileNameWithoutExtension(f), File.ReadAllText);
        (string Class, string Method)[] named = [.. TestName().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
        Assert.InRange(named.Length, 30, 1000);
        foreach ((string type, string method) in named)
        {
            Assert.True(sources.Contains(type), "There is no " + type + ".");
            Assert.True(method == "" || sources[type].Any(s => Regex.IsMatch(s, $@"public (async Task|void) {method}\(")), "There is no " + type + "." + method + ".");
        }
    }

    [Fact]
    public void EveryNamedRowOfTheHostilePeersExists()
    {
        string text = File.ReadAllText(Path.Combine(HostilePeerTests.Root(), "docs", "threat-model.md"));
        string rows = string.Join('\n', HostilePeerTests.Names);
        foreach (Match match in RowName().Matches(text))
            Assert.Contains(match.Groups[1].Value, rows, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`HostilePeerTests\.Row` ""([^""]+)""")]
    private static partial Regex RowName();
}
