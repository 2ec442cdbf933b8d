namespace DprivEmbedded.Lab.Client;

/// <summary>The numbers of a <see cref="DprivEmbedded.Association.ThresholdPolicy"/>.</summary>
/// <param name="ReuseUpToMs">Quiet times up to this long reuse the association.</param>
/// <param name="HedgeUpToMs">Longer ones hedge up to this long, and resume beyond.</param>
/// <param name="ProbeAfterMs">Probes after this long; 0 for never.</param>
public sealed record LabPolicy(long ReuseUpToMs, long HedgeUpToMs = 0, long ProbeAfterMs = 0);
