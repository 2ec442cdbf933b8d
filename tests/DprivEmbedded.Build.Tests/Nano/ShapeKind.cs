namespace DprivEmbedded.Build.Tests.Nano;

public enum ShapeKind
{
    Other,
    Void,
    Integer,
    Array,
    ByReference,
}
