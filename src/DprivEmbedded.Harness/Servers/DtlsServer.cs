using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The server's side of one DTLS 1.2 association, without sockets, clocks or threads. A <see cref="DtlsServerSocket"/> makes it and moves its datagrams.</summary>
/// <remarks>What is sent goes to <see cref="DtlsServerSocket.Transmit"/>; what comes is read with <see cref="DtlsServerSocket.TryRead"/>. Source: RFC 6347, RFC 9146, RFC 6520.</remarks>
public sealed partial class DtlsServer : TlsServerBase
{
    private const int MaxIdleRecords = 64;
    private const int MaxEarlyRecords = 8;

    private readonly DtlsServerSocket _socket;
    private readonly DtlsServerOptions _options;
    private readonly ReplayWindow _window = new();
    private readonly ulong[] _plainSeen = new ulong[64];
    private readonly List<(byte[] Record, object From)> _earlyRecords = [];
    private readonly List<byte[]> _earlyData = [];
    private readonly byte[] _datagram;
    private readonly long _startMs;
    private int _datagramBytes;
    private int _plainSeenCount;
    private int _idleRecords;
    private long _lastActivityMs;
    private long _goneMs = long.MaxValue;
    private bool _mute;
    private DtlsRecordProtection? _nextRead;
    private DtlsRecordProtection? _nextWrite;
    private DtlsRecordProtection? _read;
    private DtlsRecordProtection? _write;
    private ulong _plainSequence;
    private ulong _writeSequence;
    private int _maxContentBytes = RecordProtection.MaxPlaintextBytes;
    private int _peerRecordSizeLimit;

    internal DtlsServer(DtlsServerSocket socket, object address, long nowMs)
        : base(socket.Crypto, socket.Options, socket.State)
    {
        _socket = socket;
        _options = socket.Options;
        _datagram = new byte[Math.Max(_options.MaxDatagramBytes, 64)];
        Address = address;
        NowMs = nowMs;
        _startMs = nowMs;
        _lastActivityMs = nowMs;
        Version = ProtocolVersion.Dtls12;
    }

    /// <summary>The address of the client, as the socket was given it.</summary>
    public object Address { get; private set; }

    /// <summary>The id in records from the client; null where connection ids were not agreed on, empty where the server needs none.</summary>
    public byte[]? ConnectionId { get; private set; }

    /// <summary>The id in records to the client; null where connection ids were not agreed on, empty where the client needs none.</summary>
    public byte[]? PeerConnectionId { get; private set; }

    /// <summary>Whether the association has ended; the socket knows it no more, or only to repeat its close_notify.</summary>
    public bool IsEnded => Ended;

    /// <summary>Whether <see cref="Send"/> may be called.</summary>
    public bool CanSend => HandshakeComplete && !Ended;

    /// <summary>The most bytes that fit a record and a datagram to the client; 0 before there are keys.</summary>
    public int MaxSendBytes => _write == null ? 0 : Math.Max(0, Math.Min(_datagram.Length - _write.OverheadBytes, MaxContentBytes));

    /// <summary>The 32-byte random of the ClientHello, which tells handshakes apart.</summary>
    internal byte[] ClientRandom { get; private set; } = [];

    /// <summary>The message_seq of the ClientHello.</summary>
    internal int HelloSequence { get; private set; }

    internal override bool IsDatagram => true;

    /// <summary>Whether it only repeats its close_notify.</summary>
    internal bool IsLingering => Ended && _goneMs != long.MaxValue;

    /// <summary>When <see cref="HandleTimeout"/> is to be called next.</summary>
    internal long NextWakeMs
    {
        get
        {
            if (Ended)
                return _goneMs;

            long wake = Math.Min(_retransmitAtMs, _heartbeatAtMs);
            return Math.Min(wake, HandshakeComplete ? IdleAtMs : HandshakeEndsMs);
        }
    }

    private long IdleAtMs => _options.IdleTimeoutMs < 0 ? long.MaxValue : _lastActivityMs + _options.IdleTimeoutMs;

    private long HandshakeEndsMs => _options.HandshakeTimeoutMs < 0 ? long.MaxValue : _startMs + _options.HandshakeTimeoutMs;

    private int MaxContentBytes => _write != null && _peerRecordSizeLimit > 0 ? Math.Min(_maxContentBytes, _peerRecordSizeLimit) : _maxContentBytes;

