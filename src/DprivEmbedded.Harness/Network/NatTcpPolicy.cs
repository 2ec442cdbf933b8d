namespace DprivEmbedded.Harness.Network;

/// <summary>What a NAT or firewall does with a TCP segment without SYN from inside when it has no state for it. Source: the seed, section 5.2.</summary>
public enum NatTcpPolicy
{
    /// <summary>Answers with a RST that bears the server's address (figures 8 and 9).</summary>
    Reset,

    /// <summary>Drops it in silence.</summary>
    Silence,

    /// <summary>Makes state anew with the same mapping as before: the connection goes on.</summary>
    SameMapping,

    /// <summary>Makes state anew for another source port: the server knows no such connection and answers with a RST.</summary>
    OtherMapping,
}
