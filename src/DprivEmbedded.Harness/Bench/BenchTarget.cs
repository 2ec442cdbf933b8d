namespace DprivEmbedded.Harness.Bench;

/// <summary>A target, and what came of it in this run.</summary>
/// <param name="Name">What is compared.</param>
/// <param name="Limit">The largest ratio, or for allocations the largest count, that meets it.</param>
/// <param name="Value">What was measured.</param>
public sealed record BenchTarget(string Name, double Limit, double Value)
{
    /// <summary>Whether it is met.</summary>
    public bool Met => Value <= Limit;
}
