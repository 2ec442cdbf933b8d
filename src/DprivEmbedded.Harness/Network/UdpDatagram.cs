using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Harness.Network;

/// <summary>A UDP datagram. Source: RFC 768.</summary>
public sealed record UdpDatagram : Packet
{
    private const int UdpHeaderBytes = 8;

    /// <summary>Its bytes; not to be changed.</summary>
    public byte[] Data { get; init; } = [];

    /// <inheritdoc/>
    public override int Protocol => 17;

    /// <inheritdoc/>
    public override PacketKind Kind => PacketKind.Datagram;

    /// <inheritdoc/>
    public override int DataBytes => Data.Length;

    /// <inheritdoc/>
    protected internal override int TransportBytes => UdpHeaderBytes + Data.Length;

    /// <inheritdoc/>
    protected override void WriteTransport(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Destination.Port);
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], (ushort)target.Length);
        Data.CopyTo(target[UdpHeaderBytes..]);
        ushort sum = InternetChecksum.Finish(InternetChecksum.Sum(target, InternetChecksum.PseudoHeader(Source.Address, Destination.Address, Protocol, target.Length)));

        // Zero says that there is none.
        BinaryPrimitives.WriteUInt16BigEndian(target[6..], sum == 0 ? (ushort)0xFFFF : sum);
    }
}
