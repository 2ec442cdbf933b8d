using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>What a DTLS 1.2 server offers and how it behaves, beside what <see cref="TlsServerOptions"/> has; what that says of TLS 1.3 has no meaning here. May be changed while associations live.</summary>
public sealed class DtlsServerOptions : TlsServerOptions
{
    /// <summary>Makes the options: no application protocol, each handshake message in a record of its own.</summary>
    public DtlsServerOptions()
    {
        ApplicationProtocols = [];
        CoalesceHandshake = false;
        RecordSizeLimit = RecordProtection.MaxPlaintextBytes;
    }

    /// <summary>Whether a client has to show with a cookie that it receives at its address (HelloVerifyRequest, RFC 6347 section 4.2.1).</summary>
    public bool Cookie { get; set; } = true;

    /// <summary>Whether a ClientHello with a ticket needs no cookie: resumption costs the server little. Source: RFC 6347 section 4.2.1.</summary>
    public bool TicketSparesCookie { get; set; }

    /// <summary>Size of the cookie, 8..32 bytes.</summary>
    public int VerifyCookieBytes { get; set; } = 16;

    /// <summary>For how long new cookies are made with one secret, in milliseconds; a cookie is accepted for as long again.</summary>
    public int CookieSecretLifetimeMs { get; set; } = 60000;

    /// <summary>The largest datagram that is sent, in bytes without IP and UDP headers: 1232 fits an IPv6 packet of 1280.</summary>
    public int MaxDatagramBytes { get; set; } = 1232;

    /// <summary>Whether the records of a flight share datagrams.</summary>
    public bool PackRecords { get; set; } = true;

    /// <summary>The first retransmission time in milliseconds; it doubles with each. Source: RFC 6347 section 4.2.4.1.</summary>
    public int InitialRetransmitMs { get; set; } = 1000;

    /// <summary>The longest retransmission time in milliseconds.</summary>
    public int MaxRetransmitMs { get; set; } = 60000;

    /// <summary>How long a handshake may take, in milliseconds; -1 for ever. Then the association is dropped in silence.</summary>
    public int HandshakeTimeoutMs { get; set; } = 60000;

    /// <summary>For how long after the handshake the last flight is kept for a client that did not get it, in milliseconds: twice the longest life of a segment by RFC 6347 section 4.2.4.</summary>
    public int LastFlightLifetimeMs { get; set; } = 240000;

    /// <summary>The largest handshake message that is put together from fragments, in bytes.</summary>
    public int MaxMessageBytes { get; set; } = 16384;

    /// <summary>Size of the connection id that clients have to put into their records, 0..32 bytes; 0 agrees to connection ids without needing one itself; -1 does not know the extension. Source: RFC 9146.</summary>
    public int ConnectionIdBytes { get; set; } = -1;

    /// <summary>
    /// Whether an association without a connection id is bound to the client's address, as is usual: its records from another address are of an unknown association. Where false, such a record is tried
    /// with the keys of the associations that there are, and a newest one moves its association to the new address.
    /// </summary>
    public bool SensitiveToAddress { get; set; } = true;

    /// <summary>Whether answers go to the new address once an authentic and newest record with a connection id came from there (RFC 9146 section 6). Where false they go on to the old one.</summary>
    public bool FollowAddressChanges { get; set; } = true;

    /// <summary>What is said about heartbeats.</summary>
    public HeartbeatPolicy Heartbeat { get; set; } = HeartbeatPolicy.Answer;

    /// <summary>How often a heartbeat request is retransmitted before the client counts as gone. Source: RFC 6520 section 3.</summary>
    public int MaxHeartbeatRetransmits { get; set; } = 3;

    /// <summary>What is said to records of unknown associations.</summary>
    public UnknownRecordPolicy UnknownRecord { get; set; } = UnknownRecordPolicy.Silence;

    /// <summary>The description of that alert.</summary>
    public int UnknownRecordAlert { get; set; } = AlertDescription.UnexpectedMessage;

    /// <summary>How many such alerts are sent in a second at most, to all addresses together.</summary>
    public int MaxUnknownRecordAlertsPerSecond { get; set; } = 10;

    /// <summary>How long an association may be idle (nothing authentic received, nothing sent) before the server ends it, in milliseconds; -1 for ever.</summary>
    public int IdleTimeoutMs { get; set; } = -1;

    /// <summary>Whether close_notify is sent then; if not, the association is forgotten in silence.</summary>
    public bool IdleCloseNotify { get; set; } = true;

    /// <summary>For how long after its close_notify the server knows an association well enough to send it again to a client that did not get it, in milliseconds.</summary>
    public int CloseLingerMs { get; set; } = 5000;

    /// <summary>How many associations there may be, handshakes included.</summary>
    public int MaxAssociations { get; set; } = 1000;

    /// <summary>Whether ClientHellos are ignored.</summary>
    public bool RefuseHandshakes { get; set; }
}