    /// <summary>Sends one record of application data in a datagram of its own.</summary>
    /// <param name="data">The bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>False where it is longer than <see cref="MaxSendBytes"/>; nothing is sent then. True after the end, when nothing is sent either.</returns>
    /// <exception cref="InvalidOperationException">The handshake is not complete, and the association has not ended.</exception>
    public bool Send(byte[] data, int offset, int count)
    {
        if (Ended)
            return true;

        if (!HandshakeComplete)
            throw new InvalidOperationException("The handshake is not complete.");

        if (count > MaxSendBytes)
            return false;

        TlsFaultAction action = Fault(TlsStage.ApplicationData, ContentType.ApplicationData);
        if (Ended || action == TlsFaultAction.Omit)
            return true;

        for (int i = action == TlsFaultAction.Repeat ? 2 : 1; i > 0; i--)
        {
            WriteRecord(ContentType.ApplicationData, 1, data.AsSpan(offset, count));
            FlushDatagram();
            _socket.Counters.RecordsSent++;
        }

        _lastActivityMs = NowMs;
        return true;
    }

    /// <summary>Ends the association with close_notify. Nothing can be sent then.</summary>
    public void Close()
    {
        if (Ended)
            return;

        TlsFaultAction action = Fault(TlsStage.CloseNotify, ContentType.Alert);
        if (Ended)
            return;

        if (action != TlsFaultAction.Omit)
            SendAlert(1, AlertDescription.CloseNotify);

        bool lingers = action != TlsFaultAction.Omit && HandshakeComplete && !PeerClosed && _options.CloseLingerMs > 0;
        End(lingers ? NowMs + _options.CloseLingerMs : 0);
    }

    /// <summary>Forgets the association without a word: the server then treats its records as unknown.</summary>
    public void Forget()
    {
        End(0);
    }

    internal override bool Idle()
    {
        if (++_idleRecords <= MaxIdleRecords)
            return true;

        Fail(TlsError.Flood);
        return false;
    }

    internal override void LimitRecords(int maxFragmentBytes, int peerRecordSizeLimit)
    {
        if (maxFragmentBytes > 0)
            _maxContentBytes = maxFragmentBytes;

        if (peerRecordSizeLimit > 0)
            _peerRecordSizeLimit = peerRecordSizeLimit;
    }

    internal override void SetNextKeys(byte[] block)
    {
        int keyBytes = Tls.CipherSuite.KeyBytes(CipherSuite);
        int ivBytes = Tls.CipherSuite.FixedIvBytes(CipherSuite);
        _nextRead = new DtlsRecordProtection(Crypto, CipherSuite) { ConnectionId = ConnectionId ?? [] };
        _nextRead.SetKey(block, 0, block, 2 * keyBytes);
        _nextWrite = new DtlsRecordProtection(Crypto, CipherSuite) { ConnectionId = PeerConnectionId ?? [] };
        _nextWrite.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
    }

    internal override void ChangeReadKeys()
    {
        _read = _nextRead;
        _nextRead = null;
    }

    internal override void ChangeWriteKeys()
    {
        _write = _nextWrite;
        _nextWrite = null;
    }

    internal override void Fail(int error, int alert = -1)
    {
        if (Ended)
            return;

        Error = error;
        SendFlight();
        int description = alert >= 0 ? alert : TlsError.AlertFor(error);
        if (description >= 0)
            SendAlert(2, description);

        End(0);
    }

    internal override void SendAlert(int level, int description)
    {
        AlertSent = description;
        _socket.Counters.AlertsSent++;
        WriteRecord(ContentType.Alert, _write == null ? 0 : 1, [(byte)level, (byte)description]);
        FlushDatagram();
    }

