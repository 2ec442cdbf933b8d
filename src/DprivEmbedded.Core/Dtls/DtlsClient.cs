using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

/// <summary>A DTLS 1.2 client without input or output of its own: datagrams go in, datagrams come out. Source: RFC 6347, RFC 9146 (connection ids), RFC 6520 (heartbeat).</summary>
/// <remarks>
/// <para>Order of calls: <see cref="Start"/>; then, after every call of <see cref="Receive"/>, <see cref="Send"/>, <see cref="SendHeartbeat"/>, <see cref="Close"/> or <see cref="HandleTimeout"/>:
/// <see cref="NextEvent"/> until <see cref="DtlsClientEvent.None"/>, <see cref="Transmit"/> until 0, then read <see cref="WakeDueMs"/>.</para>
/// <para>The network is not trusted: what does not parse or authenticate is discarded in silence (RFC 6347 section 4.1.2.7), and an alert that nobody authenticated ends nothing.
/// Steady-state sending and receiving allocate nothing. One thread at a time.</para>
/// <para>The figures 2, 3 and 7 of the message flows are the resumption in <c>ClientHandshake.Tls12.cs</c> (flow B) over this record layer: one datagram a flight where it fits.</para>
/// </remarks>
public sealed partial class DtlsClient : IHandshakeChannel
{
    /// <summary>The smallest reassembly buffer in bytes: it keeps fragments that overtook others.</summary>
    public const int MinReassemblyBytes = 512;

    /// <summary>The smallest flight buffer in bytes: a ClientHello needs about 200 bytes and the ticket.</summary>
    public const int MinFlightBytes = 512;

    /// <summary>The smallest send buffer in bytes: it holds application data until <see cref="Transmit"/> takes it.</summary>
    public const int MinSendBufferBytes = 256;

    private readonly DtlsClientOptions _options;
    private readonly ICryptoProvider _crypto;
    private readonly ClientHandshake _handshake;
    private readonly Flight _flight;
    private readonly Reassembly _reassembly;
    private readonly ReplayWindow _replay = new ReplayWindow();
    private readonly byte[] _queue;
    private readonly byte[] _early = new byte[EarlyBytes];
    private readonly byte[] _header = new byte[4];
    private readonly byte[] _heartbeat = new byte[HeartbeatBytes];

    private DtlsRecordProtection _read;
    private DtlsRecordProtection _write;
    private int _suite;
    private ulong _writeSequence0;
    private ulong _writeSequence1;

    // Flight under way.
    private bool _flightEnded;
    private bool _flightPending;
    private int _cursorMessage;
    private int _cursorOffset;
    private int _sendSequence;
    private int _peerFlightEnd;
    private int _triggered;
    private int _refusals;
    private long _flightSentMs;
    private int _leastRttMs;
    private bool _flightRepeated;
    private int _retransmitMs;
    private long _retransmitDueMs;

    // Messages being received.
    private int _nextSequence;
    private int _nextOffset;
    private int _nextLength;
    private bool _headerTaken;
    private bool _ccsReceived;
    private int _earlyBytes;

    // The datagram being read.
    private byte[] _datagram;
    private int _position;
    private int _end;
    private int _dataOffset;
    private int _dataCount;

    private int _queueStart;
    private int _queueEnd;

    private bool _started;
    private bool _closed;
    private bool _peerClosed;
    private bool _reportedConnected;
    private bool _reportedFalseStart;
    private bool _reportedClose;
    private bool _reportedFailure;
    private bool _alertPending;
    private int _handshakeAlert;
    private bool _heartbeatAnswered;
    private bool _heartbeatInFlight;
    private bool _heardSinceHeartbeat;
    private int _heartbeatRepeats;
    private int _heartbeatWaitMs;
    private long _heartbeatDueMs;
    private long _heartbeatSentMs;
    private int _error;
    private long _nowMs;
    private long _handshakeDueMs;

