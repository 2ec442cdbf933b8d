using System;

namespace DprivEmbedded.Dns;

/// <summary>One resource record as an object, for hosts. The derived classes show the fields of the known types; this class itself stands for all others. Immutable.</summary>
/// <remarks>
/// A record of a known type whose RDATA is malformed is kept as this class with <see cref="IsMalformed"/> set, so that the other records of its message stay usable.
/// Source: RFC 1035 section 4.1.3, RFC 3597.
/// </remarks>
public class DnsRecord
{
    private byte[] _rdata;

    /// <summary>Makes a record.</summary>
    /// <param name="name">The owner.</param>
    /// <param name="type">The type.</param>
    /// <param name="dnsClass">The class.</param>
    /// <param name="ttl">The time to live in seconds.</param>
    /// <param name="rdata">The RDATA with uncompressed names; taken over.</param>
    internal DnsRecord(DnsName name, int type, int dnsClass, int ttl, byte[] rdata)
    {
        Name = name;
        Type = type;
        Class = dnsClass;
        Ttl = ttl;
        _rdata = rdata;
    }

    /// <summary>Starts a record of a known type; <see cref="Read"/> adds the RDATA when all fields are read.</summary>
    internal DnsRecord(DnsName name, int type, int dnsClass, int ttl)
    {
        Name = name;
        Type = type;
        Class = dnsClass;
        Ttl = ttl;
    }

    /// <summary>The owner name.</summary>
    public DnsName Name { get; }

    /// <summary>One of <see cref="DnsType"/>.</summary>
    public int Type { get; }

    /// <summary>One of <see cref="DnsClass"/>.</summary>
    public int Class { get; }

    /// <summary>Time to live in seconds, 0..2147483647.</summary>
    public int Ttl { get; }

    /// <summary>The RDATA as a fresh copy. Names of known types are uncompressed; malformed and unknown RDATA is as it was in the message.</summary>
    public byte[] Rdata
    {
        get
        {
            var copy = new byte[_rdata.Length];
            Array.Copy(_rdata, 0, copy, 0, copy.Length);
            return copy;
        }
    }

    /// <summary>Length of <see cref="Rdata"/> in bytes.</summary>
    public int RdataLength
    {
        get { return _rdata.Length; }
    }

    /// <summary>Whether the type is known but the RDATA does not have its form.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>The RDATA in presentation form; <c>\# length hex</c> where the type is not known or the RDATA is malformed. Source: RFC 3597 section 5.</summary>
    public virtual string RdataText
    {
        get
        {
            var text = new DnsTextBuilder(16 + (2 * _rdata.Length));
            text.Append("\\# ");
            text.AppendNumber(_rdata.Length);
            if (_rdata.Length > 0)
            {
                text.Append(' ');
                text.AppendHex(_rdata, 0, _rdata.Length);
            }

            return text.ToString();
        }
    }

    /// <summary>Makes a record from uncompressed RDATA.</summary>
    /// <param name="name">The owner.</param>
    /// <param name="type">One of <see cref="DnsType"/>, 0..65535.</param>
    /// <param name="dnsClass">One of <see cref="DnsClass"/>, 0..65535.</param>
    /// <param name="ttl">Time to live in seconds, not negative.</param>
    /// <param name="rdata">The RDATA, at most 65535 bytes; copied.</param>
    /// <returns>A record of the type's class, or one with <see cref="IsMalformed"/> set.</returns>
    /// <exception cref="ArgumentException">An argument out of its range.</exception>
    public static DnsRecord FromRdata(DnsName name, int type, int dnsClass, int ttl, byte[] rdata)
    {
        if (name == null)
            throw new ArgumentNullException("name");

        if (rdata == null)
            throw new ArgumentNullException("rdata");

        if (type < 0 || type > 65535 || dnsClass < 0 || dnsClass > 65535 || ttl < 0 || rdata.Length > 65535)
            throw new ArgumentException("type and class must be 0..65535, the TTL must not be negative, the RDATA must have at most 65535 bytes.");

        return Read(name, type, dnsClass, ttl, rdata, 0, rdata.Length, 0, rdata.Length, false);
    }

    /// <summary>Reads a record's RDATA in a message.</summary>
    internal static DnsRecord Read(DnsName name, int type, int dnsClass, int ttl, byte[] message, int offset, int count, int rdataOffset, int rdataCount, bool pointersAllowed)
    {
        var reader = new RdataReader(message, offset, count, rdataOffset, rdataCount, pointersAllowed);
        DnsRecord record = null;
        bool known = true;
        switch (type)
        {
            case DnsType.Ns:
                record = new NsRecord(name, dnsClass, ttl, reader);
                break;
            case DnsType.Cname:
                record = new CnameRecord(name, dnsClass, ttl, reader);
                break;
            case DnsType.Soa:
                record = new SoaRecord(name, dnsClass, ttl, reader);
                break;
            case DnsType.Ptr:
                record = new PtrRecord(name, dnsClass, ttl, reader);
                break;
            case DnsType.Mx:
                record = new MxRecord(name, dnsClass, ttl, reader);
                break;
            case DnsType.Txt:
                record = new TxtRecord(name, dnsClass, ttl, reader);
                break;
            default:
                known = dnsClass == DnsClass.Internet;
                break;
        }

        // These forms are defined for the Internet class only.
        if (record == null && known)
        {
            switch (type)
            {
                case DnsType.A:
                    record = new ARecord(name, ttl, reader);
                    break;
                case DnsType.Aaaa:
                    record = new AaaaRecord(name, ttl, reader);
                    break;
                case DnsType.Srv:
                    record = new SrvRecord(name, ttl, reader);
                    break;
                case DnsType.Svcb:
                case DnsType.Https:
                    record = new SvcbRecord(name, type, ttl, reader);
                    break;
                default:
                    known = false;
                    break;
            }
        }

        if (record != null && !reader.Failed && reader.Remaining == 0)
        {
            record._rdata = reader.Plain();
            return record;
        }

        var raw = new byte[rdataCount];
        Array.Copy(message, rdataOffset, raw, 0, rdataCount);
        return new DnsRecord(name, type, dnsClass, ttl, raw) { IsMalformed = known };
    }

    /// <summary>The record as a line of a master file.</summary>
    /// <returns>Owner, TTL, class, type and RDATA, parted by single spaces.</returns>
    public override string ToString()
    {
        return Name.ToString() + " " + Ttl.ToString() + " " + DnsClass.ToText(Class) + " " + DnsType.ToText(Type) + " " + RdataText;
    }
}
