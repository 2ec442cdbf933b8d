namespace DprivEmbedded.Harness;

/// <summary>What a <see cref="DotServer"/> has seen since it was made.</summary>
public sealed class DotServerCounters
{
    /// <summary>Connections accepted.</summary>
    public int Connections { get; internal set; }

    /// <summary>Connections refused.</summary>
    public int Refused { get; internal set; }

    /// <summary>Handshakes completed without resumption (an external PSK is no resumption).</summary>
    public int FullHandshakes { get; internal set; }

    /// <summary>Handshakes completed that resumed a session.</summary>
    public int ResumedHandshakes { get; internal set; }

    /// <summary>Of the full handshakes, those with an external PSK.</summary>
    public int PskHandshakes { get; internal set; }

    /// <summary>Connections that ended before their handshake was complete.</summary>
    public int FailedHandshakes { get; internal set; }

    /// <summary>HelloRetryRequests sent.</summary>
    public int HelloRetryRequests { get; internal set; }

    /// <summary>Connections that offered early data.</summary>
    public int EarlyDataOffered { get; internal set; }

    /// <summary>Connections whose early data was accepted.</summary>
    public int EarlyDataAccepted { get; internal set; }

    /// <summary>Queries received.</summary>
    public int Queries { get; internal set; }

    /// <summary>Of them, those that came as early data.</summary>
    public int EarlyQueries { get; internal set; }

    /// <summary>Answers sent, wrong ones included.</summary>
    public int Answers { get; internal set; }

    /// <summary>Frames that hold no DNS query.</summary>
    public int MalformedFrames { get; internal set; }

    /// <summary>Connections that the client ended with close_notify.</summary>
    public int ClosedByClient { get; internal set; }

    /// <summary>Connections that the server ended for idleness.</summary>
    public int IdleCloses { get; internal set; }

    /// <summary>Bytes received on all connections.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Bytes transmitted on all connections.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>A copy.</summary>
    /// <returns>The counters as they are now.</returns>
    public DotServerCounters Snapshot()
    {
        return (DotServerCounters)MemberwiseClone();
    }
}
