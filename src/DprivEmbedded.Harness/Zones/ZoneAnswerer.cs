using System;
using System.Collections.Generic;
using System.Text;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Answers queries out of zones, as an authoritative server does. Stateless, so that threads may share it.</summary>
/// <remarks>
/// Source: RFC 1034 section 4.3.2, RFC 2308 (negative answers), RFC 4592 (wildcards), RFC 6891 (EDNS), RFC 8482 does not apply: ANY brings all records.
/// An answer that does not fit is cut to its question with TC set. No query, whatever its bytes, makes it throw.
/// </remarks>
public sealed class ZoneAnswerer
{
    private const int MaxAliases = 16;
    private static readonly byte[] NotAuthoritativeText = Encoding.ASCII.GetBytes("no zone here holds this name");

    private readonly Zone[] _zones;

    /// <summary>Makes an answerer.</summary>
    /// <param name="zones">The zones; of several that hold a name the deepest one answers.</param>
    public ZoneAnswerer(params Zone[] zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        _zones = (Zone[])zones.Clone();
    }

    /// <summary>Answers one message.</summary>
    /// <param name="query">Holds the query, without a length prefix.</param>
    /// <param name="offset">First byte of the query.</param>
    /// <param name="count">Length of the query.</param>
    /// <param name="response">Takes the response, without a length prefix; must not overlap the query.</param>
    /// <param name="responseOffset">Where its first byte goes.</param>
    /// <param name="capacity">Bytes that may be written; for any answer with its question 12 + 255 + 4 + 11 at least, 65535 at most are used.</param>
    /// <param name="options">How to answer.</param>
    /// <returns>Bytes written; 0 where there is nothing to say: less than a header, a response instead of a query, or no room for a bare answer.</returns>
    /// <exception cref="ArgumentException">A range lies outside its buffer.</exception>
    public int Answer(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, ZoneAnswerOptions options)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(options);
        if (offset < 0 || count < 0 || offset > query.Length - count)
            throw new ArgumentOutOfRangeException(nameof(count), "offset and count must lie within the query's buffer.");

        if (responseOffset < 0 || capacity < 0 || responseOffset > response.Length - capacity)
            throw new ArgumentOutOfRangeException(nameof(capacity), "responseOffset and capacity must lie within the response's buffer.");

        if (count < DnsMessageReader.HeaderBytes || (query[offset + 2] & 0x80) != 0)
            return 0;

        var reader = new DnsMessageReader();
        Reply reply = reader.Reset(query, offset, count) ? Resolve(reader) : new Reply(DnsResponseCode.FormatError);

        int limit = Math.Min(capacity, 65535);
        if (options.Datagram)
            limit = Math.Min(limit, reader.UdpPayloadBytes);

