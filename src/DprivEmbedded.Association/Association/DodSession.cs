using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

/// <summary>A DNS-over-DTLS conversation with one server over one association after another, without input or output of its own. Source: RFC 8094.</summary>
/// <remarks>
/// <para>One DNS message a record. A lost query is sent again with the same ID on its own timer, apart from the handshake's. Queries outlive associations.</para>
/// <para>Order of calls: <see cref="Query"/> at any time; <see cref="Open"/> when <see cref="DnsConversation.NeedsConnection"/>; after each call drain: <see cref="NextEvent"/> until <see cref="DodEvent.None"/>,
/// <see cref="Transmit"/> until 0, then read <see cref="WakeDueMs"/>.</para>
/// <para>A query and its answer allocate nothing. One thread at a time.</para>
/// </remarks>
public sealed partial class DodSession : DnsConversation
{
    private const int PrefixBytes = 2;
    private const int QuietMs = 1000;

    private readonly DodSessionOptions _options;
    private readonly DtlsClient _dtls;
    private readonly byte[] _framed;
    private readonly long[] _resendDueMs;
    private readonly int[] _resendMs;
    private readonly int[] _sends;
    private readonly bool[] _afterQuiet;
    private readonly long[] _firstSentMs;

    private bool _suspectPending;
    private bool _suspect;
    private int _associations;
    private long _nowMs;
    private long _aliveMs;
    private long _silentSinceMs;
    private int _answerMs;

    /// <summary>Makes a conversation.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="dtls">The DTLS client, used by this object alone from now on.</param>
    /// <param name="crypto">Where message IDs come from.</param>
    /// <exception cref="ArgumentException">An option is wrong.</exception>
    public DodSession(DodSessionOptions options, DtlsClient dtls, ICryptoProvider crypto)
    {
        if (options == null || dtls == null || crypto == null)
            throw new ArgumentException("options, dtls and crypto must not be null.");

        string wrong = options.Validate();
        if (wrong != null)
            throw new ArgumentException(wrong);

        _options = options;
        _dtls = dtls;
        int slots = options.MaxQueries;
        MakeTable(slots, options.MaxQueryBytes, crypto);
        _framed = new byte[options.MaxQueryBytes + PrefixBytes];
        _resendDueMs = new long[slots];
        _resendMs = new int[slots];
        _sends = new int[slots];
        _afterQuiet = new bool[slots];
        _firstSentMs = new long[slots];
    }

    /// <summary>The DTLS client under the conversation, to read what was negotiated.</summary>
    public DtlsClient Dtls { get { return _dtls; } }

    /// <summary>Whether the server may have lost the association; any authenticated record clears it.</summary>
    public bool IsSuspect { get { return _suspect; } }

    /// <summary>Associations opened so far.</summary>
    public int Associations { get { return _associations; } }

    /// <summary>Queries that were sent again.</summary>
    public int Resends;

    /// <summary>Datagrams sent in this association.</summary>
    public int DatagramsUp;

    /// <summary>Datagrams received in this association.</summary>
    public int DatagramsDown;

    /// <summary>Whether the last answer is truncated: it is to be asked for again over DNS over TLS, never in the clear (RFC 8094 section 5).</summary>
    public bool EventTruncated;

    /// <summary>When <see cref="HandleTimeout"/> is due, in milliseconds of the monotonic clock; <see cref="long.MaxValue"/> for never.</summary>
    public override long WakeDueMs
    {
        get
        {
            long due = _table.EarliestDueMs;
            if (!_open)
                return due;

            for (int i = 0; i < _table.Slots; i++)
            {
                if (_table.States[i] == QueryTable.Sent && !OnlyListens && _resendDueMs[i] < due)
                    due = _resendDueMs[i];
            }

            return _dtls.WakeDueMs < due ? _dtls.WakeDueMs : due;
        }
    }

    /// <summary>Takes a query. It is sent when an association can take it.</summary>
    /// <param name="message">Holds the DNS message; copied. Its ID is replaced by a random one that is not in flight.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 17 or more.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>The query's number, 0..<see cref="DodSessionOptions.MaxQueries"/>-1; -1 where all are taken.</returns>
    /// <exception cref="ArgumentException">The message is larger than <see cref="DodSessionOptions.MaxQueryBytes"/>, or no DNS query.</exception>
    public int Query(byte[] message, int offset, int count, long nowMs)
    {
        _nowMs = nowMs;
        int slot = _table.Add(message, offset, count, nowMs + _options.QueryTimeoutMs);
        if (slot < 0)
            return -1;

        Begin(slot, 0);
        return slot;
    }

