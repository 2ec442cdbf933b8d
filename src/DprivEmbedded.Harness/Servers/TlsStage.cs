namespace DprivEmbedded.Harness;

/// <summary>Points of a server's side of a connection, named after the message that is about to be sent.</summary>
public enum TlsStage
{
    /// <summary>No stage: the fault is off.</summary>
    None,

    /// <summary>HelloRetryRequest (TLS 1.3).</summary>
    HelloRetryRequest,

    /// <summary>ServerHello.</summary>
    ServerHello,

    /// <summary>EncryptedExtensions (TLS 1.3).</summary>
    EncryptedExtensions,

    /// <summary>CertificateRequest.</summary>
    CertificateRequest,

    /// <summary>Certificate.</summary>
    Certificate,

    /// <summary>CertificateVerify (TLS 1.3).</summary>
    CertificateVerify,

    /// <summary>ServerKeyExchange (TLS 1.2).</summary>
    ServerKeyExchange,

    /// <summary>ServerHelloDone (TLS 1.2).</summary>
    ServerHelloDone,

    /// <summary>NewSessionTicket.</summary>
    NewSessionTicket,

    /// <summary>change_cipher_spec of TLS 1.2, or the compatibility one of TLS 1.3.</summary>
    ChangeCipherSpec,

    /// <summary>Finished.</summary>
    Finished,

    /// <summary>Application data.</summary>
    ApplicationData,

    /// <summary>KeyUpdate (TLS 1.3).</summary>
    KeyUpdate,

    /// <summary>HelloRequest (TLS 1.2).</summary>
    HelloRequest,

    /// <summary>The close_notify alert.</summary>
    CloseNotify,
}
