using System;
using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>How a <see cref="DprivResolver"/> works. Validated and read when the resolver is made.</summary>
public sealed class DprivResolverOptions
{
    /// <summary>The servers, in order of preference. A later one is asked where an earlier one cannot be reached or authenticated.</summary>
    public IList<DprivServer> Servers { get; } = new List<DprivServer>();

    /// <summary>What to do with a server that cannot be authenticated; strict by default.</summary>
    public DprivProfile Profile { get; set; } = DprivProfile.Strict;

    /// <summary>The authorities that certificates are checked against; null for those of the system.</summary>
    public TrustAnchors? TrustAnchors { get; set; }

    /// <summary>The lowest version: <see cref="ProtocolVersion.Tls12"/> by default.</summary>
    public int MinVersion { get; set; } = ProtocolVersion.Tls12;

    /// <summary>The highest version: <see cref="ProtocolVersion.Tls13"/> by default.</summary>
    public int MaxVersion { get; set; } = ProtocolVersion.Tls13;

    /// <summary>The cipher suites in order of preference; null for the default of <see cref="TlsClientOptions"/>.</summary>
    public int[]? CipherSuites { get; set; }

    /// <summary>The groups in order of preference; null for the default of <see cref="TlsClientOptions"/>.</summary>
    public int[]? Groups { get; set; }

    /// <summary>Whether PSKs and tickets are offered without a key exchange (psk_ke).</summary>
    public bool PskKe { get; set; } = true;

    /// <summary>Whether PSKs and tickets are offered with a key exchange (psk_dhe_ke).</summary>
    public bool PskDheKe { get; set; } = true;

    /// <summary>Whether a query may travel as early data when a session is resumed (TLS 1.3). Off by default: whoever copies the packet can replay the query (RFC 8446 appendix E.5).</summary>
    public bool EarlyData { get; set; }

    /// <summary>Whether to ask the system for TCP Fast Open (RFC 7413), so that the ClientHello travels in the SYN. Where the system has none, this does nothing.</summary>
    public bool FastOpen { get; set; }

    /// <summary>Whether to use False Start on TLS 1.2 (RFC 7918).</summary>
    public bool FalseStart { get; set; } = true;

    /// <summary>Whether to look like TLS 1.2 to middleboxes (RFC 8446 appendix D.4).</summary>
    public bool CompatibilityMode { get; set; }

    /// <summary>The application protocol to offer; "dot" by default, null for none.</summary>
    public string? ApplicationProtocol { get; set; } = "dot";

