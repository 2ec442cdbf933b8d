namespace DprivEmbedded.Crypto.Managed;

/// <summary>The first blocks of CCM with a 12-byte nonce. Source: RFC 3610 section 2.</summary>
internal static class CcmHeader
{
    /// <summary>Bytes of the length field: 15 less the nonce's 12.</summary>
    public const int LengthBytes = 3;

    /// <summary>Messages are shorter than this.</summary>
    public const int MessageLimit = 1 << (8 * LengthBytes);

    private const int ShortAadLimit = 0xff00;

    /// <summary>Writes B_0: flags, nonce, length of the message.</summary>
    public static void WriteFirst(byte[] block, byte[] nonce, bool hasAad, int count, int tagBytes)
    {
        block[0] = (byte)((hasAad ? 0x40 : 0) | (((tagBytes - 2) / 2) << 3) | (LengthBytes - 1));
        System.Array.Copy(nonce, 0, block, 1, AeadArguments.NonceBytes);
        block[13] = (byte)(count >> 16);
        block[14] = (byte)(count >> 8);
        block[15] = (byte)count;
    }

    /// <summary>Writes A_i: flags, nonce, counter.</summary>
    public static void WriteCounter(byte[] data, int offset, byte[] nonce, int counter)
    {
        data[offset] = LengthBytes - 1;
        System.Array.Copy(nonce, 0, data, offset + 1, AeadArguments.NonceBytes);
        data[offset + 13] = (byte)(counter >> 16);
        data[offset + 14] = (byte)(counter >> 8);
        data[offset + 15] = (byte)counter;
    }

    /// <summary>Writes the length of the associated data and returns the number of bytes written, 2 or 6.</summary>
    public static int WriteAadLength(byte[] data, int offset, int count)
    {
        if (count < ShortAadLimit)
        {
            data[offset] = (byte)(count >> 8);
            data[offset + 1] = (byte)count;
            return 2;
        }

        data[offset] = 0xff;
        data[offset + 1] = 0xfe;
        data[offset + 2] = (byte)(count >> 24);
        data[offset + 3] = (byte)(count >> 16);
        data[offset + 4] = (byte)(count >> 8);
        data[offset + 5] = (byte)count;
        return 6;
    }
}
