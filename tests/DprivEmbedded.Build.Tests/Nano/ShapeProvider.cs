using System;
using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>Decodes signatures to shapes and reports what may not stand in one.</summary>
public sealed class ShapeProvider(Action<string, string> report) : ISignatureTypeProvider<Shape, object?>
{
    public Shape GetArrayType(Shape elementType, ArrayShape shape)
    {
        report(Rule.MultiDimensionalArray, $"rank {shape.Rank}");
        return Shape.Other;
    }

    public Shape GetByReferenceType(Shape elementType) => Shape.ByReference(elementType);

    public Shape GetFunctionPointerType(MethodSignature<Shape> signature)
    {
        report(Rule.Pointer, "function pointer");
        return Shape.Other;
    }

    public Shape GetGenericInstantiation(Shape genericType, ImmutableArray<Shape> typeArguments)
    {
        report(Rule.Generic, $"instance of a generic type with {typeArguments.Length} argument(s)");
        return Shape.Other;
    }

    public Shape GetGenericMethodParameter(object? genericContext, int index)
    {
        report(Rule.Generic, $"method type parameter {index}");
        return Shape.Other;
    }

    public Shape GetGenericTypeParameter(object? genericContext, int index)
    {
        report(Rule.Generic, $"type parameter {index}");
        return Shape.Other;
    }

    public Shape GetModifiedType(Shape modifier, Shape unmodifiedType, bool isRequired) => unmodifiedType;

    public Shape GetPinnedType(Shape elementType)
    {
        report(Rule.Pointer, "pinned local");
        return elementType;
    }

    public Shape GetPointerType(Shape elementType)
    {
        report(Rule.Pointer, "pointer type");
        return Shape.Other;
    }

    public Shape GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode switch
    {
        PrimitiveTypeCode.Void => Shape.Void,
        PrimitiveTypeCode.Boolean or PrimitiveTypeCode.Byte => Shape.Integer(8, false),
        PrimitiveTypeCode.SByte => Shape.Integer(8, true),
        PrimitiveTypeCode.Char or PrimitiveTypeCode.UInt16 => Shape.Integer(16, false),
        PrimitiveTypeCode.Int16 => Shape.Integer(16, true),
        PrimitiveTypeCode.Int32 or PrimitiveTypeCode.IntPtr => Shape.Integer(32, true),
        PrimitiveTypeCode.UInt32 or PrimitiveTypeCode.UIntPtr => Shape.Integer(32, false),
        PrimitiveTypeCode.Int64 => Shape.Integer(64, true),
        PrimitiveTypeCode.UInt64 => Shape.Integer(64, false),
        _ => Shape.Other,
    };

    public Shape GetSZArrayType(Shape elementType) => Shape.Array(elementType);

    public Shape GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        if (type.BaseType.IsNil || AssemblyNames.TypeName(reader, type.BaseType) != "System.Enum")
            return Shape.Other;

        foreach (FieldDefinitionHandle field in type.GetFields())
        {
            FieldDefinition definition = reader.GetFieldDefinition(field);
            if ((definition.Attributes & System.Reflection.FieldAttributes.Static) == 0)
                return definition.DecodeSignature(this, null);
        }

        return Shape.Other;
    }

    public Shape GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Shape.Other;

    public Shape GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
}
