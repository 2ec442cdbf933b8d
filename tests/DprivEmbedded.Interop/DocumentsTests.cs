using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>docs/regressions.md and docs/errors.md name what there is.</summary>
public sealed partial class DocumentsTests
{
    [Fact]
    public void Every_test_of_the_regressions_exists()
    {
        var named = TestName().Matches(Read("docs", "regressions.md")).Select(m => (Class: m.Groups[1].Value, Method: m.Groups[2].Value)).ToArray();
        Assert.InRange(named.Length, 25, 1000);
        var sources = Directory.GetFiles(Path.Combine(Root(), "tests"), "*Tests.cs", SearchOption.AllDirectories).GroupBy(Path.GetFileNameWithoutExtension).ToDictionary(g => g.Key!, g => string.Concat(g.Select(File.ReadAllText)));
        foreach (var (type, method) in named)
            Assert.Matches($@"\n    public (async Task|void) {method}\(", sources[type]);

        // And none of those written for a defect is left out.
        var written = typeof(RegressionTests).GetMethods().Where(m => m.GetCustomAttributes(typeof(FactAttribute), false).Length > 0).Select(m => m.Name);
        Assert.Empty(written.Except(named.Where(n => n.Class == nameof(RegressionTests)).Select(n => n.Method)));
    }

    [Fact]
    public void The_table_of_error_numbers_is_that_of_the_tests()
    {
        var documented = ErrorRow().Matches(Read("docs", "errors.md")).ToDictionary(m => m.Groups[1].Value, m => (int.Parse(m.Groups[2].Value), m.Groups[3].Value));
        Assert.Equal(BadServerTests.Table.OrderBy(r => r.Key), documented.OrderBy(r => r.Key));
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root(), .. path]));

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DprivEmbedded.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the tests do not run inside the project");
    }

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| ([^|]+) \| `[^|`]+` \| (\d+) \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}
