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
    private const int ByteCodeLimitBytes = 64 * 1024;

    /// <summary>Project, configuration, and the least number of method bodies that show that it was read.</summary>
    public static TheoryData<string, string, int> Assemblies
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (string configuration in new[] { Repository.Configuration, "Release" }.Distinct())
            {
                data.Add("DprivEmbedded.Core", configuration, 50);
                data.Add("DprivEmbedded.Association", configuration, 50);
                data.Add("DprivEmbedded.Crypto.Managed", configuration, 150);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_holds_nothing_that_nanoFramework_lacks(string project, string configuration, int leastBodies)
    {
        using NanoChecker checker = Open(project, configuration);
        Assert.True(checker.MethodBodies >= leastBodies, $"{project}: only {checker.MethodBodies} method bodies were read");

        Dictionary<string, string> allowed = Repository.AllowList("arithmetic-allowed.txt");
        List<Finding> findings = checker.Check().Where(finding => finding.Rule != Rule.Arithmetic || !allowed.ContainsKey(finding.Member)).ToList();

        Assert.True(findings.Count == 0, string.Join("\n", findings));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Static_data_fits(string project, string configuration, int leastBodies)
    {
        using NanoChecker checker = Open(project, configuration);

        Assert.True(checker.MethodBodies >= leastBodies);
        Assert.InRange(checker.StaticDataBytes(), 0, StaticDataLimitBytes);
    }

    /// <summary>A tenth is kept free: what fills it up shows here before it shows on a board.</summary>
    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Byte_code_fits(string project, string configuration, int leastBodies)
    {
        using NanoChecker checker = Open(project, configuration);
        int bytes = checker.ByteCodeBytes();
        TestContext.Current.TestOutputHelper?.WriteLine($"{project} {configuration}: {bytes} bytes of byte code");

        Assert.InRange(bytes, leastBodies, ByteCodeLimitBytes - ByteCodeLimitBytes / 10);
    }

    [Fact]
    public void Every_allowed_method_is_still_a_finding()
    {
        var found = new HashSet<string>();
        foreach ((string project, string configuration, _) in Assemblies.Select(row => row.Data))
        {
            using NanoChecker checker = Open(project, configuration);
            found.UnionWith(checker.Check().Where(finding => finding.Rule == Rule.Arithmetic).Select(finding => finding.Member));
        }

        Assert.Empty(Repository.AllowList("arithmetic-allowed.txt").Keys.Except(found));
    }

    private static NanoChecker Open(string project, string configuration)
    {
        string path = Repository.Built("src", project, configuration, "netnano1.0");
        Assert.True(File.Exists(path), $"{path} is not built");
        return new NanoChecker(path, new MissingMembers(Repository.Data("nano-missing.txt")));
    }
}
