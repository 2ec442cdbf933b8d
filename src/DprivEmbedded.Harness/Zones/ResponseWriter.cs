using System;
using System.Collections.Generic;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Writes a response with name compression into a buffer of limited size; <see cref="Overflowed"/> sticks once something did not fit. Source: RFC 1035 section 4.1.4.</summary>
internal sealed class ResponseWriter
{
    private readonly byte[] _buffer;
    private readonly int _offset;
    private readonly int _limit;
    private readonly Dictionary<DnsName, int> _names = new();

    internal ResponseWriter(byte[] buffer, int offset, int limit)
    {
        _buffer = buffer;
        _offset = offset;
        _limit = limit;
    }

    internal int Length { get; private set; }

    internal bool Overflowed { get; private set; }

    internal int Remaining => _limit - Length;

    internal void U8(int value)
    {
        if (Length + 1 > _limit)
        {
            Overflowed = true;
            return;
        }

        _buffer[_offset + Length] = (byte)value;
        Length++;
    }

    internal void U16(int value)
    {
        U8(value >> 8);
        U8(value);
    }

    internal void U32(long value)
    {
        U16((int)(value >> 16));
        U16((int)value);
    }

    internal void Raw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Remaining)
        {
            Overflowed = true;
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_offset + Length));
        Length += bytes.Length;
    }

    internal void Name(DnsName name)
    {
        for (; !name.IsRoot; name = name.Parent)
        {
            if (_names.TryGetValue(name, out int at))
            {
                U16(0xC000 | at);
                return;
            }

            if (Length < 0x4000)
                _names.Add(name, Length);

            byte[] wire = name.WireBytes;
            Raw(wire.AsSpan(0, 1 + wire[0]));
        }

        U8(0);
    }

    /// <summary>Writes a record; names in RDATA are compressed only in the types of RFC 1035 (RFC 3597 section 4).</summary>
    internal void Record(DnsName owner, DnsRecord record, long ttl)
    {
        Name(owner);
        U16(record.Type);
        U16(record.Class);
        U32(ttl);
        int lengthAt = Length;
        U16(0);
        switch (record)
        {
            case CnameRecord cname:
                Name(cname.CanonicalName);
                break;
            case NsRecord ns:
                Name(ns.NameServer);
                break;
            case PtrRecord ptr:
                Name(ptr.PointedName);
                break;
            case MxRecord mx:
                U16(mx.Preference);
                Name(mx.Exchange);
                break;
            case SoaRecord soa:
                Name(soa.PrimaryServer);
                Name(soa.ResponsibleMailbox);
                U32(soa.Serial);
                U32(soa.RefreshSeconds);
                U32(soa.RetrySeconds);
                U32(soa.ExpireSeconds);
                U32(soa.MinimumSeconds);
                break;
            default:
                Raw(record.Rdata);
                break;
        }

        if (!Overflowed)
            Patch(lengthAt, Length - lengthAt - 2);
    }

    /// <summary>Writes 16 bits at an earlier place.</summary>
    internal void Patch(int at, int value)
    {
        _buffer[_offset + at] = (byte)(value >> 8);
        _buffer[_offset + at + 1] = (byte)value;
    }
}
