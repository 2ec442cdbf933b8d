using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

/// <summary>A DNS-over-TLS conversation with one server over one connection after another, without input or output of its own. Source: RFC 7858, RFC 7766, RFC 7828.</summary>
/// <remarks>
/// <para>Queries outlive connections: one that got no answer is sent again after the next <see cref="Open"/>, up to <see cref="DotSessionOptions.MaxAttempts"/> times.</para>
/// <para>Order of calls: <see cref="Query"/> at any time; <see cref="Open"/> when <see cref="DnsConversation.NeedsConnection"/>; after each call drain: <see cref="Transmit"/> until 0,
/// <see cref="NextEvent"/> until <see cref="DotEvent.None"/>, then read <see cref="WakeDueMs"/>. <see cref="Receive"/> may take fewer bytes than given: drain events, then give the rest.</para>
/// <para>A query and its answer allocate nothing. One thread at a time.</para>
/// </remarks>
public sealed partial class DotSession : DnsConversation
{
    private const int PrefixBytes = 2;

    private readonly DotSessionOptions _options;
    private readonly TlsClient _tls;
    private readonly byte[] _answer;
    private readonly byte[] _prefix = new byte[PrefixBytes];
    private readonly byte[] _outPrefix = new byte[PrefixBytes];

    private readonly bool[] _wasEarly;
    private readonly bool[] _takenEarly;
    private readonly int[] _answersAtSend;
    private readonly long[] _sentMs;
    private readonly int[] _connectionsAtQuery;

    private bool _draining;
    private int _answers;
    private int _connections;
    private long _lastNowMs;
    private long _silentSinceMs;
    private bool _unheard;
    private long _idleSinceMs;
    private int _serverIdleMs;
    private int _learnedIdleMs;

    // The frame being assembled.
    private int _prefixFilled;
    private int _frameBytes;
    private int _frameFilled;
    private bool _frameSkipped;
    private int _dataPosition;

    /// <summary>Makes a conversation.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="tls">The TLS client, used by this object alone from now on.</param>
    /// <param name="crypto">Where message IDs come from.</param>
    /// <param name="answerBuffer">Belongs to the conversation from now on; holds one answer that came in pieces. At least 512 bytes; 65535 hold any answer.</param>
    /// <exception cref="ArgumentException">An option is wrong, or the buffer is too small.</exception>
    public DotSession(DotSessionOptions options, TlsClient tls, ICryptoProvider crypto, byte[] answerBuffer)
    {
        if (options == null || tls == null || crypto == null || answerBuffer == null)
            throw new ArgumentException("options, tls, crypto and answerBuffer must not be null.");

        string wrong = options.Validate();
        if (wrong != null)
            throw new ArgumentException(wrong);
        if (answerBuffer.Length < 512)
            throw new ArgumentException("The answer buffer must have at least 512 bytes.");

        _options = options;
        _tls = tls;
        _answer = answerBuffer;
        int slots = options.MaxQueries;
        MakeTable(slots, options.MaxQueryBytes, crypto);
        _wasEarly = new bool[slots];
        _takenEarly = new bool[slots];
        _answersAtSend = new int[slots];
        _sentMs = new long[slots];
        _connectionsAtQuery = new int[slots];
        _serverIdleMs = -1;
        _learnedIdleMs = -1;
    }

    /// <summary>The TLS client under the conversation, to read what was negotiated.</summary>
    public TlsClient Tls { get { return _tls; } }

    /// <summary>Whether new queries are held back because the server drains this connection.</summary>
    public bool IsDraining { get { return _draining; } }

    /// <summary>Connections opened so far.</summary>
    public int Connections { get { return _connections; } }

    /// <summary>The idle time that the server gave with its last edns-tcp-keepalive, in milliseconds; -1 where it gave none.</summary>
    public int ServerIdleTimeoutMs { get { return _serverIdleMs; } }

    /// <summary>How long the connection is now kept open without queries, in milliseconds: the server's word, unless it was seen to close earlier; that memory fades with every connection that the server leaves open.</summary>
    public int IdleTimeoutMs
    {
        get
        {
            int idle = KeepsOpen ? int.MaxValue : _options.IdleTimeoutMs;
            if (_serverIdleMs >= 0)
                idle = _serverIdleMs < _options.MaxIdleTimeoutMs ? _serverIdleMs : _options.MaxIdleTimeoutMs;
            if (!KeepsOpen && _learnedIdleMs >= 0 && _learnedIdleMs < idle)
                idle = _learnedIdleMs;

            return idle;
        }
    }

