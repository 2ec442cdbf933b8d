using System.Collections.Generic;

namespace DprivEmbedded.Harness.Bench;

/// <summary>The rows of a run, and its targets.</summary>
/// <param name="Quick">Whether the run was too short for its times to mean much.</param>
/// <param name="Rows">In the order in which they were measured.</param>
/// <param name="Targets">Those whose rows were measured.</param>
public sealed record BenchReport(bool Quick, IReadOnlyList<BenchRow> Rows, IReadOnlyList<BenchTarget> Targets);
