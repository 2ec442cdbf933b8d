namespace DprivEmbedded.Tls;

/// <summary>
/// Error numbers of the engines. An engine's error is sticky: the first one is kept. Ranges:
/// 0 none; 1..49 what this side's configuration or buffers do not allow; 50..99 the peer broke the protocol; 100..149 the peer could not be
/// authenticated; 150..199 the connection ended; 256 + N the peer sent the fatal alert N (see <see cref="AlertDescription"/>).
/// </summary>
/// <remarks>Design: BearSSL's sticky error numbers, with rustls's split by blame.</remarks>
public static class TlsError
{
    /// <summary>No error.</summary>
    public const int None = 0;

    /// <summary>The peer's record does not fit into the receive buffer, although it may be legal: a larger buffer is needed.</summary>
    public const int RecordTooLargeForBuffer = 1;

    /// <summary>A handshake message other than a certificate list does not fit into the receive buffer.</summary>
    public const int MessageTooLargeForBuffer = 2;

    /// <summary>The send buffer cannot hold a message of the handshake.</summary>
    public const int SendBufferTooSmall = 3;

    /// <summary>The handshake took longer than its limit.</summary>
    public const int HandshakeTimeout = 4;

    /// <summary>The keys have protected as many records as they may (RFC 8446 section 5.5) and could not be renewed.</summary>
    public const int KeyExhausted = 5;

    /// <summary>The certificate chain is larger than the verifier's limit.</summary>
    public const int CertificateTooLarge = 6;

    /// <summary>The crypto provider lacks a primitive that was configured.</summary>
    public const int PrimitiveMissing = 7;

    /// <summary>The peer's first bytes are no TLS record: the port speaks something else (plain text, for example).</summary>
    public const int NotTls = 50;

    /// <summary>A record of an unknown type or version.</summary>
    public const int BadRecordHeader = 51;

    /// <summary>A record longer than the protocol allows, or than this side announced.</summary>
    public const int RecordOverflow = 52;

    /// <summary>A record whose tag is wrong.</summary>
    public const int BadRecordMac = 53;

    /// <summary>A message that does not belong at this point.</summary>
    public const int UnexpectedMessage = 54;

    /// <summary>A message that does not parse.</summary>
    public const int DecodeError = 55;

    /// <summary>The peer chose a version that was not offered.</summary>
    public const int UnsupportedVersion = 56;

    /// <summary>The peer chose a cipher suite that was not offered, or one that does not fit.</summary>
    public const int BadCipherSuite = 57;

    /// <summary>The peer sent an extension that was not offered or does not belong there.</summary>
    public const int UnsolicitedExtension = 58;

    /// <summary>The peer sent an extension twice.</summary>
    public const int DuplicateExtension = 59;

    /// <summary>The peer left out an extension that is required.</summary>
    public const int MissingExtension = 60;

    /// <summary>A field is out of range or contradicts another.</summary>
    public const int IllegalParameter = 61;

    /// <summary>The peer's Finished is wrong.</summary>
    public const int BadFinished = 62;

    /// <summary>The peer's key exchange value is invalid.</summary>
    public const int BadKeyShare = 63;

    /// <summary>The peer's signature over the handshake is wrong.</summary>
    public const int BadSignature = 64;

    /// <summary>The downgrade sentinel of RFC 8446 section 4.1.3 was found.</summary>
    public const int DowngradeDetected = 65;

    /// <summary>The peer did not confirm secure renegotiation (RFC 5746) or extended master secret (RFC 7627), which this client demands.</summary>
    public const int InsecureServer = 66;

    /// <summary>The peer chose an application protocol that was not offered.</summary>
    public const int BadApplicationProtocol = 67;

    /// <summary>The peer floods with messages that carry nothing (empty records, KeyUpdates, tickets, warnings).</summary>
    public const int Flood = 68;

    /// <summary>The peer's alert does not parse, or has an unknown level.</summary>
    public const int BadAlert = 69;

    /// <summary>A HelloRetryRequest that would change nothing, or asks for a group that was not offered. (A second one is <see cref="UnexpectedMessage"/>.)</summary>
    public const int BadHelloRetryRequest = 70;

    /// <summary>The certificate cannot be parsed.</summary>
    public const int CertificateMalformed = 100;

    /// <summary>No path from the certificate to a trusted authority.</summary>
    public const int UnknownAuthority = 101;

    /// <summary>A certificate of the path is expired or not yet valid.</summary>
    public const int CertificateExpired = 102;

    /// <summary>The certificate is not for the authentication name (subjectAltName only).</summary>
    public const int NameMismatch = 103;

    /// <summary>No pin matches.</summary>
    public const int PinMismatch = 104;

    /// <summary>The certificate is not for this purpose (key usage, basic constraints).</summary>
    public const int CertificateNotForServer = 105;

    /// <summary>The time of day is needed for validation and unknown.</summary>
    public const int ClockUnknown = 106;

