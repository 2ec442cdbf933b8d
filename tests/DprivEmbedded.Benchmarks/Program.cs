using System.Linq;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace DprivEmbedded.Benchmarks;

/// <summary>Benchmarks: <c>dotnet run -c Release --project tests/DprivEmbedded.Benchmarks -- allocations</c>, <c>-- parts</c>, or <c>-- --filter '*'</c> for those of BenchmarkDotNet.</summary>
public static class Program
{
    public static int Main(string[] args)
    {
        if (args.Contains("allocations"))
            return Allocations.Print();

        if (args.Contains("parts"))
            return QueryParts.Print();

        // In this process: a generated project would inherit this repository's build rules.
        IConfig config = DefaultConfig.Instance.AddJob(Job.Default.WithWarmupCount(3).WithIterationCount(10).WithToolchain(InProcessEmitToolchain.Instance)).WithArtifactsPath("artifacts/benchmarks");
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
        return 0;
    }
}
