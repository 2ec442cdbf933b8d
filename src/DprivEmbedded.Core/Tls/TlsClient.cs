using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Tls;

/// <summary>A TLS 1.2 and 1.3 client without input or output of its own: bytes from the transport go in, bytes for it come out.</summary>
/// <remarks>
/// Order of calls: <see cref="Start"/>; then, after every call of <see cref="Receive"/>, <see cref="Send"/>, <see cref="Close"/>, <see cref="HandleTimeout"/> or
/// <see cref="TransportClosed"/>: <see cref="Transmit"/> until 0, <see cref="NextEvent"/> until <see cref="TlsClientEvent.None"/>, then read <see cref="WakeDueMs"/>.
/// Bytes from the peer never throw; they end in <see cref="Error"/>. Steady-state sending and receiving allocate nothing. One thread at a time.
/// Source: RFC 8446, RFC 5246.
/// </remarks>
public sealed partial class TlsClient : IHandshakeChannel
{
    /// <summary>The smallest receive buffer in bytes.</summary>
    public const int MinReceiveBufferBytes = 2048;

    /// <summary>The receive buffer in bytes that holds every legal record: a smaller one is announced to the server (RFC 8449, RFC 6066).</summary>
    public const int FullReceiveBufferBytes = RecordProtection.HeaderBytes + RecordProtection.MaxPlaintextBytes + 256;

    /// <summary>The smallest send buffer in bytes. A ClientHello needs about 250 bytes and the ticket; early data and several queries at once need more.</summary>
    public const int MinSendBufferBytes = 1024;

    private const int MaxEmptyRecords = 32;
    private const int MaxWarnings = 4;

    private readonly TlsClientOptions _options;
    private readonly ICryptoProvider _crypto;
    private readonly ClientHandshake _handshake;
    private readonly byte[] _receive;
    private readonly byte[] _send;

    private RecordProtection _read;
    private RecordProtection _write;
    private int _readSuite;
    private int _writeSuite;

    private int _recordFilled;
    private int _recordBytes;
    private bool _firstRecord;
    private bool _streamed;
    private int _dataOffset;
    private int _dataCount;
    private int _emptyRecords;
    private int _warnings;
    private int _ignoredCcs;

    private int _sendStart;
    private int _sendEnd;
    private int _sendLimit;
    private int _messageStart;
    private int _prepared;
    private int _earlySent;

    private bool _started;
    private bool _closed;
    private bool _peerClosed;
    private bool _reportedConnected;
    private bool _reportedFalseStart;
    private bool _reportedRejection;
    private bool _reportedClose;
    private bool _reportedFailure;
    private int _error;
    private int _alertSent;
    private long _handshakeDueMs;

    /// <summary>Makes a client.</summary>
    /// <param name="options">What to offer and demand.</param>
    /// <param name="crypto">The primitives.</param>
    /// <param name="receiveBuffer">Belongs to the client from now on. At least <see cref="MinReceiveBufferBytes"/>; a buffer under <see cref="FullReceiveBufferBytes"/> limits the server's records.</param>
    /// <param name="sendBuffer">Belongs to the client from now on. At least <see cref="MinSendBufferBytes"/>; holds what <see cref="Transmit"/> has not yet taken.</param>
    /// <exception cref="ArgumentException">An option is wrong, or a buffer is too small; the message says what would be right.</exception>
    public TlsClient(TlsClientOptions options, ICryptoProvider crypto, byte[] receiveBuffer, byte[] sendBuffer)
    {
        if (options == null || crypto == null || receiveBuffer == null || sendBuffer == null)
            throw new ArgumentException("options, crypto, receiveBuffer and sendBuffer must not be null.");

        string wrong = options.Validate();
        if (wrong != null)
            throw new ArgumentException(wrong);
        if (receiveBuffer.Length < MinReceiveBufferBytes)
            throw new ArgumentException("The receive buffer must have at least 2048 bytes.");
        if (sendBuffer.Length < MinSendBufferBytes)
            throw new ArgumentException("The send buffer must have at least 1024 bytes.");

        _options = options;
        _crypto = crypto;
        _receive = receiveBuffer;
        _send = sendBuffer;
        _handshake = new ClientHandshake(options, crypto, this);
    }