    /// <summary>Whether nothing is asked, so that the idle time runs.</summary>
    private bool IsIdle { get { return _tls.IsConnected && _table.Count(QueryTable.Waiting) == 0 && IdleTimeoutMs < int.MaxValue; } }

    /// <summary>How many connections were opened between the last answer's query and the answer.</summary>
    public int EventTransports;

    /// <summary>Whether the last answer's query travelled as early data that the server took.</summary>
    public bool EventWasEarly;

    /// <summary>How many queries the server took as early data on this connection. Known with <see cref="DotEvent.Connected"/>.</summary>
    public int EarlyQueries;

    /// <summary>When <see cref="HandleTimeout"/> is due, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> for never. Later harms service.</summary>
    public override long WakeDueMs
    {
        get
        {
            long due = _table.EarliestDueMs;
            if (!_open)
                return due;
            if (_tls.WakeDueMs < due)
                due = _tls.WakeDueMs;

            long other = InFlight > 0 ? _silentSinceMs + _options.SilenceTimeoutMs : IsIdle ? _idleSinceMs + IdleTimeoutMs : long.MaxValue;
            return other < due ? other : due;
        }
    }

    /// <summary>Takes a query. It is sent when a connection can take it.</summary>
    /// <param name="message">Holds the DNS message without length prefix; copied. Its ID is replaced by a random one that is not in flight (RFC 7766 section 6.2.1).</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 17 or more.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>The query's number, 0..<see cref="DotSessionOptions.MaxQueries"/>-1; -1 where all are taken.</returns>
    /// <exception cref="ArgumentException">The message is larger than <see cref="DotSessionOptions.MaxQueryBytes"/>, or no DNS query.</exception>
    public int Query(byte[] message, int offset, int count, long nowMs)
    {
        _lastNowMs = nowMs;
        int slot = _table.Add(message, offset, count, nowMs + _options.QueryTimeoutMs);
        if (slot < 0)
            return -1;

        Begin(slot, 0, false);
        return slot;
    }

    /// <summary>Withdraws a query. Its answer, should it come, is ignored.</summary>
    /// <param name="query">The number that <see cref="Query"/> returned.</param>
    public void Cancel(int query)
    {
        _table.Release(query);
        MarkIdle();
    }

    /// <summary>Starts a new connection, over a transport that the caller has made or is making. The ClientHello is ready afterwards.</summary>
    /// <param name="session">A session to resume, used up by this; or null.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="utcMs">The time of day in milliseconds since 1970-01-01 UTC; 0 where unknown.</param>
    public override void Open(TlsSession session, long nowMs, long utcMs)
    {
        _lastNowMs = nowMs;
        _silentSinceMs = nowMs;
        _unheard = false;
        _idleSinceMs = nowMs;
        _open = true;
        _draining = false;
        _closedReported = false;
        _closeReason = DotCloseReason.None;
        _error = TlsError.None;
        _connections++;
        _turns = 0;
        _transmitted = false;
        _serverIdleMs = -1;
        _prefixFilled = 0;
        _frameBytes = 0;
        _frameFilled = 0;
        _frameSkipped = false;
        _dataPosition = 0;
        BytesUp = 0;
        BytesDown = 0;
        EarlyQueries = 0;
        for (int i = 0; i < _table.Slots; i++)
            _turnsAtQuery[i] = 0;

        bool anyEarly = false;
        for (int i = 0; i < _table.Slots; i++)
            anyEarly |= _table.States[i] == QueryTable.Waiting && MaySendEarly(i);

        _tls.HasEarlyData = anyEarly;
        _tls.Start(session, nowMs, utcMs);
        Flush();
    }

    /// <summary>Takes bytes for the transport.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes written; 0 where nothing waits.</returns>
    public override int Transmit(byte[] output, int offset, int capacity)
    {
        int count = _tls.Transmit(output, offset, capacity);
        if (count > 0)
        {
            _transmitted = true;
            BytesUp += count;
            Flush();
        }

        return count;
    }

