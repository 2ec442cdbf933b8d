namespace DprivEmbedded.Harness;

/// <summary>Whether DNS messages in DTLS records have the two length octets of TCP in front. RFC 8094 has none; some implementations have.</summary>
public enum PrefixMode
{
    /// <summary>Never; a query with one is malformed.</summary>
    Raw,

    /// <summary>Always; a query without one is malformed.</summary>
    Prefix,

    /// <summary>As the query had it.</summary>
    Mirror,
}
