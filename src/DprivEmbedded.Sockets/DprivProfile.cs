namespace DprivEmbedded.Sockets;

/// <summary>What to do with a server that cannot be authenticated. Source: RFC 8310 section 5.</summary>
public enum DprivProfile
{
    /// <summary>Nothing is sent to it: the lookup fails. There is no fallback of any kind within a query.</summary>
    Strict,

    /// <summary>The lookup is sent, encrypted, and its result says that the server is not authenticated. Never in the clear.</summary>
    Opportunistic,
}
