namespace DprivEmbedded.Harness;

/// <summary>What a <see cref="DodtlsServer"/> has seen since it was made, beside what the <see cref="DtlsServerCounters"/> tell.</summary>
public sealed class DodtlsServerCounters
{
    /// <summary>Queries received.</summary>
    public int Queries { get; internal set; }

    /// <summary>Of them, those with a length prefix.</summary>
    public int PrefixedQueries { get; internal set; }

    /// <summary>Answers sent, wrong ones included.</summary>
    public int Answers { get; internal set; }

    /// <summary>Of them, those that the server cut to a question with TC.</summary>
    public int Truncated { get; internal set; }

    /// <summary>Answers that were not sent, by lot or because their association had ended.</summary>
    public int Dropped { get; internal set; }

    /// <summary>Records that hold no DNS query, or one in the wrong framing.</summary>
    public int MalformedMessages { get; internal set; }

    /// <summary>A copy.</summary>
    /// <returns>The counters as they are now.</returns>
    public DodtlsServerCounters Snapshot()
    {
        return (DodtlsServerCounters)MemberwiseClone();
    }
}
