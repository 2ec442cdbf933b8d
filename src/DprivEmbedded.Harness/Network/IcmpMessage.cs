using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Harness.Network;

/// <summary>An ICMP message that says what became of a packet. Source: RFC 792.</summary>
public sealed record IcmpMessage : Packet
{
    /// <summary>The type of "destination unreachable".</summary>
    public const int DestinationUnreachable = 3;

    /// <summary>The code of an unreachable host.</summary>
    public const int HostUnreachable = 1;

    /// <summary>The code of an unreachable port.</summary>
    public const int PortUnreachable = 3;

    /// <summary>The code of a path that an administrator forbids.</summary>
    public const int AdministrativelyProhibited = 13;

    private const int IcmpHeaderBytes = 8;
    private const int MaxQuotedBytes = 548;

    /// <summary>The type.</summary>
    public int Type { get; init; } = DestinationUnreachable;

    /// <summary>The code.</summary>
    public int Code { get; init; } = PortUnreachable;

    /// <summary>The packet that it is about, of which the first 548 bytes are quoted.</summary>
    public required Packet Original { get; init; }

    /// <inheritdoc/>
    public override int Protocol => 1;

    /// <inheritdoc/>
    public override PacketKind Kind => PacketKind.Icmp;

    /// <inheritdoc/>
    public override int DataBytes => 0;

    /// <inheritdoc/>
    protected internal override int TransportBytes => IcmpHeaderBytes + Math.Min(Original.IpBytes, MaxQuotedBytes);

    /// <inheritdoc/>
    protected override void WriteTransport(Span<byte> target)
    {
        target[0] = (byte)Type;
        target[1] = (byte)Code;
        Original.ToBytes().AsSpan(0, target.Length - IcmpHeaderBytes).CopyTo(target[IcmpHeaderBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], InternetChecksum.Finish(InternetChecksum.Sum(target)));
    }
}
