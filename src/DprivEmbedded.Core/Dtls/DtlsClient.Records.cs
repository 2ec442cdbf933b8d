using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

// Records in, and heartbeats, of DtlsClient. Source: RFC 6347 section 4.1, RFC 6520.
public sealed partial class DtlsClient
{
    private const int HeartbeatRequest = 1;
    private const int HeartbeatResponse = 2;
    private const int HeartbeatPayloadBytes = 2;
    private const int HeartbeatPaddingBytes = 16;
    private const int HeartbeatBytes = 3 + HeartbeatPayloadBytes + HeartbeatPaddingBytes;

    // A Finished, and an answer that is padded to 468 bytes (RFC 8467 section 4.1), each with the longest connection id.
    private const int EarlyBytes = 640;
    private const int VersionMinor = 0xFD;

    // The largest content, what protection may add to it (RFC 6347 section 4.1), and a header with the longest connection id.
    private const int MaxRecordBytes = RecordProtection.MaxPlaintextBytes + 2048 + DtlsRecordProtection.HeaderBytes + 32;

    // Requests to renegotiate that are refused in words, between two records of application data; further ones are ignored.
    private const int MaxRefusals = 8;

    private static readonly byte[] NoConnectionId = new byte[0];

    /// <summary>Takes a datagram. Its records are read by <see cref="NextEvent"/>, in place: the buffer must stay untouched until that returns <see cref="DtlsClientEvent.None"/>.</summary>
    /// <param name="datagram">Holds the datagram; decrypted in place.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    public void Receive(byte[] datagram, int offset, int count, long nowMs)
    {
        _nowMs = nowMs;
        _handshake.LastNowMs = nowMs;
        _datagram = datagram;
        _position = offset;
        _end = offset + count;
        _dataCount = 0;
    }

    /// <summary>Sends a heartbeat request, if none is under way (RFC 6520 section 3). It is repeated by the timers of the handshake; where neither an answer nor any other record came meanwhile, the association ends with <see cref="TlsError.SilentPeer"/>.</summary>
    /// <param name="nowMs">The caller's monotonic clock.</param>
    /// <returns>False where the peer answers none, one is under way, the handshake is not over, or the send buffer is full.</returns>
    public bool SendHeartbeat(long nowMs)
    {
        if (!IsConnected || !_handshake.PeerAnswersHeartbeats || _heartbeatInFlight)
            return false;

        _heartbeat[0] = HeartbeatRequest;
        _heartbeat[1] = 0;
        _heartbeat[2] = HeartbeatPayloadBytes;
        _crypto.Random.Fill(_heartbeat, 3, HeartbeatBytes - 3);
        if (!Enqueue(ContentType.Heartbeat, _heartbeat, 0, HeartbeatBytes))
            return false;

        _nowMs = nowMs;
        _heartbeatInFlight = true;
        _heartbeatRepeats = 0;
        _heardSinceHeartbeat = false;
        _heartbeatSentMs = nowMs;
        _heartbeatWaitMs = RttMs > 0 ? (RttMs + RttMs / 2 < 50 ? 50 : RttMs + RttMs / 2) : FirstRetransmitMs();
        _heartbeatDueMs = nowMs + _heartbeatWaitMs;
        return true;
    }

    private void RepeatHeartbeat()
    {
        if (_heartbeatRepeats >= _options.MaxHeartbeatRetransmits)
        {
            _heartbeatInFlight = false;
            UnansweredHeartbeats++;
            if (!_heardSinceHeartbeat)
                FailSilently(TlsError.SilentPeer);

            return;
        }

        _heartbeatRepeats++;
        _heartbeatWaitMs = _heartbeatWaitMs > _options.MaxRetransmitMs / 2 ? _options.MaxRetransmitMs : 2 * _heartbeatWaitMs;
        _heartbeatDueMs = _nowMs + _heartbeatWaitMs;
        Enqueue(ContentType.Heartbeat, _heartbeat, 0, HeartbeatBytes);
    }

    /// <summary>Reads the next record of the datagram.</summary>
    private void NextRecord()
    {
        int left = _end - _position;
        int type = left > 0 ? _datagram[_position] : 0;
        int cid = type == ContentType.Tls12Cid ? (_options.ConnectionId == null ? 0 : _options.ConnectionId.Length) : 0;
        int header = DtlsRecordProtection.HeaderBytes + cid;
        if (left < header)
        {
            DiscardRest();
            return;
        }

        int length = (_datagram[_position + 11 + cid] << 8) | _datagram[_position + 12 + cid];
        if (length > left - header || _datagram[_position + 1] != 0xFE)
        {
            // Where the next record begins is unknown then.
            DiscardRest();
            return;
        }

        int start = _position;
        _position += header + length;
        int epoch = (_datagram[start + 3] << 8) | _datagram[start + 4];
        if (epoch == 0)
            OnPlainRecord(type, start + header, length);
        else if (epoch == 1)
            OnProtectedRecord(type, start, header + length);
        else
            DiscardedRecords++;
    }