    /// <summary>The path is invalid for another reason.</summary>
    public const int CertificateInvalid = 107;

    /// <summary>The peer's key is of an unsupported type.</summary>
    public const int UnsupportedKey = 108;

    /// <summary>The peer sent no certificate.</summary>
    public const int NoCertificate = 109;

    /// <summary>Nothing is configured that could authenticate the peer.</summary>
    public const int NothingToVerifyWith = 110;

    /// <summary>The session that was resumed is from a connection whose peer could not be authenticated.</summary>
    public const int SessionNotAuthenticated = 111;

    /// <summary>The verifier's verdict on a stapled OCSP response: the certificate is revoked, or nothing shows that it is not (<see cref="IStapledStatusVerifier"/>).</summary>
    public const int BadCertificateStatus = 112;

    /// <summary>The transport ended without a close_notify: truncation cannot be excluded.</summary>
    public const int Truncated = 150;

    /// <summary>The transport was reset.</summary>
    public const int ConnectionReset = 151;

    /// <summary>The connection could not be made.</summary>
    public const int ConnectFailed = 152;

    /// <summary>The peer closed in the middle of the handshake.</summary>
    public const int ClosedInHandshake = 153;

    /// <summary>The peer is silent for too long.</summary>
    public const int SilentPeer = 154;

    /// <summary>First error number for a received fatal alert: the alert is the number less this.</summary>
    public const int AlertReceived = 256;

    /// <summary>The alert that this side sends for an error.</summary>
    /// <param name="error">An error number of this class.</param>
    /// <returns>One of <see cref="AlertDescription"/>, or -1 where no alert is sent (received alerts, transport errors).</returns>
    public static int AlertFor(int error)
    {
        switch (error)
        {
            case RecordTooLargeForBuffer:
            case RecordOverflow:
                return AlertDescription.RecordOverflow;
            case MessageTooLargeForBuffer:
            case CertificateTooLarge:
            case SendBufferTooSmall:
            case KeyExhausted:
            case PrimitiveMissing:
            case NothingToVerifyWith:
                return AlertDescription.InternalError;
            case HandshakeTimeout:
                return AlertDescription.UserCanceled;
            case BadRecordMac:
                return AlertDescription.BadRecordMac;
            case UnexpectedMessage:
            case Flood:
            case BadRecordHeader:
                return AlertDescription.UnexpectedMessage;
            case DecodeError:
            case BadAlert:
                return AlertDescription.DecodeError;
            case UnsupportedVersion:
                return AlertDescription.ProtocolVersion;
            case UnsolicitedExtension:
                return AlertDescription.UnsupportedExtension;
            case MissingExtension:
                return AlertDescription.MissingExtension;
            case BadCipherSuite:
            case DuplicateExtension:
            case IllegalParameter:
            case DowngradeDetected:
            case BadKeyShare:
            case BadHelloRetryRequest:
                return AlertDescription.IllegalParameter;
            case BadApplicationProtocol:
                return AlertDescription.IllegalParameter;
            case BadFinished:
            case BadSignature:
                return AlertDescription.DecryptError;
            case InsecureServer:
                return AlertDescription.HandshakeFailure;
            case CertificateMalformed:
            case CertificateInvalid:
                return AlertDescription.BadCertificate;
            case UnknownAuthority:
                return AlertDescription.UnknownCa;
            case CertificateExpired:
                return AlertDescription.CertificateExpired;
            case NameMismatch:
            case PinMismatch:
            case ClockUnknown:
                return AlertDescription.CertificateUnknown;
            case CertificateNotForServer:
            case UnsupportedKey:
                return AlertDescription.UnsupportedCertificate;
            case NoCertificate:
                return AlertDescription.DecodeError;
            case BadCertificateStatus:
                return AlertDescription.BadCertificateStatusResponse;
            default:
                return -1;
        }
    }

