using System;
using DprivEmbedded.Crypto;

namespace DprivEmbedded.Tls;

// The record layer of TlsClient: records in, records out. Source: RFC 8446 section 5, RFC 5246 section 6.2.
public sealed partial class TlsClient
{
    /// <summary>What application data leaves free in the send buffer: an alert can always be sent.</summary>
    private const int AlertRoomBytes = 32;

    private const int KeyUpdateBytes = 5;

    /// <summary>Bytes that a record adds to its content now: what to add to a message's size to know what it costs on the wire.</summary>
    public int RecordOverheadBytes { get { return _write == null ? RecordProtection.HeaderBytes : _write.OverheadBytes; } }

    /// <summary>Prepares one record of application data whose content the caller writes itself, at the returned place of <see cref="SendBuffer"/>.</summary>
    /// <param name="count">Number of bytes of content.</param>
    /// <returns>Where the content goes; -1 where nothing can be sent now, the content is larger than one record may be, or the send buffer has no room (transmit first).</returns>
    public int PrepareSend(int count)
    {
        bool early = CanSendEarlyData;
        if (!CanSend && !early)
            return -1;
        if (early && _earlySent + count > _handshake.EarlyDataLimit)
            return -1;
        if (count > _sendLimit || count <= 0)
            return -1;
        if (!early && (_handshake.KeyUpdateRequested || _write.Sequence + 1 >= (ulong)_options.RekeyAfterRecords) && !RenewKeys())
            return -1;

        int start = MakeRoom(_write.OverheadBytes + count + AlertRoomBytes);
        if (start < 0)
            return -1;

        _prepared = start;
        return start + _write.ContentOffset;
    }

    /// <summary>Whether the send buffer has room for application data, in as many records as the peer's limit demands.</summary>
    /// <param name="count">Number of bytes of content.</param>
    public bool HasRoomFor(int count)
    {
        if (_write == null)
            return false;

        int records = (count + _sendLimit - 1) / _sendLimit + 2; // one of them may be a KeyUpdate
        return _send.Length - (_sendEnd - _sendStart) >= count + records * _write.OverheadBytes + AlertRoomBytes;
    }

    /// <summary>The buffer that <see cref="PrepareSend"/> points into.</summary>
    public byte[] SendBuffer { get { return _send; } }

    /// <summary>Protects the record that <see cref="PrepareSend"/> prepared.</summary>
    /// <param name="count">The same number of bytes.</param>
    public void CommitSend(int count)
    {
        bool early = _handshake.CanSendEarly;
        if (early)
            _earlySent += count;
        if (_options.Observer != null)
            _options.Observer.OnMessage(true, ContentType.ApplicationData, 0, count, early);

        _sendEnd = _prepared + _write.Seal(ContentType.ApplicationData, _send, _prepared, count);
    }

    /// <summary>Sends application data in one record, or in as many as the peer's limit demands.</summary>
    /// <param name="data">Holds the data; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>Number of bytes taken: fewer where the send buffer is full, 0 where nothing can be sent now.</returns>
    public int Send(byte[] data, int offset, int count)
    {
        int sent = 0;
        while (sent < count)
        {
            int part = count - sent < _sendLimit ? count - sent : _sendLimit;
            int room = _write == null ? 0 : _send.Length - PendingBytes - _write.OverheadBytes - AlertRoomBytes;
            if (part > room)
                part = room; // what fits now; a caller that goes on after Transmit always gets on
            int place = PrepareSend(part);
            if (place < 0)
                break;

            Array.Copy(data, offset + sent, _send, place, part);
            CommitSend(part);
            sent += part;
        }

        return sent;
    }

    /// <summary>Renews the write keys (TLS 1.3).</summary>
    /// <param name="requestPeer">Whether the peer is asked to renew its own.</param>
    /// <returns>False where this is not TLS 1.3, the handshake is not over, or the send buffer has no room.</returns>
    public bool UpdateKeys(bool requestPeer)
    {
        if (!IsConnected || Version != ProtocolVersion.Tls13 || !HasRoomForKeyUpdate())
            return false;

        return _handshake.SendKeyUpdate(requestPeer) == TlsError.None;
    }

