using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

/// <summary>What the conversations over TLS (<see cref="DotSession"/>) and over DTLS (<see cref="DodSession"/>) have in common: their queries, what the last event was about, what was counted.</summary>
public abstract class DnsConversation
{
    private protected QueryTable _table;
    private protected readonly DnsMessageReader _reader = new DnsMessageReader();
    private protected int[] _turnsAtQuery;
    private protected int[] _turnsBefore;
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
        _waited = new bool[slots];
    }

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

        _table.States[failed] = QueryTable.Free;
        EventQuery = failed;
        EventError = _table.Errors[failed];
        EventAttempts = _table.Attempts[failed];
        return true;
    }

    /// <summary>Something came after something was sent: a round trip.</summary>
    private protected void CountTurn()
    {
        if (_transmitted)
            _turns++;

        _transmitted = false;
    }
}
