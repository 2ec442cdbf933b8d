namespace DprivEmbedded.Harness;

/// <summary>How a <see cref="ZoneAnswerer"/> answers.</summary>
public sealed class ZoneAnswerOptions
{
    /// <summary>Whether the transport carries datagrams: answers then keep to the size that the query allows (512 bytes without EDNS), and edns-tcp-keepalive is never sent. Source: RFC 6891 section 6.2.3, RFC 7828 section 3.2.2.</summary>
    public bool Datagram { get; init; }

    /// <summary>The idle time to announce in milliseconds, 0..6553500, rounded down to 100; 0 asks the client to close; -1 (the default) leaves the option out. It is sent only where the query has the option. Source: RFC 7828 section 3.3.2.</summary>
    public int KeepaliveTimeoutMs { get; init; } = -1;

    /// <summary>Answers to padded queries are padded to a multiple of this; 468 by default, 0 for none. Source: RFC 8467 section 4.1.</summary>
    public int PaddingBlockBytes { get; init; } = 468;

    /// <summary>The largest query that fits into a datagram, as it is announced. Source: RFC 6891 section 6.2.3.</summary>
    public int UdpPayloadBytes { get; init; } = 1232;

    /// <summary>Whether to set RA, as a resolver does; true by default.</summary>
    public bool RecursionAvailable { get; init; } = true;
}
