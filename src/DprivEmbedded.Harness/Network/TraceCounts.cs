using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>What was counted in a <see cref="PacketTrace"/> at the client's end.</summary>
/// <param name="Packets">All packets.</param>
/// <param name="CarryingPackets">Those that carry something: neither bare acknowledgements nor probes.</param>
/// <param name="BytesUp">IP bytes of the client.</param>
/// <param name="BytesDown">IP bytes to the client.</param>
/// <param name="RoundTrips">How often the direction turned from up to down among the packets that carry something, each answer later than what it answers.</param>
public readonly record struct TraceCounts(int Packets, int CarryingPackets, long BytesUp, long BytesDown, int RoundTrips)
{
    /// <summary>Counts packets. From the query's sending to the answer's arrival, the round trips are those of the seed's figures.</summary>
    /// <param name="packets">The packets, oldest first.</param>
    /// <param name="leastTurnUs">How long after a packet its answer can come at the earliest, in microseconds: what comes sooner answers something before. Half of the round-trip time is a good value.</param>
    /// <returns>The counts.</returns>
    public static TraceCounts Of(IEnumerable<TracedPacket> packets, long leastTurnUs = 1)
    {
        int all = 0;
        int carrying = 0;
        long up = 0;
        long down = 0;
        int turns = 0;
        long waitsSinceUs = -1;
        foreach (TracedPacket traced in packets)
        {
            all++;
            if (traced.Direction == PacketDirection.Up)
                up += traced.Packet.IpBytes;
            else
                down += traced.Packet.IpBytes;

            if (!traced.Carries)
                continue;

            carrying++;
            if (traced.Direction == PacketDirection.Up)
                waitsSinceUs = waitsSinceUs < 0 ? traced.TimeUs : waitsSinceUs;
            else if (waitsSinceUs >= 0 && traced.TimeUs - waitsSinceUs >= leastTurnUs)
            {
                waitsSinceUs = -1;
                turns++;
            }
        }

        return new TraceCounts(all, carrying, up, down, turns);
    }
}
