using System;

namespace DprivEmbedded.Sessions;

/// <summary>A cache of fixed capacity: so many servers, so many sessions each, the newest first. Not thread-safe: one user at a time.</summary>
/// <remarks>
/// <para>
/// <see cref="Take"/> removes what it returns, in every version. A TLS 1.3 ticket is thereby used once (RFC 8446 appendix C.4). A session of TLS 1.2 or
/// DTLS 1.2 may be used again: whoever took it puts it back after the server has resumed it, with its <see cref="TlsSession.ReceivedUtcMs"/> and
/// <see cref="TlsSession.AuthenticatedUntilUtcSeconds"/> unchanged (or, with a new ticket, the ticket's time and the old authentication). One that the server refused is not put back.
/// </para>
/// <para>
/// Memory: servers x sessions x (fixed fields, secret and hashes, about 350 bytes by nanoFramework's block sizes, and the ticket). The default of 4 x 2 with
/// tickets of up to 1024 bytes takes 11 KB at most and about 4 KB with the 200-byte tickets that are usual. Nothing is allocated after construction; sessions are kept, not copied.
/// </para>
/// <para>Whatever leaves the cache without being taken is zeroed: evicted, replaced, expired, removed and refused sessions.</para>
/// </remarks>
public sealed class SessionCache : ISessionCache
{
    /// <summary>How many servers a cache holds by default.</summary>
    public const int DefaultServers = 4;

    /// <summary>How many sessions a server has by default: TLS 1.3 servers commonly send two tickets.</summary>
    public const int DefaultSessionsPerServer = 2;

    /// <summary>The largest ticket that is accepted by default, in bytes.</summary>
    public const int DefaultMaxTicketBytes = 1024;

    private readonly string[] _servers;
    private readonly TlsSession[][] _sessions;
    private readonly int _maxTicketBytes;
    private SealedSessionStore _store;
    private int _serverCount;
    private int _maxAgeSeconds;

    /// <summary>Makes a cache with the default capacity.</summary>
    public SessionCache()
        : this(DefaultServers, DefaultSessionsPerServer, DefaultMaxTicketBytes)
    {
    }

    /// <summary>Makes a cache.</summary>
    /// <param name="servers">How many servers, 1 or more. The one that got a session longest ago gives way.</param>
    /// <param name="sessionsPerServer">How many sessions each, 1 or more. The oldest gives way.</param>
    /// <param name="maxTicketBytes">The largest ticket accepted, 1..65535; it travels in every ClientHello.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public SessionCache(int servers, int sessionsPerServer, int maxTicketBytes)
    {
        if (servers < 1 || sessionsPerServer < 1)
            throw new ArgumentException("a cache holds at least one server and one session");

        if (maxTicketBytes < 1 || maxTicketBytes > SessionRules.MaxTicketBytes)
            throw new ArgumentException("maxTicketBytes is 1..65535");

        _servers = new string[servers];
        _sessions = new TlsSession[servers][];
        for (int i = 0; i < servers; i++)
            _sessions[i] = new TlsSession[sessionsPerServer];

        _maxTicketBytes = maxTicketBytes;
        _maxAgeSeconds = SessionRules.MaxLifetimeSeconds;
    }

    /// <summary>The cache's own limit of a session's age in seconds, 0 or more; 7 days unless set. A store has its own, shorter one.</summary>
    public int MaxAgeSeconds
    {
        get { return _maxAgeSeconds; }
        set { _maxAgeSeconds = value < 0 ? 0 : value; }
    }

    /// <summary>Sessions in the cache now, usable or not.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < _serverCount; i++)
                count += SessionCount(i);

