namespace DprivEmbedded.Crypto.Managed;

/// <summary>ECDSA with P-256 and SHA-256. All is public here, and the time depends on it. Source: FIPS 186-5 section 6.4.2.</summary>
internal static class EcdsaVerifier
{
    private const int ScalarBytes = FieldP256.Bytes;
    private const int DigitCount = (8 * ScalarBytes) + 1;
    private const int WindowBits = 4;
    private const int TablePoints = 1 << (WindowBits - 2);

    /// <summary>A SubjectPublicKeyInfo of P-256 up to the point: id-ecPublicKey, prime256v1, a BIT STRING of 65 bytes. Source: RFC 5480 section 2.</summary>
    private static readonly byte[] s_spkiStart =
    {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    };

    public static bool Verify(byte[] spki, int spkiOffset, int spkiCount, byte[] digest, byte[] signature, int signatureOffset, int signatureCount)
    {
        int start = s_spkiStart.Length;
        if (spkiCount != start + P256Point.EncodedBytes)
            return false;

        for (int i = 0; i < start; i++)
        {
            if (spki[spkiOffset + i] != s_spkiStart[i])
                return false;
        }

        P256Point key = new P256Point();
        if (!key.Decode(spki, spkiOffset + start, P256Point.EncodedBytes))
            return false;

        byte[] r = new byte[ScalarBytes];
        byte[] s = new byte[ScalarBytes];
        DerReader reader = new DerReader(signature, signatureOffset, signatureCount);
        reader.EnterLast(DerReader.TagSequence);
        if (!ReadScalar(reader, signature, r) || !ReadScalar(reader, signature, s) || !reader.AtEnd)
            return false;

        // u1 = e / s, u2 = r / s; the inverse is s^(n - 2).
        Modulus order = new Modulus(P256Constants.Table, P256Constants.Order, ScalarBytes);
        ulong[] x = new ulong[order.Limbs];
        ulong[] y = new ulong[order.Limbs];
        ulong[] inverse = new ulong[order.Limbs];
        byte[] exponent = new byte[ScalarBytes];
        System.Array.Copy(P256Constants.Table, P256Constants.Order, exponent, 0, ScalarBytes);
        exponent[ScalarBytes - 1] -= 2;
        order.Load(s, 0, ScalarBytes, x);
        order.ToMontgomery(y, x);
        order.Power(inverse, y, exponent, x);
        order.Load(digest, 0, ScalarBytes, x);
        order.Multiply(y, inverse, x);
        order.Store(y, s, 0, ScalarBytes);
        int[] u1 = Digits(s);
        order.Load(r, 0, ScalarBytes, x);
        order.Multiply(y, inverse, x);
        order.Store(y, s, 0, ScalarBytes);
        int[] u2 = Digits(s);
        return Combine(u1, key, u2) && HasX(key, r);
    }

    private static bool ReadScalar(DerReader reader, byte[] signature, byte[] scalar)
    {
        reader.ReadPositive();
        if (reader.Failed || reader.Count > ScalarBytes)
            return false;

        System.Array.Copy(signature, reader.Offset, scalar, ScalarBytes - reader.Count, reader.Count);
        reader.Skip();
        return P256Point.IsBelow(scalar, 0, P256Constants.Order);
    }

    /// <summary>The digits of a scalar, lowest first: 0 or odd from -7 to 7, of four neighbours at most one not 0.</summary>
    private static int[] Digits(byte[] scalar)
    {
        int[] digits = new int[DigitCount];
        int carry = 0;
        int i = 0;
        while (i < DigitCount)
        {
            int word = 0;
            for (int k = WindowBits - 1; k >= 0; k--)
            {
                int at = i + k;
                int bit = at < 8 * ScalarBytes ? (scalar[ScalarBytes - 1 - (at >> 3)] >> (at & 7)) & 1 : 0;
                word = (word << 1) | bit;
            }

            word += carry;
            if ((word & 1) == 0)
            {
                i++;
                continue;
            }

            carry = word >> (WindowBits - 1);
            digits[i] = word - (carry << WindowBits);
            i += WindowBits;
        }

        return digits;
    }

    /// <summary>key = u1 G + u2 key. False for the point at infinity.</summary>
    private static bool Combine(int[] u1, P256Point key, int[] u2)
    {
        P256Calculator calculator = new P256Calculator();
        P256Point sum = new P256Point();
        sum.SetBasePoint();
        P256Point[] ofBase = calculator.OddMultiples(sum, TablePoints);
        P256Point[] ofKey = calculator.OddMultiples(key, TablePoints);
        P256Point term = new P256Point();
        bool empty = true;
        for (int i = DigitCount - 1; i >= 0; i--)
        {
            if (!empty)
                calculator.Double(sum);

            empty = AddDigit(calculator, sum, empty, ofBase, u1[i], term);
            empty = AddDigit(calculator, sum, empty, ofKey, u2[i], term);
        }

        key.CopyFrom(sum);
        return !empty;
    }

    private static bool AddDigit(P256Calculator calculator, P256Point sum, bool empty, P256Point[] table, int digit, P256Point term)
    {
        if (digit == 0)
            return empty;

        bool negative = digit < 0;
        term.CopyFrom(table[(negative ? -digit : digit) / 2]);
        if (negative)
            calculator.Negate(term, ~(ulong)0);

        if (!empty)
            return !calculator.AddPublic(sum, term);

        sum.CopyFrom(term);
        return false;
    }

    /// <summary>Whether the affine x of a point is r modulo n, without a division: x Z^2 = X for x = r or r + n.</summary>
    private static bool HasX(P256Point point, byte[] r)
    {
        if (IsX(point, r))
            return true;

        // r + n as the other number below p
        byte[] larger = new byte[ScalarBytes];
        int carry = 0;
        for (int i = ScalarBytes - 1; i >= 0; i--)
        {
            carry += r[i] + P256Constants.Table[P256Constants.Order + i];
            larger[i] = (byte)carry;
            carry >>= 8;
        }

        return carry == 0 && P256Point.IsBelow(larger, 0, P256Constants.Prime) && IsX(point, larger);
    }

    private static bool IsX(P256Point point, byte[] x)
    {
        ulong[] left = new ulong[FieldP256.Limbs];
        ulong[] square = new ulong[FieldP256.Limbs];
        FieldP256.Decode(x, 0, left);
        FieldP256.Square(square, point.Z, 1);
        FieldP256.Multiply(left, left, square);
        FieldP256.Subtract(left, left, point.X, 1);
        return FieldP256.IsZero(left);
    }
}