    /// <summary>What the client offers and demands.</summary>
    public TlsClientOptions Options { get { return _options; } }

    /// <summary>The error that ended the connection; <see cref="TlsError.None"/> while there is none. The first one stays.</summary>
    public int Error { get { return _error; } }

    /// <summary>The fatal alert that was sent to the peer because of <see cref="Error"/>; -1 for none.</summary>
    public int AlertSent { get { return _alertSent; } }

    /// <summary>Whether the handshake is over and the connection lives.</summary>
    public bool IsConnected { get { return _started && _handshake.Connected && !_closed && _error == TlsError.None; } }

    /// <summary>Whether the caller has anything to send as early data, set before <see cref="Start"/>: without, it is not offered, whatever <see cref="TlsClientOptions.EarlyData"/> allows.</summary>
    public bool HasEarlyData = true;

    /// <summary>Whether application data can be sent now: after the handshake, or in a false start.</summary>
    public bool CanSend { get { return _started && _handshake.CanSend && !_closed && !_peerClosed && _error == TlsError.None; } }

    /// <summary>Whether early data can be sent now.</summary>
    public bool CanSendEarlyData { get { return _started && _handshake.CanSendEarly && _error == TlsError.None; } }

    /// <summary>The negotiated version, one of <see cref="ProtocolVersion"/>; 0 before the ServerHello.</summary>
    public int Version { get { return _handshake.Version; } }

    /// <summary>The negotiated cipher suite; 0 before the ServerHello.</summary>
    public int Suite { get { return _handshake.Suite; } }

    /// <summary>The group of the key exchange, one of <see cref="NamedGroup"/>; 0 where there was none.</summary>
    public int Group { get { return _handshake.Group; } }

    /// <summary>Whether the session that was given to <see cref="Start"/> was resumed.</summary>
    public bool IsResumed { get { return _handshake.Resumed; } }

    /// <summary>Whether the external PSK authenticated the server.</summary>
    public bool UsedExternalPsk { get { return _handshake.UsedExternalPsk; } }

    /// <summary>Whether the server accepted early data.</summary>
    public bool IsEarlyDataAccepted { get { return _handshake.EarlyDataAccepted; } }

    /// <summary>Tickets of TLS 1.3 that came on this connection so far. A server sends them once it has this side's Finished.</summary>
    public int TicketsReceived { get { return _handshake.TicketsReceived; } }

    /// <summary>Whether the server answered the first ClientHello with a HelloRetryRequest.</summary>
    public bool WasHelloRetried { get { return _handshake.HelloRetried; } }

    /// <summary>The application protocol that the server chose; null for none.</summary>
    public string ApplicationProtocol { get { return _handshake.ApplicationProtocol; } }

    /// <summary>Whether the server is authenticated, now or when the resumed session was made. Always true on a connection of the strict profile.</summary>
    public bool IsAuthenticated { get { return _handshake.Authenticated; } }

    /// <summary>Why the server is not authenticated (opportunistic profile); <see cref="TlsError.None"/> where it is.</summary>
    public int AuthenticationError { get { return _handshake.AuthenticationError; } }

    /// <summary>Whether the peer sent close_notify.</summary>
    public bool IsPeerClosed { get { return _peerClosed; } }

    /// <summary>When <see cref="HandleTimeout"/> is due, in milliseconds of the caller's monotonic clock; <see cref="long.MaxValue"/> for never.</summary>
    public long WakeDueMs { get { return _started && !_handshake.Connected && _error == TlsError.None && !_closed ? _handshakeDueMs : long.MaxValue; } }

    /// <summary>The buffer that <see cref="DataOffset"/> and <see cref="DataCount"/> point into.</summary>
    public byte[] DataBuffer { get { return _receive; } }

    /// <summary>First byte of the received application data. Valid from <see cref="TlsClientEvent.Data"/> until the next <see cref="Receive"/>.</summary>
    public int DataOffset { get { return _dataOffset; } }

    /// <summary>Number of bytes of the received application data.</summary>
    public int DataCount { get { return _dataCount; } }