    /// <summary>What queries say in their OPT record: padding to 128 and edns-tcp-keepalive by default.</summary>
    public EdnsOptions Edns { get; set; } = new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true };

    /// <summary>Size of the TLS receive buffer of each connection in bytes, from 2048 up; 16645 by default, which holds every legal record.</summary>
    public int ReceiveBufferBytes { get; set; } = TlsClient.FullReceiveBufferBytes;

    /// <summary>Size of the buffer for one answer that comes in pieces, in bytes, 512..65535. An answer that lies whole in one TLS record needs none.</summary>
    public int AnswerBufferBytes { get; set; } = 65535;

    /// <summary>How long a TCP connection may take to be made, in milliseconds.</summary>
    public int ConnectTimeoutMs { get; set; } = 4000;

    /// <summary>How long a TLS handshake may take, in milliseconds.</summary>
    public int HandshakeTimeoutMs { get; set; } = 5000;

    /// <summary>DTLS: how long a handshake may take, in milliseconds, before the server counts as one that does not speak DTLS; 15000 by default (RFC 8094 section 3.1).</summary>
    public int DatagramHandshakeTimeoutMs { get; set; } = 15000;

    /// <summary>DTLS: the first retransmission time of the handshake in milliseconds: 1000 (RFC 6347), 9000 for constrained devices (RFC 7925). Once a round trip time is known, 1.5 times that.</summary>
    public int DatagramRetransmitMs { get; set; } = 1000;

    /// <summary>DTLS: how long a server that does not answer handshakes is asked over TLS only, in milliseconds; 15 minutes by default (RFC 8094 section 3.1).</summary>
    public int DatagramRetryMs { get; set; } = 900000;

    /// <summary>DTLS: the connection id (RFC 9146) that servers are to put into their records, 0..32 bytes; empty asks for none in this direction, and is what a client with a socket a server needs. Null offers no connection ids.</summary>
    public byte[]? ConnectionId { get; set; } = System.Array.Empty<byte>();

    /// <summary>DTLS: whether heartbeat (RFC 6520) is offered.</summary>
    public bool Heartbeat { get; set; } = true;

    /// <summary>How long a lookup may take in all, over every server, in milliseconds.</summary>
    public int QueryTimeoutMs { get; set; } = 10000;

    /// <summary>How long a server may be silent while an answer is due, in milliseconds, before the query goes to a new connection.</summary>
    public int SilenceTimeoutMs { get; set; } = 3000;

    /// <summary>How long a connection stays open without queries where the server says nothing (RFC 7828), in milliseconds.</summary>
    public int IdleTimeoutMs { get; set; } = 10000;

    /// <summary>
    /// Makes the policy of a server's association, once for each transport: what a query does after a quiet time, and what quiet time does. Null, the default, for <see cref="DefaultPolicy"/>.
    /// </summary>
    public Func<DprivServer, IAssociationPolicy>? Policy { get; set; }

    /// <summary>How many paths to a server there may be at once: 2, the default, lets a resumption run beside an association that may be lost, and lets lookups hedge; with 1 the association is given up first.</summary>
    public int MaxPaths { get; set; } = 2;

    /// <summary>
    /// The shortest silence, while an answer is due, after which a resumption starts beside the association, in milliseconds. Silence counts after three smoothed round trip times, and not earlier than this; 500 by default,
    /// because a resolver asks others and takes that time without having lost anything. Over DTLS the query, and a heartbeat where the server answers them, goes out again at half of it. Over TCP on Linux the resumption starts only where the server's host does not acknowledge the query either; else after <see cref="SilenceTimeoutMs"/>.
    /// </summary>
    public int MinSilenceMs { get; set; } = 500;

    /// <summary>That silence while no round trip time is known, in milliseconds; 1000 by default (RFC 6298 section 2.1). Where it is less than <see cref="MinSilenceMs"/>, that counts.</summary>
    public int InitialSilenceMs { get; set; } = 1000;

    /// <summary>How many resumptions an hour may be started by signals that nobody authenticated (TCP resets, DTLS alerts, ICMP), 0..3600; 12 by default. It bounds what forgers can cost. Silence is noticed without them.</summary>
    public int SignalBudgetPerHour { get; set; } = 12;

    /// <summary>How many lookups may be under way on one connection, 1..256.</summary>
    public int MaxPipelined { get; set; } = 64;

    /// <summary>How long a server that does not speak TLS on its port, or refuses connections, is passed over while others are there, in milliseconds. Source: RFC 7858 section 3.1 (an hour).</summary>
    public int RefusedServerRetryMs { get; set; } = 3600000;

    /// <summary>How long a server that failed otherwise is passed over while others are there, in milliseconds.</summary>
    public int FailedServerRetryMs { get; set; } = 60000;

    /// <summary>Where sessions are kept over restarts: <see cref="Storage.FileBlobStore"/>, for example; null keeps them in memory only.</summary>
    public IBlobStore? SessionStore { get; set; }

    /// <summary>The key that seals <see cref="SessionStore"/>: 16 or 32 bytes.</summary>
    public byte[]? SessionStoreKey { get; set; }

    /// <summary>Receives connection secrets for a packet analyser; null, the default, for none. See <see cref="KeyLogFile"/>.</summary>
    public IKeyLog? KeyLog { get; set; }

    /// <summary>Records flights for drawings; null, the default, for none.</summary>
    public FlightRecorder? Recorder { get; set; }

    /// <summary>The primitives; null for BouncyCastle's.</summary>
    public ICryptoProvider? Crypto { get; set; }

    /// <summary>
    /// The policy where <see cref="Policy"/> makes none. Over TLS an association is used again whatever its quiet time: TCP tells of most ends, and an idle connection is closed after <see cref="IdleTimeoutMs"/> or the server's
    /// word anyway. Over DTLS nothing tells: it is used again within 30 s of the last sign of the server, the shortest time that NAT boxes are seen to keep UDP bindings; up to 15 minutes later a lookup hedges, which costs the
    /// datagrams of a resumption and saves waiting for silence; after that the old association is not tried any more. It never probes: on a desktop the hedge is cheaper than keeping bindings for lookups that may not come.
    /// </summary>
    /// <param name="datagrams">Whether the association is over DTLS.</param>
    public static IAssociationPolicy DefaultPolicy(bool datagrams)
    {
        return datagrams ? new ThresholdPolicy { ReuseUpToMs = 30000, HedgeUpToMs = 900000 } : new ThresholdPolicy();
    }

    /// <summary>Says what is wrong with the options.</summary>
    /// <returns>A sentence for a person, or null where nothing is.</returns>
    public string? Validate()
    {
        if (Servers.Count == 0)
            return "Add at least one server to Servers.";
        foreach (DprivServer server in Servers)
        {
            string? wrong = server == null ? "Servers must not hold null." : server.Validate(Profile);
            if (wrong != null)
                return wrong;
            if (server!.Transport == DprivTransport.Dodtls && MinVersion > ProtocolVersion.Tls12)
                return $"{server} is to be asked over DTLS, which is there in version 1.2 only: leave MinVersion at TLS 1.2, or use DprivTransport.Dot.";
        }

        if (Edns == null)
            return "Edns must not be null.";
        if (ReceiveBufferBytes < TlsClient.MinReceiveBufferBytes)
            return "ReceiveBufferBytes must be 2048 or more.";
        if (AnswerBufferBytes < 512 || AnswerBufferBytes > 65535)
            return "AnswerBufferBytes must be 512 to 65535.";
        if (ConnectTimeoutMs < 1 || HandshakeTimeoutMs < 1 || QueryTimeoutMs < 1 || SilenceTimeoutMs < 1)
            return "ConnectTimeoutMs, HandshakeTimeoutMs, QueryTimeoutMs and SilenceTimeoutMs must be 1 or more.";
        if (DatagramHandshakeTimeoutMs < 1 || DatagramRetransmitMs < 1 || DatagramRetransmitMs > 60000 || DatagramRetryMs < 0)
            return "DatagramHandshakeTimeoutMs must be 1 or more, DatagramRetransmitMs 1 to 60000, DatagramRetryMs 0 or more.";
        if (ConnectionId != null && ConnectionId.Length > 32)
            return "ConnectionId must have 0 to 32 bytes, or be null.";
        if (IdleTimeoutMs < 0 || RefusedServerRetryMs < 0 || FailedServerRetryMs < 0)
            return "IdleTimeoutMs, RefusedServerRetryMs and FailedServerRetryMs must be 0 or more.";
        if (MaxPaths < 1 || MaxPaths > 2)
            return "MaxPaths must be 1 or 2.";
        if (MinSilenceMs < 1 || InitialSilenceMs < 1)
            return "MinSilenceMs and InitialSilenceMs must be 1 or more.";
        if (SignalBudgetPerHour < 0 || SignalBudgetPerHour > 3600)
            return "SignalBudgetPerHour must be 0 to 3600.";
        if (MaxPipelined < 1 || MaxPipelined > 256)
            return "MaxPipelined must be 1 to 256.";
        if ((SessionStore == null) != (SessionStoreKey == null))
            return "SessionStore and SessionStoreKey belong together: set both or neither.";
        if (SessionStoreKey != null && SessionStoreKey.Length != 16 && SessionStoreKey.Length != 32)
            return "SessionStoreKey must have 16 or 32 bytes.";

        return null;
    }
}
