namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>What a netnano1.0 assembly may not hold. Each compiles with the stock compiler and fails on the board: see docs/decisions/0002-one-language-subset.md.</summary>
public static class Rule
{
    /// <summary>A generic type, method, or an instance of one.</summary>
    public const string Generic = "generic";

    /// <summary>A multi-dimensional array.</summary>
    public const string MultiDimensionalArray = "multi-dimensional array";

    /// <summary>A method with a body in an interface.</summary>
    public const string InterfaceBody = "interface member with a body";

    /// <summary>A pointer, a function pointer, a pinned local, or stack memory.</summary>
    public const string Pointer = "pointer";

    /// <summary>A reference to an assembly other than mscorlib.</summary>
    public const string AssemblyReference = "assembly reference";

    /// <summary>A member that the run time lacks, or that the core may not use.</summary>
    public const string MissingMember = "missing member";

    /// <summary>An overflow-checking instruction: it never throws there.</summary>
    public const string Overflow = "overflow check";

    /// <summary>A volatile access.</summary>
    public const string Volatile = "volatile";

    /// <summary>A static constructor that depends on another class's static fields.</summary>
    public const string StaticOrder = "static constructor order";

    /// <summary>An async method or an iterator.</summary>
    public const string StateMachine = "state machine";

    /// <summary>A signed operation on a value that carries an unsigned tag at run time.</summary>
    public const string Arithmetic = "signed arithmetic on an unsigned value";
}
