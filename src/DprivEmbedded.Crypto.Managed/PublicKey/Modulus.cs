namespace DprivEmbedded.Crypto.Managed;

/// <summary>Arithmetic modulo an odd number, in Montgomery's form. For public numbers: the time depends on them.</summary>
/// <remarks>Limbs of 31 bits in 64-bit words: two products and two limbs more fit in a word, so that one loop multiplies and reduces.</remarks>
internal sealed class Modulus
{
    private const int LimbBits = 31;
    private const ulong Mask = 0x7fffffff;

    /// <summary>Doublings are cheaper than a multiplication up to about this many.</summary>
    private const int DoublingsAtOnce = 80;

    private readonly ulong[] _n;
    private readonly ulong _factor;
    private readonly int _bits;
    private readonly ulong[] _square;

    /// <summary>Sets the modulus.</summary>
    /// <param name="data">Holds the modulus, odd, its first byte not 0.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public Modulus(byte[] data, int offset, int count)
    {
        int top = data[offset];
        int bits = 8 * count;
        while (top < 0x80)
        {
            top <<= 1;
            bits--;
        }

        _bits = bits;
        _n = new ulong[((bits - 1) / LimbBits) + 1];
        Load(data, offset, count, _n);

        // Newton: each step doubles the number of right bits of the inverse; the number itself has three.
        ulong inverse = _n[0];
        for (int i = 0; i < 4; i++)
            inverse *= 2 - (_n[0] * inverse);

        _factor = (0 - inverse) & Mask;
        _square = MakeSquare();
    }

    /// <summary>Number of limbs.</summary>
    public int Limbs { get { return _n.Length; } }

    /// <summary>Number of bits.</summary>
    public int Bits { get { return _bits; } }

    /// <summary>Reads a number of at most the modulus' size; the modulus itself and larger ones are allowed.</summary>
    public void Load(byte[] data, int offset, int count, ulong[] x)
    {
        System.Array.Clear(x, 0, x.Length);
        ulong word = 0;
        int bits = 0;
        int limb = 0;
        for (int i = count - 1; i >= 0; i--)
        {
            word |= (ulong)data[offset + i] << bits;
            bits += 8;
            if (bits >= LimbBits)
            {
                x[limb++] = word & Mask;
                word >>= LimbBits;
                bits -= LimbBits;
            }
        }

        if (limb < x.Length)
            x[limb] = word;
    }

    /// <summary>Writes a number.</summary>
    public void Store(ulong[] x, byte[] data, int offset, int count)
    {
        ulong word = 0;
        int bits = 0;
        int limb = 0;
        for (int i = count - 1; i >= 0; i--)
        {
            if (bits < 8 && limb < x.Length)
            {
                word |= x[limb++] << bits;
                bits += LimbBits;
            }

            data[offset + i] = (byte)word;
            word >>= 8;
            bits -= 8;
        }
    }

    /// <summary>Whether a number is below the modulus.</summary>
    public bool IsReduced(ulong[] x)
    {
        ulong[] n = _n;
        for (int i = n.Length - 1; i >= 0; i--)
        {
            if (x[i] != n[i])
                return x[i] < n[i];
        }

        return false;
    }

    /// <summary>r = x R modulo n.</summary>
    public void ToMontgomery(ulong[] r, ulong[] x)
    {
        Multiply(r, x, _square);
    }

    /// <summary>r = a b / R modulo n; r is neither of the others.</summary>
    public void Multiply(ulong[] r, ulong[] a, ulong[] b)
    {
        ulong[] n = _n;
        int limbs = n.Length;
        ulong factor = _factor;
        ulong n0 = n[0];
        ulong b0 = b[0];
        System.Array.Clear(r, 0, limbs);
        for (int i = 0; i < limbs; i++)
        {
            ulong digit = a[i];
            ulong t = r[0] + (digit * b0);
            ulong m = (t * factor) & Mask;
            t += m * n0;
            for (int k = 1; k < limbs; k++)
            {
                t = (t >> LimbBits) + r[k] + (digit * b[k]) + (m * n[k]);
                r[k - 1] = t & Mask;
            }

            r[limbs - 1] = t >> LimbBits;
        }

        if (!IsReduced(r))
            Subtract(r);
    }

    /// <summary>r = x^exponent modulo n, in Montgomery's form.</summary>
    /// <param name="r">Receives the power; neither of the others.</param>
    /// <param name="x">The base.</param>
    /// <param name="exponent">The exponent, big-endian, above 0.</param>
    /// <param name="scratch">As many limbs; neither of the others.</param>
    public void Power(ulong[] r, ulong[] x, byte[] exponent, ulong[] scratch)
    {
        System.Array.Copy(x, 0, r, 0, r.Length);
        int bit = (8 * exponent.Length) - 1;
        while (Bit(exponent, bit) == 0)
            bit--;

        for (bit--; bit >= 0; bit--)
        {
            Multiply(scratch, r, r);
            if (Bit(exponent, bit) != 0)
                Multiply(r, scratch, x);
            else
                System.Array.Copy(scratch, 0, r, 0, r.Length);
        }
    }

    private static int Bit(byte[] number, int bit)
    {
        return (number[number.Length - 1 - (bit >> 3)] >> (bit & 7)) & 1;
    }

    /// <summary>R^2 modulo n. Squaring R 2^e in Montgomery's form gives R 2^(2e).</summary>
    private ulong[] MakeSquare()
    {
        int limbs = _n.Length;
        int exponent = LimbBits * limbs;
        int squarings = 0;
        while (exponent >> squarings > DoublingsAtOnce)
            squarings++;

        ulong[] x = new ulong[limbs];
        ulong[] t = new ulong[limbs];
        x[(_bits - 1) / LimbBits] = (ulong)1 << ((_bits - 1) % LimbBits);
        for (int i = exponent - _bits + 1 + (exponent >> squarings); i > 0; i--)
            Double(x);

        for (squarings--; squarings >= 0; squarings--)
        {
            Multiply(t, x, x);
            ulong[] swap = x;
            x = t;
            t = swap;
            if (((exponent >> squarings) & 1) != 0)
                Double(x);
        }

        return x;
    }

    private void Double(ulong[] x)
    {
        int last = x.Length - 1;
        ulong carry = 0;
        for (int i = 0; i < last; i++)
        {
            ulong t = (x[i] << 1) | carry;
            carry = t >> LimbBits;
            x[i] = t & Mask;
        }

        x[last] = (x[last] << 1) | carry;
        if (!IsReduced(x))
            Subtract(x);
    }

    /// <summary>Takes the modulus off a number that is not below it.</summary>
    private void Subtract(ulong[] x)
    {
        ulong[] n = _n;
        ulong borrow = 0;
        for (int i = 0; i < n.Length; i++)
        {
            ulong t = x[i] - n[i] - borrow;
            borrow = t >> 63;
            x[i] = t & Mask;
        }
    }
}
