namespace DprivEmbedded.Crypto.Managed;

/// <summary>Arithmetic modulo 2^255 - 19, in a time that does not depend on the numbers.</summary>
/// <remarks>
/// A number is ten limbs of alternately 26 and 25 bits in 64-bit words; limb i counts 2^ceil(25.5 i). Results of <see cref="Multiply"/> and <see cref="Square"/> have limbs
/// of at most 26 (25) bits and a few; sums and differences of two such, which have less than 2^27.6, may be multiplied: ten products with their factors of 38 stay
/// below 2^64. All is written out: on an interpreter the loads and stores of arrays would otherwise cost more than the arithmetic.
/// </remarks>
internal static class Field25519
{
    public const int Limbs = 10;
    public const int Bytes = 32;

    private const ulong Mask25 = 0x1ffffff;
    private const ulong Mask26 = 0x3ffffff;

    /// <summary>(486662 - 2) / 4 of the curve. Source: RFC 7748 section 5.</summary>
    private const ulong A24 = 121665;

    /// <summary>Reads 32 bytes, the last bit ignored.</summary>
    public static void Decode(byte[] data, int offset, ulong[] h)
    {
        int bit = 0;
        for (int i = 0; i < Limbs; i++)
        {
            int at = offset + (bit >> 3);
            ulong five = 0;
            for (int k = 4; k >= 0; k--)
                five = (five << 8) | (at + k < offset + Bytes ? data[at + k] : (uint)0);

            h[i] = (five >> (bit & 7)) & ((i & 1) == 0 ? Mask26 : Mask25);
            bit += 26 - (i & 1);
        }
    }

    /// <summary>Writes the number, fully reduced, as 32 bytes. Changes <paramref name="h"/>.</summary>
    public static void Encode(ulong[] h, byte[] output, int offset)
    {
        Carry(h);
        Carry(h);

        // h + 19 runs over 2^255 exactly where h is p or more, and is then the reduced number without that bit.
        ulong carry = 19;
        for (int i = 0; i < Limbs; i++)
            carry = (h[i] + carry) >> (26 - (i & 1));

        carry *= 19;
        for (int i = 0; i < Limbs; i++)
        {
            carry += h[i];
            h[i] = carry & ((i & 1) == 0 ? Mask26 : Mask25);
            carry >>= 26 - (i & 1);
        }

        ulong word = 0;
        int bits = 0;
        int limb = 0;
        for (int i = 0; i < Bytes; i++)
        {
            if (bits < 8)
            {
                ulong next = limb < Limbs ? h[limb] : 0;
                word |= next << bits;
                bits += 26 - (limb & 1);
                limb++;
            }

            output[offset + i] = (byte)word;
            word >>= 8;
            bits -= 8;
        }
    }

    /// <summary>The sum and the difference of two results of multiplications.</summary>
    public static void AddSubtract(ulong[] sum, ulong[] difference, ulong[] f, ulong[] g)
    {
        // The difference has 2p added.
        ulong a;
        ulong b;
        a = f[0];
        b = g[0];
        sum[0] = a + b;
        difference[0] = a + 0x7ffffda - b;
        a = f[1];
        b = g[1];
        sum[1] = a + b;
        difference[1] = a + 0x3fffffe - b;
        a = f[2];
        b = g[2];
        sum[2] = a + b;
        difference[2] = a + 0x7fffffe - b;
        a = f[3];
        b = g[3];
        sum[3] = a + b;
        difference[3] = a + 0x3fffffe - b;
        a = f[4];
        b = g[4];
        sum[4] = a + b;
        difference[4] = a + 0x7fffffe - b;
        a = f[5];
        b = g[5];
        sum[5] = a + b;
        difference[5] = a + 0x3fffffe - b;
        a = f[6];
        b = g[6];
        sum[6] = a + b;
        difference[6] = a + 0x7fffffe - b;
        a = f[7];
        b = g[7];
        sum[7] = a + b;
        difference[7] = a + 0x3fffffe - b;
        a = f[8];
        b = g[8];
        sum[8] = a + b;
        difference[8] = a + 0x7fffffe - b;
        a = f[9];
        b = g[9];
        sum[9] = a + b;
        difference[9] = a + 0x3fffffe - b;
    }

