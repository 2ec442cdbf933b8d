namespace DprivEmbedded.Lab.Client;

/// <summary>What the lab's client says after each command, one JSON object a line.</summary>
public sealed record LabReply
{
    /// <summary>"ready", "answer", "failed", "probe", "status" or "done".</summary>
    public required string Event { get; init; }

    /// <summary>Which command it is about, from 1.</summary>
    public int Number { get; init; }

    /// <summary>When the command began, microseconds since 1970: the clock of the captures.</summary>
    public long StartUs { get; init; }

    /// <summary>When it was over.</summary>
    public long EndUs { get; init; }

    /// <summary>Answers of several queries at once; 1 otherwise.</summary>
    public int Answers { get; init; }

    public int Failures { get; init; }

    public string Rcode { get; init; } = "";

    public int RoundTrips { get; init; }

    public int Attempts { get; init; }

    /// <summary>None, Full, Resumed or Early.</summary>
    public string Handshake { get; init; } = "";

    public string Transport { get; init; } = "";

    public bool UsedFastOpen { get; init; }

    public string Error { get; init; } = "";

    /// <summary>Whether a probe was answered.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>How it probed, one of <see cref="DprivEmbedded.Association.ProbeKind"/>.</summary>
    public int ProbeKind { get; init; }

    /// <summary>What the query did, one of <see cref="DprivEmbedded.Association.QueryAction"/>.</summary>
    public int Action { get; init; }

    public long ProbesSent { get; init; }

    public long ProbesAnswered { get; init; }

    /// <summary>Recoveries that signals started which nobody authenticated: alerts, ICMP, resets.</summary>
    public long SignalRecoveries { get; init; }

    public long SignalsIgnored { get; init; }

    public long Hedges { get; init; }

    public long FullHandshakes { get; init; }

    public long ResumedHandshakes { get; init; }

    public long Connections { get; init; }

    public double ElapsedMs => (EndUs - StartUs) / 1000.0;
}
