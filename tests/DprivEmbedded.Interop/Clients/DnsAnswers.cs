using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Interop.Clients;

/// <summary>Answers made by hand, for servers that misbehave.</summary>
public static class DnsAnswers
{
    private const int HeaderBytes = 12;

    /// <summary>Bytes of the header and the question.</summary>
    public static int QuestionEnd(ReadOnlySpan<byte> query)
    {
        var at = HeaderBytes;
        while (query[at] != 0)
            at += 1 + query[at];
        return at + 5;
    }

    /// <summary>The query's name in presentation form, without escapes.</summary>
    public static string Name(ReadOnlySpan<byte> query)
    {
        var name = "";
        for (var at = HeaderBytes; query[at] != 0; at += 1 + query[at])
            name += System.Text.Encoding.ASCII.GetString(query.Slice(at + 1, query[at])) + ".";
        return name;
    }

    /// <summary>A good answer: one A record.</summary>
    /// <param name="query">The query without its length.</param>
    /// <param name="last">The last byte of the address 192.0.2.0.</param>
    /// <param name="keepaliveTenths">The idle time in an edns-tcp-keepalive, in tenths of a second; null sends no OPT record.</param>
    public static byte[] To(byte[] query, byte last = 1, int? keepaliveTenths = null)
    {
        var end = QuestionEnd(query);
        byte[] opt = keepaliveTenths is { } t ? [0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 6, 0, 11, 0, 2, (byte)(t >> 8), (byte)t] : [];
        byte[] message = [.. query[..end], 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, last, .. opt];
        message[2] = 0x81;
        message[3] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), 1);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(10), (ushort)(opt.Length > 0 ? 1 : 0));
        return message;
    }

    /// <summary>The same with other bytes from <paramref name="at"/> on.</summary>
    public static byte[] With(byte[] message, int at, params byte[] bytes)
    {
        var changed = (byte[])message.Clone();
        bytes.CopyTo(changed, at);
        return changed;
    }

    /// <summary>The options of the query's OPT record in their order: code and data.</summary>
    public static (int Code, byte[] Data)[] Options(byte[] query)
    {
        // Our queries have the question and one record, the OPT record: root, type, class, TTL, length.
        var at = QuestionEnd(query) + 11;
        var options = new System.Collections.Generic.List<(int, byte[])>();
        while (at < query.Length)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at + 2));
            options.Add((BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(at)), query[(at + 4)..(at + 4 + length)]));
            at += 4 + length;
        }

        return [.. options];
    }
}
