using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Net;

namespace DprivEmbedded.Interop.Namespaces;

/// <summary>Reads TCP over IPv4 out of a classic pcap file of Ethernet frames, as tcpdump writes it.</summary>
public static class PcapFile
{
    public static IReadOnlyList<TcpSegment> ReadTcp(string path)
    {
        ReadOnlySpan<byte> all = File.ReadAllBytes(path);
        if (all.Length < 24 || BinaryPrimitives.ReadUInt32LittleEndian(all) != 0xA1B2C3D4 || BinaryPrimitives.ReadUInt32LittleEndian(all[20..]) != 1)
            throw new InvalidDataException(path + " is no little-endian microsecond pcap file of Ethernet frames");
        var segments = new List<TcpSegment>();
        double? first = null;
        for (var at = 24; at + 16 <= all.Length;)
        {
            var time = (BinaryPrimitives.ReadUInt32LittleEndian(all[at..]) * 1000.0) + (BinaryPrimitives.ReadUInt32LittleEndian(all[(at + 4)..]) / 1000.0);
            var length = BinaryPrimitives.ReadInt32LittleEndian(all[(at + 8)..]);
            if (length < 0 || at + 16 + length > all.Length)
                break;
            first ??= time;
            if (Tcp(all.Slice(at + 16, length), time - first.Value) is { } segment)
                segments.Add(segment);
            at += 16 + length;
        }

        return segments;
    }

    private static TcpSegment? Tcp(ReadOnlySpan<byte> frame, double timeMs)
    {
        const int Ethernet = 14;
        if (frame.Length < Ethernet + 40 || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) != 0x0800 || frame[Ethernet + 9] != 6)
            return null;
        var ip = frame[Ethernet..];
        var header = (ip[0] & 0x0F) * 4;
        var total = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
        var tcp = ip[header..];
        if (tcp.Length < 20)
            return null;
        var flags = tcp[13];
        return new TcpSegment(
            timeMs,
            new IPEndPoint(new IPAddress(ip.Slice(12, 4)), BinaryPrimitives.ReadUInt16BigEndian(tcp)),
            new IPEndPoint(new IPAddress(ip.Slice(16, 4)), BinaryPrimitives.ReadUInt16BigEndian(tcp[2..])),
            Syn: (flags & 0x02) != 0,
            Ack: (flags & 0x10) != 0,
            Fin: (flags & 0x01) != 0,
            Rst: (flags & 0x04) != 0,
            total - header - ((tcp[12] >> 4) * 4));
    }
}
