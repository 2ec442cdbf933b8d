namespace DprivEmbedded.Association;

/// <summary>How a <see cref="DotSession"/> behaves. Read when it is made.</summary>
public sealed class DotSessionOptions
{
    /// <summary>How many queries may wait or be in flight at once, 1..256.</summary>
    public int MaxQueries = 16;

    /// <summary>The largest query in bytes, without its length prefix, 17..65535. 512 hold any name with padding to 128.</summary>
    public int MaxQueryBytes = 512;

    /// <summary>How long the connection stays open without queries where the server says nothing, in milliseconds; 0 closes at once.</summary>
    public int IdleTimeoutMs = 10000;

    /// <summary>The longest idle time that is accepted from a server's edns-tcp-keepalive (RFC 7828), in milliseconds.</summary>
    public int MaxIdleTimeoutMs = 600000;

    /// <summary>How long the server may be silent while an answer is due, in milliseconds, before the connection is given up and the query goes to a new one.</summary>
    public int SilenceTimeoutMs = 5000;

    /// <summary>How long a query may take in all, over every connection, in milliseconds.</summary>
    public int QueryTimeoutMs = 10000;

    /// <summary>How many connections may be lost under a query without bringing any answer meanwhile, 1..16. Time is limited by <see cref="QueryTimeoutMs"/> besides.</summary>
    public int MaxAttempts = 3;

    /// <summary>Says what is wrong with the options.</summary>
    /// <returns>A sentence for the programmer, or null where nothing is.</returns>
    public string Validate()
    {
        if (MaxQueries < 1 || MaxQueries > 256)
            return "MaxQueries must be 1 to 256.";
        if (MaxQueryBytes < 17 || MaxQueryBytes > 65535)
            return "MaxQueryBytes must be 17 to 65535.";
        if (IdleTimeoutMs < 0 || MaxIdleTimeoutMs < 0)
            return "IdleTimeoutMs and MaxIdleTimeoutMs must be 0 or more.";
        if (SilenceTimeoutMs < 1 || QueryTimeoutMs < 1)
            return "SilenceTimeoutMs and QueryTimeoutMs must be 1 or more.";
        if (MaxAttempts < 1 || MaxAttempts > 16)
            return "MaxAttempts must be 1 to 16.";

        return null;
    }
}
