namespace DprivEmbedded.BogoShim;

/// <summary>What happens on a connection, TLS or DTLS.</summary>
internal enum ShimEvent
{
    None,
    FalseStart,
    EarlyDataRejected,
    Connected,
    Session,
    Data,
    PeerClosed,
    Failed,
    EndOfStream,
}
