namespace DprivEmbedded.Crypto.Managed;

/// <summary>Adds and multiplies points of P-256. Holds the numbers that this takes.</summary>
internal sealed class P256Calculator
{
    private const int ScalarBits = 256;
    private const int WindowBits = 4;
    private const int Windows = ScalarBits / WindowBits;
    private const int TablePoints = 1 << (WindowBits - 1);

    private readonly ulong[] _a = new ulong[FieldP256.Limbs];
    private readonly ulong[] _b = new ulong[FieldP256.Limbs];
    private readonly ulong[] _c = new ulong[FieldP256.Limbs];
    private readonly ulong[] _d = new ulong[FieldP256.Limbs];
    private readonly ulong[] _e = new ulong[FieldP256.Limbs];
    private readonly ulong[] _f = new ulong[FieldP256.Limbs];

    /// <summary>p = 2p. Source: dbl-2001-b of the Explicit-Formulas Database, for curves with a = -3.</summary>
    public void Double(P256Point p)
    {
        ulong[] delta = _a;
        ulong[] gamma = _b;
        ulong[] beta = _c;
        ulong[] alpha = _d;
        ulong[] t = _e;
        FieldP256.Square(delta, p.Z, 1);
        FieldP256.Square(gamma, p.Y, 1);
        FieldP256.Multiply(beta, p.X, gamma);
        FieldP256.Subtract(t, p.X, delta, 1);
        FieldP256.Add(alpha, p.X, delta);
        FieldP256.Multiply(alpha, alpha, t);
        FieldP256.Scale(alpha, alpha, 3);

        // Z3 = 2 Y Z
        FieldP256.Multiply(p.Z, p.Y, p.Z);
        FieldP256.Scale(p.Z, p.Z, 2);

        // X3 = alpha^2 - 8 beta
        FieldP256.Square(t, alpha, 1);
        FieldP256.Subtract(p.X, t, beta, 8);

        // Y3 = alpha (4 beta - X3) - 8 gamma^2
        FieldP256.Scale(beta, beta, 4);
        FieldP256.Subtract(t, beta, p.X, 1);
        FieldP256.Multiply(t, t, alpha);
        FieldP256.Square(gamma, gamma, 1);
        FieldP256.Subtract(p.Y, t, gamma, 8);
    }

    /// <summary>
    /// p = p + q for points of which neither is the other or its negative. Source: add-1998-cmo-2 of the Explicit-Formulas Database.
    /// </summary>
    public void Add(P256Point p, P256Point q)
    {
        Differences(p, q);
        Finish(p, q);
    }

    /// <summary>p = p + q for public points. The time depends on them.</summary>
    /// <returns>False where the sum is the point at infinity.</returns>
    public bool AddPublic(P256Point p, P256Point q)
    {
        Differences(p, q);
        if (FieldP256.IsZero(_e))
        {
            if (!FieldP256.IsZero(_f))
                return false;

            Double(p);
            return true;
        }

        Finish(p, q);
        return true;
    }

    /// <summary>The odd multiples p, 3p, 5p ... of a point.</summary>
    public P256Point[] OddMultiples(P256Point p, int count)
    {
        P256Point twice = new P256Point();
        twice.CopyFrom(p);
        Double(twice);
        P256Point[] table = new P256Point[count];
        for (int i = 0; i < count; i++)
        {
            table[i] = new P256Point();
            table[i].CopyFrom(i == 0 ? p : table[i - 1]);
            if (i > 0)
                Add(table[i], twice);
        }

        return table;
    }

    /// <summary>Negates where the mask is all ones.</summary>
    public void Negate(P256Point p, ulong mask)
    {
        System.Array.Clear(_a, 0, FieldP256.Limbs);
        FieldP256.Subtract(_a, _a, p.Y, 1);
        FieldP256.Select(p.Y, p.Y, _a, mask);
    }

    /// <summary>Multiplies a point by a secret scalar: the same operations on the same addresses for every scalar.</summary>
    /// <param name="p">The point; becomes the product.</param>
    /// <param name="scalar">32 bytes, 1 to n - 1.</param>
    /// <remarks>
    /// The scalar k is made odd (n - k in place of an even one, and the result negated). Then with the nibbles n_i of K = (k - 1)/2 + 2^255 the digits
    /// 2 n_i - 15 are odd, from -15 to 15, and sum up to k: no digit is 0, and the first is positive. A sum can only meet equal or opposite points in the last step, and
    /// only for k = n - 2 (or 2): there Z is 0, and the product is known to be -2p.
    /// </remarks>
    public void Multiply(P256Point p, byte[] scalar)
    {
        byte[] k = new byte[FieldP256.Bytes];
        ulong even = 0 - (ulong)(uint)(1 - (scalar[31] & 1));
        MakeOdd(scalar, k, (int)(even & 0xff));
        int high = 1;
        for (int i = 0; i < FieldP256.Bytes; i++)
        {
            int value = k[i];
            k[i] = (byte)((high << 7) | (value >> 1));
            high = value & 1;
        }

        P256Point[] table = OddMultiples(p, TablePoints);
        P256Point digit = new P256Point();
        Look(table, k[0] >> WindowBits, digit);
        p.CopyFrom(digit);
        for (int i = 1; i < Windows; i++)
        {
            for (int d = 0; d < WindowBits; d++)
                Double(p);

            int nibble = (k[i >> 1] >> (WindowBits - (WindowBits * (i & 1)))) & 15;
            Look(table, nibble, digit);
            Add(p, digit);
        }

        if (FieldP256.IsZero(p.Z))
        {
            p.CopyFrom(table[0]);
            Double(p);
            Negate(p, ~(ulong)0);
        }

        Negate(p, even);
        for (int i = 0; i < TablePoints; i++)
            table[i].Clear();

        digit.Clear();
        Clear();
        ConstantTime.Clear(k);
    }

