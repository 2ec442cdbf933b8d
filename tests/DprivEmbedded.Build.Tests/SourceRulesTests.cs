using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DprivEmbedded.Build.Tests;

/// <summary>Rules that are read from the source files.</summary>
public partial class SourceRulesTests
{
    private const int LineLimit = 700;

    private static readonly string[] NanoFolders = ["src/DprivEmbedded.Core", "src/DprivEmbedded.Association", "src/DprivEmbedded.Crypto.Managed"];

    [Fact]
    public void Core_uses_no_namespace_that_boards_lack()
    {
        IEnumerable<string> wrong = NanoFolders
            .SelectMany(folder => Repository.Files(folder, "*.cs"))
            .SelectMany(file => ForbiddenUsings(File.ReadAllText(Repository.Source(file))).Select(found => $"{file}: {found}"));

        Nothing(wrong);
    }

    [Fact]
    public void Core_files_stay_short()
    {
        List<string> files = NanoFolders.SelectMany(folder => Repository.Files(folder, "*.cs")).ToList();
        Assert.NotEmpty(files);

        Nothing(files.Select(file => (File: file, Lines: File.ReadLines(Repository.Source(file)).Count())).Where(file => file.Lines >= LineLimit).Select(file => $"{file.File} has {file.Lines} lines"));
    }

    [Fact]
    public void Every_source_project_demands_public_docs()
    {
        List<string> projects = Repository.Files("src", "*.csproj");
        Assert.True(projects.Count >= 6);
        string common = File.ReadAllText(Repository.Source("Directory.Build.props"));

        Assert.Contains("<GenerateDocumentationFile>true</GenerateDocumentationFile>", common, StringComparison.Ordinal);
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", common, StringComparison.Ordinal);
        Assert.DoesNotMatch(WeakenedDocs(), common);
        Nothing(projects.Where(project => WeakenedDocs().IsMatch(File.ReadAllText(Repository.Source(project)))));
        Nothing(Repository.Files("src", "*.cs").Where(file => WeakenedDocs().IsMatch(File.ReadAllText(Repository.Source(file)))));
    }

    [Fact]
    public void Board_projects_stay_in_the_language_that_boards_know()
    {
        foreach (string folder in NanoFolders)
        {
            string project = File.ReadAllText(Assert.Single(Repository.Files(folder, "*.csproj").Select(Repository.Source)));

            Assert.Contains("<LangVersion>10</LangVersion>", project, StringComparison.Ordinal);
            Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
            Assert.DoesNotContain("AllowUnsafeBlocks", project, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tests_do_not_wait_for_real_time()
    {
        Dictionary<string, string> allowed = Repository.AllowList("waits-allowed.txt");
        List<string> waiting = Repository.Files("tests", "*.cs").Where(file => Waits(File.ReadAllText(Repository.Source(file)))).ToList();

        // Only where another program is at the other end.
        Assert.All(allowed.Keys, file => Assert.Matches("^tests/DprivEmbedded.(Interop|Lab|Harness.Tests/Servers)/", file));
        Nothing(waiting.Except(allowed.Keys).Select(file => file + " waits"));
        Nothing(allowed.Keys.Except(waiting).Select(file => file + " is allowed to wait and does not"));
    }

    [Theory]
    [InlineData("using System.Linq;", 1)]
    [InlineData("using System;\nusing System.Collections.Generic;\nusing System.Threading.Tasks;", 2)]
    [InlineData("    using static System.Linq.Enumerable;", 1)]
    [InlineData("using E = System.Linq.Enumerable;", 1)]
    [InlineData("global using System.Linq;", 1)]
    [InlineData("using DprivEmbedded.Tls;\n// using System.Linq;", 0)]
    public void Forbidden_usings_are_recognised(string source, int count)
    {
        Assert.Equal(count, ForbiddenUsings(source).Count());
    }

    [Theory]
    [InlineData("Thread.Sleep(5);", true)]
    [InlineData("await Task\n    .Delay(5);", true)]
    [InlineData("SpinWait.SpinUntil(() => done);", true)]
    [InlineData("// Thread.Sleep(5);", false)]
    [InlineData("Log(\"Thread.Sleep(5)\");", false)]
    [InlineData("/* Task.Delay(5) */ Run();", false)]
    [InlineData("clock.Advance(5);", false)]
    public void Waits_are_recognised(string source, bool waits)
    {
        Assert.Equal(waits, Waits(source));
    }

    [Theory]
    [InlineData("<NoWarn>$(NoWarn);CS1591</NoWarn>", true)]
    [InlineData("<GenerateDocumentationFile>false</GenerateDocumentationFile>", true)]
    [InlineData("<TreatWarningsAsErrors>false</TreatWarningsAsErrors>", true)]
    [InlineData("#pragma warning disable CS1591", true)]
    [InlineData("<NoWarn>$(NoWarn);CA1510</NoWarn>", false)]
    public void Weakened_docs_are_recognised(string text, bool weakened)
    {
        Assert.Equal(weakened, WeakenedDocs().IsMatch(text));
    }

    private static void Nothing(IEnumerable<string> wrong)
    {
        string text = string.Join("\n", wrong);
        Assert.True(text.Length == 0, text);
    }

    private static IEnumerable<string> ForbiddenUsings(string source) => ForbiddenUsing().Matches(source).Select(match => match.Value.Trim());

    private static bool Waits(string source) => Wait().IsMatch(CommentOrText().Replace(source, " "));

    [GeneratedRegex(@"^[ \t]*(global[ \t]+)?using[ \t]+(static[ \t]+)?([A-Za-z0-9_]+[ \t]*=[ \t]*)?System\.(Linq|Collections\.Generic|Threading\.Tasks)\b[^;]*;", RegexOptions.Multiline)]
    private static partial Regex ForbiddenUsing();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\b|\bSpinWait\b|\bPeriodicTimer\b")]
    private static partial Regex Wait();

    [GeneratedRegex("//[^\\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:[^\"\\\\\\n]|\\\\.)*\"", RegexOptions.Singleline)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"(?:CS)?1591\b|<GenerateDocumentationFile>\s*false|<TreatWarningsAsErrors>\s*false", RegexOptions.IgnoreCase)]
    private static partial Regex WeakenedDocs();
}
