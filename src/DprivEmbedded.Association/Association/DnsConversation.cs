using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

/// <summary>What the conversations over TLS (<see cref="DotSession"/>) and over DTLS (<see cref="DodSession"/>) have in common: their queries, what the last event was about, what was counted.</summary>
public abstract class DnsConversation
{
    private protected QueryTable _table;
    private protected readonly DnsMessageReader _reader = new DnsMessageReader();
    private protected int[] _turnsAtQuery;
    private protected int[] _turnsBefore;
    private protected int[] _turnsAtSend;
    private protected int[] _losses;
    private protected bool[] _waited;
    private protected bool _open;
    private protected bool _closedReported = true;
    private protected int _closeReason;
    private protected int _error;
    private protected int _turns;
    private protected bool _transmitted;
    private protected byte[] _answerBuffer;
    private protected int _answerOffset;
    private protected int _answerCount;

    private protected DnsConversation()
    {
    }

    /// <summary>Makes room for the queries, once the options are known to be right.</summary>
    private protected void MakeTable(int slots, int maxQueryBytes, ICryptoProvider crypto)
    {
        _table = new QueryTable(slots, maxQueryBytes, crypto.Random);
        _turnsAtQuery = new int[slots];
        _turnsBefore = new int[slots];
        _turnsAtSend = new int[slots];
        _losses = new int[slots];
        _waited = new bool[slots];
    }

    /// <summary>When <see cref="HandleTimeout"/> is due, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> for never. Later harms service.</summary>
    public abstract long WakeDueMs { get; }

    /// <summary>Starts a new connection or association. The ClientHello is ready afterwards.</summary>
    /// <param name="session">A session to resume, used up by this; or null.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="utcMs">The time of day in milliseconds since 1970-01-01 UTC; 0 where unknown.</param>
    public abstract void Open(TlsSession session, long nowMs, long utcMs);

    /// <summary>Takes bytes for the transport: of the stream, or the next datagram.</summary>
    /// <param name="output">Receives them.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes written; 0 where nothing waits.</returns>
    public abstract int Transmit(byte[] output, int offset, int capacity);

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public abstract void HandleTimeout(long nowMs);

    /// <summary>Closes in an orderly way: close_notify waits for <see cref="Transmit"/> afterwards.</summary>
    public abstract void Close();

    /// <summary>Zeroes keys, secrets, queries and answers.</summary>
    public abstract void Clear();

    /// <summary>Takes the session of the last event about one.</summary>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    public abstract TlsSession TakeSession();

    /// <summary>The next event.</summary>
    /// <returns>One of <see cref="DotEvent"/> or <see cref="DodEvent"/>.</returns>
    public abstract int NextEvent();

    /// <summary>Whether there is a connection (over DTLS: an association), opening or open.</summary>
    public bool IsOpen { get { return _open; } }

    /// <summary>Whether queries wait and no connection is there to take them.</summary>
    public bool NeedsConnection { get { return !_open && _table.Count(QueryTable.Waiting) > 0; } }

    /// <summary>Queries that were sent and have no answer yet.</summary>
    public int InFlight { get { return _table.InFlight; } }

    /// <summary>Why the last connection ended, one of <see cref="DotCloseReason"/>.</summary>
    public int CloseReason { get { return _closeReason; } }

    /// <summary>The error that ended the last connection; <see cref="TlsError.None"/> for none.</summary>
    public int Error { get { return _error; } }

    /// <summary>Messages that matched no query in flight.</summary>
    public int UnmatchedAnswers;

    /// <summary>Bytes of the TLS stream, or of datagrams, sent on this connection.</summary>
    public long BytesUp;

    /// <summary>Bytes of the TLS stream, or of datagrams, received on this connection.</summary>
    public long BytesDown;

    /// <summary>The query of the last event about one, by its number. Free for a new query from now on.</summary>
    public int EventQuery;

    /// <summary>The error of the last event about a failed query: <see cref="DotError"/> or <see cref="TlsError"/>.</summary>
    public int EventError;

    /// <summary>Round trips from the last answer's query to the answer, those lost with a broken connection included. What it took to make a TCP connection is not in it.</summary>
    public int EventRoundTrips;

    /// <summary>Whether the last answer's query waited for a handshake.</summary>
    public bool EventWaitedForHandshake;

