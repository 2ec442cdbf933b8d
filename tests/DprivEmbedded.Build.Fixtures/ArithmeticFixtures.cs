namespace DprivEmbedded.Build.Fixtures;

// Wrong on nanoFramework, though right elsewhere: each value carries an unsigned tag into a signed operation.
public static class ShiftOfCast
{
    public static int Run(uint a, uint b) => (int)(a - b) >> 31;
}

public static class ShiftOfWidenedDifference
{
    public static long Run(uint a, uint b) => ((long)a - (long)b) >> 32;
}

public static class ShiftOfWidenedByte
{
    public static long Run(byte[] a) => ((long)a[0] - 300) >> 8;
}

public static class ShiftOfLongCast
{
    public static long Run(ulong a) => (long)a >> 1;
}

public static class ShiftOfElement
{
    public static long Run(ulong[] a) => (long)a[0] >> 1;
}

public static class ShiftOfChoice
{
    public static int Run(bool which, int a, uint b) => (which ? a : (int)b) >> 1;
}

public static class WideningOfCast
{
    public static long Run(uint a) => (int)a;
}

public static class RemainderOfCast
{
    public static int Run(uint a) => (int)a % 7;
}

public static class DivisionOfCast
{
    public static int Run(uint a) => (int)a / 7;
}

public static class CastPassedOn
{
    public static int Run(uint a) => Take((int)a);

    private static int Take(int a) => a >> 1;
}

public static class CastReturned
{
    public static int Run(uint a) => (int)a;
}

public static class CastStoredThroughReference
{
    public static void Run(uint a, ref int b) => b = (int)a;
}

// Right on nanoFramework: the check must let these pass.
public static class SoundArithmetic
{
    private static readonly byte[][] Rows = new byte[4][];

    public static int BigEndian(byte[] a) => (a[0] << 8) | a[1];

    public static int ShiftOfBytes(byte[] a) => (a[0] - a[1]) >> 8;

    public static long Accumulate(uint[] a, uint[] b)
    {
        long accumulator = 0;
        for (int i = 0; i < a.Length; i++)
        {
            accumulator += (long)a[i] - b[i];
            a[i] = (uint)accumulator;
            accumulator >>= 32;
        }

        return accumulator;
    }

    public static uint Mask(uint a, uint b) => 0u - ((a - b) >> 31);

    public static ulong Carry(ulong a, ulong b) => (a - b) >> 63;

    public static int LowByte(uint a) => (int)(a & 0xFF) >> 4;

    public static int HighByte(uint a) => Half((int)(a >> 24)) % 3;

    public static int Half(int a) => a / 2;

    public static int Narrowed(ulong a) => (int)a >> 3;

    public static long Element(long[] a, int i) => a[i % a.Length] >> 8;

    public static int Jagged(int row, int column) => Rows[row][column] >> 1;

    public static long Widened(int a) => a;

    public static long WidenedUnsigned(uint a) => a;

    public static int Choice(bool which, int a, byte[] b) => (which ? a : b[0]) >> 1;

    public static bool Parse(byte[] a, out int value)
    {
        value = a[0];
        switch (value)
        {
            case 0:
            case 1:
            case 2:
                return true;
            case 7:
                value = value >> 2;
                return false;
            default:
                return value > 9 && a.Length > 3;
        }
    }
}