    /// <summary>h = g where the mask is all ones, f where it is 0.</summary>
    public static void Select(ulong[] h, ulong[] f, ulong[] g, ulong mask)
    {
        h[0] = f[0] ^ ((f[0] ^ g[0]) & mask);
        h[1] = f[1] ^ ((f[1] ^ g[1]) & mask);
        h[2] = f[2] ^ ((f[2] ^ g[2]) & mask);
        h[3] = f[3] ^ ((f[3] ^ g[3]) & mask);
        h[4] = f[4] ^ ((f[4] ^ g[4]) & mask);
        h[5] = f[5] ^ ((f[5] ^ g[5]) & mask);
        h[6] = f[6] ^ ((f[6] ^ g[6]) & mask);
        h[7] = f[7] ^ ((f[7] ^ g[7]) & mask);
        h[8] = f[8] ^ ((f[8] ^ g[8]) & mask);
        h[9] = f[9] ^ ((f[9] ^ g[9]) & mask);
    }

    /// <summary>h = f + 121665 g.</summary>
    public static void AddMultiple(ulong[] h, ulong[] f, ulong[] g)
    {
        ulong t = f[0] + (g[0] * A24);
        h[0] = t & Mask26;
        t = f[1] + (g[1] * A24) + (t >> 26);
        h[1] = t & Mask25;
        t = f[2] + (g[2] * A24) + (t >> 25);
        h[2] = t & Mask26;
        t = f[3] + (g[3] * A24) + (t >> 26);
        h[3] = t & Mask25;
        t = f[4] + (g[4] * A24) + (t >> 25);
        h[4] = t & Mask26;
        t = f[5] + (g[5] * A24) + (t >> 26);
        h[5] = t & Mask25;
        t = f[6] + (g[6] * A24) + (t >> 25);
        h[6] = t & Mask26;
        t = f[7] + (g[7] * A24) + (t >> 26);
        h[7] = t & Mask25;
        t = f[8] + (g[8] * A24) + (t >> 25);
        h[8] = t & Mask26;
        t = f[9] + (g[9] * A24) + (t >> 26);
        h[9] = t & Mask25;
        h[0] += (t >> 25) * 19;
    }

