namespace DprivEmbedded.Tls;

/// <summary>Is told of every message that a client sends or receives, for drawings and logs. Sees no secrets and no content.</summary>
public interface ITlsObserver
{
    /// <summary>A message was put into the send buffer, or came whole from the peer.</summary>
    /// <param name="sent">True where this side sends it.</param>
    /// <param name="contentType">One of <see cref="ContentType"/>.</param>
    /// <param name="detail">A handshake message: one of <see cref="HandshakeType"/>. An alert: one of <see cref="AlertDescription"/>. Else 0.</param>
    /// <param name="bytes">Size of the content in bytes, without record header and protection.</param>
    /// <param name="early">Whether it is early data (RFC 8446 section 2.3).</param>
    void OnMessage(bool sent, int contentType, int detail, int bytes, bool early);
}
