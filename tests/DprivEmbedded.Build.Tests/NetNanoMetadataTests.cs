using System.Collections.Generic;
using System.IO;
using System.Linq;
using DprivEmbedded.Build.Tests.Nano;
using Xunit;

namespace DprivEmbedded.Build.Tests;

/// <summary>Compiling for netnano1.0 is not enough: what the metadata converter or the run time refuses is looked for in the compiled assemblies.</summary>
public class NetNanoMetadataTests
{
    private const int StaticDataLimitBytes = 64 * 1024;

    [Theory]
    [InlineData("DprivEmbedded.Core", true)]
    [InlineData("DprivEmbedded.Crypto.Managed", false)]
    public void Assembly_holds_nothing_that_nanoFramework_lacks(string project, bool hasCode)
    {
        using NanoChecker checker = Open(project);
        Assert.True(!hasCode || checker.MethodBodies > 50, $"{project}: only {checker.MethodBodies} method bodies were read");

        Dictionary<string, string> allowed = Repository.AllowList("arithmetic-allowed.txt");
        List<Finding> findings = checker.Check().Where(finding => finding.Rule != Rule.Arithmetic || !allowed.ContainsKey(finding.Member)).ToList();

        Assert.True(findings.Count == 0, string.Join("\n", findings));
    }

    [Theory]
    [InlineData("DprivEmbedded.Core")]
    [InlineData("DprivEmbedded.Crypto.Managed")]
    public void Static_data_fits(string project)
    {
        using NanoChecker checker = Open(project);

        Assert.InRange(checker.StaticDataBytes(), 0, StaticDataLimitBytes);
    }

    [Fact]
    public void Every_allowed_method_is_still_a_finding()
    {
        var found = new HashSet<string>();
        foreach (string project in new[] { "DprivEmbedded.Core", "DprivEmbedded.Crypto.Managed" })
        {
            using NanoChecker checker = Open(project);
            found.UnionWith(checker.Check().Where(finding => finding.Rule == Rule.Arithmetic).Select(finding => finding.Member));
        }

        Assert.Empty(Repository.AllowList("arithmetic-allowed.txt").Keys.Except(found));
    }

    private static NanoChecker Open(string project)
    {
        string path = Repository.Built("src", project, "netnano1.0");
        Assert.True(File.Exists(path), $"{path} is not built");
        return new NanoChecker(path, new MissingMembers(Repository.Data("nano-missing.txt")));
    }
}