    /// <summary>Takes bytes from the transport.</summary>
    /// <param name="data">Holds the bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>Number of bytes taken; drain events before giving the rest. All are taken, unread, once the connection is over.</returns>
    public int Receive(byte[] data, int offset, int count, long nowMs)
    {
        _lastNowMs = nowMs;
        if (!_open)
            return count;

        _silentSinceMs = nowMs;
        _unheard = false;
        CountTurn();
        int taken = _tls.Receive(data, offset, count, nowMs);
        if (_tls.Error != TlsError.None || _tls.IsPeerClosed)
            taken = _tls.DataCount > 0 ? taken : count;

        BytesDown += taken;
        return taken;
    }

    /// <summary>Tells that the transport ended, or could not be made.</summary>
    /// <param name="reset">True for a reset.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void TransportClosed(bool reset, long nowMs)
    {
        _lastNowMs = nowMs;
        if (!_open)
            return;

        // A FIN without close_notify after whole answers is how many servers end an idle connection; nothing is lost by it.
        CountTurn();
        bool quiet = IsQuiet();
        _tls.TransportClosed(reset);
        if (quiet)
            EndByServer(!reset);
        else if (_tls.Error == TlsError.None)
            End(DotCloseReason.Server, TlsError.None);
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public override void HandleTimeout(long nowMs)
    {
        _lastNowMs = nowMs;
        for (int i = 0; !_table.IsShared && i < _table.Slots; i++)
        {
            if (_table.States[i] != QueryTable.Free && _table.States[i] != QueryTable.Failing && nowMs >= _table.DueMs[i])
                FailQuery(i, DotError.QueryTimeout);
        }

        if (!_open)
            return;

        _tls.HandleTimeout(nowMs);
        if (InFlight > 0)
        {
            if (nowMs >= _silentSinceMs + _options.SilenceTimeoutMs)
                _tls.Abort(TlsError.SilentPeer);
        }
        else if (IsIdle && nowMs >= _idleSinceMs + IdleTimeoutMs)
        {
            // The server held out as long as it was given: next time it may be given a little longer, so that one early close does not count for ever.
            if (_learnedIdleMs >= 0)
                _learnedIdleMs += _learnedIdleMs / 8 + 100;

            _tls.Close();
            End(_draining ? DotCloseReason.Drained : DotCloseReason.Idle, TlsError.None);
        }
    }

    /// <summary>Closes the connection: close_notify waits for <see cref="Transmit"/> afterwards.</summary>
    public override void Close()
    {
        if (!_open)
            return;

        _tls.Close();
        End(DotCloseReason.Caller, TlsError.None);
    }

    /// <summary>Zeroes keys, secrets, queries and answers.</summary>
    public override void Clear()
    {
        _tls.Clear();
        _open = false;
        _closedReported = true;
        Array.Clear(_answer, 0, _answer.Length);
        _table.Clear();
    }

    /// <summary>Takes the session of <see cref="DotEvent.Session"/>.</summary>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    public override TlsSession TakeSession()
    {
        return _tls.TakeSession();
    }

    /// <summary>The next event.</summary>
    /// <returns>One of <see cref="DotEvent"/>.</returns>
    public override int NextEvent()
    {
        if (TakeFailure())
            return DotEvent.QueryFailed;

        while (_open)
        {
            int happened = _tls.NextEvent();
            if (happened == TlsClientEvent.None)
                break;

            switch (happened)
            {
                case TlsClientEvent.FalseStart:
                    Flush();
                    break;
                case TlsClientEvent.Connected:
                    _idleSinceMs = _lastNowMs;
                    AcceptEarlyQueries();
                    Flush();
                    return DotEvent.Connected;
                case TlsClientEvent.EarlyDataRejected:
                    ReturnEarlyQueries();
                    break;
                case TlsClientEvent.Session:
                    return DotEvent.Session;
                case TlsClientEvent.Data:
                    if (ReadFrame() && OnFrame())
                        return DotEvent.Answer;
                    if (TakeFailure())
                        return DotEvent.QueryFailed;

                    break;
                case TlsClientEvent.PeerClosed:
                    EndByServer(IsQuiet());
                    break;
                case TlsClientEvent.Failed:
                    End(DotCloseReason.Failed, _tls.Error);
                    break;
            }
        }

        if (_open && _draining && InFlight == 0)
        {
            _tls.Close();
            End(DotCloseReason.Drained, TlsError.None);
        }

        // Queries that failed by the end of the connection come before its end.
        if (TakeFailure())
            return DotEvent.QueryFailed;

        if (!_open && !_closedReported)
        {
            _closedReported = true;
            return DotEvent.Closed;
        }

        return DotEvent.None;
    }

    /// <summary>Whether an end of the connection now loses nothing.</summary>
    private bool IsQuiet()
    {
        return InFlight == 0 && _tls.IsConnected && _frameFilled == 0 && _prefixFilled == 0;
    }

    private void EndByServer(bool learns)
    {
        // A server that closes before the time that it gave is believed by its deeds. A reset teaches nothing: a NAT sends it or a stranger, and each connection after it would be closed too early.
        long idle = _lastNowMs - _idleSinceMs;
        if (learns && idle < IdleTimeoutMs)
            _learnedIdleMs = (int)(idle - idle / 8);

        if (_tls.Error == TlsError.None)
            _tls.Close();

        End(DotCloseReason.Server, TlsError.None);
    }

    private void End(int reason, int error)
    {
        if (!_open)
            return;

        _open = false;
        _draining = false;
        _closeReason = reason;
        _error = error;
        for (int i = 0; i < _table.Slots; i++)
        {
            bool sent = _table.States[i] == QueryTable.Sent || _table.States[i] == QueryTable.SentEarly;
            _turnsBefore[i] += sent ? LostTurns(i) : _turns - _turnsAtQuery[i];
            if (!sent)
                continue;

            // A connection that brought answers meanwhile was no loss, even where it ended before all were there.
            if (_answers == _answersAtSend[i])
                _losses[i]++;
            if (_losses[i] >= _options.MaxAttempts && !_table.IsShared)
                FailQuery(i, error == TlsError.None ? DotError.TooManyAttempts : error);
            else
            {
                _table.States[i] = QueryTable.Waiting;
                _waited[i] = true;
                _takenEarly[i] = false;
            }
        }
    }

    private protected override void FailQuery(int query, int error)
    {
        base.FailQuery(query, error);
        MarkIdle();
    }

    internal override void Adopt(int query, int turnsBefore, bool wasSent, long nowMs)
    {
        _lastNowMs = nowMs;
        _table.Take(query);
        Begin(query, turnsBefore, wasSent);
    }

    /// <summary>Whether only the server's word, and no idle time of our own, ends the connection: an association that keeps it alive by probes wants that.</summary>
    internal bool KeepsOpen;

    internal override void Advance(long beforeMs, long nowMs)
    {
        if (_lastNowMs != beforeMs)
            return;

        _lastNowMs = nowMs;
        if (_silentSinceMs == beforeMs)
            _silentSinceMs = nowMs;
        if (_idleSinceMs == beforeMs)
            _idleSinceMs = nowMs;
        for (int i = 0; i < _sentMs.Length; i++)
        {
            if (_sentMs[i] == beforeMs)
                _sentMs[i] = nowMs;
        }
    }

    /// <summary>When the query was sent here last.</summary>
    internal long SentMs(int query)
    {
        return _sentMs[query];
    }

    internal override bool IsConnected { get { return _tls.IsConnected; } }

    internal override bool IsResumed { get { return _tls.IsResumed; } }

    internal override bool CanSend { get { return _tls.CanSend && !_draining; } }

    internal override int Take(byte[] data, int offset, int count, long nowMs)
    {
        return Receive(data, offset, count, nowMs);
    }

    internal override void Abandon()
    {
        _tls.Abandon();
        End(DotCloseReason.Caller, TlsError.None);
    }

    private void Begin(int query, int turnsBefore, bool wasSent)
    {
        _wasEarly[query] = wasSent;
        _takenEarly[query] = false;
        _losses[query] = 0;
        _turnsAtQuery[query] = _turns;
        _turnsBefore[query] = turnsBefore;
        _connectionsAtQuery[query] = _connections;
        _waited[query] = !_open || !_tls.CanSend || _draining;
        Flush();
    }

    private protected override void Dropped()
    {
        MarkIdle();
    }

    private void MarkIdle()
    {
        if (InFlight == 0)
            _idleSinceMs = _lastNowMs;
    }
}