    /// <summary>Starts a handshake: the ClientHello is ready to be transmitted afterwards. Can be called again for a new connection.</summary>
    /// <param name="session">A session to resume, or null. Used up by this call: its secret is zeroed with the connection. One that does not fit the options is not offered.</param>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    /// <param name="utcMs">Milliseconds since 1970-01-01 UTC, on the clock that <see cref="TlsSession.ReceivedUtcMs"/> uses; 0 where unknown.</param>
    public void Start(TlsSession session, long nowMs, long utcMs)
    {
        _handshake.HasEarlyData = HasEarlyData;
        ClearProtection();
        _recordFilled = 0;
        _recordBytes = 0;
        _firstRecord = true;
        _dataCount = 0;
        _emptyRecords = 0;
        _warnings = 0;
        _ignoredCcs = 0;
        _sendStart = 0;
        _sendEnd = 0;
        _sendLimit = RecordProtection.MaxPlaintextBytes;
        _earlySent = 0;
        _closed = false;
        _peerClosed = false;
        _reportedConnected = false;
        _reportedFalseStart = false;
        _reportedRejection = false;
        _reportedClose = false;
        _reportedFailure = false;
        _error = TlsError.None;
        _alertSent = -1;
        _started = true;
        _handshakeDueMs = _options.HandshakeTimeoutMs == 0 ? long.MaxValue : nowMs + _options.HandshakeTimeoutMs;
        _handshake.LastNowMs = nowMs;
        // Header, explicit nonce and tag of TLS 1.2, the larger of the two.
        int plaintext = _receive.Length >= FullReceiveBufferBytes ? RecordProtection.MaxPlaintextBytes + 1 : _receive.Length - 29;
        int error = _handshake.Start(session, plaintext, nowMs, utcMs);
        if (error != TlsError.None)
            Fail(error);
    }

    /// <summary>Takes bytes for the transport.</summary>
    /// <param name="output">Receives the bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes written; 0 where nothing waits.</returns>
    public int Transmit(byte[] output, int offset, int capacity)
    {
        int count = _sendEnd - _sendStart;
        if (count > capacity)
            count = capacity;

        Array.Copy(_send, _sendStart, output, offset, count);
        _sendStart += count;
        if (_sendStart == _sendEnd)
        {
            _sendStart = 0;
            _sendEnd = 0;
        }

        return count;
    }

    /// <summary>Bytes that wait for <see cref="Transmit"/>.</summary>
    public int PendingBytes { get { return _sendEnd - _sendStart; } }

    /// <summary>Takes bytes from the transport.</summary>
    /// <param name="data">Holds the bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    /// <returns>Number of bytes taken: fewer than <paramref name="count"/> where application data waits to be read first, or after an error.</returns>
    public int Receive(byte[] data, int offset, int count, long nowMs)
    {
        _handshake.LastNowMs = nowMs;
        _dataCount = 0;
        int start = offset;
        int end = offset + count;
        while (offset < end && _dataCount == 0 && _error == TlsError.None && _started && !_peerClosed)
        {
            if (_recordFilled < RecordProtection.HeaderBytes)
            {
                _receive[_recordFilled++] = data[offset++];
                if (_recordFilled == RecordProtection.HeaderBytes)
                    Check(BeginRecord());

                continue;
            }

            int wanted = _recordBytes - _recordFilled;
            int part = end - offset < wanted ? end - offset : wanted;
            if (_streamed)
            {
                // A handshake record in the clear needs no buffer: it may be larger than ours.
                _recordFilled += part;
                Check(_handshake.Consume(data, offset, part));
                if (_error == TlsError.None && _handshake.RecordMustEnd && _recordFilled < _recordBytes)
                    Fail(TlsError.UnexpectedMessage);
            }
            else
            {
                Array.Copy(data, offset, _receive, _recordFilled, part);
                _recordFilled += part;
            }

            offset += part;
            if (_recordFilled == _recordBytes && _error == TlsError.None)
            {
                _recordFilled = 0;
                if (!_streamed)
                    Check(EndRecord());

                _handshake.RecordMustEnd = false;
                AfterRecord();
            }
        }

        return offset - start;
    }

