namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>A value of the evaluation stack: a number under a tag, those of 32 bits as unsigned ones, or a reference.</summary>
public readonly record struct Value(Tag Tag, ulong Bits, object? Object = null)
{
    public bool Wide => Tag is Tag.I8 or Tag.U8;

    public bool Signed => Tag is Tag.I4 or Tag.I8;

    /// <summary>Read as a signed number of its own width.</summary>
    public long Number => Wide ? (long)Bits : (int)(uint)Bits;

    public static Value Reference(object? value) => new(Tag.Reference, 0, value);

    public static Value Int32(long value) => new(Tag.I4, (uint)value);

    /// <summary>The same tag with other bits.</summary>
    public Value With(ulong bits) => new(Tag, Wide ? bits : (uint)bits);

    /// <summary>As a variable of a declared type holds it.</summary>
    public Value As(Shape shape)
    {
        if (shape.Kind != ShapeKind.Integer)
            return this;

        return shape.Bits switch
        {
            8 => Int32(shape.Signed ? (sbyte)Bits : (byte)Bits),
            16 => Int32(shape.Signed ? (short)Bits : (ushort)Bits),
            32 => new Value(shape.Signed ? Tag.I4 : Tag.U4, (uint)Bits),
            _ => new Value(shape.Signed ? Tag.I8 : Tag.U8, Bits),
        };
    }
}
