namespace DprivEmbedded.Association;

/// <summary>What a query may do, from the cheapest to the dearest.</summary>
public static class QueryAction
{
    /// <summary>Goes over the association that is there.</summary>
    public const int Reuse = 1;

    /// <summary>Goes over the association that is there, and a resumption starts beside it in the same radio burst.</summary>
    public const int Hedge = 2;

    /// <summary>Waits for a resumption that starts at once: figure 3 (DTLS false start), figure 5 without its first round trip (Fast Open); with early data where allowed.</summary>
    public const int Resume = 3;

    /// <summary>Waits for a full handshake.</summary>
    public const int Reconnect = 4;
}
