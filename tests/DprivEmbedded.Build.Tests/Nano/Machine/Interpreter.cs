using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>
/// Runs assemblies for netnano1.0 and counts the instructions. Signed shifts, divisions and widenings follow the tags of values as nanoFramework's run time does
/// (docs/decisions/0002-one-language-subset.md), so code that computes rightly here does not depend on what a desktop makes of casts.
/// </summary>
public sealed class Interpreter
{
    private readonly List<Module> _modules;

    public Interpreter(params string[] paths)
    {
        _modules = [.. paths.Select(path => new Module(path))];
        foreach (Method constructor in _modules.SelectMany(module => module.Methods).Where(method => method.Name.EndsWith("..cctor", StringComparison.Ordinal)).OrderBy(method => method.Name, StringComparer.Ordinal))
            Run(constructor, []);

        Reset();
    }

    /// <summary>Instructions since the last <see cref="Reset"/>. A call of the run time's own methods (copying an array) is one.</summary>
    public long Instructions { get; private set; }

    /// <summary>
    /// A hash of the places of all instructions and of all indices into arrays since the last <see cref="Reset"/>: the same for two runs that did the same at the same addresses,
    /// whatever the values were.
    /// </summary>
    public ulong Trace { get; private set; }

    public void Reset()
    {
        Instructions = 0;
        Trace = 0;
        foreach (Method method in _modules.SelectMany(module => module.Methods))
            method.Calls = 0;
    }

    /// <summary>How often a method was called since the last <see cref="Reset"/>; its name is "Type.Method".</summary>
    public long Calls(string name) => _modules.SelectMany(module => module.Methods).Where(method => method.Name == name).Sum(method => method.Calls);

    public object New(string type, params object?[] arguments)
    {
        (Module module, TypeDefinitionHandle handle) = FindType(type);
        Instance instance = module.New(handle);
        Call(instance, ".ctor", arguments);
        return instance;
    }

    /// <summary>Calls a method of an object, and gives a number as a long.</summary>
    public object? Call(object target, string name, params object?[] arguments)
    {
        var instance = (Instance)target;
        Method method = instance.Module.Find(instance.Type, name, arguments.Length) ?? throw new MissingMethodException(name);
        Value result = Run(method, [Value.Reference(target), .. arguments.Select(ToValue)]);
        return result.Tag == Tag.Reference ? result.Object : result.Number;
    }

    private static Value ToValue(object? value) => value switch
    {
        int number => Value.Int32(number),
        bool flag => Value.Int32(flag ? 1 : 0),
        _ => Value.Reference(value),
    };

    private (Module Module, TypeDefinitionHandle Type) FindType(string name)
    {
        foreach (Module module in _modules)
        {
            if (module.Type(name) is TypeDefinitionHandle handle)
                return (module, handle);
        }

        throw new TypeLoadException(name);
    }

