using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace DprivEmbedded.Fuzz;

/// <summary>What CI runs: corpus, regressions, and a fixed number of mutations with a fixed seed. No exception, no run without end, no more allocated than the target's bound.</summary>
public class ShortRunTests(ITestOutputHelper output)
{
    private const ulong Seed = 2026;

    public static TheoryData<string, int> Rows()
    {
        return new TheoryData<string, int>
        {
            { "dns", 100_000 }, { "tls", 20_000 }, { "dtls", 20_000 }, { "records", 100_000 }, { "certificate", 3_000 }, { "sessions", 50_000 }, { "zone", 20_000 }, { "server", 3_000 },
            { "association", 20_000 }, { "scenario", 10_000 },
        };
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Mutations(string name, int count)
    {
        FuzzTarget target = FuzzTargets.Find(name)!;
        using FuzzDriver driver = new(target, new Coverage(), Seed) { OnHang = input => Environment.FailFast(name + " does not end on " + Convert.ToHexString(input)) };
        driver.Load(Inputs.Of("Corpus", name));
        Assert.True(driver.Corpus.Count >= 2, "There is no corpus.");
        driver.Mutate(count);
        output.WriteLine(driver.Runs + " runs, most allocated " + driver.MostAllocated + " bytes, " + driver.MostOfBound + " % of the bound");
        Assert.Empty(Describe(driver));
    }

    [Fact]
    public void EveryTargetRunsHere()
    {
        Assert.Equal(FuzzTargets.All().Select(t => t.Name), Rows().Select(r => r.Data.Item1));
    }

    /// <summary>A recording that does not come to its answers any more leads nowhere: the corpus is then to be recorded anew.</summary>
    [Theory]
    [InlineData("tls")]
    [InlineData("dtls")]
    [InlineData("association")]
    public void RecordingsStillFit(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name)!;
        foreach (byte[] input in Inputs.Of("Corpus", name))
        {
            target.Run(input);
            Assert.True(target.Answers > 0, "No answer; record the corpus anew: " + FuzzDriver.FileName(input));
        }
    }

    [Fact]
    public void FindingsOfBefore()
    {
        int files = 0;
        foreach (FuzzTarget target in FuzzTargets.All())
        {
            using FuzzDriver driver = new(target, new Coverage(), Seed);
            foreach (byte[] input in Inputs.Of("Regressions", target.Name))
            {
                driver.Once(input);
                files++;
            }

            Assert.Empty(Describe(driver));
        }

        output.WriteLine(files + " inputs");
    }

    private static IEnumerable<string> Describe(FuzzDriver driver)
    {
        return driver.Findings.Select(f => f.Key + " on " + Convert.ToHexString(f.Value));
    }
}
