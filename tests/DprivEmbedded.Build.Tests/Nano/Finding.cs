namespace DprivEmbedded.Build.Tests.Nano;

/// <summary>One violation.</summary>
/// <param name="Rule">One of <see cref="Nano.Rule"/>.</param>
/// <param name="Type">The full name of the outermost type that holds it; empty for the assembly itself.</param>
/// <param name="Member">The full name of the member that holds it.</param>
/// <param name="Detail">What it is.</param>
public sealed record Finding(string Rule, string Type, string Member, string Detail)
{
    public override string ToString() => $"{Member}: {Rule}: {Detail}";
}