    /// <summary>How often the query of the last event was sent.</summary>
    public int EventAttempts;

    /// <summary>The buffer of the last answer. Valid until the next call that takes input or asks for an event.</summary>
    public byte[] AnswerBuffer { get { return _answerBuffer; } }

    /// <summary>First byte of the last answer, a DNS message without length prefix.</summary>
    public int AnswerOffset { get { return _answerOffset; } }

    /// <summary>Number of bytes of the last answer.</summary>
    public int AnswerCount { get { return _answerCount; } }

    /// <summary>Fails every query that waits: no connection can be had.</summary>
    /// <param name="error">Why, one of <see cref="TlsError"/> or <see cref="DotError"/>.</param>
    public void FailWaiting(int error)
    {
        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] == QueryTable.Waiting)
                FailQuery(i, error);
        }
    }

    private protected virtual void FailQuery(int query, int error)
    {
        _table.Fail(query, error);
    }

    /// <summary>Makes the next failed query the one of the event.</summary>
    /// <returns>Whether there is one.</returns>
    private protected bool TakeFailure()
    {
        int failed = _table.First(QueryTable.Failing);
        if (failed < 0)
            return false;

        _table.Release(failed);
        EventQuery = failed;
        EventError = _table.Errors[failed];
        EventAttempts = _table.Attempts[failed];
        return true;
    }

    /// <summary>The round trips that a sent query has cost: what it waited for, and one more where something came after it was sent.</summary>
    private protected int LostTurns(int query)
    {
        return _turnsAtSend[query] - _turnsAtQuery[query] + (_turns > _turnsAtSend[query] ? 1 : 0);
    }

    /// <summary>Something came after something was sent: a round trip.</summary>
    private protected void CountTurn()
    {
        if (_transmitted)
            _turns++;

        _transmitted = false;
    }

    // What an association needs of its conversations: queries that it shares between them.

    internal abstract bool IsConnected { get; }

    internal abstract bool IsResumed { get; }

    /// <summary>Whether a query would be sent at once.</summary>
    internal abstract bool CanSend { get; }

    /// <summary>What was made ready at <paramref name="beforeMs"/> leaves only now: the work on the input took that time.</summary>
    internal abstract void Advance(long beforeMs, long nowMs);

    /// <summary>Takes bytes or a datagram.</summary>
    /// <returns>Number of bytes taken.</returns>
    internal abstract int Take(byte[] data, int offset, int count, long nowMs);

    /// <summary>Ends the connection without a word to the peer.</summary>
    internal abstract void Abandon();

    internal int Slots { get { return _table.Slots; } }

    internal int MaxQueryBytes { get { return _table.MaxQueryBytes; } }

    internal int Waiting { get { return _table.Count(QueryTable.Waiting); } }

    internal void Share(QueryStore store)
    {
        _table.Share(store);
    }

    /// <summary>Whether the conversation has the query, sent or not.</summary>
    internal bool Has(int query)
    {
        return _table.Has(query);
    }

    internal bool HasSent(int query)
    {
        return _table.States[query] == QueryTable.Sent || _table.States[query] == QueryTable.SentEarly;
    }

    /// <summary>How often the query was sent here.</summary>
    internal int Attempts(int query)
    {
        return _table.Attempts[query];
    }

    /// <summary>How often it was lost with a connection that brought nothing meanwhile.</summary>
    internal int Losses(int query)
    {
        return _losses[query];
    }

    /// <summary>The round trips that the query has cost so far.</summary>
    internal int TurnsOf(int query)
    {
        if (!_open)
            return _turnsBefore[query];

        return _turnsBefore[query] + (HasSent(query) ? LostTurns(query) : _turns - _turnsAtQuery[query]);
    }

    /// <summary>Takes a query of the store.</summary>
    /// <param name="query">Its slot.</param>
    /// <param name="turnsBefore">Round trips that it has cost elsewhere.</param>
    /// <param name="wasSent">Whether it was sent before: then it never travels as early data.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    internal abstract void Adopt(int query, int turnsBefore, bool wasSent, long nowMs);

    /// <summary>Gives a query back.</summary>
    internal void Drop(int query)
    {
        _table.Release(query);
        Dropped();
    }

    private protected virtual void Dropped()
    {
    }
}