    /// <summary>h = f g; any of them may be the same array.</summary>
    public static void Multiply(ulong[] h, ulong[] f, ulong[] g)
    {
        ulong f0 = f[0];
        ulong f1 = f[1];
        ulong f2 = f[2];
        ulong f3 = f[3];
        ulong f4 = f[4];
        ulong f5 = f[5];
        ulong f6 = f[6];
        ulong f7 = f[7];
        ulong f8 = f[8];
        ulong f9 = f[9];
        ulong g0 = g[0];
        ulong g1 = g[1];
        ulong g2 = g[2];
        ulong g3 = g[3];
        ulong g4 = g[4];
        ulong g5 = g[5];
        ulong g6 = g[6];
        ulong g7 = g[7];
        ulong g8 = g[8];
        ulong g9 = g[9];
        ulong d1 = f1 << 1;
        ulong d3 = f3 << 1;
        ulong d5 = f5 << 1;
        ulong d7 = f7 << 1;
        ulong d9 = f9 << 1;
        ulong n1 = g1 * 19;
        ulong n2 = g2 * 19;
        ulong n3 = g3 * 19;
        ulong n4 = g4 * 19;
        ulong n5 = g5 * 19;
        ulong n6 = g6 * 19;
        ulong n7 = g7 * 19;
        ulong n8 = g8 * 19;
        ulong n9 = g9 * 19;
        ulong t0 = (f0 * g0) + (d1 * n9) + (f2 * n8) + (d3 * n7) + (f4 * n6) + (d5 * n5) + (f6 * n4) + (d7 * n3) + (f8 * n2) + (d9 * n1);
        ulong t1 = (f0 * g1) + (f1 * g0) + (f2 * n9) + (f3 * n8) + (f4 * n7) + (f5 * n6) + (f6 * n5) + (f7 * n4) + (f8 * n3) + (f9 * n2) + (t0 >> 26);
        ulong t2 = (f0 * g2) + (d1 * g1) + (f2 * g0) + (d3 * n9) + (f4 * n8) + (d5 * n7) + (f6 * n6) + (d7 * n5) + (f8 * n4) + (d9 * n3) + (t1 >> 25);
        ulong t3 = (f0 * g3) + (f1 * g2) + (f2 * g1) + (f3 * g0) + (f4 * n9) + (f5 * n8) + (f6 * n7) + (f7 * n6) + (f8 * n5) + (f9 * n4) + (t2 >> 26);
        ulong t4 = (f0 * g4) + (d1 * g3) + (f2 * g2) + (d3 * g1) + (f4 * g0) + (d5 * n9) + (f6 * n8) + (d7 * n7) + (f8 * n6) + (d9 * n5) + (t3 >> 25);
        ulong t5 = (f0 * g5) + (f1 * g4) + (f2 * g3) + (f3 * g2) + (f4 * g1) + (f5 * g0) + (f6 * n9) + (f7 * n8) + (f8 * n7) + (f9 * n6) + (t4 >> 26);
        ulong t6 = (f0 * g6) + (d1 * g5) + (f2 * g4) + (d3 * g3) + (f4 * g2) + (d5 * g1) + (f6 * g0) + (d7 * n9) + (f8 * n8) + (d9 * n7) + (t5 >> 25);
        ulong t7 = (f0 * g7) + (f1 * g6) + (f2 * g5) + (f3 * g4) + (f4 * g3) + (f5 * g2) + (f6 * g1) + (f7 * g0) + (f8 * n9) + (f9 * n8) + (t6 >> 26);
        ulong t8 = (f0 * g8) + (d1 * g7) + (f2 * g6) + (d3 * g5) + (f4 * g4) + (d5 * g3) + (f6 * g2) + (d7 * g1) + (f8 * g0) + (d9 * n9) + (t7 >> 25);
        ulong t9 = (f0 * g9) + (f1 * g8) + (f2 * g7) + (f3 * g6) + (f4 * g5) + (f5 * g4) + (f6 * g3) + (f7 * g2) + (f8 * g1) + (f9 * g0) + (t8 >> 26);
        t0 = (t0 & Mask26) + ((t9 >> 25) * 19);
        h[0] = t0 & Mask26;
        h[1] = (t1 & Mask25) + (t0 >> 26);
        h[2] = t2 & Mask26;
        h[3] = t3 & Mask25;
        h[4] = t4 & Mask26;
        h[5] = t5 & Mask25;
        h[6] = t6 & Mask26;
        h[7] = t7 & Mask25;
        h[8] = t8 & Mask26;
        h[9] = t9 & Mask25;
    }

