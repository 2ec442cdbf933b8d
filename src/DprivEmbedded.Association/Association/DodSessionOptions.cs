namespace DprivEmbedded.Association;

/// <summary>How a <see cref="DodSession"/> behaves. Read when it is made.</summary>
public sealed class DodSessionOptions
{
    /// <summary>How many queries may wait or be in flight at once, 1..256.</summary>
    public int MaxQueries = 16;

    /// <summary>The largest query in bytes, 17..16384; it must also fit into a datagram.</summary>
    public int MaxQueryBytes = 512;

    /// <summary>Whether a 2-byte length goes before each message, as two implementations want it. RFC 8094 section 3.3 has none. Replies are recognised in both forms.</summary>
    public bool LengthPrefix;

    /// <summary>How long to wait for an answer before the query is sent again with the same ID, in milliseconds, where no round trip time is known; else twice that time and at least <see cref="MinRetryMs"/>. Doubles each time.</summary>
    public int InitialRetryMs = 2000;

    /// <summary>The shortest such wait in milliseconds: a resolver needs time of its own.</summary>
    public int MinRetryMs = 500;

    /// <summary>
    /// How often a query is sent over one association that gives no sign of life meanwhile, 1..16. After the last wait, or after <see cref="QueryTimeoutMs"/> where that is shorter, the association counts
    /// as lost. Over one that lives the query is sent on, with the wait that was reached, until its time is over.
    /// </summary>
    public int MaxSends = 5;

    /// <summary>After how many sendings without any sign of life the association is suspect, 1..16.</summary>
    public int SuspectAfterSends = 2;

    /// <summary>How long a query may take in all, in milliseconds.</summary>
    public int QueryTimeoutMs = 15000;

    /// <summary>Says what is wrong with the options.</summary>
    /// <returns>A sentence for the programmer, or null where nothing is.</returns>
    public string Validate()
    {
        if (MaxQueries < 1 || MaxQueries > 256)
            return "MaxQueries must be 1 to 256.";
        if (MaxQueryBytes < QueryStore.MinQueryBytes || MaxQueryBytes > 16384)
            return "MaxQueryBytes must be 17 to 16384.";
        if (InitialRetryMs < 1 || MinRetryMs < 1 || QueryTimeoutMs < 1)
            return "InitialRetryMs, MinRetryMs and QueryTimeoutMs must be 1 or more.";
        if (MaxSends < 1 || MaxSends > 16 || SuspectAfterSends < 1 || SuspectAfterSends > 16)
            return "MaxSends and SuspectAfterSends must be 1 to 16.";

        return null;
    }
}
