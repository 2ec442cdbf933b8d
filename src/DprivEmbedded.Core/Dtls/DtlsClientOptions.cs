using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

/// <summary>What a DTLS 1.2 client offers and demands, beside what <see cref="TlsClientOptions"/> has. The version limits and everything of TLS 1.3 there have no meaning here.</summary>
public sealed class DtlsClientOptions : TlsClientOptions
{
    /// <summary>Makes the options: no connection id, heartbeat offered, timers of RFC 6347.</summary>
    public DtlsClientOptions()
    {
        MaxVersion = ProtocolVersion.Tls12;
        HandshakeTimeoutMs = 15000;
    }

    /// <summary>
    /// The connection id that the server is to put into its records (RFC 9146), 0..32 bytes. Empty: connection ids are offered, but the server's records need none (a client has one peer a socket).
    /// Null, the default: not offered.
    /// </summary>
    public byte[] ConnectionId;

    /// <summary>Whether the heartbeat extension (RFC 6520) is offered.</summary>
    public bool Heartbeat = true;

    /// <summary>Whether the server may send heartbeat requests, which are then answered.</summary>
    public bool AnswerHeartbeats = true;

    /// <summary>The first retransmission time in milliseconds: 1000 (RFC 6347 section 4.2.4.1), or 9000 in the profile for constrained devices (RFC 7925 section 11). It doubles with each retransmission.</summary>
    public int InitialRetransmitMs = 1000;

    /// <summary>The longest retransmission time in milliseconds.</summary>
    public int MaxRetransmitMs = 60000;

    /// <summary>A round trip time that is known from before, in milliseconds; 0 for none. The first retransmission time is then 1.5 times it (RFC 9147 section 5.8.2), and at least 50.</summary>
    public int KnownRttMs;

    /// <summary>The largest datagram in bytes: 1232 fits an IPv6 packet of 1280 (RFC 8094 section 5). Handshake messages are cut to fit; application data that does not is refused.</summary>
    public int MaxDatagramBytes = 1232;

    /// <summary>How often a heartbeat is retransmitted before the peer counts as gone (RFC 6520 section 3).</summary>
    public int MaxHeartbeatRetransmits = 3;

    internal string ValidateDatagram()
    {
        if (ConnectionId != null && ConnectionId.Length > 32)
            return "ConnectionId must have 0 to 32 bytes, or be null.";
        if (InitialRetransmitMs < 1 || MaxRetransmitMs < InitialRetransmitMs)
            return "InitialRetransmitMs must be 1 or more, and MaxRetransmitMs not less.";
        if (KnownRttMs < 0)
            return "KnownRttMs must be 0 or more.";
        if (MaxDatagramBytes < 256 || MaxDatagramBytes > 65507)
            return "MaxDatagramBytes must be 256 to 65507.";
        if (MaxHeartbeatRetransmits < 0)
            return "MaxHeartbeatRetransmits must be 0 or more.";

        return null;
    }
}
