namespace DprivEmbedded.Harness.Trials;

/// <summary>When a device asks.</summary>
public enum WorkloadKind
{
    /// <summary>Every so often, with jitter.</summary>
    Periodic,

    /// <summary>At random, at a constant rate.</summary>
    Poisson,

    /// <summary>Several in quick succession, then a long pause.</summary>
    Bursty,

    /// <summary>At random, more often by day than by night.</summary>
    Diurnal,

    /// <summary>At the times of a file, repeated.</summary>
    Trace,
}