    private void DiscardRest()
    {
        _position = _end;
        DiscardedRecords++;
    }

    private void OnPlainRecord(int type, int offset, int count)
    {
        if (type == ContentType.Alert && count == 2)
        {
            OnPlainAlert(_datagram[offset], _datagram[offset + 1]);
            return;
        }

        if (_handshake.Connected || _handshake.State == HandshakeState.Failed)
        {
            DiscardedRecords++;
            return;
        }

        if (type == ContentType.Handshake)
            OnHandshakeRecord(0, offset, count);
        else if (type == ContentType.ChangeCipherSpec && count == 1 && _datagram[offset] == 1 && _read == null)
        {
            _ccsReceived = true;
            TryChangeCipherSpec();
        }
        else
            DiscardedRecords++;
    }

    /// <summary>An alert that nobody authenticated. It ends nothing by itself: in a handshake it counts once nothing better came in its round, afterwards it is a hint for the caller (R14).</summary>
    private void OnPlainAlert(int level, int description)
    {
        if (_handshake.Connected)
        {
            UnauthenticatedAlert = description;
            _alertPending = true;
        }
        else if (level == 2)
            _handshakeAlert = description;
    }

    private void OnProtectedRecord(int type, int start, int recordBytes)
    {
        if (_read == null || (type == ContentType.ApplicationData && !_handshake.Connected))
        {
            KeepEarlyRecord(type, start, recordBytes);
            return;
        }

        OpenRecord(_datagram, start, recordBytes);
    }

    /// <summary>Keeps a record that came too early: the Finished may overtake what comes before it, and an answer may overtake the Finished. Nothing tells yet whether it is authentic, so the newest are kept.</summary>
    private void KeepEarlyRecord(int type, int start, int recordBytes)
    {
        bool named = _options.ConnectionId != null && _options.ConnectionId.Length > 0;
        bool wanted = type == ContentType.Handshake || type == ContentType.ApplicationData || (type == ContentType.Tls12Cid && named);
        if (!wanted || recordBytes > _early.Length || _datagram[start + 2] != VersionMinor)
        {
            DiscardedRecords++;
            return;
        }

        int at = 0;
        while (_earlyBytes + recordBytes > _early.Length && at < _earlyBytes)
        {
            int bytes = EarlyRecordBytes(at);
            if (_early[at] != type)
            {
                at += bytes;
                continue;
            }

            Array.Copy(_early, at + bytes, _early, at, _earlyBytes - at - bytes);
            _earlyBytes -= bytes;
            DiscardedRecords++;
        }

        if (_earlyBytes + recordBytes > _early.Length)
        {
            DiscardedRecords++;
            return;
        }

        Array.Copy(_datagram, start, _early, _earlyBytes, recordBytes);
        _earlyBytes += recordBytes;
    }

    private int EarlyRecordBytes(int at)
    {
        int header = DtlsRecordProtection.HeaderBytes + (_early[at] == ContentType.Tls12Cid ? _options.ConnectionId.Length : 0);
        return header + ((_early[at + header - 2] << 8) | _early[at + header - 1]);
    }

    /// <summary>Makes a record that came before its keys the one to read: handshake records once there are keys, application data once the handshake is over.</summary>
    private bool NextEarlyRecord()
    {
        if (_read == null)
            return false;

        int at = 0;
        while (at < _earlyBytes)
        {
            int type = _early[at];
            int bytes = EarlyRecordBytes(at);
            bool read = _early[at + 2] != VersionMinor;
            if (!read && (type != ContentType.ApplicationData || _handshake.Connected))
            {
                _early[at + 2] = 0; // marks it as read
                _datagram = _early;
                _position = at;
                _end = at + bytes;
                return true;
            }

            at += bytes;
        }

        if (_handshake.Connected)
            _earlyBytes = 0;

        return false;
    }

