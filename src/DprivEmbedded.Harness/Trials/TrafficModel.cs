namespace DprivEmbedded.Harness.Trials;

/// <summary>Other traffic of the radio.</summary>
public sealed class TrafficModel
{
    /// <summary>The kind.</summary>
    public TrafficKind Kind { get; set; }

    /// <summary>The period, or the mean time between.</summary>
    public double Seconds { get; set; } = 300;

    /// <summary>Periodic: jitter in percent of the period.</summary>
    public double JitterPercent { get; set; }

    /// <summary>How long the radio is busy with it.</summary>
    public int DurationMs { get; set; } = 200;
}
