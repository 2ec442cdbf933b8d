namespace DprivEmbedded.Harness.Network;

/// <summary>A packet that a <see cref="PacketTrace"/> saw.</summary>
/// <param name="TimeUs">When, in microseconds of the network's time.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Packet">The packet.</param>
public sealed record TracedPacket(long TimeUs, PacketDirection Direction, Packet Packet)
{
    /// <summary>What it is.</summary>
    public PacketKind Kind => Packet.Kind;

    /// <summary>Whether it carries something, see <see cref="Packet.Carries"/>.</summary>
    public bool Carries => Packet.Carries;
}
