namespace DprivEmbedded.Crypto.Managed;

/// <summary>Numbers in network order.</summary>
internal static class BigEndian
{
    public static ulong Load64(byte[] data, int offset)
    {
        return ((ulong)(uint)((data[offset] << 24) | (data[offset + 1] << 16) | (data[offset + 2] << 8) | data[offset + 3]) << 32)
            | (uint)((data[offset + 4] << 24) | (data[offset + 5] << 16) | (data[offset + 6] << 8) | data[offset + 7]);
    }

    public static void Store64(ulong value, byte[] data, int offset)
    {
        for (int i = 7; i >= 0; i--)
        {
            data[offset + i] = (byte)value;
            value >>= 8;
        }
    }
}
