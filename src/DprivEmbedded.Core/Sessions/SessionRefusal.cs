namespace DprivEmbedded.Sessions;

/// <summary>Why a session is not kept.</summary>
public static class SessionRefusal
{
    /// <summary>It is fit to be kept.</summary>
    public const int None = 0;

    /// <summary>The server's key is not 1..255 characters of printable ASCII.</summary>
    public const int BadServer = 1;

    /// <summary>The version is not TLS 1.2, TLS 1.3 or DTLS 1.2, or the cipher suite does not belong to it.</summary>
    public const int BadVersion = 2;

    /// <summary>The secret has not the size of its version: 48 bytes before TLS 1.3, 32 in TLS 1.3.</summary>
    public const int BadSecret = 3;

    /// <summary>Nothing to resume with: TLS 1.3 without a ticket, or an older version with neither ticket nor session id.</summary>
    public const int NothingToResume = 4;

    /// <summary>A session before TLS 1.3 without the extended master secret. Source: RFC 7627 section 5.3.</summary>
    public const int NoExtendedMasterSecret = 5;

    /// <summary>The ticket is larger than the cache accepts.</summary>
    public const int TicketTooLarge = 6;

    /// <summary>A TLS 1.3 ticket with a lifetime of 0, which is to be discarded at once. Source: RFC 8446 section 4.6.1.</summary>
    public const int ZeroLifetime = 7;

    /// <summary>Another field is out of the range that <see cref="TlsSession"/> gives it.</summary>
    public const int BadField = 8;
}
