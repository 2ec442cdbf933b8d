namespace DprivEmbedded.Crypto;

/// <summary>Comparison and erasure of secrets.</summary>
public static class ConstantTime
{
    /// <summary>Compares two ranges in a time that depends on <paramref name="count"/> alone.</summary>
    /// <param name="a">First buffer.</param>
    /// <param name="aOffset">First byte in <paramref name="a"/>.</param>
    /// <param name="b">Second buffer.</param>
    /// <param name="bOffset">First byte in <paramref name="b"/>.</param>
    /// <param name="count">Number of bytes to compare.</param>
    /// <returns>True where all bytes are equal.</returns>
    public static bool AreEqual(byte[] a, int aOffset, byte[] b, int bOffset, int count)
    {
        int difference = 0;
        for (int i = 0; i < count; i++)
            difference |= a[aOffset + i] ^ b[bOffset + i];

        return difference == 0;
    }

    /// <summary>Zeroes a whole buffer that held a secret.</summary>
    /// <param name="secret">The buffer; null is allowed and ignored.</param>
    public static void Clear(byte[] secret)
    {
        if (secret != null)
            System.Array.Clear(secret, 0, secret.Length);
    }
}