    private Value Run(Method method, Value[] arguments)
    {
        method.Calls++;
        var stack = new Value[method.MaxStack + 1];
        var locals = new Value[method.Locals.Length];
        for (int i = 0; i < locals.Length; i++)
            locals[i] = new Value(Tag.I4, 0).As(method.Locals[i]);

        int top = 0;
        int at = 0;
        while (true)
        {
            Instruction instruction = method.Code[at++];
            ILOpCode code = Method.Operation(instruction);
            long operand = instruction.Operand;
            Instructions++;
            Note((uint)at);
            switch (code)
            {
                case ILOpCode.Nop:
                    break;
                case >= ILOpCode.Ldarg_0 and <= ILOpCode.Ldarg_3:
                    stack[top++] = arguments[code - ILOpCode.Ldarg_0];
                    break;
                case ILOpCode.Ldarg_s or ILOpCode.Ldarg:
                    stack[top++] = arguments[operand];
                    break;
                case ILOpCode.Starg_s or ILOpCode.Starg:
                    arguments[operand] = stack[--top];
                    break;
                case >= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3:
                    stack[top++] = locals[code - ILOpCode.Ldloc_0];
                    break;
                case ILOpCode.Ldloc_s or ILOpCode.Ldloc:
                    stack[top++] = locals[operand];
                    break;
                case >= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3:
                    locals[code - ILOpCode.Stloc_0] = stack[--top].As(method.Locals[code - ILOpCode.Stloc_0]);
                    break;
                case ILOpCode.Stloc_s or ILOpCode.Stloc:
                    locals[operand] = stack[--top].As(method.Locals[(int)operand]);
                    break;
                case >= ILOpCode.Ldc_i4_m1 and <= ILOpCode.Ldc_i4_8:
                    stack[top++] = Value.Int32((int)code - (int)ILOpCode.Ldc_i4_0);
                    break;
                case ILOpCode.Ldc_i4_s or ILOpCode.Ldc_i4:
                    stack[top++] = Value.Int32(operand);
                    break;
                case ILOpCode.Ldc_i8:
                    stack[top++] = new Value(Tag.I8, (ulong)operand);
                    break;
                case ILOpCode.Ldnull or ILOpCode.Ldstr:
                    stack[top++] = Value.Reference(code == ILOpCode.Ldnull ? null : "");
                    break;
                case ILOpCode.Dup:
                    stack[top] = stack[top - 1];
                    top++;
                    break;
                case ILOpCode.Pop:
                    top--;
                    break;
                case ILOpCode.Ldfld:
                    stack[top - 1] = ((Instance)stack[top - 1].Object!).Fields[method.Module.Slot(Field(operand))];
                    break;
                case ILOpCode.Stfld:
                    top -= 2;
                    ((Instance)stack[top].Object!).Fields[method.Module.Slot(Field(operand))] = stack[top + 1].As(method.Module.FieldShape(Field(operand)));
                    break;
                case ILOpCode.Ldsfld:
                    stack[top++] = method.Module.Statics[Field(operand)];
                    break;
                case ILOpCode.Stsfld:
                    method.Module.Statics[Field(operand)] = stack[--top].As(method.Module.FieldShape(Field(operand)));
                    break;
                case ILOpCode.Ldtoken:
                    stack[top++] = Value.Reference(Field(operand));
                    break;
                case ILOpCode.Ldlen:
                    stack[top - 1] = Value.Int32(((Array)stack[top - 1].Object!).Length);
                    break;
                case ILOpCode.Newarr:
                    stack[top - 1] = Value.Reference(NewArray(method.Module, operand, (int)stack[top - 1].Number));
                    break;
                case ILOpCode.Ldelem_u1 or ILOpCode.Ldelem_i4 or ILOpCode.Ldelem_u4 or ILOpCode.Ldelem_i8 or ILOpCode.Ldelem_ref:
                    top--;
                    stack[top - 1] = Load((Array)stack[top - 1].Object!, (int)stack[top].Number);
                    break;
                case ILOpCode.Stelem_i1 or ILOpCode.Stelem_i4 or ILOpCode.Stelem_i8 or ILOpCode.Stelem_ref:
                    top -= 3;
                    Store((Array)stack[top].Object!, (int)stack[top + 1].Number, stack[top + 2]);
                    break;
                case ILOpCode.Ldelema:
                    top--;
                    stack[top - 1] = Value.Reference(new Element((Array)stack[top - 1].Object!, (int)stack[top].Number));
                    break;
                case ILOpCode.Ldind_u1 or ILOpCode.Ldind_i4 or ILOpCode.Ldind_u4 or ILOpCode.Ldind_i8:
                    var source = (Element)stack[top - 1].Object!;
                    stack[top - 1] = Load(source.Array, source.Index);
                    break;
                case ILOpCode.Stind_i1 or ILOpCode.Stind_i4 or ILOpCode.Stind_i8:
                    top -= 2;
                    var target = (Element)stack[top].Object!;
                    Store(target.Array, target.Index, stack[top + 1]);
                    break;
                case >= ILOpCode.Add and <= ILOpCode.Shr_un:
                    top--;
                    stack[top - 1] = Binary(code, stack[top - 1], stack[top]);
                    break;
                case ILOpCode.Neg or ILOpCode.Not:
                    stack[top - 1] = stack[top - 1].With(code == ILOpCode.Neg ? 0 - stack[top - 1].Bits : ~stack[top - 1].Bits);
                    break;
                case ILOpCode.Ceq or ILOpCode.Cgt or ILOpCode.Cgt_un or ILOpCode.Clt or ILOpCode.Clt_un:
                    top--;
                    stack[top - 1] = Value.Int32(Compares(code, stack[top - 1], stack[top]) ? 1 : 0);
                    break;
                case >= ILOpCode.Conv_i1 and <= ILOpCode.Conv_u8 or ILOpCode.Conv_u1 or ILOpCode.Conv_u2 or ILOpCode.Conv_i or ILOpCode.Conv_u:
                    stack[top - 1] = Convert(code, stack[top - 1]);
                    break;
                case ILOpCode.Br or ILOpCode.Br_s:
                    at = method.Index[operand];
                    break;
                case ILOpCode.Brtrue or ILOpCode.Brtrue_s or ILOpCode.Brfalse or ILOpCode.Brfalse_s:
                    top--;
                    bool set = stack[top].Tag == Tag.Reference ? stack[top].Object != null : stack[top].Bits != 0;
                    if (set == (code is ILOpCode.Brtrue or ILOpCode.Brtrue_s))
                        at = method.Index[operand];

                    break;
                case >= ILOpCode.Beq_s and <= ILOpCode.Blt_un_s or >= ILOpCode.Beq and <= ILOpCode.Blt_un:
                    top -= 2;
                    if (Compares(code, stack[top], stack[top + 1]))
                        at = method.Index[operand];

                    break;
                case ILOpCode.Switch:
                    top--;
                    if (stack[top].Bits < (ulong)instruction.Targets.Length)
                        at = method.Index[instruction.Targets[(int)stack[top].Bits]];

                    break;
                case ILOpCode.Call or ILOpCode.Callvirt or ILOpCode.Newobj:
                    top = Call(method, (int)operand, code, stack, top);
                    break;
                case ILOpCode.Throw:
                    throw new InvalidOperationException($"{method.Name} throws");
                case ILOpCode.Ret:
                    return method.Returns ? stack[top - 1] : default;
                default:
                    throw new NotSupportedException($"{method.Name}: {instruction.Name}");
            }
        }
    }

