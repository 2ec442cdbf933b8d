using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using DprivEmbedded.Build.Tests.Nano;
using Xunit;

namespace DprivEmbedded.Build.Tests;

/// <summary>The checker itself, on an assembly that breaks each rule once.</summary>
public class NanoCheckerTests
{
    private static readonly Lazy<IReadOnlyCollection<Finding>> Findings = new(CheckFixtures);

    public static TheoryData<string, string> Violations => new()
    {
        { "OwnGenericClass`1", Rule.Generic },
        { "OwnGenericMethod", Rule.Generic },
        { "ConstrainedGenericMethod", Rule.Generic },
        { "CallOfGenericMethod", Rule.Generic },
        { "FieldOfGenericInstance", Rule.Generic },
        { "BaseOfGenericInstance", Rule.Generic },
        { "MultiDimensionalField", Rule.MultiDimensionalArray },
        { "MultiDimensionalLocal", Rule.MultiDimensionalArray },
        { "IBodyInInterface", Rule.InterfaceBody },
        { "PointerParameter", Rule.Pointer },
        { "PinnedLocal", Rule.Pointer },
        { "StackMemory", Rule.Pointer },
        { "FunctionPointer", Rule.Pointer },
        { "CheckedAddition", Rule.Overflow },
        { "CheckedConversion", Rule.Overflow },
        { "VolatileField", Rule.Volatile },
        { "AsyncMethod", Rule.StateMachine },
        { "Iterator", Rule.StateMachine },
        { "StaticReader", Rule.StaticOrder },
        { "StaticReaderThroughMethod", Rule.StaticOrder },
        { "BlockCopy", Rule.MissingMember },
        { "ArrayReverse", Rule.MissingMember },
        { "ArrayResize", Rule.MissingMember },
        { "StringReplace", Rule.MissingMember },
        { "StringJoin", Rule.MissingMember },
        { "InterpolatedString", Rule.MissingMember },
        { "MonitorTryEnter", Rule.MissingMember },
        { "LockStatement", Rule.MissingMember },
        { "CatchOfDivideByZero", Rule.MissingMember },
        { "ClockRead", Rule.MissingMember },
        { "RandomDevice", Rule.MissingMember },
        { "MathAssembly", Rule.MissingMember },
        { "CollectorSteered", Rule.MissingMember },
        { "DecimalParameter", Rule.MissingMember },
        { "NullableField", Rule.Generic },
        { "TupleField", Rule.Generic },
        { "GenericDelegateField", Rule.Generic },
        { "SpanParameter", Rule.Generic },
        { "ShiftOfCast", Rule.Arithmetic },
        { "ShiftOfWidenedDifference", Rule.Arithmetic },
        { "ShiftOfWidenedByte", Rule.Arithmetic },
        { "ShiftOfLongCast", Rule.Arithmetic },
        { "ShiftOfElement", Rule.Arithmetic },
        { "ShiftOfChoice", Rule.Arithmetic },
        { "WideningOfCast", Rule.Arithmetic },
        { "RemainderOfCast", Rule.Arithmetic },
        { "DivisionOfCast", Rule.Arithmetic },
        { "CastPassedOn", Rule.Arithmetic },
        { "CastReturned", Rule.Arithmetic },
        { "CastStoredThroughReference", Rule.Arithmetic },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void Violation_is_found_and_named(string type, string rule)
    {
        string name = "DprivEmbedded.Build.Fixtures." + type;

        Finding finding = Assert.Single(Findings.Value.Where(finding => finding.Type == name && finding.Rule == rule).Take(1));
        Assert.StartsWith(name, finding.Member, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SoundArithmetic")]
    [InlineData("StaticOwner")]
    public void Sound_code_passes(string type)
    {
        Assert.DoesNotContain(Findings.Value, finding => finding.Type == "DprivEmbedded.Build.Fixtures." + type);
    }

    [Fact]
    public void Each_violation_breaks_its_own_rule_only()
    {
        string[] mixed = ["StackMemory", "ArrayResize", "AsyncMethod", "Iterator", "NullableField", "TupleField", "GenericDelegateField", "SpanParameter"];
        IEnumerable<string> strays = Violations
            .Select(row => (Type: row.Data.Item1, Rule: row.Data.Item2))
            .Where(row => !mixed.Contains(row.Type))
            .SelectMany(row => Findings.Value.Where(finding => finding.Type == "DprivEmbedded.Build.Fixtures." + row.Type && finding.Rule != row.Rule))
            .Select(finding => finding.ToString());

        Assert.Empty(strays);
    }

    [Fact]
    public void Reference_to_another_assembly_is_found()
    {
        Assert.Contains(Findings.Value, finding => finding is { Rule: Rule.AssemblyReference, Detail: "netstandard" });
    }

    [Fact]
    public void Generic_types_of_the_list_are_found_by_name()
    {
        foreach (string type in new[] { "System.Nullable`1", "System.ValueTuple`2", "System.Func`1", "System.ReadOnlySpan`1" })
            Assert.Contains(Findings.Value, finding => finding.Rule == Rule.MissingMember && finding.Detail.StartsWith(type + " (", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_rule_is_provoked()
    {
        IEnumerable<string> rules = typeof(Rule).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Empty(rules.Except(Findings.Value.Select(finding => finding.Rule)));
    }

    [Fact]
    public void Static_data_is_counted()
    {
        using NanoChecker checker = OpenFixtures();

        Assert.Equal(48, checker.StaticDataBytes());
    }

    private static IReadOnlyCollection<Finding> CheckFixtures()
    {
        using NanoChecker checker = OpenFixtures();
        return checker.Check();
    }

    private static NanoChecker OpenFixtures() =>
        new(Repository.Built("tests", "DprivEmbedded.Build.Fixtures", Repository.Configuration, "netstandard2.1"), new MissingMembers(Repository.Data("nano-missing.txt")));
}
