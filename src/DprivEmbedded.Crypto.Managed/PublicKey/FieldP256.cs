namespace DprivEmbedded.Crypto.Managed;

/// <summary>Arithmetic modulo the prime of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, in a time that does not depend on the numbers.</summary>
/// <remarks>
/// Ten limbs of 26 bits in 64-bit words, in Montgomery's form with R = 2^260. p ends in 96 ones, so a step of the reduction needs no multiplication for its factor (it is the
/// lowest limb) and only shifts of it are added. Sizes, in units of 2^256: a product of factors x and y has less than xy/16 + 1, a difference little more than 1;
/// factors have at most 4. Limbs of factors are below 2^29, so that the ten products of a column stay below 2^62.
/// </remarks>
internal static class FieldP256
{
    public const int Limbs = 10;
    public const int Bytes = 32;

    private const ulong Mask = 0x3ffffff;

    // 2^256 - 2^224 in limbs 8 and 9.
    private const ulong Top8 = 0x3ff0000;
    private const ulong Top9 = 0x3fffff;

    /// <summary>h = f g / R; any of them may be the same array.</summary>
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
        ulong t = (f0 * g0);
        ulong m0 = t & Mask;
        t = (f0 * g1) + (f1 * g0) + (t >> 26);
        ulong m1 = t & Mask;
        t = (f0 * g2) + (f1 * g1) + (f2 * g0) + (t >> 26);
        ulong m2 = t & Mask;
        t = (f0 * g3) + (f1 * g2) + (f2 * g1) + (f3 * g0) + (m0 << 18) + (t >> 26);
        ulong m3 = t & Mask;
        t = (f0 * g4) + (f1 * g3) + (f2 * g2) + (f3 * g1) + (f4 * g0) + (m1 << 18) + (t >> 26);
        ulong m4 = t & Mask;
        t = (f0 * g5) + (f1 * g4) + (f2 * g3) + (f3 * g2) + (f4 * g1) + (f5 * g0) + (m2 << 18) + (t >> 26);
        ulong m5 = t & Mask;
        t = (f0 * g6) + (f1 * g5) + (f2 * g4) + (f3 * g3) + (f4 * g2) + (f5 * g1) + (f6 * g0) + (m3 << 18) + (t >> 26);
        ulong m6 = t & Mask;
        t = (f0 * g7) + (f1 * g6) + (f2 * g5) + (f3 * g4) + (f4 * g3) + (f5 * g2) + (f6 * g1) + (f7 * g0) + (m4 << 18) + (m0 << 10) + (t >> 26);
        ulong m7 = t & Mask;
        t = (f0 * g8) + (f1 * g7) + (f2 * g6) + (f3 * g5) + (f4 * g4) + (f5 * g3) + (f6 * g2) + (f7 * g1) + (f8 * g0) + (m5 << 18) + (m1 << 10) + (m0 * Top8) + (t >> 26);
        ulong m8 = t & Mask;
        t = (f0 * g9) + (f1 * g8) + (f2 * g7) + (f3 * g6) + (f4 * g5) + (f5 * g4) + (f6 * g3) + (f7 * g2) + (f8 * g1) + (f9 * g0) + (m6 << 18) + (m2 << 10) + (m1 * Top8) + (m0 * Top9) + (t >> 26);
        ulong m9 = t & Mask;
        t = (f1 * g9) + (f2 * g8) + (f3 * g7) + (f4 * g6) + (f5 * g5) + (f6 * g4) + (f7 * g3) + (f8 * g2) + (f9 * g1) + (m7 << 18) + (m3 << 10) + (m2 * Top8) + (m1 * Top9) + (t >> 26);
        h[0] = t & Mask;
        t = (f2 * g9) + (f3 * g8) + (f4 * g7) + (f5 * g6) + (f6 * g5) + (f7 * g4) + (f8 * g3) + (f9 * g2) + (m8 << 18) + (m4 << 10) + (m3 * Top8) + (m2 * Top9) + (t >> 26);
        h[1] = t & Mask;
        t = (f3 * g9) + (f4 * g8) + (f5 * g7) + (f6 * g6) + (f7 * g5) + (f8 * g4) + (f9 * g3) + (m9 << 18) + (m5 << 10) + (m4 * Top8) + (m3 * Top9) + (t >> 26);
        h[2] = t & Mask;
        t = (f4 * g9) + (f5 * g8) + (f6 * g7) + (f7 * g6) + (f8 * g5) + (f9 * g4) + (m6 << 10) + (m5 * Top8) + (m4 * Top9) + (t >> 26);
        h[3] = t & Mask;
        t = (f5 * g9) + (f6 * g8) + (f7 * g7) + (f8 * g6) + (f9 * g5) + (m7 << 10) + (m6 * Top8) + (m5 * Top9) + (t >> 26);
        h[4] = t & Mask;
        t = (f6 * g9) + (f7 * g8) + (f8 * g7) + (f9 * g6) + (m8 << 10) + (m7 * Top8) + (m6 * Top9) + (t >> 26);
        h[5] = t & Mask;
        t = (f7 * g9) + (f8 * g8) + (f9 * g7) + (m9 << 10) + (m8 * Top8) + (m7 * Top9) + (t >> 26);
        h[6] = t & Mask;
        t = (f8 * g9) + (f9 * g8) + (m9 * Top8) + (m8 * Top9) + (t >> 26);
        h[7] = t & Mask;
        t = (f9 * g9) + (m9 * Top9) + (t >> 26);
        h[8] = t & Mask;
        h[9] = t >> 26;
    }

    /// <summary>h = f^(2^n) in Montgomery's form; both may be the same array.</summary>
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
            ulong d8 = f8 << 1;
            ulong t = (f0 * f0);
            ulong m0 = t & Mask;
            t = (d0 * f1) + (t >> 26);
            ulong m1 = t & Mask;
            t = (d0 * f2) + (f1 * f1) + (t >> 26);
            ulong m2 = t & Mask;
            t = (d0 * f3) + (d1 * f2) + (m0 << 18) + (t >> 26);
            ulong m3 = t & Mask;
            t = (d0 * f4) + (d1 * f3) + (f2 * f2) + (m1 << 18) + (t >> 26);
            ulong m4 = t & Mask;
            t = (d0 * f5) + (d1 * f4) + (d2 * f3) + (m2 << 18) + (t >> 26);
            ulong m5 = t & Mask;
            t = (d0 * f6) + (d1 * f5) + (d2 * f4) + (f3 * f3) + (m3 << 18) + (t >> 26);
            ulong m6 = t & Mask;
            t = (d0 * f7) + (d1 * f6) + (d2 * f5) + (d3 * f4) + (m4 << 18) + (m0 << 10) + (t >> 26);
            ulong m7 = t & Mask;
            t = (d0 * f8) + (d1 * f7) + (d2 * f6) + (d3 * f5) + (f4 * f4) + (m5 << 18) + (m1 << 10) + (m0 * Top8) + (t >> 26);
            ulong m8 = t & Mask;
            t = (d0 * f9) + (d1 * f8) + (d2 * f7) + (d3 * f6) + (d4 * f5) + (m6 << 18) + (m2 << 10) + (m1 * Top8) + (m0 * Top9) + (t >> 26);
            ulong m9 = t & Mask;
            t = (d1 * f9) + (d2 * f8) + (d3 * f7) + (d4 * f6) + (f5 * f5) + (m7 << 18) + (m3 << 10) + (m2 * Top8) + (m1 * Top9) + (t >> 26);
            f0 = t & Mask;
            t = (d2 * f9) + (d3 * f8) + (d4 * f7) + (d5 * f6) + (m8 << 18) + (m4 << 10) + (m3 * Top8) + (m2 * Top9) + (t >> 26);
            f1 = t & Mask;
            t = (d3 * f9) + (d4 * f8) + (d5 * f7) + (f6 * f6) + (m9 << 18) + (m5 << 10) + (m4 * Top8) + (m3 * Top9) + (t >> 26);
            f2 = t & Mask;
            t = (d4 * f9) + (d5 * f8) + (d6 * f7) + (m6 << 10) + (m5 * Top8) + (m4 * Top9) + (t >> 26);
            f3 = t & Mask;
            t = (d5 * f9) + (d6 * f8) + (f7 * f7) + (m7 << 10) + (m6 * Top8) + (m5 * Top9) + (t >> 26);
            f4 = t & Mask;
            t = (d6 * f9) + (d7 * f8) + (m8 << 10) + (m7 * Top8) + (m6 * Top9) + (t >> 26);
            f5 = t & Mask;
            t = (d7 * f9) + (f8 * f8) + (m9 << 10) + (m8 * Top8) + (m7 * Top9) + (t >> 26);
            f6 = t & Mask;
            t = (d8 * f9) + (m9 * Top8) + (m8 * Top9) + (t >> 26);
            f7 = t & Mask;
            t = (f9 * f9) + (m9 * Top9) + (t >> 26);
            f8 = t & Mask;
            f9 = t >> 26;
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

    /// <summary>h = f - k g for k up to 8, carried and reduced to little more than 2^256.</summary>
    public static void Subtract(ulong[] h, ulong[] f, ulong[] g, ulong k)
    {
        // 32p is added, in limbs that none of g's multiples exceeds; what is above 2^256 then is brought back modulo p.
        ulong t9 = f[9] + 0x7ffffef - (g[9] * k);
        ulong q = t9 >> 22;
        ulong t = f[0] + 0x43ffffe0 - (g[0] * k) + q;
        h[0] = t & Mask;
        t = f[1] + 0x43ffffef - (g[1] * k) + (t >> 26);
        h[1] = t & Mask;
        t = f[2] + 0x43ffffef - (g[2] * k) + (t >> 26);
        h[2] = t & Mask;
        t = f[3] + 0x407fffef - (g[3] * k) + (q * 0x3fc0000) + (t >> 26);
        h[3] = t & Mask;
        t = f[4] + 0x3ffffff0 - (g[4] * k) + (q * 0x3ffffff) + (t >> 26);
        h[4] = t & Mask;
        t = f[5] + 0x3ffffff0 - (g[5] * k) + (q * 0x3ffffff) + (t >> 26);
        h[5] = t & Mask;
        t = f[6] + 0x3ffffff0 - (g[6] * k) + (q * 0x3ffffff) + (t >> 26);
        h[6] = t & Mask;
        t = f[7] + 0x40007ff0 - (g[7] * k) + (q * 0x3fffbff) + (t >> 26);
        h[7] = t & Mask;
        t = f[8] + 0x43dffff0 - (g[8] * k) + (q * 0xffff) + (t >> 26);
        h[8] = t & Mask;
        h[9] = (t9 & 0x3fffff) + (t >> 26);
    }

    /// <summary>h = f + g, without carries: a factor, not more.</summary>
    public static void Add(ulong[] h, ulong[] f, ulong[] g)
    {
        h[0] = f[0] + g[0];
        h[1] = f[1] + g[1];
        h[2] = f[2] + g[2];
        h[3] = f[3] + g[3];
        h[4] = f[4] + g[4];
        h[5] = f[5] + g[5];
        h[6] = f[6] + g[6];
        h[7] = f[7] + g[7];
        h[8] = f[8] + g[8];
        h[9] = f[9] + g[9];
    }

    /// <summary>h = k f for k up to 4, without carries: a factor, not more.</summary>
    public static void Scale(ulong[] h, ulong[] f, ulong k)
    {
        h[0] = f[0] * k;
        h[1] = f[1] * k;
        h[2] = f[2] * k;
        h[3] = f[3] * k;
        h[4] = f[4] * k;
        h[5] = f[5] * k;
        h[6] = f[6] * k;
        h[7] = f[7] * k;
        h[8] = f[8] * k;
        h[9] = f[9] * k;
    }

    /// <summary>h = f where the mask is 0, g where it is all ones.</summary>
    public static void Select(ulong[] h, ulong[] f, ulong[] g, ulong mask)
    {
        for (int i = 0; i < Limbs; i++)
        {
            ulong t = f[i];
            h[i] = t ^ ((t ^ g[i]) & mask);
        }
    }

    /// <summary>Whether a difference, or a product with one, is 0 modulo p: its limbs are then those of 0 or of p.</summary>
    public static bool IsZero(ulong[] f)
    {
        ulong[] p = new ulong[Limbs];
        Load(P256Constants.Table, P256Constants.Prime, p);
        ulong fromZero = 0;
        ulong fromPrime = 0;
        for (int i = 0; i < Limbs; i++)
        {
            fromZero |= f[i];
            fromPrime |= f[i] ^ p[i];
        }

        return fromZero == 0 || fromPrime == 0;
    }

    /// <summary>Reads 32 bytes, without bringing them into Montgomery's form.</summary>
    public static void Load(byte[] data, int offset, ulong[] h)
    {
        int bit = 0;
        for (int i = 0; i < Limbs; i++)
        {
            int at = offset + Bytes - 1 - (bit >> 3);
            ulong five = 0;
            for (int k = 4; k >= 0; k--)
                five = (five << 8) | (at - k >= offset ? data[at - k] : (uint)0);

            h[i] = (five >> (bit & 7)) & Mask;
            bit += 26;
        }
    }

    /// <summary>Reads 32 bytes into Montgomery's form.</summary>
    public static void Decode(byte[] data, int offset, ulong[] h)
    {
        ulong[] square = new ulong[Limbs];
        Load(P256Constants.Table, P256Constants.MontgomerySquare, square);
        Load(data, offset, h);
        Multiply(h, h, square);
    }

    /// <summary>Writes the number, fully reduced, as 32 bytes.</summary>
    public static void Encode(ulong[] f, byte[] output, int offset)
    {
        // Out of Montgomery's form comes 0 to p.
        ulong[] one = new ulong[Limbs];
        ulong[] h = new ulong[Limbs];
        one[0] = 1;
        Multiply(h, f, one);

        // Only p itself is left to reduce.
        ulong difference = 0;
        Load(P256Constants.Table, P256Constants.Prime, one);
        for (int i = 0; i < Limbs; i++)
            difference |= h[i] ^ one[i];

        ulong mask = 0 - ((difference | (0 - difference)) >> 63);
        int bit = 0;
        for (int i = Bytes - 1; i >= 0; i--)
        {
            int limb = bit / 26;
            int low = bit - (26 * limb);
            ulong word = h[limb] >> low;
            if (low > 18 && limb + 1 < Limbs)
                word |= h[limb + 1] << (26 - low);

            output[offset + i] = (byte)(word & mask);
            bit += 8;
        }

        System.Array.Clear(h, 0, Limbs);
    }

    /// <summary>h = f^(p - 2), the inverse.</summary>
    public static void Invert(ulong[] h, ulong[] f)
    {
        // x_n is f^(2^n - 1).
        ulong[] x2 = new ulong[Limbs];
        ulong[] x4 = new ulong[Limbs];
        ulong[] x8 = new ulong[Limbs];
        ulong[] x16 = new ulong[Limbs];
        ulong[] x30 = new ulong[Limbs];
        ulong[] x32 = new ulong[Limbs];
        ulong[] t = new ulong[Limbs];
        Square(t, f, 1);
        Multiply(x2, t, f);
        Square(t, x2, 2);
        Multiply(x4, t, x2);
        Square(t, x4, 4);
        Multiply(x8, t, x4);
        Square(t, x8, 8);
        Multiply(x16, t, x8);
        Square(t, x16, 8);
        Multiply(t, t, x8); // 24
        Square(t, t, 4);
        Multiply(t, t, x4); // 28
        Square(t, t, 2);
        Multiply(x30, t, x2);
        Square(t, x30, 2);
        Multiply(x32, t, x2);

        // The exponent's words: ffffffff 00000001 0 0 0 ffffffff ffffffff fffffffd.
        Square(t, x32, 32);
        Multiply(t, t, f);
        Square(t, t, 128);
        Multiply(t, t, x32);
        Square(t, t, 32);
        Multiply(t, t, x32);
        Square(t, t, 30);
        Multiply(t, t, x30);
        Square(t, t, 2);
        Multiply(h, t, f);
        System.Array.Clear(x2, 0, Limbs);
        System.Array.Clear(x4, 0, Limbs);
        System.Array.Clear(x8, 0, Limbs);
        System.Array.Clear(x16, 0, Limbs);
        System.Array.Clear(x30, 0, Limbs);
        System.Array.Clear(x32, 0, Limbs);
        System.Array.Clear(t, 0, Limbs);
    }
}
