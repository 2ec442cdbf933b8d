using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>Sees the packets at one end of a path, as a capture there would: what leaves that end, lost later or not, and what arrives there.</summary>
public sealed class PacketTrace
{
    private readonly List<TracedPacket> _packets = [];
    private readonly SimulatedNetwork _network;

    /// <summary>Makes a trace that sees nothing yet.</summary>
    /// <param name="network">The network.</param>
    public PacketTrace(SimulatedNetwork network)
    {
        _network = network;
    }

    /// <summary>What was seen, oldest first.</summary>
    public IReadOnlyList<TracedPacket> Packets => _packets;

    /// <summary>How many packets were seen: a position for <see cref="Count"/>. A packet that arrives is seen before the host takes it.</summary>
    public int Position => _packets.Count;

    /// <summary>Whether it sees what comes; true at first.</summary>
    public bool IsRunning { get; set; } = true;

    /// <summary>Starts a trace at the end of a path that is nearer to the client.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The trace.</returns>
    public static PacketTrace AtFirst(SimulatedPath path)
    {
        PacketTrace trace = new(path.First.Network);
        trace.WatchFirst(path);
        return trace;
    }

    /// <summary>Starts a trace at the end of a path that is nearer to the server.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The trace.</returns>
    public static PacketTrace AtSecond(SimulatedPath path)
    {
        PacketTrace trace = new(path.First.Network);
        path.Up.OnArrived += p => trace.Note(PacketDirection.Up, p);
        path.Down.OnSent += p => trace.Note(PacketDirection.Down, p);
        return trace;
    }

    /// <summary>Watches one more path at the end nearer to the client, as for a device with two radios.</summary>
    /// <param name="path">The path.</param>
    public void WatchFirst(SimulatedPath path)
    {
        path.Up.OnSent += p => Note(PacketDirection.Up, p);
        path.Down.OnArrived += p => Note(PacketDirection.Down, p);
    }

    /// <summary>Forgets what was seen.</summary>
    public void Clear()
    {
        _packets.Clear();
    }

    /// <summary>Counts what was seen between two positions: from just before a query is sent to just when its answer came, say.</summary>
    /// <param name="from">The first packet, an index into <see cref="Packets"/>.</param>
    /// <param name="until">The packet behind the last one; -1 for all.</param>
    /// <returns>The counts.</returns>
    public TraceCounts Count(int from = 0, int until = -1)
    {
        return TraceCounts.Of(_packets.GetRange(from, (until < 0 ? _packets.Count : until) - from));
    }

    private void Note(PacketDirection direction, Packet packet)
    {
        if (IsRunning)
            _packets.Add(new TracedPacket(_network.NowUs, direction, packet));
    }
}
