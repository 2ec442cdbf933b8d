using System.Collections.Generic;

namespace DprivEmbedded.Harness.Trials;

/// <summary>When the device asks. Seconds.</summary>
public sealed class WorkloadModel
{
    /// <summary>The kind.</summary>
    public WorkloadKind Kind { get; set; }

    /// <summary>The period, or the mean time between queries, between bursts, or between queries by day.</summary>
    public double Seconds { get; set; } = 3600;

    /// <summary>Periodic: each query comes this much earlier or later, in percent of the period.</summary>
    public double JitterPercent { get; set; }

    /// <summary>Bursty: how many queries in a burst, on average.</summary>
    public double BurstQueries { get; set; } = 3;

    /// <summary>Bursty: mean time between the queries of a burst.</summary>
    public double WithinSeconds { get; set; } = 2;

    /// <summary>Diurnal: mean time between queries by night.</summary>
    public double NightSeconds { get; set; } = 7200;

    /// <summary>Diurnal: when the day begins, in hours.</summary>
    public double DayStartHour { get; set; } = 7;

    /// <summary>Diurnal: when it ends.</summary>
    public double DayEndHour { get; set; } = 22;

    /// <summary>Trace: the times in seconds, ascending; repeated with the period <see cref="Seconds"/>.</summary>
    public List<double> Times { get; } = [];
}
