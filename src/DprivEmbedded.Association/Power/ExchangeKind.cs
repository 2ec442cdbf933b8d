namespace DprivEmbedded.Power;

/// <summary>The exchanges whose cost is told apart. Indices of <see cref="ExchangeTable"/> and <see cref="CostModel"/>.</summary>
public static class ExchangeKind
{
    /// <summary>A query and its answer over a living association.</summary>
    public const int Reuse = 0;

    /// <summary>What a hedge costs more than <see cref="Reuse"/> while the association lives: the ClientHello, the flight that answers it, its key pair.</summary>
    public const int HedgeExtra = 1;

    /// <summary>A resumption with its query and answer.</summary>
    public const int Resume = 2;

    /// <summary>A full handshake with its query and answer.</summary>
    public const int Reconnect = 3;

    /// <summary>What a resumption costs more than <see cref="Reconnect"/> where the server refuses the session.</summary>
    public const int Refused = 4;

    /// <summary>A probe and its answer.</summary>
    public const int Probe = 5;

    /// <summary>An orderly close.</summary>
    public const int Close = 6;

    /// <summary>The server's orderly close, received and answered.</summary>
    public const int ServerClose = 7;

    /// <summary>A query, or a probe, that nobody answers.</summary>
    public const int Vain = 8;

    /// <summary>A resumption in quiet time, without a query.</summary>
    public const int QuietResume = 9;

    /// <summary>A full handshake in quiet time, without a query.</summary>
    public const int QuietReconnect = 10;

    /// <summary>Number of kinds.</summary>
    public const int Count = 11;
}