    /// <summary>Says an error in words, for a log or a message to a person.</summary>
    /// <param name="error">An error number of this class.</param>
    /// <returns>A sentence without a full stop.</returns>
    public static string Describe(int error)
    {
        if (error >= AlertReceived)
            return "the server sent the fatal alert " + (error - AlertReceived).ToString() + " (" + AlertName(error - AlertReceived) + ")";

        switch (error)
        {
            case None: return "no error";
            case RecordTooLargeForBuffer: return "the server's record does not fit into the receive buffer; use a larger one";
            case MessageTooLargeForBuffer: return "a handshake message does not fit into the receive buffer; use a larger one";
            case SendBufferTooSmall: return "the send buffer is too small for the handshake; use a larger one";
            case HandshakeTimeout: return "the handshake took too long";
            case KeyExhausted: return "the keys have protected as many records as they may";
            case CertificateTooLarge: return "the certificate chain is larger than the configured limit";
            case PrimitiveMissing: return "the crypto provider lacks a configured primitive";
            case NotTls: return "the server does not speak TLS on this port";
            case BadRecordHeader: return "a record with an unknown type or version";
            case RecordOverflow: return "a record is longer than allowed";
            case BadRecordMac: return "a record's authentication tag is wrong";
            case UnexpectedMessage: return "a message that does not belong at this point of the handshake";
            case DecodeError: return "a message that does not parse";
            case UnsupportedVersion: return "the server chose a protocol version that was not offered";
            case BadCipherSuite: return "the server chose a cipher suite that was not offered";
            case UnsolicitedExtension: return "the server sent an extension that was not offered";
            case DuplicateExtension: return "the server sent an extension twice";
            case MissingExtension: return "the server left out a required extension";
            case IllegalParameter: return "a field is out of range or contradicts another";
            case BadFinished: return "the server's Finished is wrong";
            case BadKeyShare: return "the server's key exchange value is invalid";
            case BadSignature: return "the server's signature over the handshake is wrong";
            case DowngradeDetected: return "somebody on the path downgraded the protocol version";
            case InsecureServer: return "the server supports neither secure renegotiation nor extended master secret as required";
            case BadApplicationProtocol: return "the server chose an application protocol that was not offered";
            case Flood: return "the server floods with empty messages";
            case BadAlert: return "an alert that does not parse";
            case BadHelloRetryRequest: return "a HelloRetryRequest that is not allowed";
            case CertificateMalformed: return "the certificate does not parse";
            case UnknownAuthority: return "no path from the certificate to a trusted authority";
            case CertificateExpired: return "a certificate is expired or not yet valid";
            case NameMismatch: return "the certificate is not for the authentication name";
            case PinMismatch: return "no SPKI pin matches";
            case CertificateNotForServer: return "the certificate is not for a TLS server";
            case ClockUnknown: return "the time of day is unknown, so the certificate's validity cannot be checked";
            case CertificateInvalid: return "the certificate path is invalid";
            case UnsupportedKey: return "the server's key is of an unsupported type";
            case BadCertificateStatus: return "the certificate is revoked, or its stapled status does not show that it is not";
            case NoCertificate: return "the server sent no certificate";
            case NothingToVerifyWith: return "neither a name with authorities nor a pin nor a PSK is configured";
            case SessionNotAuthenticated: return "the resumed session is from a server that could not be authenticated";
            case Truncated: return "the connection ended without close_notify";
            case ConnectionReset: return "the connection was reset";
            case ConnectFailed: return "the connection could not be made";
            case ClosedInHandshake: return "the server closed in the middle of the handshake";
            case SilentPeer: return "the server is silent";
            default: return "error " + error.ToString();
        }
    }

    /// <summary>The field's name of an alert.</summary>
    /// <param name="alert">One of <see cref="AlertDescription"/>.</param>
    /// <returns>The name in RFC 8446's spelling, or "unknown".</returns>
    public static string AlertName(int alert)
    {
        switch (alert)
        {
            case AlertDescription.CloseNotify: return "close_notify";
            case AlertDescription.UnexpectedMessage: return "unexpected_message";
            case AlertDescription.BadRecordMac: return "bad_record_mac";
            case AlertDescription.RecordOverflow: return "record_overflow";
            case AlertDescription.HandshakeFailure: return "handshake_failure";
            case AlertDescription.BadCertificate: return "bad_certificate";
            case AlertDescription.UnsupportedCertificate: return "unsupported_certificate";
            case AlertDescription.CertificateRevoked: return "certificate_revoked";
            case AlertDescription.CertificateExpired: return "certificate_expired";
            case AlertDescription.CertificateUnknown: return "certificate_unknown";
            case AlertDescription.IllegalParameter: return "illegal_parameter";
            case AlertDescription.UnknownCa: return "unknown_ca";
            case AlertDescription.AccessDenied: return "access_denied";
            case AlertDescription.DecodeError: return "decode_error";
            case AlertDescription.DecryptError: return "decrypt_error";
            case AlertDescription.ProtocolVersion: return "protocol_version";
            case AlertDescription.InsufficientSecurity: return "insufficient_security";
            case AlertDescription.InternalError: return "internal_error";
            case AlertDescription.InappropriateFallback: return "inappropriate_fallback";
            case AlertDescription.UserCanceled: return "user_canceled";
            case AlertDescription.NoRenegotiation: return "no_renegotiation";
            case AlertDescription.MissingExtension: return "missing_extension";
            case AlertDescription.UnsupportedExtension: return "unsupported_extension";
            case AlertDescription.UnrecognizedName: return "unrecognized_name";
            case AlertDescription.BadCertificateStatusResponse: return "bad_certificate_status_response";
            case AlertDescription.UnknownPskIdentity: return "unknown_psk_identity";
            case AlertDescription.CertificateRequired: return "certificate_required";
            case AlertDescription.NoApplicationProtocol: return "no_application_protocol";
            default: return "unknown";
        }
    }
}
