namespace DprivEmbedded.Harness.Network;

/// <summary>The state of one flow in a <see cref="SimulatedNat"/>.</summary>
public sealed class NatMapping
{
    internal NatMapping(int protocol, Ipv4EndPoint inside, Ipv4EndPoint outside, Ipv4EndPoint remote)
    {
        Protocol = protocol;
        Inside = inside;
        Outside = outside;
        Remote = remote;
    }

    /// <summary>6 for TCP, 17 for UDP.</summary>
    public int Protocol { get; }

    /// <summary>The client, as it knows itself.</summary>
    public Ipv4EndPoint Inside { get; }

    /// <summary>The client, as the server sees it.</summary>
    public Ipv4EndPoint Outside { get; }

    /// <summary>The server.</summary>
    public Ipv4EndPoint Remote { get; }

    /// <summary>When it is forgotten, in microseconds.</summary>
    public long ExpiresUs { get; internal set; }

    internal long UsedUs { get; set; }

    internal int Replies { get; set; }

    internal bool IsOpen { get; set; }

    internal bool FinUp { get; set; }

    internal bool FinDown { get; set; }

    internal bool IsReset { get; set; }
}
