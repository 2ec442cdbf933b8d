using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;

namespace DprivEmbedded.Policy.Tests;

/// <summary>Runs the compiled policy an instruction at a time, as a board's interpreter does, and counts them.</summary>
internal sealed class CountingInterpreter
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    private readonly Dictionary<MethodBase, Body> _bodies = [];

    /// <summary>Instructions so far.</summary>
    public long Count { get; set; }

    public object? Call(object target, string name, params object?[] arguments) =>
        Run(target.GetType().GetMethod(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)!, [target, .. arguments]);

    private object? Run(MethodBase method, object?[] arguments)
    {
        Body body = BodyOf(method);
        var locals = body.LocalTypes.Select(type => type.IsValueType ? Activator.CreateInstance(type) : null).ToArray();
        for (int i = 0; i < locals.Length; i++)
            locals[i] = Normal(locals[i]);

        var stack = new Stack<object?>();
        int at = 0;
        while (true)
        {
            Count++;
            Instruction now = body.Instructions[at++];
            string name = now.Code.Name!;
            switch (name)
            {
                case "nop":
                    break;
                case "ret":
                    return stack.Count > 0 ? stack.Pop() : null;
                case "ldnull":
                    stack.Push(null);
                    break;
                case "dup":
                    stack.Push(stack.Peek());
                    break;
                case "pop":
                    stack.Pop();
                    break;
                case "ldlen":
                    stack.Push(((Array)stack.Pop()!).Length);
                    break;
                case "ldfld":
                    stack.Push(Normal(((FieldInfo)now.Operand!).GetValue(stack.Pop())));
                    break;
                case "stfld":
                    object? value = stack.Pop();
                    var field = (FieldInfo)now.Operand!;
                    field.SetValue(stack.Pop(), Fit(value, field.FieldType));
                    break;
                case "ldflda":
                    var owner = (FieldInfo)now.Operand!;
                    object instance = stack.Pop()!;
                    stack.Push(new Place(() => owner.GetValue(instance), set => owner.SetValue(instance, Fit(set, owner.FieldType))));
                    break;
                case "ldelema":
                    int index = (int)stack.Pop()!;
                    var elements = (Array)stack.Pop()!;
                    stack.Push(new Place(() => elements.GetValue(index), set => elements.SetValue(Fit(set, elements.GetType().GetElementType()!), index)));
                    break;
                case "switch":
                    int chosen = (int)stack.Pop()!;
                    int[] targets = (int[])now.Operand!;
                    if ((uint)chosen < (uint)targets.Length)
                        at = body.At[targets[chosen]];
                    break;
                case "call" or "callvirt":
                    var called = (MethodBase)now.Operand!;
                    var passed = new object?[called.GetParameters().Length + (called.IsStatic ? 0 : 1)];
                    for (int i = passed.Length - 1; i >= 0; i--)
                        passed[i] = stack.Pop();

                    object? result = Run(called, passed);
                    if (called is MethodInfo info && info.ReturnType != typeof(void))
                        stack.Push(Normal(result));
                    break;
                default:
                    if (name.StartsWith("ldc.i4", StringComparison.Ordinal))
                        stack.Push(now.Operand is int number ? number : name == "ldc.i4.m1" ? -1 : name[^1] - '0');
                    else if (name == "ldc.i8")
                        stack.Push((long)now.Operand!);
                    else if (name.StartsWith("ldarg", StringComparison.Ordinal))
                        stack.Push(Normal(arguments[now.Operand is int argument ? argument : name[^1] - '0']));
                    else if (name.StartsWith("starg", StringComparison.Ordinal))
                        arguments[(int)now.Operand!] = stack.Pop();
                    else if (name.StartsWith("ldloc", StringComparison.Ordinal))
                        stack.Push(locals[now.Operand is int local ? local : name[^1] - '0']);
                    else if (name.StartsWith("stloc", StringComparison.Ordinal))
                        locals[now.Operand is int stored ? stored : name[^1] - '0'] = stack.Pop();
                    else if (name.StartsWith("ldelem", StringComparison.Ordinal))
                        Element(stack);
                    else if (name.StartsWith("stelem", StringComparison.Ordinal))
                        Store(stack);
                    else if (name.StartsWith("ldind", StringComparison.Ordinal))
                        stack.Push(Normal(((Place)stack.Pop()!).Get()));
                    else if (name.StartsWith("stind", StringComparison.Ordinal))
                        Indirect(stack);
                    else if (name.StartsWith("conv", StringComparison.Ordinal))
                        stack.Push(Convert(name, stack.Pop()!));
                    else if (name.StartsWith('b') || name.StartsWith("leave", StringComparison.Ordinal))
                        at = Jumps(name, stack) ? body.At[(int)now.Operand!] : at;
                    else
                        Calculate(name, stack);
                    break;
            }
        }
    }

    private static void Element(Stack<object?> stack)
    {
        int index = (int)stack.Pop()!;
        stack.Push(Normal(((Array)stack.Pop()!).GetValue(index)));
    }

    private static void Store(Stack<object?> stack)
    {
        object? value = stack.Pop();
        int index = (int)stack.Pop()!;
        var array = (Array)stack.Pop()!;
        array.SetValue(Fit(value, array.GetType().GetElementType()!), index);
    }

    private static void Indirect(Stack<object?> stack)
    {
        object? value = stack.Pop();
        ((Place)stack.Pop()!).Set(value);
    }

    private static bool Jumps(string name, Stack<object?> stack)
    {
        string kind = name.Split('.')[0];
        if (kind is "br" or "leave")
            return true;
        if (kind is "brtrue" or "brfalse")
        {
            object? tested = stack.Pop();
            bool set = tested is int i ? i != 0 : tested is long l ? l != 0 : tested != null;
            return set == (kind == "brtrue");
        }

        object? second = stack.Pop();
        object? first = stack.Pop();
        if (first is not int and not long)
            return ReferenceEquals(first, second) == (kind == "beq");

        long a = System.Convert.ToInt64(first);
        long b = System.Convert.ToInt64(second);
        bool unsigned = name.Contains(".un", StringComparison.Ordinal) && kind != "bne";
        int order = unsigned ? ((ulong)a).CompareTo((ulong)b) : a.CompareTo(b);
        return kind switch { "beq" => order == 0, "bne" => order != 0, "bge" => order >= 0, "bgt" => order > 0, "ble" => order <= 0, "blt" => order < 0, _ => throw new NotSupportedException(name) };
    }

    private static object Convert(string name, object value)
    {
        long number = System.Convert.ToInt64(value);
        return name switch
        {
            "conv.i8" => (object)number,
            "conv.u8" => value is int i ? (long)(uint)i : number,
            "conv.i4" => (int)number,
            "conv.u1" => (int)(byte)number,
            "conv.u2" => (int)(ushort)number,
            _ => throw new NotSupportedException(name),
        };
    }

    private static void Calculate(string name, Stack<object?> stack)
    {
        object second = stack.Pop()!;
        if (name is "neg" or "not")
        {
            stack.Push((name, second) switch { ("neg", int i) => (object)-i, ("neg", long l) => -l, (_, int i) => ~i, (_, var l) => ~(long)l });
            return;
        }

        object? first = stack.Pop();
        if (name is "ceq" or "cgt" or "clt" or "cgt.un" or "clt.un")
        {
            if (first is not int and not long)
            {
                stack.Push(ReferenceEquals(first, second) == (name == "ceq") ? 1 : 0);
                return;
            }

            int order = System.Convert.ToInt64(first).CompareTo(System.Convert.ToInt64(second));
            stack.Push((name[..3] == "ceq" ? order == 0 : name[..3] == "cgt" ? order > 0 : order < 0) ? 1 : 0);
            return;
        }

        if (first is long a)
        {
            int places = name.StartsWith("sh", StringComparison.Ordinal) ? System.Convert.ToInt32(second) : 0;
            long b = System.Convert.ToInt64(second);
            stack.Push(name switch { "add" => a + b, "sub" => a - b, "mul" => a * b, "div" => a / b, "rem" => a % b, "and" => a & b, "or" => a | b, "xor" => a ^ b, "shl" => a << places, "shr" => a >> places, _ => throw new NotSupportedException(name) });
            return;
        }

        int x = (int)first!;
        int y = System.Convert.ToInt32(second);
        stack.Push(name switch { "add" => x + y, "sub" => x - y, "mul" => x * y, "div" => x / y, "rem" => x % y, "and" => x & y, "or" => x | y, "xor" => x ^ y, "shl" => x << y, "shr" => x >> y, _ => throw new NotSupportedException(name) });
    }

    /// <summary>Values on the stack are int, long or references.</summary>
    private static object? Normal(object? value) => value switch { bool b => b ? 1 : 0, byte b => (int)b, _ => value };

    private static object? Fit(object? value, Type type) => type == typeof(bool) ? (int)value! != 0 : type == typeof(byte) ? (byte)(int)value! : type == typeof(long) ? System.Convert.ToInt64(value) : value;

    private Body BodyOf(MethodBase method)
    {
        if (_bodies.TryGetValue(method, out Body? known))
            return known;

        MethodBody raw = method.GetMethodBody() ?? throw new NotSupportedException(method.ToString());
        byte[] il = raw.GetILAsByteArray()!;
        var instructions = new List<Instruction>();
        var at = new Dictionary<int, int>();
        for (int offset = 0; offset < il.Length;)
        {
            at[offset] = instructions.Count;
            int value = il[offset++];
            if (value == 0xFE)
                value = 0xFE00 | il[offset++];

            OpCode code = Codes[value];
            object? operand = null;
            switch (code.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineI:
                    operand = (int)(sbyte)il[offset++];
                    break;
                case OperandType.ShortInlineVar:
                    operand = (int)il[offset++];
                    break;
                case OperandType.ShortInlineBrTarget:
                    operand = offset + 1 + (sbyte)il[offset];
                    offset++;
                    break;
                case OperandType.InlineBrTarget:
                    operand = offset + 4 + BitConverter.ToInt32(il, offset);
                    offset += 4;
                    break;
                case OperandType.InlineI8:
                    operand = BitConverter.ToInt64(il, offset);
                    offset += 8;
                    break;
                case OperandType.InlineI:
                    operand = BitConverter.ToInt32(il, offset);
                    offset += 4;
                    break;
                case OperandType.InlineSwitch:
                    int count = BitConverter.ToInt32(il, offset);
                    int from = offset + 4 + 4 * count;
                    operand = Enumerable.Range(0, count).Select(i => from + BitConverter.ToInt32(il, offset + 4 + 4 * i)).ToArray();
                    offset = from;
                    break;
                case OperandType.InlineMethod:
                    operand = method.Module.ResolveMethod(BitConverter.ToInt32(il, offset));
                    offset += 4;
                    break;
                case OperandType.InlineField:
                    operand = method.Module.ResolveField(BitConverter.ToInt32(il, offset));
                    offset += 4;
                    break;
                default:
                    operand = BitConverter.ToInt32(il, offset);
                    offset += 4;
                    break;
            }

            instructions.Add(new Instruction(code, operand));
        }

        return _bodies[method] = new Body(instructions, at, raw.LocalVariables.Select(local => local.LocalType).ToList());
    }

    private sealed record Instruction(OpCode Code, object? Operand);

    private sealed record Body(List<Instruction> Instructions, Dictionary<int, int> At, List<Type> LocalTypes);

    private sealed class Place(Func<object?> get, Action<object?> set)
    {
        public object? Get() => get();

        public void Set(object? value) => set(value);
    }
}
