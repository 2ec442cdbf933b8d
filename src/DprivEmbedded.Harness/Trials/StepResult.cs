namespace DprivEmbedded.Harness.Trials;

/// <summary>What one step did.</summary>
internal struct StepResult
{
    public long EnergyNanoJoules;
    public int LatencyMs;

    /// <summary>One of AssociationObservation for what the old association showed; 0 for nothing.</summary>
    public int Shown;

    /// <summary>The gap that was put to the test.</summary>
    public long GapMs;

    /// <summary>One of AssociationObservation for the handshake; 0 for none.</summary>
    public int Handshake;

    /// <summary>What was done: the action that became of the one decided.</summary>
    public int Action;
}
