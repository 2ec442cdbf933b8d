namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>What a type in a signature means to the arithmetic check.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Bits">Integers: 8, 16, 32 or 64.</param>
/// <param name="Signed">Integers: whether signed.</param>
/// <param name="Element">Arrays and references: what they hold or point to.</param>
public sealed record Shape(ShapeKind Kind, int Bits = 0, bool Signed = false, Shape? Element = null)
{
    public static readonly Shape Void = new(ShapeKind.Void);
    public static readonly Shape Other = new(ShapeKind.Other);

    public static Shape Integer(int bits, bool signed) => new(ShapeKind.Integer, bits, signed);

    public static Shape Array(Shape element) => new(ShapeKind.Array, Element: element);

    public static Shape ByReference(Shape element) => new(ShapeKind.ByReference, Element: element);
}
