namespace DprivEmbedded.Sockets;

/// <summary>How a server is asked.</summary>
public enum DprivTransport
{
    /// <summary>DNS over TLS (RFC 7858).</summary>
    Dot,

    /// <summary>DNS over DTLS (RFC 8094); over TLS for answers that do not fit into a datagram, and for a server that does not speak DTLS (RFC 8094 sections 1.1, 3.1 and 5). Never in the clear.</summary>
    Dodtls,
}
