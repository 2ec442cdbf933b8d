using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

// Flights and timers of DtlsClient. Source: RFC 6347 section 4.2.4.
//
//  PREPARING   the handshake writes messages           BeginMessage, SendMessage
//  SENDING     Transmit cuts them into datagrams       Transmit
//  WAITING     for the peer's flight, with a timer     HandleTimeout repeats the flight; so does a repeated last message of the peer's
//  FINISHED    the last flight is kept where the peer may miss it (resumption: our Finished is the last message)
public sealed partial class DtlsClient
{
    // A flight is sent again on the peer's repetitions this often at most, so that forged ones cost little.
    private const int MaxTriggered = 8;
    private const int SmallestFragment = 32;

    // Before each record in the queue: its type and size.
    private const int QueueHeaderBytes = 3;

    /// <summary>Takes the next datagram to send.</summary>
    /// <param name="output">Receives it at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; the smaller of it and <see cref="DtlsClientOptions.MaxDatagramBytes"/> is the limit, and at least 256 are needed.</param>
    /// <returns>Number of bytes of the datagram; 0 where nothing waits.</returns>
    public int Transmit(byte[] output, int offset, int capacity)
    {
        int end = offset + (capacity < _options.MaxDatagramBytes ? capacity : _options.MaxDatagramBytes);
        int at = WriteFlight(output, offset, end);
        if (!_flightPending)
            at = WriteQueue(output, at, end);

        return at - offset;
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    public void HandleTimeout(long nowMs)
    {
        if (nowMs < WakeDueMs)
            return;

        _nowMs = nowMs;
        if (!_handshake.Connected && nowMs >= _handshakeDueMs)
        {
            FailSilently(_handshakeAlert >= 0 ? TlsError.AlertReceived + _handshakeAlert : TlsError.HandshakeTimeout);
            return;
        }

        if (nowMs >= _retransmitDueMs)
        {
            // An alert in the handshake is believed when nothing better came in its round.
            if (_handshakeAlert >= 0)
            {
                FailSilently(TlsError.AlertReceived + _handshakeAlert);
                return;
            }

            _retransmitMs = _retransmitMs > _options.MaxRetransmitMs / 2 ? _options.MaxRetransmitMs : 2 * _retransmitMs;
            _retransmitDueMs = nowMs + _retransmitMs;
            RepeatFlight();
        }

        if (_heartbeatInFlight && nowMs >= _heartbeatDueMs)
            RepeatHeartbeat();
    }

    int IHandshakeChannel.SendSequence { get { return _sendSequence; } }

    int IHandshakeChannel.ReceiveSequence { get { return _nextSequence; } }

    void IHandshakeChannel.BeginMessage(ByteWriter writer)
    {
        if (_flightEnded)
        {
            // The peer's flight is complete: a new one of ours begins, the old one is no longer needed.
            _flight.Clear();
            _flightEnded = false;
            _flightRepeated = false;
            _triggered = 0;
            _cursorMessage = 0;
            _cursorOffset = 0;
            _peerFlightEnd = _headerTaken ? _nextSequence : -1;
            _retransmitMs = FirstRetransmitMs();
            _handshakeAlert = -1;
        }

        writer.Reset(_flight.Buffer, _flight.Used, _flight.Buffer.Length - _flight.Used);
    }

    void IHandshakeChannel.SendMessage(int count)
    {
        if (!_flight.Add(_write == null ? 0 : 1, _sendSequence, count))
        {
            Fail(TlsError.SendBufferTooSmall);
            return;
        }

        _sendSequence++;
        _flightPending = true;
        _flightSentMs = _nowMs;
        _retransmitDueMs = _nowMs + _retransmitMs;
    }

    void IHandshakeChannel.SendChangeCipherSpec()
    {
        if (_flightEnded)
        {
            ByteWriter none = new ByteWriter();
            ((IHandshakeChannel)this).BeginMessage(none);
        }

        _flight.Add(0, 0, 0);
        _flightPending = true;
    }

    void IHandshakeChannel.ProtectWrites(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        _suite = suite;
        _write = new DtlsRecordProtection(_crypto, suite);
        if (_handshake.ConnectionIdsAgreed)
            _write.ConnectionId = _handshake.PeerConnectionId;

        _write.SetKey(key, keyOffset, iv, ivOffset);
        _writeSequence1 = 0;
    }

    void IHandshakeChannel.ProtectReads(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        _read = new DtlsRecordProtection(_crypto, suite);
        if (_handshake.ConnectionIdsAgreed)
            _read.ConnectionId = _options.ConnectionId;

        _read.SetKey(key, keyOffset, iv, ivOffset);
        _replay.Reset();
    }

    void IHandshakeChannel.LimitWrites(int bytes)
    {
    }

    /// <summary>The handshake is over, or a new message of the peer came: the timer of the flight stops.</summary>
    private void AfterMessage()
    {
        _handshakeAlert = -1;
        if (!_handshake.Connected)
            return;

        _retransmitDueMs = long.MaxValue;
        _reassembly.Clear();
        // In a full handshake the peer's Finished was the last message: nothing of ours can be missing there.
        if (!_handshake.Resumed)
            _flight.Clear();
    }

    /// <summary>
    /// Tells that time went by while the last input was worked on, which the key exchange and the certificate need on a small processor: what waits for <see cref="Transmit"/> leaves now, and its timers begin now.
    /// </summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Advance(long nowMs)
    {
        long before = _nowMs;
        if (nowMs <= before || !_started)
            return;

        _nowMs = nowMs;
        if (_flightSentMs == before)
        {
            _flightSentMs = nowMs;
            if (_retransmitDueMs == before + _retransmitMs)
                _retransmitDueMs = nowMs + _retransmitMs;
        }

        if (_heartbeatInFlight && _heartbeatSentMs == before && _heartbeatDueMs == before + _heartbeatWaitMs)
        {
            _heartbeatSentMs = nowMs;
            _heartbeatDueMs = nowMs + _heartbeatWaitMs;
        }
    }

    private void RepeatFlight()
    {
        if (_flight.Count == 0)
            return;

        _flightRepeated = true;
        _flightSentMs = _nowMs;
        _flightPending = true;
        _cursorMessage = 0;
        _cursorOffset = 0;
        Retransmissions++;
    }

    private int WriteFlight(byte[] output, int at, int end)
    {
        int start = at;
        while (_flightPending)
        {
            if (_cursorMessage >= _flight.Count)
            {
                _flightPending = false;
                break;
            }

            if (_flight.IsChangeCipherSpec(_cursorMessage))
            {
                if (end - at < DtlsRecordProtection.HeaderBytes + 1)
                    break;

                DtlsRecordProtection.WriteHeader(output, at, ContentType.ChangeCipherSpec, 0, _writeSequence0++, NoConnectionId, 1);
                output[at + DtlsRecordProtection.HeaderBytes] = 1;
                at += DtlsRecordProtection.HeaderBytes + 1;
                Observe(ContentType.ChangeCipherSpec, 0, 1);
                _cursorMessage++;
                continue;
            }

            int written = WriteFragment(output, at, end, at > start);
            if (written == 0)
                break;

            at += written;
        }

        return at;
    }

    private int WriteFragment(byte[] output, int at, int end, bool behindOthers)
    {
        bool isProtected = _flight.Epoch(_cursorMessage) > 0;
        int before = isProtected ? _write.ContentOffset : DtlsRecordProtection.HeaderBytes;
        int overhead = isProtected ? _write.OverheadBytes : DtlsRecordProtection.HeaderBytes;
        int left = _flight.BodyBytes(_cursorMessage) - _cursorOffset;
        int room = end - at - overhead - DtlsHandshakeHeader.Bytes;
        if (room < left && (room < SmallestFragment || (behindOthers && left <= _options.MaxDatagramBytes - overhead - DtlsHandshakeHeader.Bytes)))
        {
            // A message that fits into a datagram of its own is not cut for the rest of this one.
            return 0;
        }

        int part = room < left ? room : left;
        _flight.WriteFragment(_cursorMessage, _cursorOffset, part, output, at + before);
        int content = DtlsHandshakeHeader.Bytes + part;
        Observe(ContentType.Handshake, _flight.Type(_cursorMessage), content);
        int record;
        if (isProtected)
            record = _write.Seal(ContentType.Handshake, 1, _writeSequence1++, output, at, content);
        else
        {
            DtlsRecordProtection.WriteHeader(output, at, ContentType.Handshake, 0, _writeSequence0++, NoConnectionId, content);
            record = DtlsRecordProtection.HeaderBytes + content;
        }

        _cursorOffset += part;
        if (part == left)
        {
            _cursorMessage++;
            _cursorOffset = 0;
        }

        return record;
    }

    /// <summary>Appends what waits in the queue, record by record, as far as the datagram has room: a query rides behind the Finished (figure 3).</summary>
    private int WriteQueue(byte[] output, int at, int end)
    {
        while (_queueStart < _queueEnd)
        {
            int type = _queue[_queueStart];
            int count = (_queue[_queueStart + 1] << 8) | _queue[_queueStart + 2];
            int overhead = RecordOverheadBytes;
            if (end - at < overhead + count)
                break;

            int content = at + (_write == null ? DtlsRecordProtection.HeaderBytes : _write.ContentOffset);
            Array.Copy(_queue, _queueStart + QueueHeaderBytes, output, content, count);
            Observe(type, type == ContentType.Alert ? output[content + 1] : 0, count);
            if (_write != null)
                at += _write.Seal(type, 1, _writeSequence1++, output, at, count);
            else
            {
                DtlsRecordProtection.WriteHeader(output, at, type, 0, _writeSequence0++, NoConnectionId, count);
                at += overhead + count;
            }

            _queueStart += QueueHeaderBytes + count;
        }

        if (_queueStart == _queueEnd)
        {
            _queueStart = 0;
            _queueEnd = 0;
        }

        return at;
    }

    private bool Enqueue(int type, byte[] data, int offset, int count)
    {
        if (_queue.Length - _queueEnd < QueueHeaderBytes + count && _queueStart > 0)
        {
            Array.Copy(_queue, _queueStart, _queue, 0, _queueEnd - _queueStart);
            _queueEnd -= _queueStart;
            _queueStart = 0;
        }

        if (_queue.Length - _queueEnd < QueueHeaderBytes + count)
            return false;

        _queue[_queueEnd] = (byte)type;
        _queue[_queueEnd + 1] = (byte)(count >> 8);
        _queue[_queueEnd + 2] = (byte)count;
        Array.Copy(data, offset, _queue, _queueEnd + QueueHeaderBytes, count);
        _queueEnd += QueueHeaderBytes + count;
        return true;
    }

    private void EnqueueAlert(int level, int description)
    {
        _header[0] = (byte)level;
        _header[1] = (byte)description;
        Enqueue(ContentType.Alert, _header, 0, 2);
    }

    private void Observe(int type, int detail, int bytes)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(true, type, detail, bytes, false);
    }
}
