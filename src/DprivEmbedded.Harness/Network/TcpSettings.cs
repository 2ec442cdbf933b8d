namespace DprivEmbedded.Harness.Network;

/// <summary>How an end of a TCP connection behaves. The defaults are a small stack's: no options beside the segment size, acknowledgements ride on data where they can.</summary>
public sealed record TcpSettings
{
    /// <summary>As Linux does: timestamps, a bare acknowledgement for the handshake and for the first segments.</summary>
    public static TcpSettings Linux { get; } = new() { Timestamps = true, QuickAcks = 8, AcksHandshakeAtOnce = true };

    /// <summary>The largest segment that is taken, in bytes of data. Source: RFC 9293 section 3.7.1.</summary>
    public int MaximumSegmentSize { get; init; } = 1460;

    /// <summary>How often a SYN is sent again.</summary>
    public int SynRetries { get; init; } = 6;

    /// <summary>How often a SYN-ACK is sent again.</summary>
    public int SynAckRetries { get; init; } = 5;

    /// <summary>How often other segments are sent again.</summary>
    public int DataRetries { get; init; } = 15;

    /// <summary>The first retransmission time in milliseconds. Source: RFC 6298 section 2.</summary>
    public int InitialRtoMs { get; init; } = 1000;

    /// <summary>The shortest retransmission time in milliseconds. RFC 6298 says 1000; Linux takes 200.</summary>
    public int MinRtoMs { get; init; } = 200;

    /// <summary>The longest retransmission time in milliseconds.</summary>
    public int MaxRtoMs { get; init; } = 60000;

    /// <summary>For how long bytes may stay unacknowledged, in milliseconds; 0 for as long as the retransmissions last. Source: RFC 5482.</summary>
    public int UserTimeoutMs { get; init; }

    /// <summary>After how long without a segment probes begin, in milliseconds; 0 for no keepalive. Source: RFC 9293 section 3.8.4.</summary>
    public int KeepaliveIdleMs { get; init; }

    /// <summary>The time between probes in milliseconds.</summary>
    public int KeepaliveIntervalMs { get; init; } = 75000;

    /// <summary>How many probes may be unanswered.</summary>
    public int KeepaliveCount { get; init; } = 9;

    /// <summary>For how long an acknowledgement waits for data to ride on, in milliseconds. Every second full segment, and one out of order, is acknowledged at once.</summary>
    public int DelayedAckMs { get; init; } = 40;

    /// <summary>How many segments with data are acknowledged at once when the connection is new.</summary>
    public int QuickAcks { get; init; }

    /// <summary>Whether a SYN-ACK is acknowledged before the application can write.</summary>
    public bool AcksHandshakeAtOnce { get; init; }

    /// <summary>How many segments may be on their way when the connection is new. Source: RFC 6928.</summary>
    public int InitialWindowSegments { get; init; } = 10;

    /// <summary>Client: whether data rides in the SYN where the server's cookie is known, and the cookie is asked for where it is not. Source: RFC 7413.</summary>
    public bool FastOpen { get; init; }

    /// <summary>Whether timestamps are offered, or agreed to. They cost 12 bytes a segment.</summary>
    public bool Timestamps { get; init; }

    /// <summary>For how long a closed connection is remembered by the end that closed first, in milliseconds.</summary>
    public int TimeWaitMs { get; init; } = 60000;

    /// <summary>For how long a closed end waits for the other to close too, in milliseconds.</summary>
    public int FinWaitMs { get; init; } = 60000;
}
