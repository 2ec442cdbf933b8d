namespace DprivEmbedded.Sessions;

/// <summary>Keeps sessions until they are resumed. Not thread-safe: one user at a time.</summary>
public interface ISessionCache
{
    /// <summary>Keeps a session for a server.</summary>
    /// <param name="server">The server and how it is authenticated, as one key: a session is never offered under another.</param>
    /// <param name="session">The session; owned by the cache from now on.</param>
    void Put(string server, TlsSession session);

    /// <summary>Takes the newest usable session of a server out of the cache: TLS 1.3 tickets are used once (RFC 8446 appendix C.4). One of an older version is put back after the server has resumed it.</summary>
    /// <param name="server">The key under which it was put.</param>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>. Sessions past their lifetime are dropped.</param>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    TlsSession Take(string server, long utcMs);

    /// <summary>Looks at the session that <see cref="Take"/> would give, without taking it.</summary>
    /// <param name="server">The key under which it was put.</param>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <returns>The session, which the cache still owns, or null. One that stable storage holds may turn out to have been taken by another.</returns>
    TlsSession Peek(string server, long utcMs);
}
