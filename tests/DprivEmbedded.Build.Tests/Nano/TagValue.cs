namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>What is known of a value on the evaluation stack.</summary>
/// <param name="Bytes">4 or 8 for integers, 0 for anything else.</param>
/// <param name="MayBeUnsigned">Whether the run time may have tagged it as unsigned.</param>
/// <param name="Max">An upper bound of its bits read as an unsigned number.</param>
/// <param name="Constant">Its value where it is a constant.</param>
/// <param name="Shape">For references and arrays: what they hold.</param>
public readonly record struct TagValue(int Bytes, bool MayBeUnsigned, ulong Max, long? Constant = null, Shape? Shape = null)
{
    public static readonly TagValue Other = new(0, true, ulong.MaxValue);

    /// <summary>Whether the sign bit is known to be clear: then signed and unsigned operations agree.</summary>
    public bool SignBitClear => Max <= Limit(Bytes) >> 1;

    /// <summary>Whether a signed operation on the value may go wrong.</summary>
    public bool Treacherous => Bytes != 0 && MayBeUnsigned && !SignBitClear;

    public static ulong Limit(int bytes) => bytes == 8 ? ulong.MaxValue : uint.MaxValue;

    public static TagValue Signed(int bytes) => new(bytes, false, Limit(bytes));

    public static TagValue Unsigned(int bytes) => new(bytes, true, Limit(bytes));

    public static TagValue Small(ulong max) => new(4, false, max);

    public static TagValue Number(int bytes, long value) => new(bytes, false, (ulong)value & Limit(bytes), value);

    public static TagValue FromShape(Shape shape)
    {
        if (shape.Kind != ShapeKind.Integer)
            return Other with { Shape = shape };

        if (shape.Bits < 32)
            return shape.Signed ? Signed(4) : Small((1ul << shape.Bits) - 1);

        return shape.Signed ? Signed(shape.Bits / 8) : Unsigned(shape.Bits / 8);
    }

    public static TagValue Join(TagValue a, TagValue b)
    {
        if (a.Bytes != b.Bytes)
            return Other;

        return new TagValue(a.Bytes, a.MayBeUnsigned || b.MayBeUnsigned, ulong.Max(a.Max, b.Max), a.Constant == b.Constant ? a.Constant : null, a.Shape == b.Shape ? a.Shape : null);
    }
}
