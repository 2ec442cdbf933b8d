using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace DprivEmbedded.Interop.Clients;

/// <summary>Just enough DNS, written apart from the library under test, to ask a peer one question and to look at the answer.</summary>
public static class DnsBytes
{
    public const ushort TypeA = 1;
    private const int OptionTcpKeepalive = 11;

    /// <summary>A query without the two-byte length; with an OPT record that holds an empty edns-tcp-keepalive when asked for.</summary>
    public static byte[] Query(ushort id, string name, ushort type = TypeA, bool keepalive = false)
    {
        var message = new MemoryStream();
        Put16(message, id);
        Put16(message, 0x0100);
        Put16(message, 1);
        Put16(message, 0);
        Put16(message, 0);
        Put16(message, keepalive ? 1 : 0);
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.WriteByte((byte)label.Length);
            message.Write(Encoding.ASCII.GetBytes(label));
        }

        message.WriteByte(0);
        Put16(message, type);
        Put16(message, 1);
        if (keepalive)
        {
            message.WriteByte(0);
            Put16(message, 41);
            Put16(message, 1232);
            Put16(message, 0);
            Put16(message, 0);
            Put16(message, 4);
            Put16(message, OptionTcpKeepalive);
            Put16(message, 0);
        }

        return message.ToArray();
    }

    /// <summary>The same with the length that precedes a message on TCP and TLS.</summary>
    public static byte[] Framed(byte[] message)
    {
        var framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        return framed;
    }

    /// <summary>Where a whole framed answer with this ID begins (at its length) in bytes that hold other text too; -1 when it is not there (yet).</summary>
    public static int FindAnswer(ReadOnlySpan<byte> bytes, ushort id)
    {
        for (var i = 0; i + 14 <= bytes.Length; i++)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[(i + 2)..]) == id && (bytes[i + 4] & 0x80) != 0 && i + 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]) <= bytes.Length)
                return i;
        }

        return -1;
    }

    public static int Rcode(ReadOnlySpan<byte> message) => message[3] & 0x0F;

    public static int AnswerCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[6..]);

    /// <summary>The idle time that the answer's edns-tcp-keepalive advertises; null when there is none (RFC 7828).</summary>
    public static TimeSpan? Keepalive(ReadOnlySpan<byte> message)
    {
        // The option sits near the end; its form is unmistakable enough for a probe: 00 0B 00 02 tttt.
        for (var i = message.Length - 6; i >= 12; i--)
        {
            if (message[i] == 0 && message[i + 1] == OptionTcpKeepalive && message[i + 2] == 0 && message[i + 3] == 2)
                return TimeSpan.FromMilliseconds(100 * BinaryPrimitives.ReadUInt16BigEndian(message[(i + 4)..]));
        }

        return null;
    }

    private static void Put16(Stream stream, int value)
    {
        stream.WriteByte((byte)(value >> 8));
        stream.WriteByte((byte)value);
    }
}