    /// <summary>Zeroes what a computation leaves.</summary>
    public void Clear()
    {
        System.Array.Clear(_a, 0, FieldP256.Limbs);
        System.Array.Clear(_b, 0, FieldP256.Limbs);
        System.Array.Clear(_c, 0, FieldP256.Limbs);
        System.Array.Clear(_d, 0, FieldP256.Limbs);
        System.Array.Clear(_e, 0, FieldP256.Limbs);
        System.Array.Clear(_f, 0, FieldP256.Limbs);
    }

    /// <summary>k = n - scalar where the mask is 255, scalar where it is 0.</summary>
    private static void MakeOdd(byte[] scalar, byte[] k, int mask)
    {
        byte[] table = P256Constants.Table;
        int borrow = 0;
        for (int i = FieldP256.Bytes - 1; i >= 0; i--)
        {
            int value = scalar[i];
            int difference = 256 + table[P256Constants.Order + i] - value - borrow;
            borrow = 1 - (difference >> 8);
            k[i] = (byte)(value ^ ((value ^ difference) & mask));
        }
    }

    /// <summary>Takes the multiple 2 nibble - 15 of the table's point, reading every entry.</summary>
    private void Look(P256Point[] table, int nibble, P256Point result)
    {
        int negative = 1 - (nibble >> 3);
        int index = (nibble & 7) ^ (7 * negative);
        result.Clear();
        for (int i = 0; i < TablePoints; i++)
        {
            // All ones where i is the index: the difference less one runs below zero for 0 alone.
            ulong mask = 0 - (((ulong)(uint)(i ^ index) - 1) >> 63);
            Collect(result.X, table[i].X, mask);
            Collect(result.Y, table[i].Y, mask);
            Collect(result.Z, table[i].Z, mask);
        }

        Negate(result, 0 - (ulong)(uint)negative);
    }

    private static void Collect(ulong[] h, ulong[] f, ulong mask)
    {
        h[0] |= f[0] & mask;
        h[1] |= f[1] & mask;
        h[2] |= f[2] & mask;
        h[3] |= f[3] & mask;
        h[4] |= f[4] & mask;
        h[5] |= f[5] & mask;
        h[6] |= f[6] & mask;
        h[7] |= f[7] & mask;
        h[8] |= f[8] & mask;
        h[9] |= f[9] & mask;
    }

    /// <summary>a = U1 = X1 Z2^2, b = S1 = Y1 Z2^3, e = H = X2 Z1^2 - U1, f = r = Y2 Z1^3 - S1.</summary>
    private void Differences(P256Point p, P256Point q)
    {
        FieldP256.Square(_c, q.Z, 1);
        FieldP256.Multiply(_a, p.X, _c);
        FieldP256.Multiply(_b, p.Y, _c);
        FieldP256.Multiply(_b, _b, q.Z);
        FieldP256.Square(_c, p.Z, 1);
        FieldP256.Multiply(_e, q.X, _c);
        FieldP256.Multiply(_f, q.Y, _c);
        FieldP256.Multiply(_f, _f, p.Z);
        FieldP256.Subtract(_e, _e, _a, 1);
        FieldP256.Subtract(_f, _f, _b, 1);
    }

    private void Finish(P256Point p, P256Point q)
    {
        // Z3 = Z1 Z2 H
        FieldP256.Multiply(p.Z, p.Z, q.Z);
        FieldP256.Multiply(p.Z, p.Z, _e);

        // c = H^2, e = H^3, a = V = U1 H^2
        FieldP256.Square(_c, _e, 1);
        FieldP256.Multiply(_e, _e, _c);
        FieldP256.Multiply(_a, _a, _c);

        // X3 = r^2 - H^3 - 2 V
        FieldP256.Square(_c, _f, 1);
        FieldP256.Subtract(_c, _c, _e, 1);
        FieldP256.Subtract(p.X, _c, _a, 2);

        // Y3 = r (V - X3) - S1 H^3
        FieldP256.Subtract(_a, _a, p.X, 1);
        FieldP256.Multiply(_a, _a, _f);
        FieldP256.Multiply(_b, _b, _e);
        FieldP256.Subtract(p.Y, _a, _b, 1);
    }
}
