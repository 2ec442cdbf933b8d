namespace DprivEmbedded.Dtls;

/// <summary>What <see cref="DtlsClient.NextEvent"/> reports.</summary>
public static class DtlsClientEvent
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>Application data may be sent from now on, before the handshake is over: False Start (RFC 7918).</summary>
    public const int FalseStart = 1;

    /// <summary>The handshake is over.</summary>
    public const int Connected = 3;

    /// <summary>A session for later is there: <see cref="DtlsClient.TakeSession"/>.</summary>
    public const int Session = 4;

    /// <summary>Application data is there: <see cref="DtlsClient.DataOffset"/>.</summary>
    public const int Data = 5;

    /// <summary>The peer sent close_notify, authenticated.</summary>
    public const int PeerClosed = 6;

    /// <summary>The association failed: <see cref="DtlsClient.Error"/>.</summary>
    public const int Failed = 7;

    /// <summary>The heartbeat was answered: <see cref="DtlsClient.HeartbeatRttMs"/>.</summary>
    public const int HeartbeatAnswered = 8;

    /// <summary>An alert came that nobody authenticated: the peer may have lost its state, or somebody is forging. The association goes on (R14). <see cref="DtlsClient.UnauthenticatedAlert"/>.</summary>
    public const int UnauthenticatedAlert = 9;
}
