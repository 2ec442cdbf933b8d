using DprivEmbedded.Association;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Flows;

/// <summary>A situation of the message flows: what is set up, what is lost, and how many round trips the query costs then.</summary>
public sealed class FlowScenario
{
    internal FlowScenario(string name, string title, string transport, int roundTrips)
    {
        Name = name;
        Title = title;
        Transport = transport;
        RoundTrips = roundTrips;
    }

    /// <summary>The figure's number, or the name of a row beyond the seed.</summary>
    public string Name { get; }

    /// <summary>The number of the seed's figure; 0 beyond the seed.</summary>
    public int Figure { get; internal init; }

    /// <summary>The situation.</summary>
    public string Title { get; }

    /// <summary>The transport, as the seed names it.</summary>
    public string Transport { get; }

    /// <summary>The round trips that the seed says.</summary>
    public int RoundTrips { get; }

    /// <summary>What happened on the way, as a line in the ladder; empty where nothing is seen.</summary>
    public string LossText { get; internal init; } = "state lost";

    /// <summary>The file of the core in which it happens.</summary>
    public string CodeFile { get; internal init; } = "";

    internal bool Datagrams { get; init; }

    internal int TlsVersion { get; init; } = DprivEmbedded.Tls.ProtocolVersion.Tls12;

    internal bool FastOpen { get; init; }

    internal bool EarlyData { get; init; }

    internal bool ConnectionId { get; init; }

    internal NatSettings? Nat { get; init; }

    internal FlowLoss Loss { get; init; }

    /// <summary>How long no query was asked when the query comes, in milliseconds.</summary>
    internal long GapMs { get; init; } = 2000;

    internal long ReuseUpToMs { get; init; } = long.MaxValue;

    internal long HedgeUpToMs { get; init; }

    /// <summary>What the query is to do at first, one of <see cref="QueryAction"/>.</summary>
    public int Action { get; internal init; } = QueryAction.Reuse;
}
