using DprivEmbedded.Tls;

namespace DprivEmbedded.Sessions;

/// <summary>Which sessions are fit to be kept, and until when they are used. The cache, the file format and the store apply these same rules.</summary>
public static class SessionRules
{
    /// <summary>The longest life of a session whatever the server says: 7 days. Source: RFC 8446 section 4.6.1.</summary>
    public const int MaxLifetimeSeconds = 604800;

    /// <summary>The life of a session before TLS 1.3 whose server gave no hint: 24 hours. Source: RFC 5246 section F.1.4.</summary>
    public const int UnhintedLifetimeSeconds = 86400;

    /// <summary>How far in the future a session may seem to have been received before the clock is taken to have gone back.</summary>
    public const int ClockToleranceMs = 60000;

    /// <summary>The longest server key, server name and application protocol, in characters.</summary>
    public const int MaxTextChars = 255;

    /// <summary>The largest ticket that the protocol allows, in bytes.</summary>
    public const int MaxTicketBytes = 65535;

    /// <summary>Says whether a session may be kept for a server.</summary>
    /// <param name="server">The server's key in the cache.</param>
    /// <param name="session">The session; only read.</param>
    /// <param name="maxTicketBytes">The largest ticket that is accepted, in bytes.</param>
    /// <returns>One of <see cref="SessionRefusal"/>.</returns>
    public static int Check(string server, TlsSession session, int maxTicketBytes)
    {
        if (server == null || server.Length == 0 || !IsText(server))
            return SessionRefusal.BadServer;

        bool tls13 = session.Version == ProtocolVersion.Tls13;
        if (!tls13 && session.Version != ProtocolVersion.Tls12 && session.Version != ProtocolVersion.Dtls12)
            return SessionRefusal.BadVersion;

        if (session.CipherSuite < 1 || session.CipherSuite > 0xFFFF || CipherSuite.IsTls13(session.CipherSuite) != tls13)
            return SessionRefusal.BadVersion;

        if (session.Secret == null || session.Secret.Length != SecretBytes(session.Version))
            return SessionRefusal.BadSecret;

        int ticket = Length(session.Ticket);
        int id = Length(session.SessionId);
        if (ticket == 0 && (tls13 || id == 0))
            return SessionRefusal.NothingToResume;

        if (!tls13 && !session.ExtendedMasterSecret)
            return SessionRefusal.NoExtendedMasterSecret;

        if (ticket > maxTicketBytes || ticket > MaxTicketBytes)
            return SessionRefusal.TicketTooLarge;

        if (tls13 && session.LifetimeSeconds == 0)
            return SessionRefusal.ZeroLifetime;

        return HasGoodFields(session, id) ? SessionRefusal.None : SessionRefusal.BadField;
    }

    /// <summary>Says whether a session may still be resumed.</summary>
    /// <param name="session">A session for which <see cref="Check"/> found nothing.</param>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <param name="maxAgeSeconds">The keeper's own limit; the smaller one of it and the session's lifetime holds.</param>
    /// <returns>False where its lifetime or its authentication has ended, or the clock has gone back by more than <see cref="ClockToleranceMs"/>.</returns>
    public static bool IsUsable(TlsSession session, long utcMs, int maxAgeSeconds)
    {
        long now = utcMs < 0 ? 0 : utcMs;
        if (session.ReceivedUtcMs - now > ClockToleranceMs)
            return false;

        int lifetime = LifetimeSeconds(session);
        if (lifetime > maxAgeSeconds)
            lifetime = maxAgeSeconds;

        long lifetimeMs = lifetime;
        lifetimeMs *= 1000;
        if (now - session.ReceivedUtcMs >= lifetimeMs)
            return false;

        return session.AuthenticatedUntilUtcSeconds == 0 || now / 1000 < session.AuthenticatedUntilUtcSeconds;
    }

    /// <summary>How long a session may be used after it was received.</summary>
    /// <param name="session">The session.</param>
    /// <returns>Seconds: what the server said, <see cref="UnhintedLifetimeSeconds"/> where it said nothing before TLS 1.3, and never more than <see cref="MaxLifetimeSeconds"/>.</returns>
    public static int LifetimeSeconds(TlsSession session)
    {
        int lifetime = session.LifetimeSeconds;
        if (lifetime == 0 && session.Version != ProtocolVersion.Tls13)
            return UnhintedLifetimeSeconds;

        return lifetime > MaxLifetimeSeconds ? MaxLifetimeSeconds : lifetime;
    }

    /// <summary>The size of a version's resumption secret.</summary>
    /// <param name="version">One of <see cref="ProtocolVersion"/>.</param>
    /// <returns>32 bytes for TLS 1.3, else 48.</returns>
    public static int SecretBytes(int version)
    {
        return version == ProtocolVersion.Tls13 ? 32 : 48;
    }

    internal static bool IsText(string text)
    {
        if (text == null)
            return true;

        if (text.Length > MaxTextChars)
            return false;

        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] < ' ' || text[i] > '~')
                return false;
        }

        return true;
    }

    internal static int Length(byte[] bytes)
    {
        return bytes == null ? 0 : bytes.Length;
    }

    private static bool HasGoodFields(TlsSession session, int id)
    {
        return id <= 32
            && IsText(session.ServerName)
            && IsText(session.ApplicationProtocol)
            && session.ReceivedUtcMs >= 0
            && session.LifetimeSeconds >= 0
            && session.MaxEarlyDataBytes >= 0
            && session.MaxFragmentLengthCode >= 0 && session.MaxFragmentLengthCode <= 4
            && (session.PeerRecordSizeLimit == 0 || (session.PeerRecordSizeLimit >= 64 && session.PeerRecordSizeLimit <= 0xFFFF))
            && session.AuthenticatedUntilUtcSeconds >= 0
            && session.Group >= 0 && session.Group <= 0xFFFF
            && (session.PeerKeyHash == null || session.PeerKeyHash.Length == 32);
    }
}
