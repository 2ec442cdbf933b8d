namespace DprivEmbedded.Association;

/// <summary>What <see cref="DodSession.NextEvent"/> reports.</summary>
public static class DodEvent
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>The DTLS handshake is over.</summary>
    public const int Connected = 1;

    /// <summary>A session for later is there: <see cref="DodSession.TakeSession"/>.</summary>
    public const int Session = 2;

    /// <summary>An answer is there: <see cref="DnsConversation.EventQuery"/>, <see cref="DnsConversation.AnswerOffset"/>. A truncated one is to be asked again over an encrypted stream (RFC 8094 section 5).</summary>
    public const int Answer = 3;

    /// <summary>A query failed for good: <see cref="DnsConversation.EventQuery"/>, <see cref="DnsConversation.EventError"/>.</summary>
    public const int QueryFailed = 4;

    /// <summary>The association is over: transmit what waits. <see cref="DnsConversation.CloseReason"/> tells why; queries without an answer wait for the next <see cref="DodSession.Open"/>.</summary>
    public const int Closed = 5;

    /// <summary>The server may have lost the association: an unauthenticated alert came, or several sendings of a query met silence. It goes on all the same; a resumption beside it is due (RFC 8094 section 6).</summary>
    public const int Suspect = 6;

    /// <summary>The heartbeat was answered: the association lives.</summary>
    public const int HeartbeatAnswered = 7;
}
