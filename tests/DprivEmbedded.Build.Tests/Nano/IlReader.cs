using System;
using System.Collections.Generic;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>Reads the instructions of a method's body.</summary>
public static class IlReader
{
    private static readonly Dictionary<int, OpCode> Codes = ReadCodes();

    public static List<Instruction> Read(MethodBodyBlock body)
    {
        var instructions = new List<Instruction>();
        BlobReader il = body.GetILReader();
        while (il.RemainingBytes > 0)
        {
            int offset = il.Offset;
            int value = il.ReadByte();
            if (value == 0xFE)
                value = 0xFE00 | il.ReadByte();

            OpCode code = Codes[value];
            long operand = 0;
            int[] targets = [];
            switch (code.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineI:
                    operand = code == OpCodes.Ldc_I4_S ? il.ReadSByte() : il.ReadByte();
                    break;
                case OperandType.ShortInlineVar:
                    operand = il.ReadByte();
                    break;
                case OperandType.InlineVar:
                    operand = il.ReadUInt16();
                    break;
                case OperandType.ShortInlineBrTarget:
                    operand = il.ReadSByte();
                    operand += il.Offset;
                    break;
                case OperandType.InlineBrTarget:
                    operand = il.ReadInt32();
                    operand += il.Offset;
                    break;
                case OperandType.InlineI8:
                    operand = il.ReadInt64();
                    break;
                case OperandType.InlineR:
                    il.ReadDouble();
                    break;
                case OperandType.ShortInlineR:
                    il.ReadSingle();
                    break;
                case OperandType.InlineSwitch:
                    targets = new int[il.ReadInt32()];
                    for (int i = 0; i < targets.Length; i++)
                        targets[i] = il.ReadInt32();

                    for (int i = 0; i < targets.Length; i++)
                        targets[i] += il.Offset;

                    break;
                default:
                    operand = il.ReadInt32();
                    break;
            }

            instructions.Add(new Instruction(offset, code, operand, targets));
        }

        return instructions;
    }

    private static Dictionary<int, OpCode> ReadCodes()
    {
        var codes = new Dictionary<int, OpCode>();
        foreach (FieldInfo field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var code = (OpCode)field.GetValue(null)!;
            codes[(ushort)code.Value] = code;
        }

        return codes;
    }
}
