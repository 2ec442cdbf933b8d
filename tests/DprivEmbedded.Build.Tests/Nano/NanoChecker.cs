using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>Reads an assembly and lists what nanoFramework cannot run, or runs wrongly. The assembly is never loaded.</summary>
public sealed class NanoChecker : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly MissingMembers _missing;
    private readonly HashSet<Finding> _findings = [];
    private readonly Dictionary<MethodDefinitionHandle, List<Instruction>> _code = [];
    private string _type = "";
    private string _member = "";

    public NanoChecker(string path, MissingMembers missing)
    {
        _file = new PEReader(File.OpenRead(path));
        _reader = _file.GetMetadataReader();
        _missing = missing;
        ReadCode();
    }

    /// <summary>Number of methods with a body: a check that read none has proven nothing.</summary>
    public int MethodBodies => _code.Count;

    public void Dispose() => _file.Dispose();

    public IReadOnlyCollection<Finding> Check()
    {
        CheckAssembly();
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
            CheckType(handle);

        return _findings;
    }

    /// <summary>Bytes of initialised static data: about 64 KiB are possible, and the board copies them to its heap.</summary>
    public int StaticDataBytes()
    {
        int bytes = 0;
        foreach (FieldDefinitionHandle handle in _reader.FieldDefinitions)
        {
            FieldDefinition field = _reader.GetFieldDefinition(handle);
            if ((field.Attributes & FieldAttributes.HasFieldRVA) == 0)
                continue;

            BlobReader signature = _reader.GetBlobReader(field.Signature);
            signature.ReadSignatureHeader();
            SignatureTypeCode code = signature.ReadSignatureTypeCode();
            bytes += code switch
            {
                SignatureTypeCode.TypeHandle => _reader.GetTypeDefinition((TypeDefinitionHandle)signature.ReadTypeHandle()).GetLayout().Size,
                SignatureTypeCode.Int64 => 8,
                SignatureTypeCode.Int32 => 4,
                SignatureTypeCode.Int16 => 2,
                _ => 1,
            };
        }

        return bytes;
    }

    /// <summary>Bytes of byte code after conversion, where a token takes two bytes in place of four. One assembly may have 64 KiB of it: methods are found by 16-bit offsets.</summary>
    public int ByteCodeBytes()
    {
        int bytes = 0;
        foreach (MethodDefinitionHandle handle in _code.Keys)
            bytes += _file.GetMethodBody(_reader.GetMethodDefinition(handle).RelativeVirtualAddress).GetILReader().Length;

        foreach (List<Instruction> instructions in _code.Values)
        {
            foreach (Instruction instruction in instructions)
            {
                if (instruction.Code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineString or OperandType.InlineTok or OperandType.InlineType)
                    bytes -= 2;
            }
        }

        return bytes;
    }

    private void Report(string rule, string detail) => _findings.Add(new Finding(rule, _type, _member, detail));

    private ShapeProvider Provider() => new(Report);

    private void ReadCode()
    {
        foreach (MethodDefinitionHandle handle in _reader.MethodDefinitions)
        {
            MethodDefinition method = _reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress != 0)
                _code[handle] = IlReader.Read(_file.GetMethodBody(method.RelativeVirtualAddress));
        }
    }

    // Rows that belong to no member are reported for the assembly; the member that made them is reported as well when it is checked.
    private void CheckAssembly()
    {
        _type = "";
        _member = _reader.GetString(_reader.GetAssemblyDefinition().Name);
        foreach (AssemblyReferenceHandle handle in _reader.AssemblyReferences)
        {
            string name = _reader.GetString(_reader.GetAssemblyReference(handle).Name);
            if (name != "mscorlib" && !name.StartsWith("DprivEmbedded.", StringComparison.Ordinal))
                Report(Rule.AssemblyReference, name);
        }

        for (int row = 1; row <= _reader.GetTableRowCount(TableIndex.TypeSpec); row++)
            _reader.GetTypeSpecification(MetadataTokens.TypeSpecificationHandle(row)).DecodeSignature(Provider(), null);

        int specifications = _reader.GetTableRowCount(TableIndex.MethodSpec);
        if (specifications > 0)
            Report(Rule.Generic, $"{specifications} instance(s) of generic methods");

        foreach (TypeReferenceHandle handle in _reader.TypeReferences)
            CheckName(AssemblyNames.TypeName(_reader, handle));

        foreach (MemberReferenceHandle handle in _reader.MemberReferences)
            CheckReference(handle);
    }

    private void CheckName(string name)
    {
        string? reason = _missing.Reason(name);
        if (reason is not null)
            Report(Rule.MissingMember, $"{name} ({reason})");
    }

    private void CheckReference(MemberReferenceHandle handle)
    {
        CheckName(AssemblyNames.ReferenceName(_reader, handle));
        MemberReference member = _reader.GetMemberReference(handle);
        if (member.Parent.Kind is HandleKind.TypeReference)
            CheckName(AssemblyNames.TypeName(_reader, member.Parent));

        if (member.GetKind() == MemberReferenceKind.Field)
            member.DecodeFieldSignature(Provider(), null);
        else
            member.DecodeMethodSignature(Provider(), null);

        if (member.Parent.Kind == HandleKind.TypeSpecification)
            _reader.GetTypeSpecification((TypeSpecificationHandle)member.Parent).DecodeSignature(Provider(), null);
    }

    private void CheckType(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        _type = AssemblyNames.OutermostTypeName(_reader, handle);
        _member = AssemblyNames.TypeName(_reader, handle);
        CheckGenericParameters(type.GetGenericParameters());
        CheckTypeHandle(type.BaseType);
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
        {
            EntityHandle contract = _reader.GetInterfaceImplementation(implementation).Interface;
            CheckTypeHandle(contract);
            string name = AssemblyNames.TypeName(_reader, contract);
            bool generated = _member.Contains('<', StringComparison.Ordinal);
            if (name == "System.Runtime.CompilerServices.IAsyncStateMachine" || (generated && name.StartsWith("System.Collections.", StringComparison.Ordinal) && name.Contains("Enumerator", StringComparison.Ordinal)))
                Report(Rule.StateMachine, name);
        }

        foreach (FieldDefinitionHandle fieldHandle in type.GetFields())
        {
            _member = AssemblyNames.FieldName(_reader, fieldHandle);
            _reader.GetFieldDefinition(fieldHandle).DecodeSignature(Provider(), null);
        }

        foreach (PropertyDefinitionHandle propertyHandle in type.GetProperties())
        {
            PropertyDefinition property = _reader.GetPropertyDefinition(propertyHandle);
            _member = AssemblyNames.TypeName(_reader, handle) + "." + _reader.GetString(property.Name);
            property.DecodeSignature(Provider(), null);
        }

        foreach (MethodDefinitionHandle methodHandle in type.GetMethods())
            CheckMethod(type, methodHandle);
    }

    private void CheckGenericParameters(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle handle in parameters)
        {
            GenericParameter parameter = _reader.GetGenericParameter(handle);
            Report(Rule.Generic, $"type parameter {_reader.GetString(parameter.Name)}");
            if (parameter.GetConstraints().Count > 0)
                Report(Rule.Generic, $"constraint of type parameter {_reader.GetString(parameter.Name)}");
        }
    }

    private void CheckTypeHandle(EntityHandle handle)
    {
        if (handle.IsNil)
            return;

        if (handle.Kind == HandleKind.TypeSpecification)
            _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(Provider(), null);
        else if (handle.Kind == HandleKind.TypeReference)
            CheckName(AssemblyNames.TypeName(_reader, handle));
    }

    private void CheckMethod(TypeDefinition type, MethodDefinitionHandle handle)
    {
        MethodDefinition method = _reader.GetMethodDefinition(handle);
        _member = AssemblyNames.MethodName(_reader, handle);
        CheckGenericParameters(method.GetGenericParameters());
        method.DecodeSignature(Provider(), null);
        if (!_code.TryGetValue(handle, out List<Instruction>? instructions))
            return;

        if ((type.Attributes & TypeAttributes.Interface) != 0 && (method.Attributes & (MethodAttributes.Static | MethodAttributes.Abstract)) == 0)
            Report(Rule.InterfaceBody, "default implementation");

        MethodBodyBlock body = _file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(Provider(), null);

        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            if (region.Kind == ExceptionRegionKind.Catch)
                CheckTypeHandle(region.CatchType);
        }

        foreach (Instruction instruction in instructions)
            CheckInstruction(instruction);

        new TagAnalysis(_reader, method, body, detail => Report(Rule.Arithmetic, detail)).Run(instructions);
        if (_reader.GetString(method.Name) == ".cctor")
            CheckStaticConstructor(handle);
    }

    private void CheckInstruction(Instruction instruction)
    {
        string name = instruction.Name;
        if (name.Contains(".ovf", StringComparison.Ordinal))
            Report(Rule.Overflow, name);
        else if (name == "volatile.")
            Report(Rule.Volatile, name);
        else if (name is "localloc" or "calli" or "cpblk" or "initblk")
            Report(Rule.Pointer, name);

        if (instruction.Code.OperandType is not (System.Reflection.Emit.OperandType.InlineMethod or System.Reflection.Emit.OperandType.InlineField or System.Reflection.Emit.OperandType.InlineType or System.Reflection.Emit.OperandType.InlineTok))
            return;

        EntityHandle handle = MetadataTokens.EntityHandle((int)instruction.Operand);
        switch (handle.Kind)
        {
            case HandleKind.MemberReference:
                CheckReference((MemberReferenceHandle)handle);
                break;
            case HandleKind.MethodSpecification:
                Report(Rule.Generic, "instance of a generic method");
                EntityHandle generic = _reader.GetMethodSpecification((MethodSpecificationHandle)handle).Method;
                if (generic.Kind == HandleKind.MemberReference)
                    CheckReference((MemberReferenceHandle)generic);

                break;
            default:
                CheckTypeHandle(handle);
                break;
        }
    }

    // Static constructors run before Main, in the order of the types' names: whatever one reaches of another class may not be there yet.
    private void CheckStaticConstructor(MethodDefinitionHandle constructor)
    {
        TypeDefinitionHandle own = _reader.GetMethodDefinition(constructor).GetDeclaringType();
        var seen = new HashSet<MethodDefinitionHandle> { constructor };
        var open = new Stack<MethodDefinitionHandle>(seen);
        while (open.TryPop(out MethodDefinitionHandle current))
        {
            if (!_code.TryGetValue(current, out List<Instruction>? instructions))
                continue;

            foreach (Instruction instruction in instructions)
            {
                bool field = instruction.Code.OperandType == System.Reflection.Emit.OperandType.InlineField;
                if (!field && instruction.Code.OperandType != System.Reflection.Emit.OperandType.InlineMethod)
                    continue;

                EntityHandle handle = MetadataTokens.EntityHandle((int)instruction.Operand);
                if (handle.Kind == HandleKind.MethodDefinition && seen.Add((MethodDefinitionHandle)handle))
                    open.Push((MethodDefinitionHandle)handle);

                if (!field || handle.Kind != HandleKind.FieldDefinition)
                    continue;

                FieldDefinition definition = _reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                if ((definition.Attributes & FieldAttributes.Static) != 0 && definition.GetDeclaringType() != own)
                    Report(Rule.StaticOrder, $"uses {AssemblyNames.FieldName(_reader, (FieldDefinitionHandle)handle)} in {AssemblyNames.MethodName(_reader, current)}");
            }
        }
    }
}
