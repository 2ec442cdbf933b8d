namespace DprivEmbedded.Dns;

/// <summary>An IPv6 address; its text is that of RFC 5952. Source: RFC 3596 section 2.2.</summary>
public sealed class AaaaRecord : DnsRecord
{
    internal AaaaRecord(DnsName name, int ttl, RdataReader rdata)
        : base(name, DnsType.Aaaa, DnsClass.Internet, ttl)
    {
        Address = rdata.Bytes(16);
    }

    /// <summary>The address, 16 bytes in network order; not to be written to.</summary>
    public byte[] Address { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get
        {
            var text = new DnsTextBuilder(40);
            text.AppendIPv6(Address, 0);
            return text.ToString();
        }
    }
}
