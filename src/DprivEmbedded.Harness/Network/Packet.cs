using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Harness.Network;

/// <summary>An IPv4 packet of the simulated network. Never changed once it is sent; a NAT makes another one.</summary>
public abstract record Packet
{
    /// <summary>Size of the IPv4 header in bytes; there are no options.</summary>
    public const int HeaderBytes = 20;

    /// <summary>Where it comes from; the port is 0 where the protocol has none.</summary>
    public required Ipv4EndPoint Source { get; init; }

    /// <summary>Where it goes; the port is 0 where the protocol has none.</summary>
    public required Ipv4EndPoint Destination { get; init; }

    /// <summary>The identification of the header, 0..65535.</summary>
    public int Identification { get; init; }

    /// <summary>How many more routers may pass it on.</summary>
    public int TimeToLive { get; init; } = 64;

    /// <summary>The protocol number: 1 ICMP, 6 TCP, 17 UDP.</summary>
    public abstract int Protocol { get; }

    /// <summary>What it is, see <see cref="PacketKind"/>.</summary>
    public abstract PacketKind Kind { get; }

    /// <summary>Application bytes in it.</summary>
    public abstract int DataBytes { get; }

    /// <summary>Whether it carries something: SYN, FIN, RST, data, a datagram, an ICMP message. A bare acknowledgement and a keepalive carry nothing.</summary>
    public bool Carries => Kind is not (PacketKind.Ack or PacketKind.Keepalive);

    /// <summary>Its size in bytes, with the IPv4 header.</summary>
    public int IpBytes => HeaderBytes + TransportBytes;

    /// <summary>Its size in bytes behind the IPv4 header.</summary>
    protected internal abstract int TransportBytes { get; }

    /// <summary>The packet as it stands on the wire, with its checksums.</summary>
    /// <returns>A new array of <see cref="IpBytes"/>. Source: RFC 791 section 3.1.</returns>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[IpBytes];
        Span<byte> header = bytes.AsSpan(0, HeaderBytes);
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)Identification);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], 0x4000);
        header[8] = (byte)TimeToLive;
        header[9] = (byte)Protocol;
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], Source.Address.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[16..], Destination.Address.Value);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Finish(InternetChecksum.Sum(header)));
        WriteTransport(bytes.AsSpan(HeaderBytes));
        return bytes;
    }

    /// <summary>Writes what stands behind the IPv4 header, with its checksum.</summary>
    /// <param name="target">Zeroed, <see cref="TransportBytes"/> long.</param>
    protected abstract void WriteTransport(Span<byte> target);
}