    /// <summary>Makes a client.</summary>
    /// <param name="options">What to offer and demand.</param>
    /// <param name="crypto">The primitives.</param>
    /// <param name="reassemblyBuffer">Belongs to the client from now on. At least <see cref="MinReassemblyBytes"/>; a larger one spares retransmissions on a network that reorders.</param>
    /// <param name="flightBuffer">Belongs to the client from now on. At least <see cref="MinFlightBytes"/>.</param>
    /// <param name="sendBuffer">Belongs to the client from now on. At least <see cref="MinSendBufferBytes"/>.</param>
    /// <exception cref="ArgumentException">An option is wrong, or a buffer is too small; the message says what would be right.</exception>
    public DtlsClient(DtlsClientOptions options, ICryptoProvider crypto, byte[] reassemblyBuffer, byte[] flightBuffer, byte[] sendBuffer)
    {
        if (options == null || crypto == null || reassemblyBuffer == null || flightBuffer == null || sendBuffer == null)
            throw new ArgumentException("options, crypto and the buffers must not be null.");

        string wrong = options.Validate();
        if (wrong == null)
            wrong = options.ValidateDatagram();
        if (wrong != null)
            throw new ArgumentException(wrong);
        if (reassemblyBuffer.Length < MinReassemblyBytes || flightBuffer.Length < MinFlightBytes || sendBuffer.Length < MinSendBufferBytes)
            throw new ArgumentException("The buffers must have at least 512, 512 and 256 bytes.");

        _options = options;
        _crypto = crypto;
        _flight = new Flight(flightBuffer);
        _reassembly = new Reassembly(reassemblyBuffer);
        _queue = sendBuffer;
        _handshake = new ClientHandshake(options, crypto, this);
    }

    /// <summary>What the client offers and demands.</summary>
    public DtlsClientOptions Options { get { return _options; } }

    /// <summary>A round trip time that is known from before, in milliseconds, in place of the options'; 0 for none. Read when a handshake starts.</summary>
    public int KnownRttMs;

    /// <summary>Whether application data waits for the end of the handshake, whatever the options allow.</summary>
    public bool NoFalseStart
    {
        get { return _handshake.NoFalseStart; }
        set { _handshake.NoFalseStart = value; }
    }

    /// <summary>The error that ended the association; <see cref="TlsError.None"/> while there is none.</summary>
    public int Error { get { return _error; } }

    /// <summary>Whether the handshake is over and the association lives.</summary>
    public bool IsConnected { get { return _started && _handshake.Connected && !_closed && !_peerClosed && _error == TlsError.None; } }

    /// <summary>Whether application data can be sent now: after the handshake, or in a false start.</summary>
    public bool CanSend { get { return _started && _handshake.CanSend && !_closed && !_peerClosed && _error == TlsError.None; } }

    /// <summary>The negotiated cipher suite; 0 before the ServerHello.</summary>
    public int Suite { get { return _handshake.Suite; } }

    /// <summary>The protocol version, <see cref="ProtocolVersion.Dtls12"/>; 0 before the ServerHello.</summary>
    public int Version { get { return _handshake.Version; } }

    /// <summary>The group of the key exchange; 0 where there was none.</summary>
    public int Group { get { return _handshake.Group; } }

    /// <summary>Whether the session that was given to <see cref="Start"/> was resumed.</summary>
    public bool IsResumed { get { return _handshake.Resumed; } }

    /// <summary>Whether the external PSK authenticated the server.</summary>
    public bool UsedExternalPsk { get { return _handshake.UsedExternalPsk; } }

    /// <summary>The application protocol that the server chose; null for none.</summary>
    public string ApplicationProtocol { get { return _handshake.ApplicationProtocol; } }

    /// <summary>Whether the server is authenticated.</summary>
    public bool IsAuthenticated { get { return _handshake.Authenticated; } }

    /// <summary>Why the server is not authenticated (opportunistic profile); <see cref="TlsError.None"/> where it is.</summary>
    public int AuthenticationError { get { return _handshake.AuthenticationError; } }

    /// <summary>Whether connection ids were agreed on: the association then survives a change of this side's address where the peer gave an id of at least one byte.</summary>
    public bool HasConnectionId { get { return _handshake.ConnectionIdsAgreed; } }

    /// <summary>Whether the association survives a change of this side's address (RFC 9146): the peer gave an id, which it finds in our records.</summary>
    public bool SurvivesAddressChange { get { return _handshake.ConnectionIdsAgreed && _handshake.PeerConnectionId.Length > 0; } }

    /// <summary>Whether the peer answers heartbeats.</summary>
    public bool PeerAnswersHeartbeats { get { return _handshake.PeerAnswersHeartbeats; } }

    /// <summary>The round trip time as a flight that was not repeated showed it, in milliseconds; -1 where none did.</summary>
    public int RttMs = -1;

    /// <summary>The round trip time of the last heartbeat, in milliseconds; -1 where it had to be repeated.</summary>
    public int HeartbeatRttMs = -1;

    /// <summary>Heartbeats in this association that were given up without an answer while other records came: the peer promised to answer, and does not.</summary>
    public int UnansweredHeartbeats;

    /// <summary>The last alert that came without authentication, one of <see cref="AlertDescription"/>.</summary>
    public int UnauthenticatedAlert;

