namespace DprivEmbedded.Policy;

/// <summary>Numbers as bytes, the high one first.</summary>
internal static class PolicyBytes
{
    public static int Write16(byte[] output, int at, int value)
    {
        if (value > 65535)
            value = 65535;

        output[at] = (byte)(value >> 8);
        output[at + 1] = (byte)value;
        return at + 2;
    }

    public static int Write32(byte[] output, int at, int value)
    {
        output[at] = (byte)(value >> 24);
        output[at + 1] = (byte)(value >> 16);
        output[at + 2] = (byte)(value >> 8);
        output[at + 3] = (byte)value;
        return at + 4;
    }

    public static int Read16(byte[] input, int at)
    {
        return (input[at] << 8) | input[at + 1];
    }

    public static int Read32(byte[] input, int at)
    {
        return (input[at] << 24) | (input[at + 1] << 16) | (input[at + 2] << 8) | input[at + 3];
    }
}
