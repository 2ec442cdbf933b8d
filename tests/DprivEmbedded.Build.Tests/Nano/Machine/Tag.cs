namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>What nanoFramework's run time knows of a value's type.</summary>
public enum Tag
{
    I4,
    U4,
    I8,
    U8,
    Reference,
}
