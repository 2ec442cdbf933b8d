namespace DprivEmbedded.Crypto.Managed;

/// <summary>A point of P-256 in Jacobian coordinates, (X/Z^2, Y/Z^3), each in Montgomery's form. The point at infinity is not among them.</summary>
internal sealed class P256Point
{
    /// <summary>Size of an uncompressed point in bytes.</summary>
    public const int EncodedBytes = 65;

    private const int Uncompressed = 4;

    public readonly ulong[] X = new ulong[FieldP256.Limbs];
    public readonly ulong[] Y = new ulong[FieldP256.Limbs];
    public readonly ulong[] Z = new ulong[FieldP256.Limbs];

    public void CopyFrom(P256Point other)
    {
        System.Array.Copy(other.X, 0, X, 0, FieldP256.Limbs);
        System.Array.Copy(other.Y, 0, Y, 0, FieldP256.Limbs);
        System.Array.Copy(other.Z, 0, Z, 0, FieldP256.Limbs);
    }

    public void Clear()
    {
        System.Array.Clear(X, 0, FieldP256.Limbs);
        System.Array.Clear(Y, 0, FieldP256.Limbs);
        System.Array.Clear(Z, 0, FieldP256.Limbs);
    }

    /// <summary>Sets the base point.</summary>
    public void SetBasePoint()
    {
        SetAffine(P256Constants.Table, P256Constants.BasePoint);
    }

    /// <summary>Reads an uncompressed point from the network. Source: RFC 8446 section 4.2.8.2.</summary>
    /// <returns>False where it has the wrong size or form, a coordinate is not below p, or it is not on the curve.</returns>
    public bool Decode(byte[] data, int offset, int count)
    {
        if (count != EncodedBytes || data[offset] != Uncompressed)
            return false;
        if (!IsBelow(data, offset + 1, P256Constants.Prime) || !IsBelow(data, offset + 33, P256Constants.Prime))
            return false;

        SetAffine(data, offset + 1);
        return IsOnCurve();
    }

    /// <summary>Writes the affine coordinates as an uncompressed point.</summary>
    public void Encode(byte[] output, int offset)
    {
        ulong[] t = new ulong[FieldP256.Limbs];
        ulong[] u = new ulong[FieldP256.Limbs];
        FieldP256.Invert(t, Z);
        FieldP256.Square(u, t, 1);
        FieldP256.Multiply(t, t, u);
        FieldP256.Multiply(u, u, X);
        FieldP256.Multiply(t, t, Y);
        output[offset] = Uncompressed;
        FieldP256.Encode(u, output, offset + 1);
        FieldP256.Encode(t, output, offset + 33);
    }

    /// <summary>Writes the affine x: the shared secret of a key agreement.</summary>
    public void EncodeX(byte[] output, int offset)
    {
        ulong[] t = new ulong[FieldP256.Limbs];
        FieldP256.Invert(t, Z);
        FieldP256.Square(t, t, 1);
        FieldP256.Multiply(t, t, X);
        FieldP256.Encode(t, output, offset);
        System.Array.Clear(t, 0, FieldP256.Limbs);
    }

    /// <summary>Whether 32 bytes are a number below one of the curve's.</summary>
    public static bool IsBelow(byte[] data, int offset, int constant)
    {
        byte[] table = P256Constants.Table;
        int borrow = 0;
        for (int i = FieldP256.Bytes - 1; i >= 0; i--)
            borrow = 1 - ((256 + data[offset + i] - table[constant + i] - borrow) >> 8);

        return borrow != 0;
    }

    private void SetAffine(byte[] data, int offset)
    {
        FieldP256.Decode(data, offset, X);
        FieldP256.Decode(data, offset + FieldP256.Bytes, Y);
        SetOne(Z);
    }

    /// <summary>R modulo p, which is 1 in Montgomery's form: R^2 / R.</summary>
    private static void SetOne(ulong[] h)
    {
        ulong[] one = new ulong[FieldP256.Limbs];
        one[0] = 1;
        FieldP256.Load(P256Constants.Table, P256Constants.MontgomerySquare, h);
        FieldP256.Multiply(h, h, one);
    }

    /// <summary>y^2 = x^3 - 3x + b.</summary>
    private bool IsOnCurve()
    {
        ulong[] right = new ulong[FieldP256.Limbs];
        ulong[] t = new ulong[FieldP256.Limbs];
        FieldP256.Square(t, X, 1);
        FieldP256.Multiply(right, t, X);
        FieldP256.Subtract(right, right, X, 3);
        FieldP256.Decode(P256Constants.Table, P256Constants.B, t);
        FieldP256.Add(right, right, t);
        FieldP256.Square(t, Y, 1);
        FieldP256.Subtract(t, t, right, 1);
        return FieldP256.IsZero(t);
    }
}
