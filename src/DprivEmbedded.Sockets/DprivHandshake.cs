namespace DprivEmbedded.Sockets;

/// <summary>What a lookup cost in handshakes.</summary>
public enum DprivHandshake
{
    /// <summary>None: the connection was there.</summary>
    None,

    /// <summary>A full one.</summary>
    Full,

    /// <summary>A resumption.</summary>
    Resumed,

    /// <summary>A resumption with the query as early data.</summary>
    Early,
}
