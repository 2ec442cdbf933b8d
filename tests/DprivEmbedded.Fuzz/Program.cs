using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using SharpFuzz;

namespace DprivEmbedded.Fuzz;

/// <summary>The fuzz program. Without one of its commands it is a test project like the others: a short run over the corpus.</summary>
internal static class Program
{
    private const string Usage = """
        Commands:
          list                                     the targets
          corpus FOLDER                            records the corpus anew
          run TARGET|all COUNT [SEED] [FOLDER]     runs the corpus and COUNT mutations a target; findings go to FOLDER (default: artifacts/fuzz)
          replay FILE...                           runs inputs; the folder's name is the target's
          instrument ASSEMBLY...                   lets SharpFuzz instrument assemblies in place, so that run is guided by coverage
          libfuzzer TARGET                         for libfuzzer-dotnet
          afl TARGET                               for AFL++
        Anything else goes to the test runner.
        """;

    private static async Task<int> Main(string[] arguments)
    {
        Coverage.Prepare();
        switch (arguments.FirstOrDefault())
        {
            case "list":
                foreach (FuzzTarget target in FuzzTargets.All())
                    Console.WriteLine(target.Name.PadRight(12) + target.Description);

                return 0;
            case "corpus" when arguments.Length == 2:
                Console.WriteLine(CorpusMaker.Make(arguments[1]) + " files");
                return 0;
            case "run" when arguments.Length is >= 3 and <= 5:
                return Run(arguments);
            case "replay" when arguments.Length >= 2:
                return Replay(arguments[1..]);
            case "instrument" when arguments.Length >= 2:
                foreach (string assembly in arguments[1..])
                    Console.WriteLine(assembly + ": " + Fuzzer.Instrument(assembly, _ => true, Options.Value).Count() + " types");

                return 0;
            case "libfuzzer" when arguments.Length == 2 && FuzzTargets.Find(arguments[1]) is { } target:
                Fuzzer.LibFuzzer.Run(span => target.Run(span.ToArray()));
                return 0;
            case "afl" when arguments.Length == 2 && FuzzTargets.Find(arguments[1]) is { } target:
                Fuzzer.Run(stream =>
                {
                    using MemoryStream copy = new();
                    stream.CopyTo(copy);
                    target.Run(copy.ToArray());
                });
                return 0;
            case "help":
                Console.WriteLine(Usage);
                return 0;
            default:
                return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments);
        }
    }

    private static int Run(string[] arguments)
    {
        long count = long.Parse(arguments[2], CultureInfo.InvariantCulture);
        ulong seed = arguments.Length > 3 ? ulong.Parse(arguments[3], CultureInfo.InvariantCulture) : 1;
        string folder = arguments.Length > 4 ? arguments[4] : Path.Combine("artifacts", "fuzz");
        FuzzTarget[] targets = arguments[1] == "all" ? FuzzTargets.All() : FuzzTargets.Find(arguments[1]) is { } one ? [one] : [];
        if (targets.Length == 0)
        {
            Console.Error.WriteLine("no such target: " + arguments[1]);
            return 2;
        }

        Console.WriteLine(Coverage.IsInstrumented ? "guided by coverage" : "not instrumented: the corpus is mutated blindly");
        int findings = 0;
        foreach (FuzzTarget target in targets)
            findings += Run(target, count, seed, folder);

        return findings == 0 ? 0 : 1;
    }

    private static int Run(FuzzTarget target, long count, ulong seed, string folder)
    {
        string path = Path.Combine(folder, "findings", target.Name);
        Coverage coverage = new();
        using FuzzDriver driver = new(target, coverage, seed)
        {
            OnHang = input =>
            {
                Save(path, input, "Hang: a run did not end.");
                Environment.Exit(3);
            },
        };
        List<byte[]> corpus = [.. Inputs.Of("Corpus", target.Name), .. Inputs.Of("Regressions", target.Name), .. Inputs.In(Path.Combine(folder, "corpus", target.Name))];
        driver.Load(corpus);
        int given = driver.Corpus.Count;
        GC.Collect();
        long heap = GC.GetTotalMemory(true);
        Stopwatch watch = Stopwatch.StartNew();
        driver.Mutate(count);
        watch.Stop();
        long kept = 0;
        foreach (byte[] input in driver.Corpus.Skip(given))
            kept += input.Length + 32;

        long growth = GC.GetTotalMemory(true) - heap - kept;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name,-12} {driver.Runs,10} runs {driver.Runs / watch.Elapsed.TotalSeconds,8:F0}/s  corpus {given} + {driver.Corpus.Count - given}  branches {coverage.Edges}  most allocated {driver.MostAllocated} ({driver.MostOfBound} % of its bound)  heap {growth / 1024:+0;-0;0} KiB  findings {driver.Findings.Count}"));
        foreach ((string failure, byte[] input) in driver.Findings)
            Save(path, input, failure);

        // What reached something new, for the next round.
        string saved = Path.Combine(folder, "corpus", target.Name);
        if (Coverage.IsInstrumented)
        {
            Directory.CreateDirectory(saved);
            foreach (byte[] input in driver.Corpus.Skip(given))
                File.WriteAllBytes(Path.Combine(saved, FuzzDriver.FileName(input)), input);
        }

        return driver.Findings.Count;
    }

    private static void Save(string path, byte[] input, string failure)
    {
        Directory.CreateDirectory(path);
        string file = Path.Combine(path, FuzzDriver.FileName(input));
        File.WriteAllBytes(file, input);
        Console.WriteLine("  FINDING " + file + "  " + failure);
    }

    private static int Replay(string[] files)
    {
        int failures = 0;
        foreach (string file in files)
        {
            FuzzTarget? target = FuzzTargets.Find(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))!);
            if (target == null)
            {
                Console.Error.WriteLine(file + ": the folder's name is no target");
                return 2;
            }

            using FuzzDriver driver = new(target, new Coverage(), 1);
            driver.Once(File.ReadAllBytes(file));
            Console.WriteLine(file + ": " + (driver.Findings.Count == 0 ? "ends well, " + driver.MostAllocated + " bytes" : driver.Findings.Keys.First()));
            failures += driver.Findings.Count;
        }

        return failures == 0 ? 0 : 1;
    }
}
