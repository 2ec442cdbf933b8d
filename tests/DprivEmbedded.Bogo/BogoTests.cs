using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace DprivEmbedded.Bogo;

/// <summary>BoringSSL's TLS test runner against the client (docs/bogo.md): every test passes that config.json does not list with a reason.</summary>
public class BogoTests
{
    private const int MissingPackages = 3;
    private const int LeastPasses = 1000;

    private static string Root
    {
        get
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "DprivEmbedded.sln")))
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The solution was not found.");

            return folder;
        }
    }

    [Fact]
    public void All_tests_that_are_not_listed_pass()
    {
        (int code, string output) = Run(Path.Combine(Root, "tests", "bogo.sh"));
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        if (code == MissingPackages && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip(output);

        Assert.True(code == 0, output);
        int[] passes = [.. new[] { "TLS 1.2", "TLS 1.3", "DTLS 1.2" }.Select(version => Count(output, version))];
        Assert.All(passes, count => Assert.True(count > 0));
        Assert.Equal(Count(output, "in all"), passes.Sum());
        Assert.True(passes.Sum() >= LeastPasses, output);

        // The counts in the document are those of this run.
        string tables = output[output.IndexOf("passed\n", StringComparison.Ordinal)..].Trim();
        Assert.Contains(tables, File.ReadAllText(Path.Combine(Root, "docs", "bogo.md")), StringComparison.Ordinal);
    }

    private static int Count(string output, string line)
    {
        Match match = Regex.Match(output, $"^ *([0-9]+) {Regex.Escape(line)}$", RegexOptions.Multiline);
        Assert.True(match.Success, line);
        return int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static (int Code, string Output) Run(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo(script) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
