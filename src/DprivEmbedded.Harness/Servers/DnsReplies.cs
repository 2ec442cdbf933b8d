using System;
using System.Buffers.Binary;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Short answers that any server can give, and what is asked of queries before that.</summary>
internal static class DnsReplies
{
    private const int OptBytes = 11;
    private const int UdpPayloadBytes = 1232;

    /// <summary>Whether a message has the form of a query: one question, no answers, all of it readable.</summary>
    public static bool IsQuery(ReadOnlySpan<byte> message)
    {
        if (message.Length < DnsMessageReader.HeaderBytes || (message[2] & 0x80) != 0 || U16(message, 4) != 1 || U16(message, 6) != 0 || U16(message, 8) != 0)
            return false;

        return QuestionEnd(message) > 0;
    }

    /// <summary>Where the only question ends; 0 where there is none.</summary>
    public static int QuestionEnd(ReadOnlySpan<byte> message)
    {
        int at = DnsMessageReader.HeaderBytes;
        while (at < message.Length && message[at] is > 0 and < 64)
            at += 1 + message[at];

        at += 5;
        return at <= message.Length && message[at - 5] == 0 ? at : 0;
    }

    /// <summary>An answer to a query with nothing but a response code.</summary>
    public static byte[] Code(byte[] query, int code)
    {
        byte[] reply = Bare(query, query, HasOpt(query));
        reply[2] = (byte)(0x80 | (query[2] & 0x79));
        reply[3] = (byte)(0x80 | (query[3] & 0x10) | code);
        return reply;
    }

    /// <summary>The question of a response with TC set, and OPT where the query has it (RFC 6891 section 6.1.1).</summary>
    public static byte[] Truncated(byte[] query, byte[] response)
    {
        byte[] reply = Bare(query, response, HasOpt(query));
        reply[2] = (byte)(response[2] | 2);
        reply[3] = response[3];
        return reply;
    }

    private static byte[] Bare(byte[] query, byte[] header, bool opt)
    {
        int end = Math.Max(QuestionEnd(query), DnsMessageReader.HeaderBytes);
        byte[] reply = new byte[end + (opt ? OptBytes : 0)];
        Array.Copy(query, reply, end);
        Array.Copy(header, reply, 2);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(4), (ushort)(end > DnsMessageReader.HeaderBytes ? 1 : 0));
        Array.Clear(reply, 6, 6);
        if (!opt)
            return reply;

        reply[11] = 1;
        reply[end + 2] = DnsType.Opt;
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(end + 3), UdpPayloadBytes);
        return reply;
    }

    private static bool HasOpt(byte[] query)
    {
        DnsMessageReader reader = new();
        return reader.Reset(query, 0, query.Length) && reader.HasEdns;
    }

    private static int U16(ReadOnlySpan<byte> message, int at)
    {
        return BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
    }
}
