namespace DprivEmbedded.Harness.Trials;

/// <summary>When the radio is awake for reasons of its own.</summary>
public enum TrafficKind
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Every so often, with jitter.</summary>
    Periodic,

    /// <summary>At random.</summary>
    Poisson,
}
