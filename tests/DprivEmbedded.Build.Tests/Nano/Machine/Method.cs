using System.Collections.Generic;
using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>A method with its body.</summary>
public sealed class Method
{
    public required Module Module { get; init; }

    /// <summary>Type and method, without namespace.</summary>
    public required string Name { get; init; }

    public required int Parameters { get; init; }

    public required bool IsStatic { get; init; }

    public required bool Returns { get; init; }

    public required List<Instruction> Code { get; init; }

    /// <summary>The index of the instruction at an offset.</summary>
    public required Dictionary<long, int> Index { get; init; }

    public required ImmutableArray<Shape> Locals { get; init; }

    public required int MaxStack { get; init; }

    public long Calls { get; set; }

    public static ILOpCode Operation(Instruction instruction) => (ILOpCode)(ushort)instruction.Code.Value;
}
