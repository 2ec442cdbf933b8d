namespace DprivEmbedded.Harness.Trials;

/// <summary>What one run of one policy came to.</summary>
public sealed class TrialResult
{
    /// <summary>The scenario.</summary>
    public string Scenario { get; init; } = "";

    /// <summary>The policy.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The seed.</summary>
    public int Seed { get; init; }

    /// <summary>Simulated time.</summary>
    public double Days { get; init; }

    /// <summary>Number of queries.</summary>
    public int Queries { get; set; }

    /// <summary>Queries without answer.</summary>
    public int Failed { get; set; }

    /// <summary>Energy that DNS added, in nanojoules.</summary>
    public long EnergyNanoJoules { get; set; }

    /// <summary>Sum of latencies in milliseconds.</summary>
    public long LatencyMs { get; set; }

    /// <summary>Energy and weighted latency, in nanojoules: what policies minimise.</summary>
    public long CostNanoJoules { get; set; }

    /// <summary>Median latency.</summary>
    public int LatencyMsP50 { get; set; }

    /// <summary>95th percentile of latency.</summary>
    public int LatencyMsP95 { get; set; }

    /// <summary>Queries by what they did: reuse, hedge, resume, reconnect.</summary>
    public int[] Actions { get; init; } = new int[4];

    /// <summary>Queries whose association turned out to be gone.</summary>
    public int Lost { get; set; }

    /// <summary>Probes that rode along.</summary>
    public int RideAlongProbes { get; set; }

    /// <summary>Probes that woke the radio.</summary>
    public int StandAloneProbes { get; set; }

    /// <summary>Handshakes in quiet time.</summary>
    public int Renewals { get; set; }

    /// <summary>Closes by the device.</summary>
    public int Closes { get; set; }

    /// <summary>Closes by the server that reached the device.</summary>
    public int ServerCloses { get; set; }

    /// <summary>Full handshakes.</summary>
    public int FullHandshakes { get; set; }

    /// <summary>How long a full battery lasts in days, other loads included; 0 on mains.</summary>
    public double BatteryDays { get; set; }

    /// <summary>Cost a query in millijoules.</summary>
    public double Objective => Queries == 0 ? 0 : CostNanoJoules / 1e6 / Queries;

    /// <summary>Energy a query in millijoules.</summary>
    public double EnergyMilliJoulesPerQuery => Queries == 0 ? 0 : EnergyNanoJoules / 1e6 / Queries;
}
