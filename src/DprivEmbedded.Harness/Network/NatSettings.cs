namespace DprivEmbedded.Harness.Network;

/// <summary>How a <see cref="SimulatedNat"/> behaves. The defaults are what RFC 4787 and RFC 5382 ask for, except that UDP is forgotten after 30 s, as Linux and many carriers do.</summary>
public sealed record NatSettings
{
    /// <summary>Whether addresses are translated; a firewall does not.</summary>
    public bool Translates { get; init; } = true;

    /// <summary>For how long a UDP mapping lives without a datagram, in milliseconds.</summary>
    public int UdpTimeoutMs { get; init; } = 30000;

    /// <summary>The same once datagrams went both ways more than once; 0 for no difference. Linux has 120000.</summary>
    public int UdpStreamTimeoutMs { get; init; }

    /// <summary>Whether datagrams from outside keep a mapping alive. RFC 4787 asks for it of those from inside only.</summary>
    public bool InboundRefreshes { get; init; } = true;

    /// <summary>For how long an established TCP connection lives without a segment, in milliseconds.</summary>
    public int TcpTimeoutMs { get; init; } = 7_440_000;

    /// <summary>The same for a connection that is half open or closing, in milliseconds.</summary>
    public int TcpTransitoryTimeoutMs { get; init; } = 240_000;

    /// <summary>Which mapping a flow gets that had one before.</summary>
    public NatPortPolicy PortPolicy { get; init; } = NatPortPolicy.Same;

    /// <summary>What happens to a TCP segment without SYN for which there is no state.</summary>
    public NatTcpPolicy TcpWithoutState { get; init; } = NatTcpPolicy.Reset;

    /// <summary>How many mappings there may be; the one that was quiet longest gives way to a new one.</summary>
    public int MaxMappings { get; init; } = 65536;

    /// <summary>Whether SYNs with data are dropped, as some middleboxes do.</summary>
    public bool DropsSynWithData { get; init; }

    /// <summary>Whether the TCP Fast Open option is taken out of SYNs, as some middleboxes do.</summary>
    public bool StripsFastOpen { get; init; }
}
