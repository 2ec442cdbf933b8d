using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>A loaded assembly: its methods by name, the places of its fields.</summary>
public sealed class Module
{
    private static readonly ShapeProvider s_shapes = new(static (_, _) => { });

    private readonly PEReader _file;
    private readonly Dictionary<MethodDefinitionHandle, Method> _methods = [];
    private readonly Dictionary<string, TypeDefinitionHandle> _types = [];
    private readonly Dictionary<FieldDefinitionHandle, int> _slots = [];

    public Module(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        Reader = _file.GetMetadataReader();
        foreach (TypeDefinitionHandle handle in Reader.TypeDefinitions)
        {
            _types[AssemblyNames.TypeName(Reader, handle)] = handle;
            foreach (MethodDefinitionHandle method in Reader.GetTypeDefinition(handle).GetMethods())
                ReadMethod(method);
        }
    }

    public MetadataReader Reader { get; }

    public Dictionary<FieldDefinitionHandle, Value> Statics { get; } = [];

    public IEnumerable<Method> Methods => _methods.Values;

    public TypeDefinitionHandle? Type(string name) => _types.TryGetValue(name, out TypeDefinitionHandle handle) ? handle : null;

    public Method Body(MethodDefinitionHandle handle) => _methods[handle];

    /// <summary>A method of a type or of the types under it, by name and number of parameters.</summary>
    public Method? Find(TypeDefinitionHandle type, string name, int parameters)
    {
        while (true)
        {
            TypeDefinition definition = Reader.GetTypeDefinition(type);
            foreach (MethodDefinitionHandle handle in definition.GetMethods())
            {
                if (_methods.TryGetValue(handle, out Method? method) && method.Parameters == parameters && Reader.GetString(Reader.GetMethodDefinition(handle).Name) == name)
                    return method;
            }

            if (definition.BaseType.Kind != HandleKind.TypeDefinition)
                return null;

            type = (TypeDefinitionHandle)definition.BaseType;
        }
    }

    public Shape FieldShape(FieldDefinitionHandle handle) => Reader.GetFieldDefinition(handle).DecodeSignature(s_shapes, null);

    public int Slot(FieldDefinitionHandle handle) => _slots[handle];

    public Instance New(TypeDefinitionHandle type)
    {
        var fields = new List<Value>();
        AddFields(type, fields);
        return new Instance(this, type, [.. fields]);
    }

    /// <summary>The bytes that a static array starts with.</summary>
    public ImmutableArray<byte> Data(FieldDefinitionHandle handle, int count) =>
        _file.GetSectionData(Reader.GetFieldDefinition(handle).GetRelativeVirtualAddress()).GetContent(0, count);

    public int Parameters(MemberReferenceHandle handle) => Reader.GetMemberReference(handle).DecodeMethodSignature(s_shapes, null).ParameterTypes.Length;

    public bool Returns(MemberReferenceHandle handle) => Reader.GetMemberReference(handle).DecodeMethodSignature(s_shapes, null).ReturnType.Kind != ShapeKind.Void;

    public bool IsInstance(MemberReferenceHandle handle) => Reader.GetMemberReference(handle).DecodeMethodSignature(s_shapes, null).Header.IsInstance;

    private void AddFields(TypeDefinitionHandle type, List<Value> fields)
    {
        TypeDefinition definition = Reader.GetTypeDefinition(type);
        if (definition.BaseType.Kind == HandleKind.TypeDefinition)
            AddFields((TypeDefinitionHandle)definition.BaseType, fields);

        foreach (FieldDefinitionHandle handle in definition.GetFields())
        {
            if ((Reader.GetFieldDefinition(handle).Attributes & FieldAttributes.Static) != 0)
                continue;

            _slots[handle] = fields.Count;
            fields.Add(new Value(Tag.I4, 0).As(FieldShape(handle)));
        }
    }

    private void ReadMethod(MethodDefinitionHandle handle)
    {
        MethodDefinition definition = Reader.GetMethodDefinition(handle);
        if (definition.RelativeVirtualAddress == 0)
            return;

        MethodBodyBlock body = _file.GetMethodBody(definition.RelativeVirtualAddress);
        MethodSignature<Shape> signature = definition.DecodeSignature(s_shapes, null);
        List<Instruction> code = IlReader.Read(body);
        var index = new Dictionary<long, int>();
        for (int i = 0; i < code.Count; i++)
            index[code[i].Offset] = i;

        _methods[handle] = new Method
        {
            Module = this,
            Name = Reader.GetString(Reader.GetTypeDefinition(definition.GetDeclaringType()).Name) + "." + Reader.GetString(definition.Name),
            Parameters = signature.ParameterTypes.Length,
            IsStatic = !signature.Header.IsInstance,
            Returns = signature.ReturnType.Kind != ShapeKind.Void,
            Code = code,
            Index = index,
            Locals = body.LocalSignature.IsNil ? [] : Reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(s_shapes, null),
            MaxStack = body.MaxStack,
        };
    }
}
