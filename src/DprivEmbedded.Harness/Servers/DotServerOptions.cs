namespace DprivEmbedded.Harness;

/// <summary>How a <see cref="DotServer"/> behaves. May be changed while connections run.</summary>
public sealed class DotServerOptions
{
    /// <summary>The TLS side.</summary>
    public TlsServerOptions Tls { get; set; } = new();

    /// <summary>How long a connection may be idle (no query open, nothing received) before the server ends it, in milliseconds; -1 for ever.</summary>
    public int IdleTimeoutMs { get; set; } = 30000;

    /// <summary>How an idle connection is ended.</summary>
    public CloseManner IdleClose { get; set; } = CloseManner.Notify;

    /// <summary>The idle time announced with edns-tcp-keepalive, in milliseconds, whether true or not; -1 to announce none.</summary>
    public int AdvertisedKeepaliveMs { get; set; } = 30000;

    /// <summary>How long a handshake may take, in milliseconds; -1 for ever.</summary>
    public int HandshakeTimeoutMs { get; set; } = 10000;

    /// <summary>How long each answer is held back, in milliseconds.</summary>
    public int AnswerDelayMs { get; set; }

    /// <summary>Up to how much longer, drawn for each answer, in milliseconds.</summary>
    public int AnswerJitterMs { get; set; }

    /// <summary>Whether answers may overtake each other: by their jitter, and by lot where several are due at once.</summary>
    public bool OutOfOrder { get; set; }

    /// <summary>Seed of all that is drawn.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Whether answers due at the same time share records; otherwise each begins one.</summary>
    public bool CoalesceAnswers { get; set; }

    /// <summary>Whether the two length octets go in a record of their own (RFC 7766 section 8 advises against it).</summary>
    public bool SplitLengthPrefix { get; set; }

    /// <summary>Whether new connections are refused (TCP: RST).</summary>
    public bool RefuseConnections { get; set; }

    /// <summary>Whether the server wants its connections closed: answers announce a keepalive of 0 (RFC 7828 section 3.3.2).</summary>
    public bool Draining { get; set; }

    /// <summary>After how many answers a connection is ended; 0 for never.</summary>
    public int CloseAfterAnswers { get; set; }

    /// <summary>How it is ended then.</summary>
    public CloseManner CloseAfterAnswersManner { get; set; } = CloseManner.Notify;

    /// <summary>What is sent in place of answers.</summary>
    public AnswerFault AnswerFault { get; set; }

    /// <summary>Every how many queries of a connection <see cref="AnswerFault"/> happens, beginning with the first: 1 for each.</summary>
    public int AnswerFaultEvery { get; set; } = 1;

    /// <summary>Whether the right answer follows the wrong one.</summary>
    public bool RightAnswerFollows { get; set; }
}