    private void Note(ulong place) => Trace = (Trace ^ place) * 0x100000001b3 + 1;

    private static FieldDefinitionHandle Field(long token) => (FieldDefinitionHandle)MetadataTokens.EntityHandle((int)token);

    private int Call(Method caller, int token, ILOpCode code, Value[] stack, int top)
    {
        EntityHandle handle = MetadataTokens.EntityHandle(token);
        MetadataReader reader = caller.Module.Reader;
        string name;
        int parameters;
        bool isInstance;
        bool returns;
        Method? callee = null;
        if (handle.Kind == HandleKind.MethodDefinition)
        {
            var definition = (MethodDefinitionHandle)handle;
            MethodDefinition row = reader.GetMethodDefinition(definition);
            name = reader.GetString(row.Name);
            if (row.RelativeVirtualAddress != 0)
            {
                callee = caller.Module.Body(definition);
                (parameters, isInstance, returns) = (callee.Parameters, !callee.IsStatic, callee.Returns);
            }
            else
            {
                MethodSignature<Shape> signature = row.DecodeSignature(new ShapeProvider(static (_, _) => { }), null);
                (parameters, isInstance, returns) = (signature.ParameterTypes.Length, true, signature.ReturnType.Kind != ShapeKind.Void);
            }
        }
        else
        {
            var reference = (MemberReferenceHandle)handle;
            name = AssemblyNames.ReferenceName(reader, reference);
            (parameters, isInstance, returns) = (caller.Module.Parameters(reference), caller.Module.IsInstance(reference), caller.Module.Returns(reference));
        }

        int count = parameters + (isInstance && code != ILOpCode.Newobj ? 1 : 0);
        Value[] arguments = stack[(top - count)..top];
        top -= count;
        if (code == ILOpCode.Newobj)
        {
            Instance made = callee == null ? throw new InvalidOperationException($"{caller.Name} throws {name}") : caller.Module.New(reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
            Run(callee, [Value.Reference(made), .. arguments]);
            stack[top++] = Value.Reference(made);
            return top;
        }

        Value result = Invoke(caller, name, callee, code == ILOpCode.Callvirt, parameters, arguments);
        if (returns)
            stack[top++] = result;

        return top;
    }

    private Value Invoke(Method caller, string name, Method? callee, bool isVirtual, int parameters, Value[] arguments)
    {
        if (isVirtual && arguments[0].Object is Instance instance)
            return Run(instance.Module.Find(instance.Type, name[(name.LastIndexOf('.') + 1)..], parameters)!, arguments);
        if (callee != null)
            return Run(callee, arguments);
        if (isVirtual && arguments[0].Object is Action<byte[], int, int> fill)
        {
            fill((byte[])arguments[1].Object!, (int)arguments[2].Number, (int)arguments[3].Number);
            return default;
        }

        switch (name)
        {
            case "System.Object..ctor":
                return default;
            case "System.Array.Copy":
                for (int i = 1; i < arguments.Length; i++)
                    Note(arguments[i].Bits);

                Array.Copy((Array)arguments[0].Object!, (int)arguments[1].Number, (Array)arguments[2].Object!, (int)arguments[3].Number, (int)arguments[4].Number);
                return default;
            case "System.Array.Clear":
                Array.Clear((Array)arguments[0].Object!, (int)arguments[1].Number, (int)arguments[2].Number);
                return default;
            case "System.Runtime.CompilerServices.RuntimeHelpers.InitializeArray":
                var array = (Array)arguments[0].Object!;
                int bytes = Buffer.ByteLength(array);
                Buffer.BlockCopy(caller.Module.Data((FieldDefinitionHandle)arguments[1].Object!, bytes).ToArray(), 0, array, 0, bytes);
                return default;
        }

        int dot = name.LastIndexOf('.');
        (Module module, TypeDefinitionHandle type) = FindType(name[..dot]);
        return Run(module.Find(type, name[(dot + 1)..], parameters) ?? throw new MissingMethodException(name), arguments);
    }

    private static Array NewArray(Module module, long token, int count) => AssemblyNames.TypeName(module.Reader, MetadataTokens.EntityHandle((int)token)) switch
    {
        "System.Byte" => new byte[count],
        "System.Int32" => new int[count],
        "System.UInt32" => new uint[count],
        "System.UInt64" => new ulong[count],
        _ => new object?[count],
    };

    private Value Load(Array array, int index)
    {
        Note((uint)index);
        return array switch
        {
            byte[] bytes => Value.Int32(bytes[index]),
            int[] numbers => Value.Int32(numbers[index]),
            uint[] words => new Value(Tag.U4, words[index]),
            ulong[] words => new Value(Tag.U8, words[index]),
            _ => Value.Reference(((object?[])array)[index]),
        };
    }

    private void Store(Array array, int index, Value value)
    {
        Note((uint)index);
        switch (array)
        {
            case byte[] bytes:
                bytes[index] = (byte)value.Bits;
                break;
            case int[] numbers:
                numbers[index] = (int)(uint)value.Bits;
                break;
            case uint[] words:
                words[index] = (uint)value.Bits;
                break;
            case ulong[] words:
                words[index] = value.Bits;
                break;
            default:
                ((object?[])array)[index] = value.Object;
                break;
        }
    }

    private static Value Binary(ILOpCode code, Value left, Value right)
    {
        int count = (int)right.Bits;
        return left.With(code switch
        {
            ILOpCode.Add => left.Bits + right.Bits,
            ILOpCode.Sub => left.Bits - right.Bits,
            ILOpCode.Mul => left.Bits * right.Bits,
            ILOpCode.And => left.Bits & right.Bits,
            ILOpCode.Or => left.Bits | right.Bits,
            ILOpCode.Xor => left.Bits ^ right.Bits,
            ILOpCode.Shl => left.Bits << count,
            ILOpCode.Shr_un => left.Bits >> count,
            ILOpCode.Shr => left.Signed ? (ulong)(left.Number >> count) : left.Bits >> count,
            ILOpCode.Div => left.Signed ? (ulong)(left.Number / right.Number) : left.Bits / right.Bits,
            ILOpCode.Rem => left.Signed ? (ulong)(left.Number % right.Number) : left.Bits % right.Bits,
            ILOpCode.Div_un => left.Bits / right.Bits,
            _ => left.Bits % right.Bits,
        });
    }

    private static bool Compares(ILOpCode code, Value left, Value right)
    {
        switch (code)
        {
            case ILOpCode.Ceq or ILOpCode.Beq or ILOpCode.Beq_s:
                return left.Bits == right.Bits && left.Object == right.Object;
            case ILOpCode.Bne_un or ILOpCode.Bne_un_s:
                return left.Bits != right.Bits || left.Object != right.Object;
            case ILOpCode.Cgt_un when left.Tag == Tag.Reference:
                return left.Object != right.Object;
            case ILOpCode.Cgt or ILOpCode.Bgt or ILOpCode.Bgt_s:
                return left.Number > right.Number;
            case ILOpCode.Clt or ILOpCode.Blt or ILOpCode.Blt_s:
                return left.Number < right.Number;
            case ILOpCode.Bge or ILOpCode.Bge_s:
                return left.Number >= right.Number;
            case ILOpCode.Ble or ILOpCode.Ble_s:
                return left.Number <= right.Number;
            case ILOpCode.Cgt_un or ILOpCode.Bgt_un or ILOpCode.Bgt_un_s:
                return left.Bits > right.Bits;
            case ILOpCode.Clt_un or ILOpCode.Blt_un or ILOpCode.Blt_un_s:
                return left.Bits < right.Bits;
            case ILOpCode.Bge_un or ILOpCode.Bge_un_s:
                return left.Bits >= right.Bits;
            default:
                return left.Bits <= right.Bits;
        }
    }

    private static Value Convert(ILOpCode code, Value value) => code switch
    {
        ILOpCode.Conv_i1 => Value.Int32((sbyte)value.Bits),
        ILOpCode.Conv_i2 => Value.Int32((short)value.Bits),
        ILOpCode.Conv_u1 => Value.Int32((byte)value.Bits),
        ILOpCode.Conv_u2 => Value.Int32((ushort)value.Bits),
        ILOpCode.Conv_i4 or ILOpCode.Conv_i => new Value(Tag.I4, (uint)value.Bits),
        ILOpCode.Conv_u4 or ILOpCode.Conv_u => new Value(Tag.U4, (uint)value.Bits),
        ILOpCode.Conv_u8 => new Value(Tag.U8, value.Bits),
        ILOpCode.Conv_i8 => new Value(Tag.I8, value.Signed ? (ulong)value.Number : value.Bits),
        _ => throw new NotSupportedException(code.ToString()),
    };
}
