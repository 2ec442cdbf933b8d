namespace DprivEmbedded.Dns;

/// <summary>The canonical name behind an alias. Source: RFC 1035 section 3.3.1.</summary>
public sealed class CnameRecord : DnsRecord
{
    internal CnameRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Cname, dnsClass, ttl)
    {
        CanonicalName = rdata.Name();
    }

    /// <summary>The name that the owner is an alias of.</summary>
    public DnsName CanonicalName { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get { return CanonicalName.ToString(); }
    }
}
