namespace DprivEmbedded.Tls;

/// <summary>TLS alert descriptions. Source: RFC 8446 section 6, RFC 5246 section 7.2.</summary>
public static class AlertDescription
{
    /// <summary>The sender will send no more.</summary>
    public const int CloseNotify = 0;

    /// <summary>A message that does not belong there.</summary>
    public const int UnexpectedMessage = 10;

    /// <summary>A record whose protection is wrong.</summary>
    public const int BadRecordMac = 20;

    /// <summary>A record or plaintext too long.</summary>
    public const int RecordOverflow = 22;

    /// <summary>No acceptable parameters.</summary>
    public const int HandshakeFailure = 40;

    /// <summary>A corrupt certificate.</summary>
    public const int BadCertificate = 42;

    /// <summary>A certificate of an unsupported type.</summary>
    public const int UnsupportedCertificate = 43;

    /// <summary>A revoked certificate.</summary>
    public const int CertificateRevoked = 44;

    /// <summary>An expired or not yet valid certificate.</summary>
    public const int CertificateExpired = 45;

    /// <summary>A certificate that is unacceptable for another reason.</summary>
    public const int CertificateUnknown = 46;

    /// <summary>A field out of range or inconsistent.</summary>
    public const int IllegalParameter = 47;

    /// <summary>No trusted authority.</summary>
    public const int UnknownCa = 48;

    /// <summary>A valid certificate, but access was denied.</summary>
    public const int AccessDenied = 49;

    /// <summary>A message that could not be decoded.</summary>
    public const int DecodeError = 50;

    /// <summary>A failed handshake cryptographic operation.</summary>
    public const int DecryptError = 51;

    /// <summary>A recognised but unsupported protocol version.</summary>
    public const int ProtocolVersion = 70;

    /// <summary>Parameters below the peer's requirements.</summary>
    public const int InsufficientSecurity = 71;

    /// <summary>An error unrelated to the peer.</summary>
    public const int InternalError = 80;

    /// <summary>A retry by downgrade. Source: RFC 7507.</summary>
    public const int InappropriateFallback = 86;

    /// <summary>The user cancelled.</summary>
    public const int UserCanceled = 90;

    /// <summary>Renegotiation refused; a warning. TLS 1.2 only.</summary>
    public const int NoRenegotiation = 100;

    /// <summary>An extension that should be there is not.</summary>
    public const int MissingExtension = 109;

    /// <summary>An extension that was not offered or is not allowed there.</summary>
    public const int UnsupportedExtension = 110;

    /// <summary>No server of that name.</summary>
    public const int UnrecognizedName = 112;

    /// <summary>An unacceptable OCSP response.</summary>
    public const int BadCertificateStatusResponse = 113;

    /// <summary>A PSK identity that the server does not know.</summary>
    public const int UnknownPskIdentity = 115;

    /// <summary>The server wants a client certificate.</summary>
    public const int CertificateRequired = 116;

    /// <summary>No application protocol in common. Source: RFC 7301.</summary>
    public const int NoApplicationProtocol = 120;
}
