using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;

namespace DprivEmbedded.Lab.Wire;

/// <summary>Reads IPv4 out of a classic pcap file of Ethernet frames, as tcpdump writes it. What is cut off at the end of the file is left out.</summary>
public static class PcapReader
{
    private const int FileHeaderBytes = 24;
    private const int PacketHeaderBytes = 16;
    private const int EthernetBytes = 14;

    /// <param name="near">The address of the client's side.</param>
    /// <exception cref="InvalidDataException">Not such a file.</exception>
    public static IReadOnlyList<Packet> Read(ReadOnlySpan<byte> file, IPAddress near)
    {
        if (file.Length < FileHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(file) != 0xA1B2C3D4 || BinaryPrimitives.ReadUInt32LittleEndian(file[20..]) != 1)
            throw new InvalidDataException("no little-endian microsecond pcap file of Ethernet frames");
        var packets = new List<Packet>();
        for (var at = FileHeaderBytes; at + PacketHeaderBytes <= file.Length;)
        {
            var time = (BinaryPrimitives.ReadUInt32LittleEndian(file[at..]) * 1_000_000L) + BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 8)..]);
            if (length < 0 || length > file.Length - at - PacketHeaderBytes)
                break;
            if (ReadFrame(file.Slice(at + PacketHeaderBytes, length), time, near) is { } packet)
                packets.Add(packet);
            at += PacketHeaderBytes + length;
        }

        return packets;
    }

    private static Packet? ReadFrame(ReadOnlySpan<byte> frame, long timeUs, IPAddress near)
    {
        if (frame.Length < EthernetBytes + 20 || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != 0x0800)
            return null;
        var ip = frame[EthernetBytes..];
        var header = (ip[0] & 0x0F) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
        // 0: a frame larger than that, as the kernel hands it over before it cuts it.
        if (total == 0 || total > ip.Length)
            total = ip.Length;
        if (header < 20 || total < header + 8)
            return null;
        var source = new IPAddress(ip.Slice(12, 4));
        var destination = new IPAddress(ip.Slice(16, 4));
        var up = source.Equals(near);
        var content = ip[header..total];
        switch (ip[9])
        {
            case 6 when content.Length >= 20 && (content[12] >> 4) * 4 is var tcpHeader && tcpHeader <= content.Length:
                var flags = content[13];
                return new Packet
                {
                    TimeUs = timeUs, IsUp = up, Protocol = ProtocolType.Tcp, IpBytes = total,
                    Source = new IPEndPoint(source, BinaryPrimitives.ReadUInt16BigEndian(content)),
                    Destination = new IPEndPoint(destination, BinaryPrimitives.ReadUInt16BigEndian(content[2..])),
                    Fin = (flags & 1) != 0, Syn = (flags & 2) != 0, Rst = (flags & 4) != 0, Ack = (flags & 16) != 0,
                    Sequence = BinaryPrimitives.ReadUInt32BigEndian(content[4..]) + ((flags & 2) != 0 ? 1u : 0),
                    Payload = content[tcpHeader..].ToArray(),
                };
            case 17:
                return new Packet
                {
                    TimeUs = timeUs, IsUp = up, Protocol = ProtocolType.Udp, IpBytes = total,
                    Source = new IPEndPoint(source, BinaryPrimitives.ReadUInt16BigEndian(content)),
                    Destination = new IPEndPoint(destination, BinaryPrimitives.ReadUInt16BigEndian(content[2..])),
                    Payload = content[8..].ToArray(),
                };
            case 1:
                return new Packet
                {
                    TimeUs = timeUs, IsUp = up, Protocol = ProtocolType.Icmp, IpBytes = total,
                    Source = new IPEndPoint(source, 0), Destination = new IPEndPoint(destination, 0), Payload = content.ToArray(),
                };
            default:
                return null;
        }
    }
}
