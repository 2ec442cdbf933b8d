namespace DprivEmbedded.Dns;

/// <summary>The start of a zone of authority. Source: RFC 1035 section 3.3.13.</summary>
public sealed class SoaRecord : DnsRecord
{
    internal SoaRecord(DnsName name, int dnsClass, int ttl, RdataReader rdata)
        : base(name, DnsType.Soa, dnsClass, ttl)
    {
        PrimaryServer = rdata.Name();
        ResponsibleMailbox = rdata.Name();
        Serial = rdata.U32();
        RefreshSeconds = rdata.U32();
        RetrySeconds = rdata.U32();
        ExpireSeconds = rdata.U32();
        MinimumSeconds = rdata.U32();
    }

    /// <summary>The zone's primary server (MNAME).</summary>
    public DnsName PrimaryServer { get; }

    /// <summary>The mailbox of who is responsible, its first label before the @ (RNAME).</summary>
    public DnsName ResponsibleMailbox { get; }

    /// <summary>The zone's version, 0..4294967295.</summary>
    public long Serial { get; }

    /// <summary>How often secondaries look for a new version, in seconds.</summary>
    public long RefreshSeconds { get; }

    /// <summary>How long they wait after a failed look, in seconds.</summary>
    public long RetrySeconds { get; }

    /// <summary>After how long without success they stop answering, in seconds.</summary>
    public long ExpireSeconds { get; }

    /// <summary>How long negative answers may be kept at most, in seconds. Source: RFC 2308 section 4.</summary>
    public long MinimumSeconds { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get
        {
            return PrimaryServer.ToString() + " " + ResponsibleMailbox.ToString() + " " + Serial.ToString() + " " + RefreshSeconds.ToString() + " "
                + RetrySeconds.ToString() + " " + ExpireSeconds.ToString() + " " + MinimumSeconds.ToString();
        }
    }
}
