namespace DprivEmbedded.Dns;

/// <summary>A name server of a zone. Source: RFC 1035 section 3.3.11.</summary>
public sealed class NsRecord : DnsRecord
{
    internal NsRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Ns, dnsClass, ttl)
    {
        NameServer = rdata.Name();
    }

    /// <summary>The server's name.</summary>
    public DnsName NameServer { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get { return NameServer.ToString(); }
    }
}