    /// <summary>Handshake messages of the peer that were read in whole: it grows while a handshake gets on.</summary>
    public int MessagesReceived { get { return _nextSequence; } }

    /// <summary>Flights that were sent again.</summary>
    public int Retransmissions;

    /// <summary>Records that were discarded.</summary>
    public int DiscardedRecords;

    /// <summary>Bytes that a record adds to its content now.</summary>
    public int RecordOverheadBytes { get { return _write == null ? DtlsRecordProtection.HeaderBytes : _write.OverheadBytes; } }

    /// <summary>The largest application data in bytes that fits into a datagram and into the send buffer.</summary>
    public int MaxDataBytes
    {
        get
        {
            int bytes = _options.MaxDatagramBytes - RecordOverheadBytes;
            if (bytes > _queue.Length - QueueHeaderBytes)
                bytes = _queue.Length - QueueHeaderBytes;

            return bytes < RecordProtection.MaxPlaintextBytes ? bytes : RecordProtection.MaxPlaintextBytes;
        }
    }

    /// <summary>The buffer that <see cref="DataOffset"/> points into: the one that was given to <see cref="Receive"/>, or one of the client's for data that came before the end of the handshake.</summary>
    public byte[] DataBuffer { get { return _datagram; } }

    /// <summary>First byte of the received application data. Valid until the next <see cref="NextEvent"/>.</summary>
    public int DataOffset { get { return _dataOffset; } }

    /// <summary>Number of bytes of the received application data.</summary>
    public int DataCount { get { return _dataCount; } }

    /// <summary>When <see cref="HandleTimeout"/> is due, in milliseconds of the caller's monotonic clock; <see cref="long.MaxValue"/> for never.</summary>
    public long WakeDueMs
    {
        get
        {
            if (!_started || _error != TlsError.None || _closed)
                return long.MaxValue;

            long due = _retransmitDueMs;
            if (!_handshake.Connected && _handshakeDueMs < due)
                due = _handshakeDueMs;
            if (_heartbeatInFlight && _heartbeatDueMs < due)
                due = _heartbeatDueMs;

            return due;
        }
    }

    /// <summary>Starts a handshake. Can be called again for a new association. Its datagrams must come from another local port than those of the one before: a late flight of that handshake could not be told from an answer to this one.</summary>
    /// <param name="session">A session to resume, used up by this; or null.</param>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    /// <param name="utcMs">The time of day in milliseconds since 1970-01-01 UTC; 0 where unknown.</param>
    public void Start(TlsSession session, long nowMs, long utcMs)
    {
        if (_read != null)
            _read.Clear();
        if (_write != null)
            _write.Clear();

        _read = null;
        _write = null;
        _suite = 0;
        _writeSequence0 = 0;
        _writeSequence1 = 0;
        _flight.Clear();
        _reassembly.Clear();
        _replay.Reset();
        _flightEnded = true;
        _flightPending = false;
        _sendSequence = 0;
        _peerFlightEnd = -1;
        _triggered = 0;
        _refusals = 0;
        _nextSequence = 0;
        _nextOffset = 0;
        _nextLength = 0;
        _headerTaken = false;
        _ccsReceived = false;
        _earlyBytes = 0;
        _position = 0;
        _end = 0;
        _dataCount = 0;
        _queueStart = 0;
        _queueEnd = 0;
        _closed = false;
        _peerClosed = false;
        _reportedConnected = false;
        _reportedFalseStart = false;
        _reportedClose = false;
        _reportedFailure = false;
        _alertPending = false;
        _handshakeAlert = -1;
        _heartbeatAnswered = false;
        _heartbeatInFlight = false;
        _error = TlsError.None;
        UnansweredHeartbeats = 0;
        RttMs = -1;
        _leastRttMs = 1;
        Retransmissions = 0;
        DiscardedRecords = 0;
        _nowMs = nowMs;
        _started = true;
        _handshakeDueMs = _options.HandshakeTimeoutMs == 0 ? long.MaxValue : nowMs + _options.HandshakeTimeoutMs;
        _retransmitMs = FirstRetransmitMs();
        _handshake.LastNowMs = nowMs;
        Check(_handshake.Start(session, RecordProtection.MaxPlaintextBytes + 1, nowMs, utcMs));
    }

    /// <summary>Queues application data: one record, one datagram's part.</summary>
    /// <param name="data">Holds the data; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, at most <see cref="MaxDataBytes"/>.</param>
    /// <returns>False where nothing can be sent now, the data is too large for a datagram, or the send buffer is full.</returns>
    public bool Send(byte[] data, int offset, int count)
    {
        if (!CanSend || count <= 0 || count > MaxDataBytes)
            return false;
        if (_writeSequence1 + 1 >= (ulong)_options.RekeyAfterRecords)
        {
            Fail(TlsError.KeyExhausted);
            return false;
        }

        return Enqueue(ContentType.ApplicationData, data, offset, count);
    }

