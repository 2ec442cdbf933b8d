namespace DprivEmbedded.Dns;

/// <summary>A pointer to another name, as for addresses in in-addr.arpa and ip6.arpa. Source: RFC 1035 section 3.3.12.</summary>
public sealed class PtrRecord : DnsRecord
{
    internal PtrRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Ptr, dnsClass, ttl)
    {
        PointedName = rdata.Name();
    }

    /// <summary>The name pointed to.</summary>
    public DnsName PointedName { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get { return PointedName.ToString(); }
    }
}
