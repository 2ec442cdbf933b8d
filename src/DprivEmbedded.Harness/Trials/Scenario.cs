using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>What a trial simulates: a device, how it asks, and what happens to its associations.</summary>
public sealed class Scenario
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>What it stands for.</summary>
    public string About { get; set; } = "";

    /// <summary>Whether it was kept out of tuning.</summary>
    public bool HeldOut { get; set; }

    /// <summary>The device.</summary>
    public DeviceProfile Device { get; set; } = new();

    /// <summary>Flights and bytes of the protocol.</summary>
    public ExchangeTable Protocol { get; set; } = new();

    /// <summary>What a millisecond of latency is worth, in microwatts.</summary>
    public int LatencyMicroWatts { get; set; } = 200_000;

    /// <summary>What the power-save state permits, one of <see cref="Association.ProbePermission"/>.</summary>
    public int Permission { get; set; } = ProbePermission.StandAlone;

    /// <summary>How an association is probed, one of <see cref="Association.ProbeKind"/>.</summary>
    public int Probe { get; set; } = ProbeKind.Heartbeat;

    /// <summary>Whether the application tells when the radio will be awake next.</summary>
    public bool TellsNextWake { get; set; }

    /// <summary>Whether an association survives a change of address (RFC 9146).</summary>
    public bool ConnectionId { get; set; }

    /// <summary>Mean time between changes of network, in hours; 0 for none.</summary>
    public double NetworkChangeHours { get; set; }

    /// <summary>Mean time between restarts of the server, in hours; 0 for none.</summary>
    public double RestartHours { get; set; }

    /// <summary>Whether sessions survive a restart.</summary>
    public bool RestartKeepsTickets { get; set; } = true;

    /// <summary>Simulated days where the caller says nothing.</summary>
    public double Days { get; set; } = 14;

    /// <summary>The queries.</summary>
    public WorkloadModel Workload { get; set; } = new();

    /// <summary>Other traffic.</summary>
    public TrafficModel Traffic { get; set; } = new();

    /// <summary>Link, path and server: the first holds from the start.</summary>
    public List<Conditions> Phases { get; } = [];

    /// <summary>The text that it was read from: results are kept under its hash.</summary>
    public string Source { get; set; } = "";
}
