namespace DprivEmbedded.Association;

/// <summary>What <see cref="DotSession.NextEvent"/> reports.</summary>
public static class DotEvent
{
    /// <summary>Nothing more.</summary>
    public const int None = 0;

    /// <summary>The TLS handshake is over.</summary>
    public const int Connected = 1;

    /// <summary>A session for later is there: <see cref="DotSession.TakeSession"/>.</summary>
    public const int Session = 2;

    /// <summary>An answer is there: <see cref="DnsConversation.EventQuery"/>, <see cref="DnsConversation.AnswerOffset"/>.</summary>
    public const int Answer = 3;

    /// <summary>A query failed for good: <see cref="DnsConversation.EventQuery"/>, <see cref="DnsConversation.EventError"/>.</summary>
    public const int QueryFailed = 4;

    /// <summary>The connection is over: transmit what waits, close the transport. <see cref="DnsConversation.CloseReason"/> tells why; queries without an answer wait for the next <see cref="DotSession.Open"/>.</summary>
    public const int Closed = 5;
}
