using System.Reflection.Metadata;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>Full names of what metadata handles stand for.</summary>
public static class AssemblyNames
{
    public static string TypeName(MetadataReader reader, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                TypeDefinition definition = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
                TypeDefinitionHandle outer = definition.GetDeclaringType();
                string name = reader.GetString(definition.Name);
                return outer.IsNil ? Qualified(reader, definition.Namespace, name) : TypeName(reader, outer) + "." + name;
            case HandleKind.TypeReference:
                TypeReference reference = reader.GetTypeReference((TypeReferenceHandle)handle);
                string referenceName = reader.GetString(reference.Name);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference
                    ? TypeName(reader, reference.ResolutionScope) + "." + referenceName
                    : Qualified(reader, reference.Namespace, referenceName);
            case HandleKind.TypeSpecification:
                return SpecificationName(reader, (TypeSpecificationHandle)handle);
            default:
                return handle.Kind.ToString();
        }
    }

    public static string OutermostTypeName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinitionHandle outer = reader.GetTypeDefinition(handle).GetDeclaringType();
        return outer.IsNil ? TypeName(reader, handle) : OutermostTypeName(reader, outer);
    }

    public static string MethodName(MetadataReader reader, MethodDefinitionHandle handle)
    {
        MethodDefinition method = reader.GetMethodDefinition(handle);
        return TypeName(reader, method.GetDeclaringType()) + "." + reader.GetString(method.Name);
    }

    public static string FieldName(MetadataReader reader, FieldDefinitionHandle handle)
    {
        FieldDefinition field = reader.GetFieldDefinition(handle);
        return TypeName(reader, field.GetDeclaringType()) + "." + reader.GetString(field.Name);
    }

    public static string ReferenceName(MetadataReader reader, MemberReferenceHandle handle)
    {
        MemberReference member = reader.GetMemberReference(handle);
        string owner = member.Parent.Kind == HandleKind.MethodDefinition
            ? MethodName(reader, (MethodDefinitionHandle)member.Parent)
            : TypeName(reader, member.Parent);
        return owner + "." + reader.GetString(member.Name);
    }

    // A generic instance or an array starts with the type that it is made of.
    private static string SpecificationName(MetadataReader reader, TypeSpecificationHandle handle)
    {
        BlobReader blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        while (blob.RemainingBytes > 0)
        {
            SignatureTypeCode code = blob.ReadSignatureTypeCode();
            if (code == SignatureTypeCode.TypeHandle)
                return TypeName(reader, blob.ReadTypeHandle());

            if (code != SignatureTypeCode.GenericTypeInstance && code != SignatureTypeCode.SZArray && code != SignatureTypeCode.Array)
                return code.ToString();
        }

        return "";
    }

    private static string Qualified(MetadataReader reader, StringHandle nameSpace, string name) =>
        nameSpace.IsNil ? name : reader.GetString(nameSpace) + "." + name;
}
