namespace DprivEmbedded.Harness.Trials;

/// <summary>One thing that happened in a run, for timelines and explanations.</summary>
/// <param name="AtMs">When.</param>
/// <param name="Kind">"query", "probe", "renew", "close", "server-close", "wake", "network".</param>
/// <param name="Action">What was done, as a word.</param>
/// <param name="EnergyMicroJoules">What it took.</param>
/// <param name="LatencyMs">How long the query waited, or how long the exchange took.</param>
/// <param name="Outcome">What it showed, as a word.</param>
/// <param name="Why">The policy's explanation; empty where it has none.</param>
public sealed record TrialEvent(long AtMs, string Kind, string Action, long EnergyMicroJoules, int LatencyMs, string Outcome, string Why);
