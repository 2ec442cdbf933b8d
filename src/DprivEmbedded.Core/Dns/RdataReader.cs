using System;

namespace DprivEmbedded.Dns;

/// <summary>Reads the fields of one RDATA in turn, with a sticky <see cref="Failed"/>, and keeps the same RDATA with its names expanded.</summary>
internal sealed class RdataReader
{
    private readonly byte[] _message;
    private readonly int _offset;
    private readonly int _count;
    private readonly int _end;
    private readonly bool _pointersAllowed;
    private readonly byte[] _plain;
    private int _plainCount;
    private int _at;

    internal RdataReader(byte[] message, int offset, int count, int rdataOffset, int rdataCount, bool pointersAllowed)
    {
        _message = message;
        _offset = offset;
        _count = count;
        _at = rdataOffset;
        _end = rdataOffset + rdataCount;
        _pointersAllowed = pointersAllowed;
        _plain = new byte[rdataCount + (2 * DnsName.MaxWireBytes)];
    }

    /// <summary>Whether a field did not fit or was malformed.</summary>
    internal bool Failed { get; private set; }

    internal int Remaining
    {
        get { return _end - _at; }
    }

    /// <summary>The fields read so far, uncompressed.</summary>
    internal byte[] Plain()
    {
        var plain = new byte[_plainCount];
        Array.Copy(_plain, 0, plain, 0, _plainCount);
        return plain;
    }

    internal int U8()
    {
        if (!Take(1))
            return 0;

        return _plain[_plainCount - 1];
    }

    internal int U16()
    {
        if (!Take(2))
            return 0;

        return (_plain[_plainCount - 2] << 8) | _plain[_plainCount - 1];
    }

    internal long U32()
    {
        long high = U16();
        long low = U16();
        return (high * 65536) + low;
    }

    /// <summary>The next bytes; an empty array on failure.</summary>
    internal byte[] Bytes(int count)
    {
        if (!Take(count))
            return new byte[0];

        var bytes = new byte[count];
        Array.Copy(_plain, _plainCount - count, bytes, 0, count);
        return bytes;
    }

    /// <summary>Marks the RDATA as malformed.</summary>
    internal void Fail()
    {
        Failed = true;
    }

    /// <summary>A name, compressed where that is allowed; the root on failure.</summary>
    internal DnsName Name()
    {
        return Name(_pointersAllowed);
    }

    /// <summary>A name that must not be compressed; the root on failure.</summary>
    internal DnsName PlainName()
    {
        return Name(false);
    }

    private DnsName Name(bool pointersAllowed)
    {
        if (Failed)
            return DnsName.Root;

        DnsName name;
        int after;
        if (pointersAllowed)
        {
            after = DnsWireName.Skip(_message, _offset, _count, _at);
            name = after < 0 ? null : DnsName.FromMessage(_message, _offset, _count, _at);
        }
        else
        {
            name = DnsName.FromWire(_message, _at, Remaining);
            after = name == null ? -1 : _at + name.WireLength;
        }

        if (name == null || after > _end)
        {
            Failed = true;
            return DnsName.Root;
        }

        _at = after;
        _plainCount += name.CopyTo(_plain, _plainCount);
        return name;
    }

    private bool Take(int count)
    {
        if (Failed || count < 0 || count > Remaining)
        {
            Failed = true;
            return false;
        }

        Array.Copy(_message, _at, _plain, _plainCount, count);
        _at += count;
        _plainCount += count;
        return true;
    }
}
