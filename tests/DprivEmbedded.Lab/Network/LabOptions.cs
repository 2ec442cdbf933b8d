namespace DprivEmbedded.Lab.Network;

/// <summary>How a <see cref="LabNetwork"/> is built.</summary>
public sealed record LabOptions
{
    /// <summary>The delay of the client's access link in each direction, in milliseconds.</summary>
    public int DelayMs { get; init; } = 50;

    /// <summary>How many of 1000 packets the access link loses, in each direction.</summary>
    public int LossPermille { get; init; }

    public NatKind Nat { get; init; } = NatKind.KeepsPort;

    /// <summary>TCP Fast Open in the client's and the server's kernel.</summary>
    public bool FastOpen { get; init; }

    /// <summary>Kernel settings of the NAT, such as "net.netfilter.nf_conntrack_udp_timeout=3".</summary>
    public string[] NatSettings { get; init; } = [];
}