    void IHandshakeChannel.BeginMessage(ByteWriter writer)
    {
        int before = _write == null ? RecordProtection.HeaderBytes : _write.ContentOffset;
        int after = _write == null ? 0 : _write.OverheadBytes - before;
        Compact();
        _messageStart = _sendEnd;
        int room = _send.Length - _sendEnd - before - after;
        writer.Reset(_send, _sendEnd + before, room < 0 ? 0 : room);
    }

    void IHandshakeChannel.SendMessage(int count)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(true, ContentType.Handshake, _send[_messageStart + (_write == null ? RecordProtection.HeaderBytes : _write.ContentOffset)], count, false);

        if (_write != null)
        {
            _sendEnd = _messageStart + _write.Seal(ContentType.Handshake, _send, _messageStart, count);
            return;
        }

        // The very first record may say TLS 1.0 for old middleboxes (RFC 8446 section 5.1); the others say 1.2.
        RecordProtection.WriteHeader(_send, _messageStart, ContentType.Handshake, _firstRecord && _sendEnd == 0 ? ProtocolVersion.Tls10 : ProtocolVersion.Tls12, count);
        _sendEnd = _messageStart + RecordProtection.HeaderBytes + count;
    }

    void IHandshakeChannel.SendChangeCipherSpec()
    {
        int start = MakeRoom(RecordProtection.HeaderBytes + 1);
        if (start < 0)
            return;

        RecordProtection.WriteHeader(_send, start, ContentType.ChangeCipherSpec, ProtocolVersion.Tls12, 1);
        _send[start + RecordProtection.HeaderBytes] = 1;
        if (_options.Observer != null)
            _options.Observer.OnMessage(true, ContentType.ChangeCipherSpec, 0, 1, false);

        _sendEnd = start + RecordProtection.HeaderBytes + 1;
    }

    void IHandshakeChannel.ProtectWrites(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        if (suite == 0)
        {
            if (_write != null)
                _write.Clear();

            _write = null;
            _writeSuite = 0;
            return;
        }

        if (_writeSuite != suite)
            _write = new RecordProtection(_crypto, suite);

        _writeSuite = suite;
        _write.SetKey(key, keyOffset, iv, ivOffset);
    }

    void IHandshakeChannel.ProtectReads(int suite, byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        if (_readSuite != suite)
            _read = new RecordProtection(_crypto, suite);

        _readSuite = suite;
        _read.SetKey(key, keyOffset, iv, ivOffset);
    }

    int IHandshakeChannel.SendSequence { get { return 0; } }

    int IHandshakeChannel.ReceiveSequence { get { return 0; } }

    void IHandshakeChannel.LimitWrites(int bytes)
    {
        _sendLimit = bytes;
    }

    /// <summary>Reads a record's header.</summary>
    private int BeginRecord()
    {
        int type = _receive[0];
        int version = (_receive[1] << 8) | _receive[2];
        int length = (_receive[3] << 8) | _receive[4];
        if (type < ContentType.ChangeCipherSpec || type > ContentType.ApplicationData || (version >> 8) != 3)
            return _firstRecord ? TlsError.NotTls : TlsError.BadRecordHeader;
        if (Version == ProtocolVersion.Tls12 && version != ProtocolVersion.Tls12)
            return TlsError.BadRecordHeader; // the version that was agreed on (RFC 5246 section 6.2.1)

        _firstRecord = false;
        bool ccs = type == ContentType.ChangeCipherSpec;
        bool isProtected = _read != null && !(ccs && Version == ProtocolVersion.Tls13);
        int limit = RecordProtection.MaxPlaintextBytes;
        if (isProtected)
            limit += Version == ProtocolVersion.Tls13 ? 256 : 2048;
        if (length > limit)
            return TlsError.RecordOverflow;
        if (isProtected && Version == ProtocolVersion.Tls13 && type != ContentType.ApplicationData)
            return TlsError.UnexpectedMessage;

        _recordBytes = RecordProtection.HeaderBytes + length;
        _streamed = !isProtected && type == ContentType.Handshake;
        if (!isProtected)
        {
            if (type == ContentType.ApplicationData)
                return TlsError.UnexpectedMessage;
            if (type == ContentType.Alert && length != 2)
                return TlsError.BadAlert;
            if (ccs && length != 1)
                return TlsError.UnexpectedMessage; // any but the one value, and a protected one (RFC 8446 section 5)
            if (length == 0)
                return TlsError.UnexpectedMessage; // an empty handshake fragment (RFC 8446 section 5.1)
            if (!ccs && type != ContentType.Handshake && _handshake.InMessage)
                return TlsError.UnexpectedMessage;

            return TlsError.None;
        }

        if (length == 0)
            return TlsError.BadRecordMac; // not even a tag
        if (_recordBytes <= _receive.Length)
            return TlsError.None;

        // Whose fault it is depends on whether the server had agreed to smaller records.
        return _handshake.RecordSizeLimitAgreed || _handshake.NegotiatedFragmentCode != 0 ? TlsError.RecordOverflow : TlsError.RecordTooLargeForBuffer;
    }

    /// <summary>Handles a whole record in the receive buffer.</summary>
    private int EndRecord()
    {
        int type = _receive[0];
        int offset = RecordProtection.HeaderBytes;
        int count = _recordBytes - offset;
        if (_read != null && !(type == ContentType.ChangeCipherSpec && Version == ProtocolVersion.Tls13))
        {
            int error = _read.Open(_receive, 0, _recordBytes);
            if (error != TlsError.None)
                return error;

            type = _read.OpenedType;
            offset = _read.OpenedOffset;
            count = _read.OpenedBytes;
            if (count > RecordProtection.MaxPlaintextBytes || (_handshake.RecordSizeLimitAgreed && _read.InnerBytes > _receive.Length - 29))
                return TlsError.RecordOverflow;
            // In TLS 1.3 the content type and the padding count too (RFC 8446 section 5.4).
            if (Version == ProtocolVersion.Tls13 && _read.InnerBytes > RecordProtection.MaxPlaintextBytes + 1)
                return TlsError.RecordOverflow;
            if (_handshake.NegotiatedFragmentCode != 0 && count > 256 << _handshake.NegotiatedFragmentCode)
                return TlsError.RecordOverflow;
        }

        if (type != ContentType.Handshake && _handshake.InMessage && !(type == ContentType.ChangeCipherSpec && Version == ProtocolVersion.Tls13))
            return TlsError.UnexpectedMessage;

        switch (type)
        {
            case ContentType.Handshake:
                if (count == 0)
                    return TlsError.UnexpectedMessage;

                return _handshake.Consume(_receive, offset, count);
            case ContentType.ChangeCipherSpec:
                return OnChangeCipherSpec(offset);
            case ContentType.Alert:
                return count == 2 ? OnAlert(_receive[offset], _receive[offset + 1]) : TlsError.BadAlert;
            case ContentType.ApplicationData:
                return OnApplicationData(offset, count);
            default:
                return TlsError.UnexpectedMessage;
        }
    }

    private int OnChangeCipherSpec(int offset)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(false, ContentType.ChangeCipherSpec, 0, 1, false);

        if (_receive[offset] != 1 || _recordBytes != RecordProtection.HeaderBytes + 1)
            return TlsError.UnexpectedMessage;
        if (Version == ProtocolVersion.Tls12 && _read == null)
            return _handshake.ConsumeChangeCipherSpec();
        if (_handshake.Connected || (Version == ProtocolVersion.Tls12 && _read != null))
            return TlsError.UnexpectedMessage;
        // For middleboxes, without meaning (RFC 8446 section 5); before the ServerHello only where 1.3 may be meant.
        if (_options.MaxVersion < ProtocolVersion.Tls13)
            return TlsError.UnexpectedMessage;

        return ++_ignoredCcs > MaxEmptyRecords ? TlsError.Flood : TlsError.None;
    }

    private int OnAlert(int level, int description)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(false, ContentType.Alert, description, 2, false);

        if (description == AlertDescription.CloseNotify)
        {
            if (!_handshake.Connected)
            {
                FailSilently(TlsError.ClosedInHandshake);
                return TlsError.None;
            }

            _peerClosed = true;
            return TlsError.None;
        }

        bool tls13 = Version == ProtocolVersion.Tls13;
        bool warning = tls13 ? description == AlertDescription.UserCanceled : level == 1;
        if (level != 1 && level != 2)
            return TlsError.IllegalParameter;
        if (warning)
            return ++_warnings > MaxWarnings ? TlsError.Flood : TlsError.None;

        FailSilently(TlsError.AlertReceived + description);
        return TlsError.None;
    }

    private int OnApplicationData(int offset, int count)
    {
        if (_options.Observer != null)
            _options.Observer.OnMessage(false, ContentType.ApplicationData, 0, count, false);

        // The server's data may come right behind its Finished, which in a resumed 1.2 handshake is before ours was sent: never earlier.
        if (!_handshake.Connected)
            return TlsError.UnexpectedMessage;
        if (count == 0)
            return ++_emptyRecords > MaxEmptyRecords ? TlsError.Flood : TlsError.None;

        _emptyRecords = 0;
        _warnings = 0;
        _handshake.OnApplicationData();
        _dataOffset = offset;
        _dataCount = count;
        return TlsError.None;
    }

    /// <summary>Answers what the record asked for.</summary>
    private void AfterRecord()
    {
        if (_error != TlsError.None)
            return;

        if (_handshake.RenegotiationRefused && !_closed)
        {
            _handshake.RenegotiationRefused = false;
            SendAlert(1, AlertDescription.NoRenegotiation);
        }
    }

    private bool HasRoomForKeyUpdate()
    {
        return _send.Length - (_sendEnd - _sendStart) >= KeyUpdateBytes + _write.OverheadBytes + AlertRoomBytes;
    }

    /// <summary>Renews the write keys before they are used up, or because the peer asked: once for all its requests, and only when there is data to send (RFC 8446 section 4.6.3).</summary>
    /// <returns>False where nothing can be sent now.</returns>
    private bool RenewKeys()
    {
        if (Version != ProtocolVersion.Tls13 || !IsConnected)
        {
            Fail(TlsError.KeyExhausted);
            return false;
        }

        if (!HasRoomForKeyUpdate())
            return false;

        Check(_handshake.SendKeyUpdate(false));
        return _error == TlsError.None;
    }

    private bool SendAlert(int level, int description)
    {
        int content = _write == null ? RecordProtection.HeaderBytes : _write.ContentOffset;
        int start = MakeRoom(2 + (_write == null ? RecordProtection.HeaderBytes : _write.OverheadBytes));
        if (start < 0)
            return false;

        if (_options.Observer != null)
            _options.Observer.OnMessage(true, ContentType.Alert, description, 2, false);

        _send[start + content] = (byte)level;
        _send[start + content + 1] = (byte)description;
        if (_write != null)
            _sendEnd = start + _write.Seal(ContentType.Alert, _send, start, 2);
        else
        {
            RecordProtection.WriteHeader(_send, start, ContentType.Alert, ProtocolVersion.Tls12, 2);
            _sendEnd = start + RecordProtection.HeaderBytes + 2;
        }

        return true;
    }

    private int MakeRoom(int count)
    {
        if (_send.Length - _sendEnd < count)
            Compact();

        return _send.Length - _sendEnd < count ? -1 : _sendEnd;
    }

    private void Compact()
    {
        if (_sendStart == 0)
            return;

        Array.Copy(_send, _sendStart, _send, 0, _sendEnd - _sendStart);
        _sendEnd -= _sendStart;
        _sendStart = 0;
    }
}