            return count;
        }
    }

    /// <summary>Servers that have a session now.</summary>
    public int ServerCount { get { return _serverCount; } }

    /// <summary>Grows with every change that a stored copy should follow: sessions put, taken and removed, but not those that expired.</summary>
    public int Changes { get; private set; }

    /// <summary>Sessions that were not accepted by <see cref="Put"/>.</summary>
    public int RefusedCount { get; private set; }

    /// <summary>Why the last of them was not, one of <see cref="SessionRefusal"/>.</summary>
    public int LastRefusal { get; private set; }

    /// <summary>Sessions that gave way to newer ones.</summary>
    public int EvictedCount { get; private set; }

    /// <summary>Sessions that were dropped past their lifetime, or because the clock went back.</summary>
    public int ExpiredCount { get; private set; }

    internal int MaxTicketBytes { get { return _maxTicketBytes; } }

    /// <summary>A server that has a session.</summary>
    /// <param name="index">0..<see cref="ServerCount"/>-1; the one that got a session last comes first.</param>
    /// <returns>The key under which its sessions were put.</returns>
    public string Server(int index)
    {
        return _servers[CheckServer(index)];
    }

    /// <summary>How many sessions a server has.</summary>
    /// <param name="index">As in <see cref="Server"/>.</param>
    public int SessionCount(int index)
    {
        TlsSession[] row = _sessions[CheckServer(index)];
        int count = 0;
        while (count < row.Length && row[count] != null)
            count++;

        return count;
    }

    /// <summary>Looks at a session without taking it.</summary>
    /// <param name="server">As in <see cref="Server"/>.</param>
    /// <param name="index">0 is the newest.</param>
    /// <returns>The session, which the cache still owns: it is not to be resumed or changed.</returns>
    public TlsSession Session(int server, int index)
    {
        if (index < 0 || index >= SessionCount(server))
            throw new ArgumentOutOfRangeException(nameof(index));

        return _sessions[server][index];
    }

    /// <summary>Keeps a session as the newest of its server, or refuses and zeroes it; see <see cref="RefusedCount"/>. Putting one that is already here makes it the newest.</summary>
    /// <param name="server">The server's key, 1..255 characters of printable ASCII.</param>
    /// <param name="session">The session; owned by the cache from now on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="session"/> is null.</exception>
    public void Put(string server, TlsSession session)
    {
        if (session == null)
            throw new ArgumentNullException(nameof(session));

        RemoveReference(session);
        int refusal = SessionRules.Check(server, session, _maxTicketBytes);
        if (refusal != SessionRefusal.None)
        {
            RefusedCount++;
            LastRefusal = refusal;
            session.Clear();
            return;
        }

        TlsSession[] row = _sessions[FrontServer(server)];
        TlsSession last = row[row.Length - 1];
        if (last != null)
            Evict(last);

        for (int i = row.Length - 1; i > 0; i--)
            row[i] = row[i - 1];

        row[0] = session;
        Changes++;
    }

    /// <summary>Keeps a session as the oldest of the oldest server, where there is room. Nothing gives way, and <see cref="Changes"/> stays: this is how a store gives back what it kept, newest first.</summary>
    /// <param name="server">As in <see cref="Put"/>.</param>
    /// <param name="session">The session; owned by the cache where the answer is true, else still by the caller.</param>
    /// <returns>False where there is no room or the session is not accepted.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="session"/> is null.</exception>
    public bool Append(string server, TlsSession session)
    {
        if (session == null)
            throw new ArgumentNullException(nameof(session));

        if (SessionRules.Check(server, session, _maxTicketBytes) != SessionRefusal.None)
            return false;

        int index = IndexOf(server);
        if (index < 0)
        {
            if (_serverCount == _servers.Length)
                return false;

            index = _serverCount++;
            _servers[index] = server;
        }

        int count = SessionCount(index);
        if (count == _sessions[index].Length)
            return false;

        _sessions[index][count] = session;
        return true;
    }

    /// <summary>Takes the newest usable session of a server out of the cache. Unusable ones that are met are dropped.</summary>
    /// <param name="server">The key under which it was put.</param>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <returns>The session, owned by the caller from now on, or null. A copy in stable storage is gone before it is returned.</returns>
    public TlsSession Take(string server, long utcMs)
    {
        int index = IndexOf(server);
        while (index >= 0)
        {
            TlsSession session = _sessions[index][0];
            int maxAge = session.Stored && _store.MaxAgeSeconds < _maxAgeSeconds ? _store.MaxAgeSeconds : _maxAgeSeconds;
            if (!SessionRules.IsUsable(session, utcMs, maxAge))
            {
                RemoveAt(index, 0);
                session.Clear();
                ExpiredCount++;
            }
            else if (session.Stored)
            {
                // Afterwards no session is marked any more: each is either ours alone or dropped.
                _store.Claim(utcMs);
            }
            else
            {
                RemoveAt(index, 0);
                Changes++;
                return session;
            }

            index = IndexOf(server);
        }

        return null;
    }

    /// <inheritdoc/>
    public TlsSession Peek(string server, long utcMs)
    {
        int index = IndexOf(server);
        if (index < 0)
            return null;

        TlsSession[] row = _sessions[index];
        for (int i = 0; i < row.Length && row[i] != null; i++)
        {
            int maxAge = row[i].Stored && _store.MaxAgeSeconds < _maxAgeSeconds ? _store.MaxAgeSeconds : _maxAgeSeconds;
            if (SessionRules.IsUsable(row[i], utcMs, maxAge))
                return row[i];
        }

        return null;
    }

    /// <summary>Drops and zeroes every session that may not be used any more.</summary>
    /// <param name="utcMs">Now, on the clock of <see cref="TlsSession.ReceivedUtcMs"/>.</param>
    /// <returns>How many were dropped.</returns>
    public int RemoveExpired(long utcMs)
    {
        int dropped = 0;
        for (int i = _serverCount - 1; i >= 0; i--)
        {
            for (int k = SessionCount(i) - 1; k >= 0; k--)
            {
                TlsSession session = _sessions[i][k];
                if (SessionRules.IsUsable(session, utcMs, _maxAgeSeconds))
                    continue;

                RemoveAt(i, k);
                session.Clear();
                dropped++;
            }
        }

        ExpiredCount += dropped;
        return dropped;
    }

    /// <summary>Drops and zeroes the sessions of a server. A stored copy follows with the store's next save.</summary>
    /// <param name="server">The key under which they were put.</param>
    /// <returns>How many were dropped.</returns>
    public int RemoveServer(string server)
    {
        int index = IndexOf(server);
        if (index < 0)
            return 0;

        int count = SessionCount(index);
        for (int k = count - 1; k >= 0; k--)
        {
            TlsSession session = _sessions[index][k];
            RemoveAt(index, k);
            session.Clear();
        }

        Changes++;
        return count;
    }

    /// <summary>Drops and zeroes everything. A stored copy follows with the store's next save.</summary>
    public void Clear()
    {
        while (_serverCount > 0)
            RemoveServer(_servers[0]);
    }

    internal void Attach(SealedSessionStore store)
    {
        if (_store != null)
            throw new InvalidOperationException("the cache has a store already");

        _store = store;
    }

    internal void MarkChanged()
    {
        Changes++;
    }

    /// <summary>Stable storage no longer holds a copy of anything: what is here is the only one.</summary>
    internal void OwnStored()
    {
        for (int i = 0; i < _serverCount; i++)
        {
            int count = SessionCount(i);
            for (int k = 0; k < count; k++)
                _sessions[i][k].Stored = false;
        }
    }

    /// <summary>Drops every session whose copy in stable storage could not be claimed: somebody else may use it.</summary>
    internal void DropStored()
    {
        for (int i = _serverCount - 1; i >= 0; i--)
        {
            for (int k = SessionCount(i) - 1; k >= 0; k--)
            {
                TlsSession session = _sessions[i][k];
                if (!session.Stored)
                    continue;

                RemoveAt(i, k);
                session.Clear();
            }
        }
    }

    private int CheckServer(int index)
    {
        if (index < 0 || index >= _serverCount)
            throw new ArgumentOutOfRangeException(nameof(index));

        return index;
    }

    private int IndexOf(string server)
    {
        for (int i = 0; i < _serverCount; i++)
        {
            if (_servers[i] == server)
                return i;
        }

        return -1;
    }

    /// <summary>Moves a server to the front, or makes it, where the oldest may give way.</summary>
    private int FrontServer(string server)
    {
        int index = IndexOf(server);
        if (index < 0)
        {
            if (_serverCount == _servers.Length)
                EvictServer(_serverCount - 1);

            index = _serverCount++;
        }

        TlsSession[] row = _sessions[index];
        for (int i = index; i > 0; i--)
        {
            _servers[i] = _servers[i - 1];
            _sessions[i] = _sessions[i - 1];
        }

        _servers[0] = server;
        _sessions[0] = row;
        return 0;
    }

    private void EvictServer(int index)
    {
        for (int k = SessionCount(index) - 1; k >= 0; k--)
        {
            TlsSession session = _sessions[index][k];
            RemoveAt(index, k);
            Evict(session);
        }
    }

    private void Evict(TlsSession session)
    {
        session.Clear();
        EvictedCount++;
    }

    private void RemoveReference(TlsSession session)
    {
        for (int i = _serverCount - 1; i >= 0; i--)
        {
            for (int k = SessionCount(i) - 1; k >= 0; k--)
            {
                if (_sessions[i][k] == session)
                {
                    RemoveAt(i, k);
                    return;
                }
            }
        }
    }

    /// <summary>Closes the gap; a server without sessions leaves, its row goes to the end.</summary>
    private void RemoveAt(int index, int k)
    {
        TlsSession[] row = _sessions[index];
        for (int i = k; i < row.Length - 1; i++)
            row[i] = row[i + 1];

        row[row.Length - 1] = null;
        if (row[0] != null)
            return;

        _serverCount--;
        for (int i = index; i < _serverCount; i++)
        {
            _servers[i] = _servers[i + 1];
            _sessions[i] = _sessions[i + 1];
        }

        _servers[_serverCount] = null;
        _sessions[_serverCount] = row;
    }
}
