using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace DprivEmbedded.Lab.Wire;

/// <summary>Reads the TLS records of one connection out of its segments. A record is named in the segment where it ends; bytes sent again are passed over, a gap ends the reading.</summary>
internal sealed class TlsConnectionLabels
{
    private const int HeaderBytes = 5;

    private readonly Direction _up = new();
    private readonly Direction _down = new();
    private bool _tls13;

    public void Add(Packet packet, List<string> labels)
    {
        var direction = packet.IsUp ? _up : _down;
        if (packet.Syn)
            direction.Next = packet.Sequence;
        var payload = packet.Payload;
        if (payload.Length == 0)
            return;
        direction.Next ??= packet.Sequence;
        var known = (int)(direction.Next.Value - packet.Sequence);
        if (known < 0 || known >= payload.Length)
        {
            labels.Add(known < 0 ? "after a gap" : "again");
            return;
        }

        direction.Bytes.AddRange(payload.AsSpan(known).ToArray());
        direction.Next = packet.Sequence + (uint)payload.Length;
        var before = labels.Count;
        Read(direction, labels);
        if (labels.Count == before)
            labels.Add("part");
    }

    private void Read(Direction direction, List<string> labels)
    {
        var bytes = direction.Bytes.ToArray();
        var at = 0;
        while (at + HeaderBytes <= bytes.Length)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 3));
            if (at + HeaderBytes + length > bytes.Length)
                break;
            Record(direction, bytes[at], bytes.AsSpan(at + HeaderBytes, length), labels);
            at += HeaderBytes + length;
        }

        direction.Bytes.RemoveRange(0, at);
    }

    private void Record(Direction direction, int type, ReadOnlySpan<byte> content, List<string> labels)
    {
        if (_tls13 && type == TlsRecords.ApplicationData)
        {
            labels.Add("protected");
        }
        else if (type == TlsRecords.Handshake && !direction.Protected)
        {
            // Messages in pieces over several records do not come from the lab's servers.
            while (content.Length >= 4)
            {
                var length = Math.Min((content[1] << 16) | (content[2] << 8) | content[3], content.Length - 4);
                var body = content.Slice(4, length);
                _tls13 |= content[0] == TlsRecords.ServerHello && TlsRecords.IsTls13(body);
                labels.Add(content[0] == TlsRecords.ClientHello ? TlsRecords.ClientHelloName(body, datagrams: false) : TlsRecords.HandshakeName(content[0]));
                content = content[(4 + length)..];
            }
        }
        else
        {
            labels.Add(TlsRecords.Name(type, direction.Protected));
        }

        direction.Protected |= type == TlsRecords.ChangeCipherSpec;
    }

    private sealed class Direction
    {
        public List<byte> Bytes { get; } = [];

        public uint? Next { get; set; }

        public bool Protected { get; set; }
    }
}
