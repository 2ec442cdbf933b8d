namespace DprivEmbedded.Harness.Network;

/// <summary>How the application learns that a TCP connection is at its end.</summary>
public enum TcpEnd
{
    /// <summary>The other end closed its direction; this one may still be written to.</summary>
    Fin,

    /// <summary>It was torn down by a RST.</summary>
    Reset,

    /// <summary>A RST answered the SYN.</summary>
    Refused,

    /// <summary>Nothing was acknowledged: retransmissions, user timeout or keepalive gave up.</summary>
    Timeout,

    /// <summary>An ICMP message answered the SYN.</summary>
    Unreachable,
}