    internal override TlsFaultAction Fault(TlsStage stage, int contentType)
    {
        if (!TakeFault(stage))
            return TlsFaultAction.None;

        TlsServerFaults faults = Options.Faults;
        if (faults.Action is not (TlsFaultAction.Omit or TlsFaultAction.Repeat or TlsFaultAction.TrailingByte))
            SendFlight();

        int epoch = _write == null ? 0 : 1;
        switch (faults.Action)
        {
            case TlsFaultAction.Alert:
                SendAlert(2, faults.Alert);
                End(0);
                break;
            case TlsFaultAction.WarningAlert:
                SendAlert(1, faults.Alert);
                break;
            case TlsFaultAction.Close:
            case TlsFaultAction.Reset:
                End(0);
                break;
            case TlsFaultAction.CloseWithNotify:
                SendAlert(1, AlertDescription.CloseNotify);
                End(0);
                break;
            case TlsFaultAction.Silence:
                _mute = true;
                break;
            case TlsFaultAction.OversizeRecord:
                // A length that the datagram does not hold.
                Raw([(byte)contentType, 0xFE, 0xFD, 0, (byte)epoch, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0]);
                break;
            case TlsFaultAction.EmptyRecords:
                for (int i = 0; i < faults.Count; i++)
                {
                    WriteRecord(contentType, epoch, []);
                    FlushDatagram();
                }

                break;
            case TlsFaultAction.Garbage:
                byte[] garbage = new byte[faults.Count];
                Array.Fill(garbage, (byte)'x');
                Raw(garbage);
                break;
            case TlsFaultAction.CorruptRecord:
                byte[] corrupt = new byte[DtlsRecordProtection.HeaderBytes + 40];
                DtlsRecordProtection.WriteHeader(corrupt, 0, epoch == 0 ? 99 : contentType, epoch, 0xFFFF, [], 40);
                Raw(corrupt);
                break;
            case TlsFaultAction.UnexpectedMessage:
                SendHandshake([99, 0, 0, 1, 0]);
                break;
            default:
                return faults.Action;
        }

        return TlsFaultAction.None;
    }

    /// <summary>Does what time has brought: retransmissions, timeouts.</summary>
    internal void HandleTimeout(long nowMs)
    {
        NowMs = nowMs;
        if (Ended)
        {
            if (nowMs >= _goneMs)
                End(0);

            return;
        }

        if (!HandshakeComplete && nowMs >= HandshakeEndsMs)
        {
            Error = TlsError.HandshakeTimeout;
            End(0);
            return;
        }

        if (HandshakeComplete && nowMs >= IdleAtMs)
        {
            _socket.Counters.IdleCloses++;
            if (_options.IdleCloseNotify)
                Close();
            else
                End(0);

            return;
        }

        if (nowMs >= _retransmitAtMs)
            FlightTimeout();

        if (!Ended && nowMs >= _heartbeatAtMs)
            HeartbeatTimeout();
    }

    /// <summary>Takes a record of epoch 0 that is no ClientHello.</summary>
    internal void ReceivePlain(ReadOnlySpan<byte> record, ulong sequence, long nowMs)
    {
        NowMs = nowMs;
        if (Ended || HandshakeComplete || _mute || (_write != null && _read != null))
        {
            Discard();
            return;
        }

        if (!NotePlain(sequence))
        {
            _socket.Counters.ReplayedRecords++;
            Discard();
            return;
        }

        ReadOnlySpan<byte> content = record[DtlsRecordProtection.HeaderBytes..];
        switch (record[0])
        {
            case ContentType.Handshake when _read == null:
                Fragments(content, 0);
                break;
            case ContentType.ChangeCipherSpec when content.Length == 1 && content[0] == 1:
                _changeCipherSpec = true;
                Advance();
                break;
            case ContentType.Alert when content.Length == 2 && content[0] is 1 or 2 && _read == null:
                Alert(content[0], content[1]);
                break;
            default:
                Discard();
                break;
        }
    }

    /// <summary>Takes a record of epoch 1.</summary>
    /// <returns>Whether it is authentic, or kept for when that can be told.</returns>
    internal bool ReceiveProtected(ReadOnlySpan<byte> record, object from, long nowMs)
    {
        NowMs = nowMs;
        if (_read == null)
        {
            if (Ended || !from.Equals(Address) || _earlyRecords.Count >= MaxEarlyRecords)
                return false;

            _earlyRecords.Add((record.ToArray(), from));
            return true;
        }

        // With a connection id there are no records without (RFC 9146 section 3).
        if ((record[0] == ContentType.Tls12Cid) != (_read.ConnectionId.Length > 0))
            return false;

        byte[] copy = record.ToArray();
        ulong sequence = DtlsRecordProtection.ReadSequence(copy, 0);
        if (_window.IsReplay(sequence))
        {
            _socket.Counters.ReplayedRecords++;
            return false;
        }

        if (!_read.Open(1, sequence, copy, 0, copy.Length))
            return false;

        bool newest = _window.Note(sequence);
        if (newest && !from.Equals(Address) && _options.FollowAddressChanges)
        {
            _socket.Move(this, from);
            Address = from;
        }

        if (IsLingering)
        {
            if (_read.OpenedType != ContentType.Alert)
                SendAlert(1, AlertDescription.CloseNotify);

            return true;
        }

        if (_mute)
            return true;

        _lastActivityMs = nowMs;
        int limit = OwnRecordSizeLimit > 0 ? OwnRecordSizeLimit : RecordProtection.MaxPlaintextBytes;
        if (MaxFragmentLengthCode > 0)
            limit = 256 << MaxFragmentLengthCode;

        if (_read.OpenedBytes > limit)
            Discard();
        else
            Content(_read.OpenedType, copy.AsSpan(_read.OpenedOffset, _read.OpenedBytes));

        return true;
    }