    private void OpenRecord(byte[] buffer, int start, int recordBytes)
    {
        int type = buffer[start];
        int cid = _read.ConnectionId.Length;
        ulong sequence = DtlsRecordProtection.ReadSequence(buffer, start);
        bool form = (type == ContentType.Tls12Cid) == (cid > 0);
        for (int i = 0; form && i < cid; i++)
            form = buffer[start + 11 + i] == _read.ConnectionId[i];

        if (!form || recordBytes > MaxRecordBytes || _replay.IsReplay(sequence) || !_read.Open(1, sequence, buffer, start, recordBytes))
        {
            DiscardedRecords++;
            return;
        }

        _replay.Note(sequence);
        _heardSinceHeartbeat = true;
        int offset = _read.OpenedOffset;
        int count = _read.OpenedBytes;
        if (count > RecordProtection.MaxPlaintextBytes)
        {
            Fail(TlsError.RecordOverflow);
            return;
        }

        switch (_read.OpenedType)
        {
            case ContentType.ApplicationData:
                // Only after the peer's Finished: before it nothing of the handshake is proved.
                if (_handshake.Connected && count > 0)
                {
                    _handshake.OnApplicationData();
                    _refusals = 0;
                    _flight.Clear();
                    _dataOffset = offset;
                    _dataCount = count;
                    ObserveReceived(ContentType.ApplicationData, 0, count);
                }

                break;
            case ContentType.Alert:
                if (count == 2)
                    OnAlert(buffer[offset], buffer[offset + 1]);

                break;
            case ContentType.Handshake:
                OnProtectedHandshake(buffer, offset, count);
                break;
            case ContentType.Heartbeat:
                OnHeartbeat(buffer, offset, count);
                break;
            default:
                DiscardedRecords++;
                break;
        }
    }

    private void OnAlert(int level, int description)
    {
        ObserveReceived(ContentType.Alert, description, 2);
        if (description == AlertDescription.CloseNotify)
            _peerClosed = true;
        else if (level == 2)
            FailSilently(TlsError.AlertReceived + description);
        else if (level != 1)
            Fail(TlsError.IllegalParameter);
    }

    private void OnHeartbeat(byte[] buffer, int offset, int count)
    {
        int payload = count < 3 ? 0 : (buffer[offset + 1] << 8) | buffer[offset + 2];
        if (!_handshake.Connected || !_handshake.HeartbeatAgreed || count < 3 + HeartbeatPaddingBytes || payload > count - 3 - HeartbeatPaddingBytes)
        {
            DiscardedRecords++;
            return;
        }

        ObserveReceived(ContentType.Heartbeat, buffer[offset], count);
        if (buffer[offset] == HeartbeatRequest && _options.AnswerHeartbeats)
        {
            // The answer is the request with another type and fresh padding, written over it.
            buffer[offset] = HeartbeatResponse;
            _crypto.Random.Fill(buffer, offset + 3 + payload, HeartbeatPaddingBytes);
            int bytes = 3 + payload + HeartbeatPaddingBytes;
            if (bytes <= MaxDataBytes)
                Enqueue(ContentType.Heartbeat, buffer, offset, bytes);
        }
        else if (buffer[offset] == HeartbeatResponse && _heartbeatInFlight && payload == HeartbeatPayloadBytes
            && buffer[offset + 3] == _heartbeat[3] && buffer[offset + 4] == _heartbeat[4])
        {
            _heartbeatInFlight = false;
            _heartbeatAnswered = true;
            HeartbeatRttMs = _heartbeatRepeats == 0 ? (int)(_nowMs - _heartbeatSentMs) : -1;
        }
    }

    /// <summary>A handshake message under the new keys: the peer's Finished, its repetition, or a request to renegotiate (which is refused).</summary>
    private void OnProtectedHandshake(byte[] buffer, int offset, int count)
    {
        if (!_handshake.Connected)
        {
            OnHandshakeFragments(1, buffer, offset, count);
            return;
        }

        if (count < DtlsHandshakeHeader.Bytes)
            return;

        int sequence = (buffer[offset + 4] << 8) | buffer[offset + 5];
        if (buffer[offset] == HandshakeType.Finished && sequence == _nextSequence - 1)
            RepeatOnTrigger(true);
        else if (buffer[offset] == HandshakeType.HelloRequest)
        {
            if (_refusals >= MaxRefusals)
                return;

            _refusals++;
            EnqueueAlert(1, AlertDescription.NoRenegotiation);
        }
        else if (sequence == _nextSequence)
            Fail(TlsError.UnexpectedMessage);
    }

    private void OnHandshakeRecord(int epoch, int offset, int count)
    {
        OnHandshakeFragments(epoch, _datagram, offset, count);
    }