    /// <summary>Sends close_notify; nothing can be sent afterwards. In the middle of a handshake it goes in the clear, so that a server that believes it does not repeat its flight to nobody.</summary>
    public void Close()
    {
        if (!_started || _closed || _error != TlsError.None)
            return;

        if (_write != null || (_sendSequence > 0 && !_flightPending))
            EnqueueAlert(1, AlertDescription.CloseNotify);
        if (_write == null)
            _flightPending = false;

        _closed = true;
    }

    /// <summary>Fails the association for a reason of the caller's.</summary>
    /// <param name="error">One of <see cref="TlsError"/>.</param>
    public void Abort(int error)
    {
        if (_started && _error == TlsError.None && !_closed)
            Fail(error);
    }

    /// <summary>Ends the association without a word to the peer: what waits is dropped.</summary>
    public void Abandon()
    {
        _queueStart = 0;
        _queueEnd = 0;
        _flightPending = false;
        _heartbeatInFlight = false;
        _closed = true;
    }

    /// <summary>Zeroes every key and secret. The client can be started again.</summary>
    public void Clear()
    {
        _handshake.Clear();
        _flight.Clear();
        _reassembly.Clear();
        if (_read != null)
            _read.Clear();
        if (_write != null)
            _write.Clear();

        Array.Clear(_queue, 0, _queue.Length);
        Array.Clear(_early, 0, _early.Length);
        _earlyBytes = 0;
        _queueStart = 0;
        _queueEnd = 0;
        _flightPending = false;
        _started = false;
    }

    /// <summary>Takes the session of <see cref="DtlsClientEvent.Session"/>.</summary>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    public TlsSession TakeSession()
    {
        return _handshake.TakeSession();
    }

    /// <summary>The next event. Reads on in the datagram that was received last.</summary>
    /// <returns>One of <see cref="DtlsClientEvent"/>.</returns>
    public int NextEvent()
    {
        _dataCount = 0;
        while (true)
        {
            if (!_reportedConnected && _handshake.Connected)
            {
                _reportedConnected = true;
                return DtlsClientEvent.Connected;
            }

            if (!_reportedFalseStart && !_reportedConnected && CanSend)
            {
                _reportedFalseStart = true;
                return DtlsClientEvent.FalseStart;
            }

            if (_handshake.HasSession && !_handshake.SessionReported)
            {
                _handshake.SessionReported = true;
                return DtlsClientEvent.Session;
            }

            if (_dataCount > 0)
                return DtlsClientEvent.Data;
            if (_heartbeatAnswered)
            {
                _heartbeatAnswered = false;
                return DtlsClientEvent.HeartbeatAnswered;
            }

            if (_alertPending)
            {
                _alertPending = false;
                return DtlsClientEvent.UnauthenticatedAlert;
            }

            if (_peerClosed && !_reportedClose)
            {
                _reportedClose = true;
                return DtlsClientEvent.PeerClosed;
            }

            if (_error != TlsError.None && !_reportedFailure)
            {
                _reportedFailure = true;
                return DtlsClientEvent.Failed;
            }

            if (_error != TlsError.None || _peerClosed || _closed)
                return DtlsClientEvent.None;
            if (_position >= _end && !NextEarlyRecord())
                return DtlsClientEvent.None;

            NextRecord();
        }
    }

    private void Check(int error)
    {
        if (error != TlsError.None && _error == TlsError.None)
            Fail(error);
    }

    private void Fail(int error)
    {
        int alert = TlsError.AlertFor(error);
        if (alert >= 0 && error != TlsError.HandshakeTimeout)
        {
            // The alert replaces whatever waited.
            _queueStart = 0;
            _queueEnd = 0;
            EnqueueAlert(2, alert);
        }

        FailSilently(error);
    }

    private void FailSilently(int error)
    {
        _error = error;
        _dataCount = 0;
        _heartbeatInFlight = false;
        _flightPending = false;
        _retransmitDueMs = long.MaxValue;
        _handshake.Fail();
    }

    private int FirstRetransmitMs()
    {
        int rtt = KnownRttMs > 0 ? KnownRttMs : _options.KnownRttMs;
        if (rtt <= 0)
            return _options.InitialRetransmitMs;

        int known = rtt + rtt / 2;
        return known < 50 ? 50 : known;
    }
}
