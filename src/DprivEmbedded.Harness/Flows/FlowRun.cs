using System.Collections.Generic;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Flows;

/// <summary>What a scenario did on the simulated network, from the query to its answer.</summary>
public sealed class FlowRun
{
    internal FlowRun(FlowScenario scenario, TraceCounts counts, IReadOnlyList<FlowStep> steps, PacketTrace trace)
    {
        Scenario = scenario;
        Counts = counts;
        Steps = steps;
        Trace = trace;
    }

    /// <summary>The scenario.</summary>
    public FlowScenario Scenario { get; }

    /// <summary>Packets, IP bytes and round trips at the client, from the query to its answer.</summary>
    public TraceCounts Counts { get; }

    /// <summary>What is drawn: the packets that carry something.</summary>
    public IReadOnlyList<FlowStep> Steps { get; }

    /// <summary>All packets at the client, from the first connection on.</summary>
    public PacketTrace Trace { get; }

    /// <summary>The round trips that the association counted by itself.</summary>
    public int AssociationRoundTrips { get; internal init; }

    /// <summary>What the query did at first, one of <see cref="Association.QueryAction"/>.</summary>
    public int Action { get; internal init; }

    /// <summary>The time from the query to its answer, in microseconds.</summary>
    public long ElapsedUs { get; internal init; }

    /// <summary>The round-trip time of the network, in milliseconds.</summary>
    public int RttMs { get; internal init; }

    /// <summary>What is added to the network's time to get microseconds since 1970-01-01 UTC.</summary>
    public long UtcOffsetUs { get; internal init; }

    /// <summary>The secrets of all connections, for Wireshark.</summary>
    public string KeyLog { get; internal init; } = "";

    /// <summary>Whether there was a NAT or firewall on the way.</summary>
    public bool HasNat { get; internal init; }
}
