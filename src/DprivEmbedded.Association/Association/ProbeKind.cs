namespace DprivEmbedded.Association;

/// <summary>How an association is probed (section 4 of the message flows).</summary>
public static class ProbeKind
{
    /// <summary>It cannot be.</summary>
    public const int None = 0;

    /// <summary>A DTLS heartbeat (RFC 6520).</summary>
    public const int Heartbeat = 1;

    /// <summary>TCP's own zero-length segment (RFC 9293 section 3.8.4), by the socket's keepalive options.</summary>
    public const int Keepalive = 2;

    /// <summary>A small padded query, where the peer or the system has neither.</summary>
    public const int Query = 3;
}
