namespace DprivEmbedded.Crypto.Managed;

/// <summary>GHASH, without tables. Source: NIST SP 800-38D section 6.4.</summary>
/// <remarks>
/// Multiplication without carries out of integer multiplication: with only each fourth bit kept, the sums of a product's columns do not run into the next kept bit
/// (at most 15 terms below bit 60; what runs over the top falls off). The upper half of a product is the reversed lower half of the product of the reversed factors.
/// </remarks>
internal sealed class Ghash
{
    private const int BlockBytes = 16;

    private readonly byte[] _block = new byte[BlockBytes];
    private ulong _h0;
    private ulong _h1;
    private ulong _h0Reversed;
    private ulong _h1Reversed;
    private ulong _y0;
    private ulong _y1;

    public void SetKey(byte[] h)
    {
        _h1 = BigEndian.Load64(h, 0);
        _h0 = BigEndian.Load64(h, 8);
        _h1Reversed = Reverse(_h1);
        _h0Reversed = Reverse(_h0);
    }

    public void Reset()
    {
        _y0 = 0;
        _y1 = 0;
    }

    /// <summary>Takes bytes, filled up with zeros to whole blocks.</summary>
    public void Update(byte[] data, int offset, int count)
    {
        for (; count >= BlockBytes; count -= BlockBytes)
        {
            Multiply(BigEndian.Load64(data, offset), BigEndian.Load64(data, offset + 8));
            offset += BlockBytes;
        }

        if (count > 0)
        {
            System.Array.Copy(data, offset, _block, 0, count);
            System.Array.Clear(_block, count, BlockBytes - count);
            Multiply(BigEndian.Load64(_block, 0), BigEndian.Load64(_block, 8));
        }
    }

    /// <summary>Takes the block of lengths and writes the hash.</summary>
    public void Finish(int aadBytes, int bytes, byte[] output)
    {
        Multiply((ulong)(uint)aadBytes << 3, (ulong)(uint)bytes << 3);
        BigEndian.Store64(_y1, output, 0);
        BigEndian.Store64(_y0, output, 8);
    }

    public void Clear()
    {
        _h0 = 0;
        _h1 = 0;
        _h0Reversed = 0;
        _h1Reversed = 0;
        Wipe();
    }

    /// <summary>Zeroes what a message leaves.</summary>
    public void Wipe()
    {
        Reset();
        System.Array.Clear(_block, 0, BlockBytes);
    }

    private void Multiply(ulong high, ulong low)
    {
        ulong y1 = _y1 ^ high;
        ulong y0 = _y0 ^ low;
        ulong y1r = Reverse(y1);
        ulong y0r = Reverse(y0);

        // Karatsuba: three products for the lower halves, three for the upper ones.
        ulong z0 = Product(y0, _h0);
        ulong z1 = Product(y1, _h1);
        ulong z2 = Product(y0 ^ y1, _h0 ^ _h1) ^ z0 ^ z1;
        ulong z0r = Product(y0r, _h0Reversed);
        ulong z1r = Product(y1r, _h1Reversed);
        ulong z2r = Product(y0r ^ y1r, _h0Reversed ^ _h1Reversed) ^ z0r ^ z1r;

        // The 255 bits of the product, one place up for GCM's order of bits.
        ulong v3 = Reverse(z1r) >> 1;
        ulong v2 = z1 ^ (Reverse(z2r) >> 1);
        ulong v1 = z2 ^ (Reverse(z0r) >> 1);
        v3 = (v3 << 1) | (v2 >> 63);
        v2 = (v2 << 1) | (v1 >> 63);
        v1 = (v1 << 1) | (z0 >> 63);
        ulong v0 = z0 << 1;

        // Modulo x^128 + x^7 + x^2 + x + 1.
        v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
        v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
        v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
        v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
        _y0 = v2;
        _y1 = v3;
    }

    /// <summary>The lower 64 bits of the product without carries.</summary>
    private static ulong Product(ulong x, ulong y)
    {
        ulong mask = 0x1111111111111111;
        ulong x0 = x & mask;
        ulong x1 = x & (mask << 1);
        ulong x2 = x & (mask << 2);
        ulong x3 = x & (mask << 3);
        ulong y0 = y & mask;
        ulong y1 = y & (mask << 1);
        ulong y2 = y & (mask << 2);
        ulong y3 = y & (mask << 3);
        return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & mask)
            | (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & (mask << 1))
            | (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & (mask << 2))
            | (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & (mask << 3));
    }

    private static ulong Reverse(ulong x)
    {
        x = ((x & 0x5555555555555555) << 1) | ((x >> 1) & 0x5555555555555555);
        x = ((x & 0x3333333333333333) << 2) | ((x >> 2) & 0x3333333333333333);
        x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >> 4) & 0x0f0f0f0f0f0f0f0f);
        x = ((x & 0x00ff00ff00ff00ff) << 8) | ((x >> 8) & 0x00ff00ff00ff00ff);
        x = ((x & 0x0000ffff0000ffff) << 16) | ((x >> 16) & 0x0000ffff0000ffff);
        return (x << 32) | (x >> 32);
    }
}