    private void Content(int type, ReadOnlySpan<byte> content)
    {
        switch (type)
        {
            case ContentType.Handshake:
                Fragments(content, 1);
                break;
            case ContentType.Alert when content.Length == 2 && content[0] is 1 or 2:
                Alert(content[0], content[1]);
                break;
            case ContentType.ApplicationData:
                if (content.Length > 0)
                    ApplicationData(content.ToArray());

                break;
            case ContentType.Heartbeat:
                HeartbeatMessage(content);
                break;
            default:
                Discard();
                break;
        }
    }

    private void ApplicationData(byte[] data)
    {
        _idleRecords = 0;
        if (HandshakeComplete)
            _socket.Deliver(this, data);
        else if (_earlyData.Count < MaxEarlyRecords)
            _earlyData.Add(data);
        else
            Discard();
    }

    private void Alert(int level, int description)
    {
        AlertReceived = description;
        if (description == AlertDescription.CloseNotify)
        {
            PeerClosed = true;
            _socket.Counters.ClosedByClient += HandshakeComplete ? 1 : 0;
            if (!HandshakeComplete)
                Error = TlsError.ClosedInHandshake;

            Close();
        }
        else if (level == 2)
        {
            Error = TlsError.AlertReceived + description;
            End(0);
        }
        else
            Idle();
    }

    /// <summary>Notes the number of a plaintext record. No window here: a forged number must not shut out true ones.</summary>
    /// <returns>False where it was seen before.</returns>
    private bool NotePlain(ulong sequence)
    {
        int known = Math.Min(_plainSeenCount, _plainSeen.Length);
        if (Array.IndexOf(_plainSeen, sequence, 0, known) >= 0)
            return false;

        _plainSeen[_plainSeenCount++ % _plainSeen.Length] = sequence;
        return true;
    }

    private void Discard()
    {
        _socket.Counters.DiscardedRecords++;
    }

    /// <summary>Adds a record to the datagram in work; the datagram before it goes out where it does not fit.</summary>
    private void WriteRecord(int type, int epoch, ReadOnlySpan<byte> content)
    {
        DtlsRecordProtection? write = epoch == 0 ? null : _write;
        int overhead = write == null ? DtlsRecordProtection.HeaderBytes : write.OverheadBytes;
        if (_datagramBytes + overhead + content.Length > _datagram.Length)
            FlushDatagram();

        if (overhead + content.Length > _datagram.Length)
            throw new InvalidOperationException("A record that does not fit its datagram.");

        if (write == null)
        {
            DtlsRecordProtection.WriteHeader(_datagram, _datagramBytes, type, 0, _plainSequence++, [], content.Length);
            content.CopyTo(_datagram.AsSpan(_datagramBytes + overhead));
            _datagramBytes += overhead + content.Length;
        }
        else
        {
            content.CopyTo(_datagram.AsSpan(_datagramBytes + write.ContentOffset));
            _datagramBytes += write.Seal(type, 1, _writeSequence++, _datagram, _datagramBytes, content.Length);
        }

        if (!_options.PackRecords)
            FlushDatagram();
    }

    private void FlushDatagram()
    {
        if (_datagramBytes > 0)
            Raw(_datagram.AsSpan(0, _datagramBytes));

        _datagramBytes = 0;
    }

    private void Raw(ReadOnlySpan<byte> datagram)
    {
        if (!_mute)
            _socket.Enqueue(Address, datagram);
    }

    /// <summary>Ends the association.</summary>
    /// <param name="goneMs">Until when close_notify is repeated; 0 for not at all.</param>
    private void End(long goneMs)
    {
        bool wasEnded = Ended;
        Ended = true;
        _goneMs = goneMs == 0 ? long.MaxValue : goneMs;
        if (!wasEnded)
        {
            if (!HandshakeComplete)
                _socket.Counters.FailedHandshakes++;

            EndHandshake();
            _earlyRecords.Clear();
            _earlyData.Clear();
        }

        if (goneMs != 0)
            return;

        _nextRead?.Clear();
        _nextWrite?.Clear();
        _read?.Clear();
        _write?.Clear();
        _socket.Remove(this);
    }
}
