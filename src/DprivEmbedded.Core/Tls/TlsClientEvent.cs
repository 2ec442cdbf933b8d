namespace DprivEmbedded.Tls;

/// <summary>What <see cref="TlsClient.NextEvent"/> reports.</summary>
public static class TlsClientEvent
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>Application data may be sent from now on, before the handshake is over: False Start (RFC 7918).</summary>
    public const int FalseStart = 1;

    /// <summary>The server refused the early data: what was sent as such is to be sent again as ordinary data (RFC 8446 section 4.2.10).</summary>
    public const int EarlyDataRejected = 2;

    /// <summary>The handshake is over.</summary>
    public const int Connected = 3;

    /// <summary>A session for later is there: <see cref="TlsClient.TakeSession"/>.</summary>
    public const int Session = 4;

    /// <summary>Application data is there: <see cref="TlsClient.DataOffset"/>.</summary>
    public const int Data = 5;

    /// <summary>The peer sent close_notify: nothing more will come from it.</summary>
    public const int PeerClosed = 6;

    /// <summary>The connection failed: <see cref="TlsClient.Error"/>.</summary>
    public const int Failed = 7;
}
