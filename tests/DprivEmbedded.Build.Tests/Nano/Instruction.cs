using System.Reflection.Emit;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>One instruction of a method.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Code">The opcode.</param>
/// <param name="Operand">Its operand as a number: constant, token, variable, or branch target.</param>
/// <param name="Targets">The targets of a switch, else empty.</param>
public sealed record Instruction(int Offset, OpCode Code, long Operand, int[] Targets)
{
    public string Name => Code.Name!;
}