    /// <summary>h = f^(2^n); both may be the same array.</summary>
    public static void Square(ulong[] h, ulong[] f, int n)
    {
        ulong f0 = f[0];
        ulong f1 = f[1];
        ulong f2 = f[2];
        ulong f3 = f[3];
        ulong f4 = f[4];
        ulong f5 = f[5];
        ulong f6 = f[6];
        ulong f7 = f[7];
        ulong f8 = f[8];
        ulong f9 = f[9];
        for (; n > 0; n--)
        {
            ulong d0 = f0 << 1;
            ulong d1 = f1 << 1;
            ulong d2 = f2 << 1;
            ulong d3 = f3 << 1;
            ulong d4 = f4 << 1;
            ulong d5 = f5 << 1;
            ulong d6 = f6 << 1;
            ulong d7 = f7 << 1;
            ulong n6 = f6 * 19;
            ulong n8 = f8 * 19;
            ulong m5 = f5 * 38;
            ulong m7 = f7 * 38;
            ulong m9 = f9 * 38;
            ulong t0 = (f0 * f0) + (d1 * m9) + (d2 * n8) + (d3 * m7) + (d4 * n6) + (f5 * m5);
            ulong t1 = (d0 * f1) + (f2 * m9) + (d3 * n8) + (f4 * m7) + (d5 * n6) + (t0 >> 26);
            ulong t2 = (d0 * f2) + (d1 * f1) + (d3 * m9) + (d4 * n8) + (d5 * m7) + (f6 * n6) + (t1 >> 25);
            ulong t3 = (d0 * f3) + (d1 * f2) + (f4 * m9) + (d5 * n8) + (f6 * m7) + (t2 >> 26);
            ulong t4 = (d0 * f4) + (d1 * d3) + (f2 * f2) + (d5 * m9) + (d6 * n8) + (f7 * m7) + (t3 >> 25);
            ulong t5 = (d0 * f5) + (d1 * f4) + (d2 * f3) + (f6 * m9) + (d7 * n8) + (t4 >> 26);
            ulong t6 = (d0 * f6) + (d1 * d5) + (d2 * f4) + (d3 * f3) + (d7 * m9) + (f8 * n8) + (t5 >> 25);
            ulong t7 = (d0 * f7) + (d1 * f6) + (d2 * f5) + (d3 * f4) + (f8 * m9) + (t6 >> 26);
            ulong t8 = (d0 * f8) + (d1 * d7) + (d2 * f6) + (d3 * d5) + (f4 * f4) + (f9 * m9) + (t7 >> 25);
            ulong t9 = (d0 * f9) + (d1 * f8) + (d2 * f7) + (d3 * f6) + (d4 * f5) + (t8 >> 26);
            t0 = (t0 & Mask26) + ((t9 >> 25) * 19);
            f0 = t0 & Mask26;
            f1 = (t1 & Mask25) + (t0 >> 26);
            f2 = t2 & Mask26;
            f3 = t3 & Mask25;
            f4 = t4 & Mask26;
            f5 = t5 & Mask25;
            f6 = t6 & Mask26;
            f7 = t7 & Mask25;
            f8 = t8 & Mask26;
            f9 = t9 & Mask25;
        }

        h[0] = f0;
        h[1] = f1;
        h[2] = f2;
        h[3] = f3;
        h[4] = f4;
        h[5] = f5;
        h[6] = f6;
        h[7] = f7;
        h[8] = f8;
        h[9] = f9;
    }

    /// <summary>h = f^(p - 2), the inverse.</summary>
    public static void Invert(ulong[] h, ulong[] f)
    {
        // The names tell the exponents: z_10_0 is f^(2^10 - 1).
        ulong[] z2 = new ulong[Limbs];
        ulong[] z11 = new ulong[Limbs];
        ulong[] z_5_0 = new ulong[Limbs];
        ulong[] z_10_0 = new ulong[Limbs];
        ulong[] z_50_0 = new ulong[Limbs];
        ulong[] t = new ulong[Limbs];
        Square(z2, f, 1);
        Square(t, z2, 2);
        Multiply(z_5_0, t, f); // 9
        Multiply(z11, z_5_0, z2);
        Square(t, z11, 1);
        Multiply(z_5_0, t, z_5_0);
        Square(t, z_5_0, 5);
        Multiply(z_10_0, t, z_5_0);
        Square(t, z_10_0, 10);
        Multiply(z_50_0, t, z_10_0); // 20
        Square(t, z_50_0, 20);
        Multiply(t, t, z_50_0); // 40
        Square(t, t, 10);
        Multiply(z_50_0, t, z_10_0);
        Square(t, z_50_0, 50);
        Multiply(z_10_0, t, z_50_0); // 100
        Square(t, z_10_0, 100);
        Multiply(t, t, z_10_0); // 200
        Square(t, t, 50);
        Multiply(t, t, z_50_0); // 250
        Square(t, t, 5);
        Multiply(h, t, z11);
        System.Array.Clear(z2, 0, Limbs);
        System.Array.Clear(z11, 0, Limbs);
        System.Array.Clear(z_5_0, 0, Limbs);
        System.Array.Clear(z_10_0, 0, Limbs);
        System.Array.Clear(z_50_0, 0, Limbs);
        System.Array.Clear(t, 0, Limbs);
    }

    private static void Carry(ulong[] h)
    {
        for (int i = 0; i < Limbs - 1; i++)
        {
            h[i + 1] += h[i] >> (26 - (i & 1));
            h[i] &= (i & 1) == 0 ? Mask26 : Mask25;
        }

        h[0] += (h[Limbs - 1] >> 25) * 19;
        h[Limbs - 1] &= Mask25;
    }
}
