using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Sockets;

/// <summary>The sessions of a resolver, shared by its connections, with their copy in stable storage.</summary>
internal sealed class ResolverSessions
{
    private readonly object _gate = new object();
    private readonly SessionCache _cache;
    private readonly SealedSessionStore? _store;

    public ResolverSessions(int servers, IBlobStore? blobs, byte[]? key, ICryptoProvider crypto, long utcMs)
    {
        _cache = new SessionCache(servers, 4, 4096);
        if (blobs == null || key == null)
            return;

        _store = new SealedSessionStore(_cache, blobs, crypto, key);
        LoadError = _store.Load(utcMs);
        LoadErrorText = _store.LastErrorText;
    }

    public int LoadError { get; }

    public string? LoadErrorText { get; }

    public int SaveError { get; private set; }

    public string? SaveErrorText { get; private set; }

    public void Put(string server, TlsSession session)
    {
        lock (_gate)
            _cache.Put(server, session);
    }

    public TlsSession? Take(string server, long utcMs)
    {
        lock (_gate)
            return _cache.Take(server, utcMs);
    }

    public TlsSession? Peek(string server, long utcMs)
    {
        lock (_gate)
            return _cache.Peek(server, utcMs);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _cache.Count;
        }
    }

    public void Save(long utcMs)
    {
        if (_store == null)
            return;

        lock (_gate)
        {
            SaveError = _store.SaveIfChanged(utcMs);
            SaveErrorText = _store.LastErrorText;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _cache.Clear();
            _store?.Clear();
        }
    }
}
