using System;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Harness.Bench;

/// <summary>The processor time of the calling thread, and of child processes that have ended.</summary>
public static class ThreadCpu
{
    private const int ThreadClock = 3;
    private const int Children = -1;

    /// <summary>Whether this system tells it; elsewhere <see cref="NowNs"/> is the time on the wall.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Nanoseconds of the calling thread; only differences mean something.</summary>
    public static long NowNs()
    {
        if (IsSupported && clock_gettime(ThreadClock, out TimeSpec time) == 0)
            return (time.Seconds * 1000000000) + time.Nanoseconds;

        return (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
    }

    /// <summary>Microseconds, user and system, of all child processes that have ended and were waited for; 0 where the system does not tell it.</summary>
    public static long ChildrenUs()
    {
        long[] usage = new long[18];
        if (!IsSupported || getrusage(Children, usage) != 0)
            return 0;

        return (usage[0] * 1000000) + usage[1] + (usage[2] * 1000000) + usage[3];
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out TimeSpec time);

    [DllImport("libc")]
    private static extern int getrusage(int who, long[] usage);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
