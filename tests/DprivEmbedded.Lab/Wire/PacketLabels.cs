using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net.Sockets;

namespace DprivEmbedded.Lab.Wire;

/// <summary>Says what each packet of a capture is, from what can be read without keys.</summary>
public static class PacketLabels
{
    private const int IcmpUnreachable = 3;
    private const int RecordHeaderBytes = 13;
    private const int HandshakeHeaderBytes = 12;

    public static void Assign(IReadOnlyList<Packet> packets)
    {
        var connections = new Dictionary<(int, int), TlsConnectionLabels>();
        foreach (var packet in packets)
        {
            var labels = new List<string>();
            switch (packet.Protocol)
            {
                case ProtocolType.Tcp:
                    var key = (packet.NearPort, packet.IsUp ? packet.Destination.Port : packet.Source.Port);
                    if ((packet.Syn && !packet.Ack) || !connections.TryGetValue(key, out var connection))
                        connections[key] = connection = new TlsConnectionLabels();
                    Tcp(packet, connection, labels);
                    break;
                case ProtocolType.Udp:
                    Datagram(packet.Payload, labels);
                    break;
                case ProtocolType.Icmp:
                    labels.Add(packet.Payload[0] == IcmpUnreachable ? "unreachable" : "ICMP " + packet.Payload[0]);
                    break;
                default:
                    break;
            }

            packet.Labels = labels;
        }
    }

    private static void Tcp(Packet packet, TlsConnectionLabels connection, List<string> labels)
    {
        if (packet.Syn)
            labels.Add(packet.Ack ? "SYN-ACK" : "SYN");
        if (packet.Rst)
            labels.Add("RST");
        connection.Add(packet, labels);
    }

    private static void Datagram(byte[] datagram, List<string> labels)
    {
        for (var at = 0; at + RecordHeaderBytes <= datagram.Length;)
        {
            int type = datagram[at];
            var protectedRecord = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(at + 3)) > 0;
            if (type == TlsRecords.ConnectionId)
            {
                // Where its length stands depends on the id's, which is not in the record.
                labels.Add("CID record");
                return;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(at + 11));
            var content = at + RecordHeaderBytes;
            if (content + length > datagram.Length)
            {
                labels.Add("torn record");
                return;
            }

            if (type == TlsRecords.Handshake && !protectedRecord && length >= HandshakeHeaderBytes)
                labels.Add(Hello(datagram, content, length) ?? TlsRecords.HandshakeName(datagram[content]));
            else
                labels.Add(TlsRecords.Name(type, protectedRecord));
            at = content + length;
        }
    }

    private static string? Hello(byte[] datagram, int at, int length)
    {
        var whole = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(at + 7)) == 0 && (datagram[at + 9] << 16 | datagram[at + 10] << 8 | datagram[at + 11]) == length - HandshakeHeaderBytes;
        return datagram[at] == TlsRecords.ClientHello && whole ? TlsRecords.ClientHelloName(datagram.AsSpan(at + HandshakeHeaderBytes, length - HandshakeHeaderBytes), datagrams: true) : null;
    }
}
