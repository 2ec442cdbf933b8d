using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>
/// Finds signed operations on values that nanoFramework's interpreter may hold as unsigned. There, a signed shift, a signed remainder or division and a
/// sign-extending widening follow the tag of the left operand, and a C# cast between int and uint (or long and ulong) leaves the tag as it was.
/// </summary>
/// <remarks>
/// The rules of the interpreter that this follows: a binary operation keeps the left operand's tag; constants, comparisons and narrow loads are signed;
/// conv.u4 and conv.u8 give unsigned, conv.i4 and conv.i8 signed values; locals, fields and array elements restore their declared tag when they are
/// stored to; arguments, results and targets of a reference (ref, out) do not. So an unsigned value that leaves a method as a signed one is reported too,
/// and a declared type can be relied on everywhere else. A value whose sign bit is known to be clear is harmless under either tag.
/// </remarks>
public sealed class TagAnalysis
{
    private readonly MetadataReader _reader;
    private readonly MethodDefinition _method;
    private readonly MethodBodyBlock _body;
    private readonly Action<string> _report;
    private readonly ShapeProvider _shapes = new(static (_, _) => { });
    private readonly ImmutableArray<Shape> _locals;
    private readonly List<Shape> _arguments = [];
    private readonly Shape _result;
    private readonly Dictionary<int, TagValue[]> _entries = [];
    private List<TagValue> _stack = [];

    public TagAnalysis(MetadataReader reader, MethodDefinition method, MethodBodyBlock body, Action<string> report)
    {
        _reader = reader;
        _method = method;
        _body = body;
        _report = report;
        _locals = body.LocalSignature.IsNil ? [] : reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_shapes, null);
        MethodSignature<Shape> signature = method.DecodeSignature(_shapes, null);
        if (signature.Header.IsInstance)
            _arguments.Add(Shape.Other);