    /// <summary>Tells that the transport ended.</summary>
    /// <param name="reset">True for a reset, false for an orderly end (FIN).</param>
    /// <remarks>After close_notify, or <see cref="Close"/>, this is no error.</remarks>
    public void TransportClosed(bool reset)
    {
        if (_error != TlsError.None || _peerClosed || _closed || !_started)
            return;

        FailSilently(reset ? TlsError.ConnectionReset : _handshake.Connected ? TlsError.Truncated : TlsError.ClosedInHandshake);
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    public void HandleTimeout(long nowMs)
    {
        if (nowMs >= WakeDueMs)
            Fail(TlsError.HandshakeTimeout);
    }

    /// <summary>Sends close_notify; nothing can be sent afterwards.</summary>
    public void Close()
    {
        if (!_started || _closed || _error != TlsError.None)
            return;

        if (_handshake.State != HandshakeState.Idle)
            SendAlert(1, AlertDescription.CloseNotify);

        _closed = true;
    }

    /// <summary>Ends the connection without a word to the peer: what waits is dropped.</summary>
    public void Abandon()
    {
        _sendStart = 0;
        _sendEnd = 0;
        _closed = true;
    }

    /// <summary>Zeroes every key and secret. The client can be started again.</summary>
    public void Clear()
    {
        _handshake.Clear();
        ClearProtection();
        Array.Clear(_receive, 0, _receive.Length);
        Array.Clear(_send, 0, _send.Length);
        _sendStart = 0;
        _sendEnd = 0;
        _started = false;
    }

    /// <summary>The next event.</summary>
    /// <returns>One of <see cref="TlsClientEvent"/>. <see cref="TlsClientEvent.Data"/> is reported until the next <see cref="Receive"/> or <see cref="DataTaken"/>; the others once each.</returns>
    public int NextEvent()
    {
        if (!_reportedRejection && _handshake.EarlyDataRejected && _earlySent > 0 && _error == TlsError.None)
        {
            _reportedRejection = true;
            return TlsClientEvent.EarlyDataRejected;
        }

        if (!_reportedConnected && _handshake.Connected)
        {
            _reportedConnected = true;
            return TlsClientEvent.Connected;
        }

        if (!_reportedFalseStart && !_reportedConnected && CanSend)
        {
            _reportedFalseStart = true;
            return TlsClientEvent.FalseStart;
        }

        if (_handshake.HasSession && !_handshake.SessionReported)
        {
            _handshake.SessionReported = true;
            return TlsClientEvent.Session;
        }

        if (_dataCount > 0)
            return TlsClientEvent.Data;
        if (_peerClosed && !_reportedClose)
        {
            _reportedClose = true;
            return TlsClientEvent.PeerClosed;
        }

        if (_error != TlsError.None && !_reportedFailure)
        {
            _reportedFailure = true;
            return TlsClientEvent.Failed;
        }

        return TlsClientEvent.None;
    }

    /// <summary>Says that the data of <see cref="TlsClientEvent.Data"/> was read, so that <see cref="NextEvent"/> goes on.</summary>
    public void DataTaken()
    {
        _dataCount = 0;
    }

    /// <summary>Takes the session of <see cref="TlsClientEvent.Session"/>.</summary>
    /// <returns>The session, owned by the caller from now on, or null.</returns>
    public TlsSession TakeSession()
    {
        return _handshake.TakeSession();
    }

    /// <summary>Fails the connection for a reason of the caller's, and tells the peer.</summary>
    /// <param name="error">One of <see cref="TlsError"/>.</param>
    public void Abort(int error)
    {
        if (_started && _error == TlsError.None && !_closed)
            Fail(error);
    }

    private void ClearProtection()
    {
        if (_read != null)
            _read.Clear();
        if (_write != null)
            _write.Clear();

        _read = null;
        _write = null;
        _readSuite = 0;
        _writeSuite = 0;
    }

    private void Check(int error)
    {
        if (error != TlsError.None && _error == TlsError.None)
            Fail(error);
    }

    private void Fail(int error)
    {
        int alert = TlsError.AlertFor(error);
        if (alert >= 0 && SendAlert(2, alert))
            _alertSent = alert;

        FailSilently(error);
    }

    private void FailSilently(int error)
    {
        _error = error;
        _dataCount = 0;
        _handshake.Fail();
    }
}
