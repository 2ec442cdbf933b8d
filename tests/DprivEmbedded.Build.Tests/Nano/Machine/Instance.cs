using System.Reflection.Metadata;

namespace DprivEmbedded.Build.Tests.Nano.Machine;

/// <summary>An object of the interpreted program.</summary>
public sealed class Instance(Module module, TypeDefinitionHandle type, Value[] fields)
{
    public Module Module => module;

    public TypeDefinitionHandle Type => type;

    public Value[] Fields => fields;
}