    /// <summary>Withdraws a query. Its answer, should it come, is ignored.</summary>
    /// <param name="query">The number that <see cref="Query"/> returned.</param>
    public void Cancel(int query)
    {
        _table.Release(query);
    }

    /// <summary>Starts a new association. The ClientHello is ready afterwards. Its datagrams must come from another local port than those of the one before: a late flight of that handshake could not be told from an answer to this one.</summary>
    /// <param name="session">A session to resume (figure 3: DTLS false start), used up by this; or null.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <param name="utcMs">The time of day in milliseconds since 1970-01-01 UTC; 0 where unknown.</param>
    public override void Open(TlsSession session, long nowMs, long utcMs)
    {
        _nowMs = nowMs;
        _aliveMs = nowMs;
        _silentSinceMs = -1;
        _open = true;
        _suspect = false;
        _suspectPending = false;
        _closedReported = false;
        _closeReason = DotCloseReason.None;
        _error = TlsError.None;
        OnlyListens = false;
        _associations++;
        _turns = 0;
        _transmitted = false;
        BytesUp = 0;
        BytesDown = 0;
        DatagramsUp = 0;
        DatagramsDown = 0;
        for (int i = 0; i < _table.Slots; i++)
        {
            _turnsAtQuery[i] = 0;
            _sends[i] = 0;
        }

        _dtls.Start(session, nowMs, utcMs);
    }

    /// <summary>Takes the next datagram to send.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes of the datagram; 0 where nothing waits.</returns>
    public override int Transmit(byte[] output, int offset, int capacity)
    {
        int count = _dtls.Transmit(output, offset, capacity);
        if (count > 0)
        {
            _transmitted = true;
            BytesUp += count;
            DatagramsUp++;
            Flush();
        }

        return count;
    }

