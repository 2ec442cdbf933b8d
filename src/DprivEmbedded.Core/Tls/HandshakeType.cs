namespace DprivEmbedded.Tls;

/// <summary>Handshake message types. Source: RFC 8446 section 4, RFC 5246 section 7.4.</summary>
public static class HandshakeType
{
    /// <summary>hello_request (TLS 1.2).</summary>
    public const int HelloRequest = 0;

    /// <summary>client_hello.</summary>
    public const int ClientHello = 1;

    /// <summary>server_hello; also HelloRetryRequest.</summary>
    public const int ServerHello = 2;

    /// <summary>hello_verify_request (DTLS 1.2).</summary>
    public const int HelloVerifyRequest = 3;

    /// <summary>new_session_ticket.</summary>
    public const int NewSessionTicket = 4;

    /// <summary>end_of_early_data (TLS 1.3).</summary>
    public const int EndOfEarlyData = 5;

    /// <summary>hello_retry_request: only what <see cref="ITlsObserver"/> is told; on the wire it is a server_hello.</summary>
    public const int HelloRetryRequest = 6;

    /// <summary>encrypted_extensions (TLS 1.3).</summary>
    public const int EncryptedExtensions = 8;

    /// <summary>certificate.</summary>
    public const int Certificate = 11;

    /// <summary>server_key_exchange (TLS 1.2).</summary>
    public const int ServerKeyExchange = 12;

    /// <summary>certificate_request.</summary>
    public const int CertificateRequest = 13;

    /// <summary>server_hello_done (TLS 1.2).</summary>
    public const int ServerHelloDone = 14;

    /// <summary>certificate_verify.</summary>
    public const int CertificateVerify = 15;

    /// <summary>client_key_exchange (TLS 1.2).</summary>
    public const int ClientKeyExchange = 16;

    /// <summary>finished.</summary>
    public const int Finished = 20;

    /// <summary>certificate_status (TLS 1.2, RFC 6066).</summary>
    public const int CertificateStatus = 22;

    /// <summary>key_update (TLS 1.3).</summary>
    public const int KeyUpdate = 24;

    /// <summary>message_hash: stands for the first ClientHello in a transcript with a HelloRetryRequest.</summary>
    public const int MessageHash = 254;
}
