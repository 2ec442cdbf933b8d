using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>docs/lab.md says what each test shows; needs no root.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_test_of_the_lab_is_in_the_document_and_no_other()
    {
        var tests = typeof(DocumentTests).Assembly.GetTypes().Where(t => t.Namespace == typeof(DocumentTests).Namespace && t != typeof(DocumentTests) && t != typeof(WireTests))
            .SelectMany(t => t.GetMethods().Where(m => m.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0).Select(m => $"{t.Name}.{m.Name}")).Order(StringComparer.Ordinal).ToArray();
        var documented = Row().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "lab.md"))).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal).ToArray();
        Assert.True(tests.Length > 30);
        Assert.Equal(tests, documented);
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DprivEmbedded.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the tests do not run inside the project");
    }

    [GeneratedRegex(@"^\| `(\w+Tests\.\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
