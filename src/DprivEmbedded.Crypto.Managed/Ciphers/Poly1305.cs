namespace DprivEmbedded.Crypto.Managed;

/// <summary>Poly1305 over AEAD's layout: each part filled up with zeros to whole blocks. Source: RFC 8439 sections 2.5 and 2.8.</summary>
/// <remarks>
/// Five limbs of 26 bits in 64-bit words: the five products of a column stay below 2^59 and are added without a store between them.
/// </remarks>
internal sealed class Poly1305
{
    private const int BlockBytes = 16;
    private const ulong Mask = 0x3ffffff;
    private const ulong HighBit = 1 << 24;

    private readonly byte[] _block = new byte[BlockBytes];
    private readonly ulong[] _r = new ulong[5];
    private readonly ulong[] _h = new ulong[5];
    private readonly ulong[] _s = new ulong[4];

    /// <summary>Sets the one-time key and starts the message.</summary>
    /// <param name="key">Holds 32 bytes at index 0.</param>
    public void SetKey(byte[] key)
    {
        ulong t0 = Read(key, 0);
        ulong t1 = Read(key, 4);
        ulong t2 = Read(key, 8);
        ulong t3 = Read(key, 12);
        ulong[] r = _r;
        r[0] = t0 & 0x3ffffff;
        r[1] = ((t0 >> 26) | (t1 << 6)) & 0x3ffff03;
        r[2] = ((t1 >> 20) | (t2 << 12)) & 0x3ffc0ff;
        r[3] = ((t2 >> 14) | (t3 << 18)) & 0x3f03fff;
        r[4] = (t3 >> 8) & 0x00fffff;
        for (int i = 0; i < 4; i++)
            _s[i] = Read(key, 16 + (4 * i));

        System.Array.Clear(_h, 0, _h.Length);
    }

    /// <summary>Takes bytes, filled up with zeros to whole blocks.</summary>
    public void Update(byte[] data, int offset, int count)
    {
        int whole = count & ~(BlockBytes - 1);
        Blocks(data, offset, whole);
        count -= whole;
        if (count > 0)
        {
            System.Array.Copy(data, offset + whole, _block, 0, count);
            System.Array.Clear(_block, count, BlockBytes - count);
            Blocks(_block, 0, BlockBytes);
        }
    }

    /// <summary>Takes the block of lengths and writes the tag.</summary>
    public void Finish(int aadBytes, int bytes, byte[] tag)
    {
        byte[] block = _block;
        System.Array.Clear(block, 0, BlockBytes);
        for (int i = 0; i < 4; i++)
        {
            block[i] = (byte)(aadBytes >> (8 * i));
            block[8 + i] = (byte)(bytes >> (8 * i));
        }

        Blocks(block, 0, BlockBytes);
        WriteTag(tag);
    }

    public void Clear()
    {
        System.Array.Clear(_block, 0, BlockBytes);
        System.Array.Clear(_r, 0, _r.Length);
        System.Array.Clear(_h, 0, _h.Length);
        System.Array.Clear(_s, 0, _s.Length);
    }

