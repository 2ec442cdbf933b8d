using System.Collections.Generic;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Flows;

/// <summary>One arrow of a flow's drawing: what left one end in one direction at one time.</summary>
public sealed class FlowStep
{
    internal FlowStep(long timeUs, PacketDirection direction, bool byNat)
    {
        TimeUs = timeUs;
        Direction = direction;
        EndsAtNat = byNat;
    }

    /// <summary>When it passed the client, in microseconds from the query.</summary>
    public long TimeUs { get; }

    /// <summary>Which way.</summary>
    public PacketDirection Direction { get; }

    /// <summary>Whether it went no farther than the NAT, or came from it.</summary>
    public bool EndsAtNat { get; }

    /// <summary>What is in it, in the words of the seed's figures.</summary>
    public List<string> Parts { get; } = [];

    /// <summary>Packets.</summary>
    public int Packets { get; internal set; }

    /// <summary>IP bytes.</summary>
    public int Bytes { get; internal set; }

    /// <summary>The parts with commas between.</summary>
    public string Text => string.Join(", ", Parts);
}