        int written = Write(reader, reply, query.AsSpan(offset, count), response, responseOffset, limit, options, false);
        return written > 0 ? written : Write(reader, reply, query.AsSpan(offset, count), response, responseOffset, limit, options, true);
    }

    private Reply Resolve(DnsMessageReader query)
    {
        if (query.EdnsVersion > 0)
            return new Reply(DnsResponseCode.BadVersion);

        if (query.Opcode != DnsOpcode.Query)
            return new Reply(DnsResponseCode.NotImplemented);

        if (query.QuestionCount != 1)
            return new Reply(DnsResponseCode.FormatError);

        int type = query.QuestionType;
        if (type is DnsType.Opt or 0)
            return new Reply(DnsResponseCode.FormatError);

        if (type is DnsType.Axfr or DnsType.Ixfr || query.QuestionClass is not (DnsClass.Internet or DnsClass.Any))
            return new Reply(DnsResponseCode.Refused);

        DnsName name = query.ReadName(query.QuestionNameOffset);
        Zone? zone = FindZone(name);
        if (zone == null)
            return new Reply(DnsResponseCode.Refused) { NotAuthoritative = true };

        var reply = new Reply(DnsResponseCode.NoError) { Authoritative = true };
        var seen = new HashSet<DnsName>();
        while (zone != null && seen.Add(name) && seen.Count <= MaxAliases)
        {
            IReadOnlyList<DnsRecord>? records = Find(zone, name);
            if (records == null)
            {
                reply.Code = DnsResponseCode.NameError;
                reply.Negative = zone.Soa;
                break;
            }

            DnsName? target = null;
            bool found = false;
            foreach (DnsRecord record in records)
            {
                if (record.Type == type || type == DnsType.Any)
                {
                    reply.Answers.Add((name, record));
                    found = true;
                }
                else if (record is CnameRecord cname)
                {
                    reply.Answers.Add((name, record));
                    target = cname.CanonicalName;
                }
            }

            if (target == null)
            {
                if (!found)
                    reply.Negative = zone.Soa;

                break;
            }

            name = target;
            zone = FindZone(name);
        }

        return reply;
    }

    /// <summary>The records of a name, of the wildcard that covers it, or none at all; null where the name does not exist.</summary>
    private static IReadOnlyList<DnsRecord>? Find(Zone zone, DnsName name)
    {
        if (zone.Exists(name))
            return zone.RecordsAt(name);

        DnsName encloser = name.Parent;
        while (!zone.Exists(encloser))
            encloser = encloser.Parent;

        DnsName? wildcard = DnsName.Concat(Wildcard, encloser);
        return wildcard != null && zone.Exists(wildcard) ? zone.RecordsAt(wildcard) : null;
    }

    private static readonly DnsName Wildcard = DnsName.Parse("*");

    private Zone? FindZone(DnsName name)
    {
        Zone? best = null;
        foreach (Zone zone in _zones)
        {
            if (name.IsAtOrBelow(zone.Apex) && (best == null || zone.Apex.LabelCount > best.Apex.LabelCount))
                best = zone;
        }

        return best;
    }

    /// <summary>Writes the response; with <paramref name="bare"/> only the question, and TC where that leaves something out.</summary>
    private static int Write(DnsMessageReader query, Reply reply, ReadOnlySpan<byte> queryBytes, byte[] buffer, int offset, int limit, ZoneAnswerOptions options, bool bare)
    {
        if (limit < DnsMessageReader.HeaderBytes)
            return 0;

        bool truncated = bare && (reply.Answers.Count > 0 || reply.Negative != null);
        int flags = 0x8000 | (((queryBytes[2] << 8) | queryBytes[3]) & 0x7910); // opcode, RD, CD
        flags |= (reply.Authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0) | (options.RecursionAvailable ? 0x0080 : 0) | (reply.Code & 15);

        bool hasQuestion = !query.Failed && query.QuestionCount == 1;
        var writer = new ResponseWriter(buffer, offset, limit);
        writer.U8(queryBytes[0]);
        writer.U8(queryBytes[1]);
        writer.U16(flags);
        writer.U16(hasQuestion ? 1 : 0);
        writer.U16(bare ? 0 : reply.Answers.Count);
        writer.U16(!bare && reply.Negative != null ? 1 : 0);
        writer.U16(query.HasEdns ? 1 : 0);
        if (hasQuestion)
        {
            writer.Name(query.ReadName(query.QuestionNameOffset));
            writer.U16(query.QuestionType);
            writer.U16(query.QuestionClass);
        }

        if (!bare)
        {
            foreach ((DnsName owner, DnsRecord record) in reply.Answers)
                writer.Record(owner, record, record.Ttl);

            // RFC 2308 section 5: the negative answer lives no longer than the SOA's minimum.
            if (reply.Negative != null)
                writer.Record(reply.Negative.Name, reply.Negative, Math.Min(reply.Negative.Ttl, reply.Negative.MinimumSeconds));
        }

        if (query.HasEdns)
            WriteOpt(query, reply, writer, options, bare);

        return writer.Overflowed ? 0 : writer.Length;
    }

    private static void WriteOpt(DnsMessageReader query, Reply reply, ResponseWriter writer, ZoneAnswerOptions options, bool bare)
    {
        writer.U8(0);
        writer.U16(DnsType.Opt);
        writer.U16(options.UdpPayloadBytes);
        writer.U8(reply.Code >> 4);
        writer.U8(0);
        writer.U16(query.DnssecOk ? 0x8000 : 0); // RFC 3225 section 3: copied
        int lengthAt = writer.Length;
        writer.U16(0);

        if (reply.NotAuthoritative && !bare)
        {
            writer.U16(EdnsOptionCode.ExtendedError);
            writer.U16(2 + NotAuthoritativeText.Length);
            writer.U16(ExtendedDnsErrorCode.NotAuthoritative);
            writer.Raw(NotAuthoritativeText);
        }

        if (query.HasKeepalive && options.KeepaliveTimeoutMs >= 0 && !options.Datagram)
        {
            writer.U16(EdnsOptionCode.TcpKeepalive);
            writer.U16(2);
            writer.U16(Math.Min(options.KeepaliveTimeoutMs / 100, 65535));
        }

        int block = options.PaddingBlockBytes;
        if (query.PaddingBytes >= 0 && block > 0 && writer.Remaining >= 4)
        {
            int unpadded = writer.Length + 4;
            int padding = Math.Min((block - (unpadded % block)) % block, writer.Remaining - 4);
            writer.U16(EdnsOptionCode.Padding);
            writer.U16(padding);
            for (int i = 0; i < padding; i++)
                writer.U8(0);
        }

        if (!writer.Overflowed)
            writer.Patch(lengthAt, writer.Length - lengthAt - 2);
    }

    private sealed class Reply
    {
        internal Reply(int code)
        {
            Code = code;
        }

        internal int Code { get; set; }

        internal bool Authoritative { get; init; }

        internal bool NotAuthoritative { get; init; }

        internal SoaRecord? Negative { get; set; }

        internal List<(DnsName Owner, DnsRecord Record)> Answers { get; } = new();
    }
}