    private void Blocks(byte[] data, int offset, int count)
    {
        ulong[] r = _r;
        ulong[] h = _h;
        ulong r0 = r[0];
        ulong r1 = r[1];
        ulong r2 = r[2];
        ulong r3 = r[3];
        ulong r4 = r[4];
        ulong s1 = r1 * 5;
        ulong s2 = r2 * 5;
        ulong s3 = r3 * 5;
        ulong s4 = r4 * 5;
        ulong h0 = h[0];
        ulong h1 = h[1];
        ulong h2 = h[2];
        ulong h3 = h[3];
        ulong h4 = h[4];
        for (; count > 0; count -= BlockBytes)
        {
            ulong t0 = Read(data, offset);
            ulong t1 = Read(data, offset + 4);
            ulong t2 = Read(data, offset + 8);
            ulong t3 = Read(data, offset + 12);
            h0 += t0 & Mask;
            h1 += ((t0 >> 26) | (t1 << 6)) & Mask;
            h2 += ((t1 >> 20) | (t2 << 12)) & Mask;
            h3 += ((t2 >> 14) | (t3 << 18)) & Mask;
            h4 += (t3 >> 8) | HighBit;

            t0 = (h0 * r0) + (h1 * s4) + (h2 * s3) + (h3 * s2) + (h4 * s1);
            t1 = (h0 * r1) + (h1 * r0) + (h2 * s4) + (h3 * s3) + (h4 * s2) + (t0 >> 26);
            t2 = (h0 * r2) + (h1 * r1) + (h2 * r0) + (h3 * s4) + (h4 * s3) + (t1 >> 26);
            t3 = (h0 * r3) + (h1 * r2) + (h2 * r1) + (h3 * r0) + (h4 * s4) + (t2 >> 26);
            h4 = (h0 * r4) + (h1 * r3) + (h2 * r2) + (h3 * r1) + (h4 * r0) + (t3 >> 26);
            t0 = (t0 & Mask) + ((h4 >> 26) * 5);
            h0 = t0 & Mask;
            h1 = (t1 & Mask) + (t0 >> 26);
            h2 = t2 & Mask;
            h3 = t3 & Mask;
            h4 &= Mask;
            offset += BlockBytes;
        }

        h[0] = h0;
        h[1] = h1;
        h[2] = h2;
        h[3] = h3;
        h[4] = h4;
    }

    private void WriteTag(byte[] tag)
    {
        ulong[] h = _h;
        ulong[] s = _s;

        // Full carries, twice around, and then h + 5 - 2^130: without a borrow that is the reduced value.
        for (int i = 0; i < 2; i++)
        {
            for (int k = 0; k < 4; k++)
            {
                h[k + 1] += h[k] >> 26;
                h[k] &= Mask;
            }

            h[0] += (h[4] >> 26) * 5;
            h[4] &= Mask;
        }

        ulong g0 = h[0] + 5;
        ulong g1 = h[1] + (g0 >> 26);
        ulong g2 = h[2] + (g1 >> 26);
        ulong g3 = h[3] + (g2 >> 26);
        ulong g4 = h[4] + (g3 >> 26);
        ulong reduced = 0 - (g4 >> 26);
        ulong h0 = ((g0 & reduced) | (h[0] & ~reduced)) & Mask;
        ulong h1 = ((g1 & reduced) | (h[1] & ~reduced)) & Mask;
        ulong h2 = ((g2 & reduced) | (h[2] & ~reduced)) & Mask;
        ulong h3 = ((g3 & reduced) | (h[3] & ~reduced)) & Mask;
        ulong h4 = ((g4 & reduced) | (h[4] & ~reduced)) & Mask;

        ulong f = ((h0 | (h1 << 26)) & 0xffffffff) + s[0];
        Write(f, tag, 0);
        f = (((h1 >> 6) | (h2 << 20)) & 0xffffffff) + s[1] + (f >> 32);
        Write(f, tag, 4);
        f = (((h2 >> 12) | (h3 << 14)) & 0xffffffff) + s[2] + (f >> 32);
        Write(f, tag, 8);
        f = (((h3 >> 18) | (h4 << 8)) & 0xffffffff) + s[3] + (f >> 32);
        Write(f, tag, 12);
    }

    private static ulong Read(byte[] data, int offset)
    {
        return (uint)(data[offset] | (data[offset + 1] << 8) | (data[offset + 2] << 16) | (data[offset + 3] << 24));
    }

    private static void Write(ulong value, byte[] output, int offset)
    {
        output[offset] = (byte)value;
        output[offset + 1] = (byte)(value >> 8);
        output[offset + 2] = (byte)(value >> 16);
        output[offset + 3] = (byte)(value >> 24);
    }
}
