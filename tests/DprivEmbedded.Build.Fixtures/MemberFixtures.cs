using System;
using System.Threading;

namespace DprivEmbedded.Build.Fixtures;

public static class BlockCopy
{
    public static void Run(byte[] a, byte[] b) => Buffer.BlockCopy(a, 0, b, 0, 1);
}

public static class ArrayReverse
{
    public static void Run(Array a) => Array.Reverse(a);
}

public static class ArrayResize
{
    public static void Run(ref byte[] a) => Array.Resize(ref a, 1);
}

public static class StringReplace
{
    public static string Run(string a) => a.Replace("a", "b", StringComparison.Ordinal);
}

public static class StringJoin
{
    public static string Run(string a) => string.Join(",", a, a);
}

public static class InterpolatedString
{
    public static string Run(int a) => $"{a:X4}";
}

public static class MonitorTryEnter
{
    public static bool Run(object a) => Monitor.TryEnter(a);
}

public static class LockStatement
{
    public static int Run(object a)
    {
        lock (a)
            return 1;
    }
}

public static class CatchOfDivideByZero
{
    public static int Run(int a)
    {
        try
        {
            return 1 / a;
        }
        catch (DivideByZeroException)
        {
            return 0;
        }
    }
}

public static class ClockRead
{
    public static long Run() => DateTime.UtcNow.Ticks;
}

public static class RandomDevice
{
    public static object Run() => new Random();
}

public static class MathAssembly
{
    public static int Run(int a) => Math.Max(a, 1);
}

public static class CollectorSteered
{
    public static void Run() => GC.Collect();
}

public class NullableField
{
    public int? Value;
}

public class TupleField
{
    public (int A, int B) Value;
}

public class GenericDelegateField
{
    public Func<int>? Value;
}

public static class SpanParameter
{
    public static void Run(ReadOnlySpan<byte> a)
    {
    }
}

public static class DecimalParameter
{
    public static bool Run(decimal a) => a > 1;
}