    private void OnHandshakeFragments(int epoch, byte[] buffer, int offset, int count)
    {
        int end = offset + count;
        while (end - offset >= DtlsHandshakeHeader.Bytes && _error == TlsError.None)
        {
            int type = buffer[offset];
            int messageLength = (buffer[offset + 1] << 16) | (buffer[offset + 2] << 8) | buffer[offset + 3];
            int sequence = (buffer[offset + 4] << 8) | buffer[offset + 5];
            int fragmentOffset = (buffer[offset + 6] << 16) | (buffer[offset + 7] << 8) | buffer[offset + 8];
            int fragmentLength = (buffer[offset + 9] << 16) | (buffer[offset + 10] << 8) | buffer[offset + 11];
            int body = offset + DtlsHandshakeHeader.Bytes;
            if (fragmentLength > end - body || fragmentOffset + fragmentLength > messageLength)
            {
                DiscardedRecords++;
                return;
            }

            OnFragment(epoch, type, messageLength, sequence, fragmentOffset, fragmentLength, buffer, body);
            offset = body + fragmentLength;
        }
    }

    private void OnFragment(int epoch, int type, int messageLength, int sequence, int fragmentOffset, int fragmentLength, byte[] buffer, int body)
    {
        if (sequence < _nextSequence)
        {
            // The peer repeats the flight that ours answers: ours was lost.
            if (sequence == _peerFlightEnd && fragmentOffset + fragmentLength == messageLength && type != HandshakeType.HelloVerifyRequest)
                RepeatOnTrigger(false);

            return;
        }

        if (epoch != ReadEpoch || sequence > _nextSequence || fragmentOffset > _nextOffset)
        {
            if (sequence - _nextSequence < 16)
                _reassembly.Store(epoch, type, messageLength, sequence, fragmentOffset, fragmentLength, buffer, body);

            return;
        }

        TakeFragment(type, messageLength, fragmentOffset, fragmentLength, buffer, body);
        while (_error == TlsError.None && !_handshake.Connected && _reassembly.Take(ReadEpoch, _nextSequence, _nextOffset))
            TakeFragment(_reassembly.Type, _reassembly.MessageLength, _reassembly.Offset, _reassembly.Length, _reassembly.Arena, _reassembly.Place);
    }

    private int ReadEpoch { get { return _read == null ? 0 : 1; } }

    private void TakeFragment(int type, int messageLength, int fragmentOffset, int fragmentLength, byte[] buffer, int body)
    {
        if (!_headerTaken)
        {
            _header[0] = (byte)type;
            _header[1] = (byte)(messageLength >> 16);
            _header[2] = (byte)(messageLength >> 8);
            _header[3] = (byte)messageLength;
            _headerTaken = true;
            _nextLength = messageLength;
            if (!_flightEnded)
                MeasureRtt();

            _flightEnded = true;
            Check(_handshake.Consume(_header, 0, 4));
        }
        else if (messageLength != _nextLength)
        {
            DiscardedRecords++;
            return;
        }

        int skip = _nextOffset - fragmentOffset;
        int part = fragmentLength - skip;
        if (part > 0 && _error == TlsError.None)
        {
            _nextOffset += part;
            Check(_handshake.Consume(buffer, body + skip, part));
        }

        if (_nextOffset < _nextLength || _error != TlsError.None)
            return;

        _nextSequence++;
        _nextOffset = 0;
        _headerTaken = false;
        AfterMessage();
        TryChangeCipherSpec();
    }

    private void TryChangeCipherSpec()
    {
        if (!_ccsReceived || _read != null || !_handshake.AwaitsChangeCipherSpec)
            return;

        ObserveReceived(ContentType.ChangeCipherSpec, 0, 1);
        Check(_handshake.ConsumeChangeCipherSpec());
    }

    /// <summary>Learns from the first answer to a flight. What answers a repeated flight may answer any of its sendings (Karn): the time since the last is a lower bound then.</summary>
    private void MeasureRtt()
    {
        int ms = (int)(_nowMs - _flightSentMs);
        if (!_flightRepeated && RttMs < 0)
            RttMs = ms;
        if (ms > _leastRttMs)
            _leastRttMs = ms;
    }

    /// <summary>
    /// The peer repeats the flight that ours answers, so ours is missing there, unless the repetition was on its way before ours could arrive: a copy that the network made, or the rest of
    /// a repeated flight whose first part was enough.
    /// </summary>
    /// <param name="authentic">Whether the repetition is the peer's beyond doubt: then there is no limit to how often it is answered.</param>
    private void RepeatOnTrigger(bool authentic)
    {
        if (_flightPending || (!authentic && _triggered >= MaxTriggered) || _nowMs - _flightSentMs < _leastRttMs)
            return;

        _triggered++;
        RepeatFlight();
        if (_retransmitDueMs != long.MaxValue)
            _retransmitDueMs = _nowMs + _retransmitMs;
    }

    private void ObserveReceived(int type, int detail, int bytes)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(false, type, detail, bytes, false);
    }
}
