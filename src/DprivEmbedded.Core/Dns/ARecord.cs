namespace DprivEmbedded.Dns;

/// <summary>An IPv4 address. Source: RFC 1035 section 3.4.1.</summary>
public sealed class ARecord : DnsRecord
{
    internal ARecord(DnsName name, int ttl, RdataReader rdata)
        : base(name, DnsType.A, DnsClass.Internet, ttl)
    {
        Address = rdata.Bytes(4);
    }

    /// <summary>The address, 4 bytes in network order; not to be written to.</summary>
    public byte[] Address { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get
        {
            var text = new DnsTextBuilder(16);
            text.AppendIPv4(Address, 0);
            return text.ToString();
        }
    }
}