    /// <summary>Takes a datagram from the server. Its records are read by <see cref="NextEvent"/>, in place.</summary>
    /// <param name="datagram">Holds the datagram; decrypted in place.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Receive(byte[] datagram, int offset, int count, long nowMs)
    {
        _nowMs = nowMs;
        if (!_open)
            return;

        BytesDown += count;
        DatagramsDown++;
        CountTurn();
        _dtls.Receive(datagram, offset, count, nowMs);
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public override void HandleTimeout(long nowMs)
    {
        _nowMs = nowMs;
        bool inVain = false;
        for (int i = 0; !_table.IsShared && i < _table.Slots; i++)
        {
            int state = _table.States[i];
            if ((state != QueryTable.Waiting && state != QueryTable.Sent) || nowMs < _table.DueMs[i])
                continue;

            inVain |= state == QueryTable.Sent;
            _table.Fail(i, DotError.QueryTimeout);
        }

        if (!_open)
            return;

        if (inVain)
            EndIfSilent();

        _dtls.HandleTimeout(nowMs);
        for (int i = 0; !OnlyListens && i < _table.Slots; i++)
        {
            if (_table.States[i] == QueryTable.Sent && nowMs >= _resendDueMs[i])
                Resend(i);
        }
    }

    /// <summary>Sends a heartbeat request (RFC 6520) to see whether the server still has the association, and to keep bindings on the path.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>False where the server answers none, or one is under way.</returns>
    public bool SendHeartbeat(long nowMs)
    {
        _nowMs = nowMs;
        return _open && _dtls.SendHeartbeat(nowMs);
    }

    /// <summary>Closes the association: close_notify waits for <see cref="Transmit"/> afterwards.</summary>
    public override void Close()
    {
        if (!_open)
            return;

        _dtls.Close();
        End(DotCloseReason.Caller, TlsError.None);
    }

    /// <summary>Zeroes keys, secrets and queries.</summary>
    public override void Clear()
    {
        _dtls.Clear();
        _table.Clear();
        _open = false;
        _closedReported = true;
    }

    /// <summary>Takes the session of <see cref="DodEvent.Session"/>.</summary>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    public override TlsSession TakeSession()
    {
        return _dtls.TakeSession();
    }

    /// <summary>The next event. Reads on in the datagram that was received last.</summary>
    /// <returns>One of <see cref="DodEvent"/>.</returns>
    public override int NextEvent()
    {
        while (true)
        {
            if (TakeFailure())
                return DodEvent.QueryFailed;

            if (_suspectPending)
            {
                _suspectPending = false;
                return DodEvent.Suspect;
            }

            if (!_open)
                break;

            int happened = _dtls.NextEvent();
            if (happened == DtlsClientEvent.None)
                break;

            switch (happened)
            {
                case DtlsClientEvent.FalseStart:
                    Flush();
                    break;
                case DtlsClientEvent.Connected:
                    MarkAlive();
                    Flush();
                    return DodEvent.Connected;
                case DtlsClientEvent.Session:
                    return DodEvent.Session;
                case DtlsClientEvent.Data:
                    MarkAlive();
                    if (ReadAnswer())
                        return DodEvent.Answer;

                    break;
                case DtlsClientEvent.HeartbeatAnswered:
                    MarkAlive();
                    return DodEvent.HeartbeatAnswered;
                case DtlsClientEvent.UnauthenticatedAlert:
                    MarkSuspect();
                    break;
                case DtlsClientEvent.PeerClosed:
                    End(DotCloseReason.Server, TlsError.None);
                    break;
                case DtlsClientEvent.Failed:
                    End(DotCloseReason.Failed, _dtls.Error);
                    break;
            }
        }

        if (!_open && !_closedReported)
        {
            _closedReported = true;
            return DodEvent.Closed;
        }

        return DodEvent.None;
    }

    /// <summary>Reads the record that was received: the message, raw or behind a 2-byte length.</summary>
    private bool ReadAnswer()
    {
        byte[] buffer = _dtls.DataBuffer;
        int offset = _dtls.DataOffset;
        int count = _dtls.DataCount;
        if (Matches(buffer, offset, count))
            return true;

        bool prefixed = count > PrefixBytes && ((buffer[offset] << 8) | buffer[offset + 1]) == count - PrefixBytes;
        if (prefixed && Matches(buffer, offset + PrefixBytes, count - PrefixBytes))
            return true;

        UnmatchedAnswers++;
        return false;
    }

    private bool Matches(byte[] buffer, int offset, int count)
    {
        if (count < DnsMessageReader.HeaderBytes)
            return false;

        int query = _table.FindById((buffer[offset] << 8) | buffer[offset + 1]);
        if (query < 0 || !_reader.Reset(buffer, offset, count) || !_reader.Answers(_table.Messages[query], 0, _table.Bytes[query]))
            return false;

        // How long an answer took tells the round trip time where nothing else did; after a repetition it tells nothing (Karn).
        if (_table.States[query] == QueryTable.Sent && _sends[query] == 1)
            _answerMs = (int)(_nowMs - _firstSentMs[query]);

        _table.Release(query);
        EventQuery = query;
        EventError = TlsError.None;
        EventAttempts = _table.Attempts[query];
        // What was waited for before it was sent first, and the one that brought the answer, whatever else came meanwhile.
        EventRoundTrips = _turnsBefore[query] + _turnsAtSend[query] - _turnsAtQuery[query] + 1;
        EventWaitedForHandshake = _waited[query];
        EventTruncated = _reader.Truncated;
        _answerBuffer = buffer;
        _answerOffset = offset;
        _answerCount = count;
        return true;
    }

    private void Flush()
    {
        if (!_open || !_dtls.CanSend)
            return;

        for (int i = 0; i < _table.Slots; i++)
        {
            if (_table.States[i] == QueryTable.Waiting && !SendNow(i))
                return;
        }
    }

    private bool SendNow(int query)
    {
        int count = _table.Bytes[query];
        int size = count + (_options.LengthPrefix ? PrefixBytes : 0);
        if (size > _dtls.MaxDataBytes)
        {
            _table.Fail(query, DotError.QueryTooLarge);
            return true;
        }

        bool sent;
        if (_options.LengthPrefix)
        {
            _framed[0] = (byte)(count >> 8);
            _framed[1] = (byte)count;
            Array.Copy(_table.Messages[query], 0, _framed, PrefixBytes, count);
            sent = _dtls.Send(_framed, 0, count + PrefixBytes);
        }
        else
            sent = _dtls.Send(_table.Messages[query], 0, count);

        if (!sent)
            return false;

        if (_sends[query] == 0)
        {
            _resendMs[query] = FirstRetryMs();
            _afterQuiet[query] = _nowMs - _aliveMs >= QuietMs;
            _firstSentMs[query] = _nowMs;
            _turnsAtSend[query] = _turns;
        }

        if (_silentSinceMs < 0)
            _silentSinceMs = _nowMs;

        _sends[query]++;
        _table.Attempts[query]++;
        _table.States[query] = QueryTable.Sent;
        _resendDueMs[query] = _nowMs + _resendMs[query];
        return true;
    }

    private void Begin(int query, int turnsBefore)
    {
        _sends[query] = 0;
        _losses[query] = 0;
        _turnsAtQuery[query] = _turns;
        _turnsBefore[query] = turnsBefore;
        _waited[query] = !_open || !_dtls.CanSend;
        Flush();
    }

    private int FirstRetryMs()
    {
        if (RetryMs > 0)
            return RetryMs;

        int known = _dtls.HeartbeatRttMs > 0 ? _dtls.HeartbeatRttMs : _dtls.RttMs;
        if (known <= 0)
            known = _answerMs;
        if (known <= 0)
            return _options.InitialRetryMs;

        return 2 * known > _options.MinRetryMs ? 2 * known : _options.MinRetryMs;
    }

    private void Resend(int query)
    {
        if (_table.IsShared)
        {
            Repeat(query);
            return;
        }

        // Behind a sign of life the silence is about the query, not about the association, unless it lasts.
        bool silent = _aliveMs < _firstSentMs[query];
        if (silent && _sends[query] >= _options.SuspectAfterSends && (_afterQuiet[query] || IsSilentFor(_options.MaxSends - 1)))
            MarkSuspect();
        if (!EndIfSilent())
            Repeat(query);
    }

    private void Repeat(int query)
    {
        // An association that answers others loses much: the query goes on until its time is over, no slower than now.
        int before = _resendMs[query];
        if (_sends[query] < _options.MaxSends)
            _resendMs[query] = 2 * before;

        if (SendNow(query))
            Resends++;
        else
        {
            // No room now: the same again a little later.
            _resendMs[query] = before;
            _resendDueMs[query] = _nowMs + _options.MinRetryMs;
        }
    }

    /// <summary>Ends the association where nothing authentic came while a query alone would have been sent as often as it may.</summary>
    private bool EndIfSilent()
    {
        if (!IsSilentFor(_options.MaxSends) && (_silentSinceMs < 0 || _nowMs - _silentSinceMs < _options.QueryTimeoutMs))
            return false;

        _dtls.Abort(TlsError.SilentPeer);
        return true;
    }

    /// <summary>Whether the silence since the first sending behind the last sign of life is as long as a query with so many sendings would wait.</summary>
    private bool IsSilentFor(int sends)
    {
        if (_silentSinceMs < 0)
            return false;

        long wait = (long)FirstRetryMs() * ((1 << sends) - 1);
        return _nowMs - _silentSinceMs >= wait;
    }

    private void MarkAlive()
    {
        _suspect = false;
        _aliveMs = _nowMs;
        _silentSinceMs = -1;
        HeardCount++;
    }

    private void MarkSuspect()
    {
        if (_suspect)
            return;

        _suspect = true;
        _suspectPending = true;
    }

    private void End(int reason, int error)
    {
        if (!_open)
            return;

        _open = false;
        _suspect = false;
        _closeReason = reason;
        _error = error;
        for (int i = 0; i < _table.Slots; i++)
        {
            bool sent = _table.States[i] == QueryTable.Sent;
            _turnsBefore[i] += sent ? LostTurns(i) : _turns - _turnsAtQuery[i];
            if (!sent)
                continue;

            if (_aliveMs < _firstSentMs[i])
                _losses[i]++;

            _table.States[i] = QueryTable.Waiting;
            _waited[i] = true;
        }
    }
}
