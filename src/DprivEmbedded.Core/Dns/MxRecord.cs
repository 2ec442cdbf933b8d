namespace DprivEmbedded.Dns;

/// <summary>A mail exchange. Source: RFC 1035 section 3.3.9.</summary>
public sealed class MxRecord : DnsRecord
{
    internal MxRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Mx, dnsClass, ttl)
    {
        Preference = rdata.U16();
        Exchange = rdata.Name();
    }

    /// <summary>Lower values are preferred, 0..65535.</summary>
    public int Preference { get; }

    /// <summary>The exchange's name; the root says that the domain takes no mail (RFC 7505).</summary>
    public DnsName Exchange { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get { return Preference.ToString() + " " + Exchange.ToString(); }
    }
}
