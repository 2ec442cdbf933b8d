using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.Managed;

namespace DprivEmbedded.Timing;

/// <summary>Measures as dudect does (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2017): times of two classes of inputs in random order, and a t-test between them.</summary>
internal static class Program
{
    /// <summary>Above it the classes are told apart. dudect calls 10 the point of "probably not constant time"; 4.5 is usual for a first look, and in a dozen of tests on a busy machine too near to chance.</summary>
    private const double Threshold = 10;

    private const int MaxMeasurements = 2_000_000;

    private static int Main(string[] arguments)
    {
        double seconds = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 5;
        string filter = arguments.Length > 1 ? arguments[1] : "";
        long[] times = new long[MaxMeasurements];
        byte[] classes = new byte[MaxMeasurements];
        bool controlsHold = true;
        int told = 0;
        Console.WriteLine("| operation | the two classes | measurements | medians in ns | largest t | |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Subject subject in All().Where(s => s.Leaks != null || s.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
        {
            int count = Measure(subject, seconds, times, classes);
            double t = Welch.MaxT(times, classes, count);
            bool apart = t > Threshold;
            double unit = 1e9 / Stopwatch.Frequency / subject.Repeats;
            string verdict = subject.Leaks == true ? apart ? "found, as it must be" : "NOT FOUND" : apart ? "told apart" : "no difference found";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {subject.Name} | {subject.Classes} | {count:N0} | {Welch.Median(times, classes, count, 0) * unit:F1} and {Welch.Median(times, classes, count, 1) * unit:F1} | {t:F1} | {verdict} |"));
            if (subject.Leaks != null)
                controlsHold &= apart == subject.Leaks;
            else if (apart)
                told++;
        }

        if (!controlsHold)
        {
            Console.Error.WriteLine("The controls do not hold: the machine is too busy, or measures too little. The rest says nothing.");
            return 2;
        }

        return told == 0 ? 0 : 1;
    }

    /// <summary>Everything. A provider is one line more.</summary>
    private static IEnumerable<Subject> All()
    {
        return
        [
            .. Subjects.Controls(),
            .. Subjects.Comparisons(),
            .. Subjects.Primitives("Crypto.Managed", random => new ManagedProvider(random)),
            .. Subjects.Primitives("BouncyCastle", random => new BouncyCastleProvider(random)),
        ];
    }

    private static int Measure(Subject subject, double seconds, long[] times, byte[] classes)
    {
        Random lot = new(1);
        for (int i = 0; i < 2000; i++)
        {
            subject.Prepare(i & 1);
            subject.Run();
        }

        GC.Collect();
        Stopwatch watch = Stopwatch.StartNew();
        int count = 0;
        while (count < MaxMeasurements && watch.Elapsed.TotalSeconds < seconds)
        {
            // Both classes at random and in small groups, so that a change of the machine's pace meets both.
            for (int i = 0; i < 64 && count < MaxMeasurements; i++)
            {
                int c = lot.Next(2);
                subject.Prepare(c);
                long start = Stopwatch.GetTimestamp();
                for (int r = 0; r < subject.Repeats; r++)
                    subject.Run();

                times[count] = Stopwatch.GetTimestamp() - start;
                classes[count++] = (byte)c;
            }
        }

        return count;
    }
}
