namespace DprivEmbedded.Harness;

/// <summary>What a <see cref="DtlsServerSocket"/> has seen since it was made.</summary>
public sealed class DtlsServerCounters
{
    /// <summary>Datagrams received.</summary>
    public long DatagramsReceived { get; internal set; }

    /// <summary>Datagrams sent.</summary>
    public long DatagramsSent { get; internal set; }

    /// <summary>Bytes received, without IP and UDP headers.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes sent, without IP and UDP headers.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>HelloVerifyRequests sent.</summary>
    public int HelloVerifyRequests { get; internal set; }

    /// <summary>Handshakes begun (after the cookie).</summary>
    public int Handshakes { get; internal set; }

    /// <summary>Handshakes completed without resumption (an external PSK is no resumption).</summary>
    public int FullHandshakes { get; internal set; }

    /// <summary>Handshakes completed that resumed a session.</summary>
    public int ResumedHandshakes { get; internal set; }

    /// <summary>Of the full handshakes, those with an external PSK.</summary>
    public int PskHandshakes { get; internal set; }

    /// <summary>Handshakes that ended before they were complete.</summary>
    public int FailedHandshakes { get; internal set; }

    /// <summary>ClientHellos that were not answered, because of <see cref="DtlsServerOptions.RefuseHandshakes"/> or of too many associations.</summary>
    public int Refused { get; internal set; }

    /// <summary>Flights that were sent once more because a timer ran out.</summary>
    public int TimerRetransmissions { get; internal set; }

    /// <summary>Flights that were sent once more because the client repeated its own.</summary>
    public int RequestedRetransmissions { get; internal set; }

    /// <summary>Heartbeat requests answered.</summary>
    public int HeartbeatsAnswered { get; internal set; }

    /// <summary>Heartbeat requests sent, retransmissions included.</summary>
    public int HeartbeatsSent { get; internal set; }

    /// <summary>Answers to them.</summary>
    public int HeartbeatsConfirmed { get; internal set; }

    /// <summary>Heartbeat messages that were discarded: too large, malformed, not agreed on, or no answer to anything.</summary>
    public int HeartbeatsDiscarded { get; internal set; }

    /// <summary>Records (or rests of datagrams) discarded in silence: malformed, not authentic, repeated, or out of place.</summary>
    public int DiscardedRecords { get; internal set; }

    /// <summary>Of them, authentic-looking ones whose number was seen before or is too old.</summary>
    public int ReplayedRecords { get; internal set; }

    /// <summary>Records of unknown associations, answered or not.</summary>
    public int UnknownRecords { get; internal set; }

    /// <summary>Alerts sent to unknown associations.</summary>
    public int UnknownRecordAlerts { get; internal set; }

    /// <summary>Alerts sent, those to unknown associations and close_notify included.</summary>
    public int AlertsSent { get; internal set; }

    /// <summary>Records of application data received.</summary>
    public int RecordsReceived { get; internal set; }

    /// <summary>Records of application data sent.</summary>
    public int RecordsSent { get; internal set; }

    /// <summary>Associations that moved to another address.</summary>
    public int AddressChanges { get; internal set; }

    /// <summary>Associations that gave way to a new handshake from their address.</summary>
    public int Replaced { get; internal set; }

    /// <summary>Associations that the client ended with close_notify.</summary>
    public int ClosedByClient { get; internal set; }

    /// <summary>Associations that the server ended for idleness.</summary>
    public int IdleCloses { get; internal set; }

    /// <summary>Times that all state was lost.</summary>
    public int StateLosses { get; internal set; }

    /// <summary>A copy.</summary>
    /// <returns>The counters as they are now.</returns>
    public DtlsServerCounters Snapshot()
    {
        return (DtlsServerCounters)MemberwiseClone();
    }
}
