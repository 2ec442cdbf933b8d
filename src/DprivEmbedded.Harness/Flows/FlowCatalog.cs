using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Flows;

/// <summary>The nine figures of the seed, and the rows of its table "Beyond the seed".</summary>
public static class FlowCatalog
{
    private const string Suspect = "src/DprivEmbedded.Association/Association/ServerAssociation.Suspect.cs";
    private const string Connect = "src/DprivEmbedded.Association/Association/ServerAssociation.Connect.cs";
    private const string Use = "src/DprivEmbedded.Association/Association/ServerAssociation.Use.cs";

    /// <summary>The round-trip time that flows are drawn with, in milliseconds.</summary>
    public const int DefaultRttMs = 100;

    /// <summary>The longest round-trip time that flows can be run with, in milliseconds.</summary>
    public const int MaxRttMs = 900;

    /// <summary>Why the last row beyond the seed is not run.</summary>
    public const string OpenRow = "DTLS 1.3 early data (figure 3 in 1 round trip): open, as this library speaks DTLS 1.2 only";

    /// <summary>The figures, 1 to 9.</summary>
    public static IReadOnlyList<FlowScenario> Figures { get; } =
    [
        new("1", "Server State Loss, TLS", "TLS 1.2", 4)
        {
            Figure = 1, CodeFile = Suspect, LossText = "server lost its state",
        },
        new("2", "Server State Loss, DTLS", "DTLS 1.2", 3)
        {
            Figure = 2, CodeFile = Suspect, Datagrams = true, LossText = "server lost its state",
        },
        new("3", "Server State Loss, DTLS False Start", "DTLS 1.2", 2)
        {
            Figure = 3, CodeFile = Connect, Datagrams = true, GapMs = 60_000, ReuseUpToMs = 30_000, Action = QueryAction.Resume, LossText = "a long time; server lost its state",
        },
        new("4", "Session resumption", "TLS 1.3 PSK", 4)
        {
            Figure = 4, CodeFile = Suspect, TlsVersion = ProtocolVersion.Tls13, LossText = "server lost its state",
        },
        new("5", "Server State Loss, TLS with TCP Fast Open", "TLS 1.2 + TFO", 3)
        {
            Figure = 5, CodeFile = Suspect, FastOpen = true, LossText = "server lost its state",
        },
        new("6", "NAT/Firewall State Loss, DTLS", "DTLS 1.2", 1)
        {
            Figure = 6, CodeFile = Use, Datagrams = true, Nat = new NatSettings(), Loss = FlowLoss.Nat, LossText = "state lost, same mapping again",
        },
        new("7", "NAT/Firewall State Loss, DTLS changed mapping", "DTLS 1.2", 3)
        {
            Figure = 7, CodeFile = Suspect, Datagrams = true, Nat = new NatSettings { PortPolicy = NatPortPolicy.RandomPort }, Loss = FlowLoss.Nat, LossText = "state lost, another mapping",
        },
        new("8", "NAT/Firewall State Loss, TLS with TCP Fast Open", "TLS 1.2 + TFO", 3)
        {
            Figure = 8, CodeFile = Suspect, FastOpen = true, Nat = new NatSettings(), Loss = FlowLoss.Nat, LossText = "NAT lost its state",
        },
        new("9", "NAT/Firewall State Loss, TLS", "TLS 1.2", 4)
        {
            Figure = 9, CodeFile = Suspect, Nat = new NatSettings(), Loss = FlowLoss.Nat, LossText = "NAT lost its state",
        },
    ];

    /// <summary>The rows beyond the seed that this library speaks the protocols of; see <see cref="OpenRow"/> for the one that it does not.</summary>
    public static IReadOnlyList<FlowScenario> Beyond { get; } =
    [
        new("hedge", "Figures 2 and 7, query and resumption in one burst", "DTLS 1.2", 2)
        {
            CodeFile = Use, Datagrams = true, Nat = new NatSettings { PortPolicy = NatPortPolicy.RandomPort }, Loss = FlowLoss.Nat, ReuseUpToMs = 100, HedgeUpToMs = 100_000, Action = QueryAction.Hedge,
            LossText = "state lost, another mapping",
        },
        new("connection-id", "Figure 7 with a Connection ID", "DTLS 1.2 + CID", 1)
        {
            CodeFile = Use, Datagrams = true, ConnectionId = true, Nat = new NatSettings { PortPolicy = NatPortPolicy.RandomPort }, Loss = FlowLoss.Nat, LossText = "state lost, another mapping",
        },
        new("early-data", "Figures 5 and 8 with early data, when foreseen", "TLS 1.3 + TFO", 1)
        {
            CodeFile = Connect, FastOpen = true, EarlyData = true, TlsVersion = ProtocolVersion.Tls13, GapMs = 60_000, ReuseUpToMs = 30_000, Action = QueryAction.Resume, LossText = "a long time; server lost its state",
        },
    ];

    /// <summary>Runs a scenario on a simulated network: connects, goes quiet, loses the state, asks.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="rttMs">The round-trip time, 1..900 milliseconds: beyond that the first retransmissions of TCP and DTLS would come before the answers.</param>
    /// <returns>What happened from the query to its answer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The round-trip time is out of range.</exception>
    public static FlowRun Run(FlowScenario scenario, int rttMs = DefaultRttMs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rttMs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rttMs, MaxRttMs);
        return new FlowWorld(scenario, rttMs).Run();
    }

    /// <summary>Finds a scenario.</summary>
    /// <param name="name">A figure's number, or the name of a row beyond.</param>
    /// <returns>The scenario, or null where there is none.</returns>
    public static FlowScenario? Find(string name)
    {
        return Figures.Concat(Beyond).FirstOrDefault(s => s.Name == name);
    }
}
