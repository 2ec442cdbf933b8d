using System.Collections;
using System.Threading.Tasks;

namespace DprivEmbedded.Build.Fixtures;

// Each type breaks one rule of the netnano1.0 subset; the checker in DprivEmbedded.Build.Tests must reject every one.
public class OwnGenericClass<T>
{
}

public static class OwnGenericMethod
{
    public static void Run<T>()
    {
    }
}

public static class ConstrainedGenericMethod
{
    public static void Run<T>()
        where T : class
    {
    }
}

public static class CallOfGenericMethod
{
    public static void Run() => OwnGenericMethod.Run<string>();
}

public class FieldOfGenericInstance
{
    public OwnGenericClass<string>? Held;
}

public class BaseOfGenericInstance : OwnGenericClass<string>
{
}

public class MultiDimensionalField
{
    public int[,]? Table;
}

public static class MultiDimensionalLocal
{
    public static int Run(int n) => ((int[,])Make(n))[1, 1];

    private static object Make(int n) => n;
}

public interface IBodyInInterface
{
    int Run() => 1;
}

public static unsafe class PointerParameter
{
    public static void Run(byte* bytes)
    {
    }
}

public static unsafe class PinnedLocal
{
    public static int Run(byte[] bytes)
    {
        fixed (byte* first = bytes)
            return *first;
    }
}

public static unsafe class StackMemory
{
    public static int Run(int n)
    {
        int* words = stackalloc int[n];
        return words[0];
    }
}

public static unsafe class FunctionPointer
{
    public static int Run(delegate*<int, int> function) => function(1);
}

public static class CheckedAddition
{
    public static int Run(int a, int b) => checked(a + b);
}

public static class CheckedConversion
{
    public static byte Run(int a) => checked((byte)a);
}

public class VolatileField
{
    private volatile int _value;

    public int Run() => _value;
}

public static class AsyncMethod
{
    public static async Task Run() => await Task.CompletedTask.ConfigureAwait(false);
}

public static class Iterator
{
    public static IEnumerable Run()
    {
        yield return "";
    }
}

public static class StaticOwner
{
    public static readonly object Value = new();
}

public static class StaticReader
{
    public static readonly object Value = StaticOwner.Value;
}

public static class StaticReaderThroughMethod
{
    public static readonly object Value = Read();

    private static object Read() => StaticOwner.Value;
}

// 48 bytes of initialised static data.
public static class StaticTable
{
    public static readonly int[] Words = [1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31];
}