        _arguments.AddRange(signature.ParameterTypes);
        _result = signature.ReturnType;
    }

    public void Run(List<Instruction> instructions)
    {
        foreach (ExceptionRegion region in _body.ExceptionRegions)
        {
            if (region.Kind is ExceptionRegionKind.Catch or ExceptionRegionKind.Filter)
                _entries[region.HandlerOffset] = [TagValue.Other];

            if (region.Kind == ExceptionRegionKind.Filter)
                _entries[region.FilterOffset] = [TagValue.Other];
        }

        bool reached = true;
        foreach (Instruction instruction in instructions)
        {
            if (_entries.TryGetValue(instruction.Offset, out TagValue[]? entry))
                _stack = reached ? Joined(entry) : [.. entry];
            else if (!reached)
                _stack = [];

            Step(instruction);
            foreach (int target in instruction.Targets)
                Enter(instruction.Offset, target);

            FlowControl flow = instruction.Code.FlowControl;
            if (flow is FlowControl.Branch or FlowControl.Cond_Branch && instruction.Targets.Length == 0 && instruction.Code != OpCodes.Switch)
                Enter(instruction.Offset, (int)instruction.Operand);

            reached = flow is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw);
        }
    }

    private List<TagValue> Joined(TagValue[] entry)
    {
        var joined = new List<TagValue>();
        for (int i = 0; i < entry.Length && i < _stack.Count; i++)
            joined.Add(TagValue.Join(entry[i], _stack[i]));

        return joined;
    }

    private void Enter(int from, int target)
    {
        // One pass is enough as long as nothing lies on the stack when a loop goes back, which holds for compiled C#.
        if (target <= from && _stack.Count > 0)
            throw new NotSupportedException($"{_reader.GetString(_method.Name)}: a backward branch with values on the stack.");

        _entries[target] = _entries.TryGetValue(target, out TagValue[]? entry) ? [.. Joined(entry)] : [.. _stack];
    }

    private TagValue Pop()
    {
        if (_stack.Count == 0)
            throw new InvalidOperationException($"{_reader.GetString(_method.Name)}: the evaluation stack ran empty: the check is wrong.");

        TagValue value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private void Push(TagValue value) => _stack.Add(value);

    private void Step(Instruction instruction)
    {
        string name = instruction.Name;
        int argument = Index(name, "ldarg", instruction);
        if (argument >= 0)
        {
            Push(TagValue.FromShape(_arguments[argument]));
            return;
        }

        int local = Index(name, "ldloc", instruction);
        if (local >= 0)
        {
            Push(TagValue.FromShape(_locals[local]));
            return;
        }

        if (name.StartsWith("ldc.i4", StringComparison.Ordinal))
        {
            Push(TagValue.Number(4, Int32Constant(instruction)));
            return;
        }

        switch (name)
        {
            case "ldarga" or "ldarga.s":
                Push(Reference(_arguments[(int)instruction.Operand]));
                break;
            case "ldloca" or "ldloca.s":
                Push(Reference(_locals[(int)instruction.Operand]));
                break;
            case "ldc.i8":
                Push(TagValue.Number(8, instruction.Operand));
                break;
            case "dup":
                TagValue top = Pop();
                Push(top);
                Push(top);
                break;
            case "ldfld":
                Pop();
                Push(TagValue.FromShape(FieldShape(instruction)));
                break;
            case "ldsfld":
                Push(TagValue.FromShape(FieldShape(instruction)));
                break;
            case "ldflda":
                Pop();
                Push(Reference(FieldShape(instruction)));
                break;
            case "ldsflda":
                Push(Reference(FieldShape(instruction)));
                break;
            case "newarr":
                Pop();
                Push(TagValue.Other with { Shape = Shape.Array(TypeShape(instruction)) });
                break;
            case "ldelema":
                Pop();
                Pop();
                Push(Reference(TypeShape(instruction)));
                break;
            case "castclass" or "isinst":
                Pop();
                Push(TagValue.Other with { Shape = TypeShape(instruction) });
                break;
            case "unbox.any":
                Pop();
                Push(TagValue.FromShape(TypeShape(instruction)));
                break;
            case "box":
                Leaves(Pop(), TypeShape(instruction), "is boxed");
                Push(TagValue.Other);
                break;
            case "ldlen":
                Pop();
                Push(new TagValue(4, true, int.MaxValue));
                break;
            case "sizeof":
                Push(TagValue.Small(int.MaxValue));
                break;
            case "call" or "callvirt" or "newobj" or "calli":
                if (name == "calli")
                    Pop();

                Call(instruction, name == "newobj");
                break;
            case "ret":
                if (_result.Kind != ShapeKind.Void)
                    Leaves(Pop(), _result, "is returned");

                break;
            case "leave" or "leave.s":
                _stack.Clear();
                break;
            default:
                if (!Arithmetic(name) && !Element(name, instruction))
                    Fallback(instruction);

                break;
        }
    }

    private bool Arithmetic(string name)
    {
        switch (name)
        {
            case "add" or "add.ovf" or "add.ovf.un" or "mul" or "mul.ovf" or "mul.ovf.un" or "sub" or "sub.ovf" or "sub.ovf.un" or "and" or "or" or "xor" or "shl" or "div.un" or "rem.un":
                TagValue right = Pop();
                TagValue left = Pop();
                Push(left with { Max = Bound(name, left, right), Constant = null, Shape = null });
                return true;
            case "shr":
                TagValue count = Pop();
                TagValue shifted = Pop();
                if (shifted.Treacherous)
                    _report("signed right shift");

                Push(shifted with { Max = shifted.SignBitClear ? Bound("shr.un", shifted, count) : TagValue.Limit(shifted.Bytes), Constant = null });
                return true;
            case "shr.un":
                TagValue logicalCount = Pop();
                TagValue logical = Pop();
                Push(logical with { Max = Bound(name, logical, logicalCount), Constant = null });
                return true;
            case "div" or "rem":
                TagValue divisor = Pop();
                TagValue dividend = Pop();
                if (dividend.Bytes != 0 && dividend.MayBeUnsigned && (!dividend.SignBitClear || !divisor.SignBitClear))
                    _report(name == "div" ? "signed division" : "signed remainder");

                bool plain = dividend.SignBitClear && divisor.SignBitClear;
                Push(dividend with { Max = plain ? Bound(name + ".un", dividend, divisor) : TagValue.Limit(dividend.Bytes), Constant = null });
                return true;
            case "neg" or "not":
                TagValue value = Pop();
                Push(value with { Max = TagValue.Limit(value.Bytes), Constant = null });
                return true;
            case "ceq" or "cgt" or "cgt.un" or "clt" or "clt.un":
                Pop();
                Pop();
                Push(TagValue.Small(1));
                return true;
            default:
                return name.StartsWith("conv.", StringComparison.Ordinal) && Convert(name.Replace(".ovf", "", StringComparison.Ordinal).Replace(".un", "", StringComparison.Ordinal));
        }
    }

    private bool Convert(string name)
    {
        TagValue value = Pop();
        switch (name)
        {
            case "conv.u1":
                Push(TagValue.Small(ulong.Min(value.Max, byte.MaxValue)));
                break;
            case "conv.u2":
                Push(TagValue.Small(ulong.Min(value.Max, ushort.MaxValue)));
                break;
            case "conv.i1" or "conv.i2":
                Push(TagValue.Signed(4));
                break;
            case "conv.i4" or "conv.i":
                Push(value.Bytes != 0 && value.Max <= int.MaxValue ? TagValue.Small(value.Max) : TagValue.Signed(4));
                break;
            case "conv.u4" or "conv.u":
                Push(new TagValue(4, true, ulong.Min(value.Max, uint.MaxValue)));
                break;
            case "conv.u8":
                Push(new TagValue(8, true, value.Bytes == 4 ? ulong.Min(value.Max, uint.MaxValue) : value.Max));
                break;
            case "conv.i8":
                if (value.Bytes == 4 && value.Treacherous)
                    _report("sign-extending widening");

                Push(new TagValue(8, false, value.SignBitClear && value.Bytes != 0 ? value.Max : ulong.MaxValue));
                break;
            default:
                Push(TagValue.Other);
                break;
        }

        return true;
    }

    private static ulong Bound(string name, TagValue left, TagValue right)
    {
        ulong limit = TagValue.Limit(left.Bytes);
        UInt128 bound = limit;
        switch (name)
        {
            case "add":
                bound = (UInt128)left.Max + right.Max;
                break;
            case "mul":
                bound = (UInt128)left.Max * right.Max;
                break;
            case "and":
                return ulong.Min(left.Max, right.Max);
            case "or" or "xor":
                ulong either = left.Max | right.Max;
                return either == 0 ? 0 : ulong.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(either);
            case "shl" when right.Constant is >= 0 and < 64:
                bound = (UInt128)left.Max << (int)right.Constant.Value;
                break;
            case "shr.un":
                return right.Constant is >= 0 and < 64 ? left.Max >> (int)right.Constant.Value : left.Max;
            case "div.un":
                return right.Constant is > 0 ? left.Max / (ulong)right.Constant.Value : left.Max;
            case "rem.un":
                return right.Max == 0 ? left.Max : ulong.Min(left.Max, right.Max - 1);
        }

        return bound > limit ? limit : (ulong)bound;
    }

    private bool Element(string name, Instruction instruction)
    {
        bool element = name.StartsWith("ldelem", StringComparison.Ordinal);
        if (element || name.StartsWith("ldind.", StringComparison.Ordinal) || name == "ldobj")
        {
            if (element)
                Pop();

            Shape? held = Pop().Shape?.Element;
            Push(name is "ldelem" or "ldobj" ? TagValue.FromShape(TypeShape(instruction)) : held is not null ? TagValue.FromShape(held) : FromSuffix(name));
            return true;
        }

        if (name.StartsWith("stind.", StringComparison.Ordinal))
        {
            TagValue value = Pop();
            Shape held = Pop().Shape?.Element ?? Shape.Integer(value.Bytes == 8 ? 64 : 32, true);
            Leaves(value, held, "is stored through a reference");
            return true;
        }

        return false;
    }

    private static TagValue FromSuffix(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] switch
    {
        "u1" => TagValue.Small(byte.MaxValue),
        "u2" => TagValue.Small(ushort.MaxValue),
        "i1" or "i2" => TagValue.Signed(4),
        "i4" or "u4" or "i" => TagValue.Unsigned(4),
        "i8" => TagValue.Unsigned(8),
        _ => TagValue.Other,
    };

    private void Call(Instruction instruction, bool creates)
    {
        MethodSignature<Shape> signature = Signature(MetadataTokens.EntityHandle((int)instruction.Operand), out string callee);
        for (int i = signature.ParameterTypes.Length - 1; i >= 0; i--)
            Leaves(Pop(), signature.ParameterTypes[i], "is passed to " + callee);

        if (creates)
        {
            Push(TagValue.Other);
            return;
        }

        if (signature.Header.IsInstance)
            Pop();

        if (signature.ReturnType.Kind != ShapeKind.Void)
            Push(TagValue.FromShape(signature.ReturnType));
    }

    private void Leaves(TagValue value, Shape declared, string how)
    {
        if (declared.Kind == ShapeKind.Integer && declared.Signed && value.Treacherous)
            _report($"an unsigned value {how} as a signed one");
    }

    private MethodSignature<Shape> Signature(EntityHandle handle, out string callee)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodDefinition:
                MethodDefinition method = _reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                callee = _reader.GetString(method.Name);
                return method.DecodeSignature(_shapes, null);
            case HandleKind.MemberReference:
                MemberReference member = _reader.GetMemberReference((MemberReferenceHandle)handle);
                callee = _reader.GetString(member.Name);
                return member.DecodeMethodSignature(_shapes, null);
            case HandleKind.StandaloneSignature:
                callee = "a function pointer";
                return _reader.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(_shapes, null);
            default:
                return Signature(_reader.GetMethodSpecification((MethodSpecificationHandle)handle).Method, out callee);
        }
    }

    private Shape FieldShape(Instruction instruction)
    {
        EntityHandle handle = MetadataTokens.EntityHandle((int)instruction.Operand);
        return handle.Kind == HandleKind.FieldDefinition
            ? _reader.GetFieldDefinition((FieldDefinitionHandle)handle).DecodeSignature(_shapes, null)
            : _reader.GetMemberReference((MemberReferenceHandle)handle).DecodeFieldSignature(_shapes, null);
    }

    private Shape TypeShape(Instruction instruction)
    {
        EntityHandle handle = MetadataTokens.EntityHandle((int)instruction.Operand);
        return handle.Kind switch
        {
            HandleKind.TypeDefinition => _shapes.GetTypeFromDefinition(_reader, (TypeDefinitionHandle)handle, 0),
            HandleKind.TypeSpecification => _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_shapes, null),
            _ => AssemblyNames.TypeName(_reader, handle) switch
            {
                "System.Boolean" or "System.Byte" => Shape.Integer(8, false),
                "System.SByte" => Shape.Integer(8, true),
                "System.Char" or "System.UInt16" => Shape.Integer(16, false),
                "System.Int16" => Shape.Integer(16, true),
                "System.Int32" => Shape.Integer(32, true),
                "System.UInt32" => Shape.Integer(32, false),
                "System.Int64" => Shape.Integer(64, true),
                "System.UInt64" => Shape.Integer(64, false),
                _ => Shape.Other,
            },
        };
    }

    private void Fallback(Instruction instruction)
    {
        int pops = instruction.Code.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Pop1_pop1 or StackBehaviour.Popi_pop1 or StackBehaviour.Popi_popi or StackBehaviour.Popi_popi8 or StackBehaviour.Popi_popr4 or StackBehaviour.Popi_popr8
                or StackBehaviour.Popref_pop1 or StackBehaviour.Popref_popi => 2,
            StackBehaviour.Varpop => throw new NotSupportedException(instruction.Name),
            _ => 3,
        };
        for (int i = 0; i < pops; i++)
            Pop();

        if (instruction.Code.StackBehaviourPush != StackBehaviour.Push0)
            Push(TagValue.Other);
    }

    private static TagValue Reference(Shape shape) => TagValue.Other with { Shape = Shape.ByReference(shape) };

    private static int Index(string name, string prefix, Instruction instruction)
    {
        if (name == prefix || name == prefix + ".s")
            return (int)instruction.Operand;

        return name.Length == prefix.Length + 2 && name.StartsWith(prefix + ".", StringComparison.Ordinal) && char.IsAsciiDigit(name[^1]) ? name[^1] - '0' : -1;
    }

    private static int Int32Constant(Instruction instruction) => instruction.Name switch
    {
        "ldc.i4" or "ldc.i4.s" => (int)instruction.Operand,
        "ldc.i4.m1" => -1,
        string name => name[^1] - '0',
    };
}
