namespace DprivEmbedded.Dns;

/// <summary>The location of a service. Source: RFC 2782.</summary>
/// <remarks>A compressed target is accepted, as RFC 3597 section 4 asks of receivers.</remarks>
public sealed class SrvRecord : DnsRecord
{
    internal SrvRecord(DnsName name, int ttl, RdataReader rdata)
        : base(name, DnsType.Srv, DnsClass.Internet, ttl)
    {
        Priority = rdata.U16();
        Weight = rdata.U16();
        Port = rdata.U16();
        Target = rdata.Name();
    }

    /// <summary>Lower values are tried first, 0..65535.</summary>
    public int Priority { get; }

    /// <summary>The share among targets of the same priority, 0..65535.</summary>
    public int Weight { get; }

    /// <summary>The port, 0..65535.</summary>
    public int Port { get; }

    /// <summary>The host's name; the root says that the service is not available.</summary>
    public DnsName Target { get; }

    /// <inheritdoc/>
    public override string RdataText
    {
        get { return Priority.ToString() + " " + Weight.ToString() + " " + Port.ToString() + " " + Target.ToString(); }
    }
}
