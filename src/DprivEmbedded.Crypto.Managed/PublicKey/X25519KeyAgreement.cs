namespace DprivEmbedded.Crypto.Managed;

/// <summary>X25519. Source: RFC 7748 sections 5 and 6.1, RFC 8446 section 7.4.2.</summary>
internal sealed class X25519KeyAgreement : IKeyAgreement
{
    private const int Bytes = Field25519.Bytes;
    private const int TopBit = 254;
    private const int BasePoint = 9;

    private readonly byte[] _private = new byte[Bytes];
    private bool _hasKey;

    public int Group { get { return NamedGroup.X25519; } }

    public int PublicBytes { get { return Bytes; } }

    public void Generate(IRandomSource random, byte[] output, int offset)
    {
        random.Fill(_private, 0, Bytes);
        _hasKey = true;
        byte[] point = new byte[Bytes];
        point[0] = BasePoint;
        Multiply(point, 0, output, offset);
    }

    public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
    {
        if (!_hasKey)
            throw new System.InvalidOperationException("Generate a key pair first.");
        if (peerCount != Bytes)
            return false;

        Multiply(peer, peerOffset, secret, secretOffset);
        int any = 0;
        for (int i = 0; i < Bytes; i++)
            any |= secret[secretOffset + i];

        return any != 0;
    }

    public void Clear()
    {
        ConstantTime.Clear(_private);
        _hasKey = false;
    }

    /// <summary>The Montgomery ladder. Source: RFC 7748 section 5.</summary>
    private void Multiply(byte[] point, int offset, byte[] output, int outputOffset)
    {
        ulong[][] all = new ulong[13][];
        for (int i = 0; i < all.Length; i++)
            all[i] = new ulong[Field25519.Limbs];

        // The one that a step doubles comes out in the doubled pair, so the next step takes it from there or from the other
        // as its bit is or is not the one before.
        ulong[] x1 = all[0];
        ulong[] doubledX = all[1];
        ulong[] doubledZ = all[2];
        ulong[] addedX = all[3];
        ulong[] addedZ = all[4];
        ulong[] a = all[5];
        ulong[] b = all[6];
        ulong[] c = all[7];
        ulong[] d = all[8];
        ulong[] sum = all[9];
        ulong[] difference = all[10];
        ulong[] t = all[11];
        ulong[] e = all[12];
        Field25519.Decode(point, offset, x1);
        doubledX[0] = 1;
        System.Array.Copy(x1, 0, addedX, 0, Field25519.Limbs);
        addedZ[0] = 1;
        int last = 0;
        for (int i = TopBit; i >= 0; i--)
        {
            int bit = Bit(i);
            ulong mask = 0 - (ulong)(uint)(bit ^ last);
            last = bit;
            Field25519.AddSubtract(a, b, doubledX, doubledZ);
            Field25519.AddSubtract(c, d, addedX, addedZ);
            Field25519.Multiply(addedX, d, a);
            Field25519.Multiply(addedZ, c, b);
            Field25519.Select(a, a, c, mask);
            Field25519.Select(b, b, d, mask);
            Field25519.AddSubtract(sum, difference, addedX, addedZ);
            Field25519.Square(addedX, sum, 1);
            Field25519.Square(t, difference, 1);
            Field25519.Multiply(addedZ, t, x1);
            Field25519.Square(a, a, 1);
            Field25519.Square(b, b, 1);
            Field25519.Multiply(doubledX, a, b);
            Field25519.AddSubtract(sum, e, a, b);
            Field25519.AddMultiple(t, a, e);
            Field25519.Multiply(doubledZ, e, t);
        }

        // The lowest bit of a clamped scalar is 0, so what was doubled last is the result.
        Field25519.Invert(t, doubledZ);
        Field25519.Multiply(t, t, doubledX);
        Field25519.Encode(t, output, outputOffset);
        for (int i = 0; i < all.Length; i++)
            System.Array.Clear(all[i], 0, Field25519.Limbs);
    }

    /// <summary>A bit of the clamped scalar. Source: RFC 7748 section 5.</summary>
    private int Bit(int i)
    {
        if (i == TopBit)
            return 1;
        if (i < 3)
            return 0;

        return (_private[i >> 3] >> (i & 7)) & 1;
    }
}
