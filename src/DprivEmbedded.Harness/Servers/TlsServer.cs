using System;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The server's side of one TLS 1.2 or 1.3 connection, without sockets, clocks or threads.</summary>
/// <remarks>
/// Order of calls: after each <see cref="Receive"/> (or <see cref="Send"/>, <see cref="Close"/> and the like) take application data with <see cref="Read"/> until 0, then
/// <see cref="Transmit"/> until 0, then look at <see cref="End"/>: where it is not <see cref="TransportEnd.Open"/>, end the transport so. Bytes from the peer never throw.
/// Source: RFC 8446, RFC 5246.
/// </remarks>
public sealed class TlsServer : TlsServerBase
{
    private const int MaxMessageBytes = 128 * 1024;
    private const int MaxIdleRecords = 64;
    private const int FallbackScsv = 0x5600;

    private readonly byte[] _record = new byte[RecordProtection.HeaderBytes + RecordProtection.MaxPlaintextBytes + 2048];
    private readonly ByteQueue _messages = new();
    private readonly ByteQueue _readable = new();
    private int _recordBytes;
    private int _idleRecords;
    private RecordProtection? _read;
    private bool _readKeysChanged;
    private ServerHandshake? _handshake;
    private RecordProtection? _nextRead;
    private RecordProtection? _nextWrite;

    /// <summary>Makes the server's side of a connection.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="options">What is offered; not copied.</param>
    /// <param name="state">What the connections share.</param>
    public TlsServer(ICryptoProvider crypto, TlsServerOptions options, ServerState state)
        : base(crypto, options, state)
    {
        Records = new ServerRecords(options);
    }

    /// <summary>What is to be done with the transport once <see cref="Transmit"/> gives 0.</summary>
    public TransportEnd End { get; private set; }

    /// <summary>Whether <see cref="Send"/> may be called: the handshake is complete, or early data was accepted and is answered at once.</summary>
    public bool CanSend => !Ended && _handshake is { CanSend: true };

    /// <summary>Whether a HelloRetryRequest was sent.</summary>
    public bool UsedHelloRetryRequest { get; internal set; }

    /// <summary>Whether the client offered early data.</summary>
    public bool EarlyDataOffered { get; internal set; }

    /// <summary>Whether early data was accepted.</summary>
    public bool EarlyDataAccepted { get; internal set; }

    /// <summary>Bytes of early data that came (accepted: content; rejected: whole records that were skipped).</summary>
    public int EarlyDataBytes { get; internal set; }

    /// <summary>The client's record_size_limit where both sides announced one (RFC 8449); 0 otherwise.</summary>
    public int PeerRecordSizeLimit => Records.PeerRecordSizeLimit;

    /// <summary>KeyUpdates that came.</summary>
    public int KeyUpdatesReceived { get; internal set; }

    /// <summary>Bytes ready for <see cref="Transmit"/>.</summary>
    public int PendingBytes => End == TransportEnd.Reset ? 0 : Records.Output.Count;

    /// <summary>Bytes of application data ready for <see cref="Read"/>.</summary>
    public int ReadableBytes => _readable.Count;

    internal ServerRecords Records { get; }

    /// <summary>Takes bytes from the transport; all are consumed.</summary>
    /// <param name="data">The bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">Now, on the clock of the server's tickets, in milliseconds.</param>
    public void Receive(byte[] data, int offset, int count, long nowMs)
    {
        NowMs = nowMs;
        int end = offset + count;
        while (offset < end && !Ended && !PeerClosed)
        {
            int want = RecordProtection.HeaderBytes;
            if (_recordBytes >= want)
                want += (_record[3] << 8) | _record[4];

            int part = Math.Min(want - _recordBytes, end - offset);
            Array.Copy(data, offset, _record, _recordBytes, part);
            _recordBytes += part;
            offset += part;
            if (_recordBytes == RecordProtection.HeaderBytes && !CheckHeader())
                return;

            if (_recordBytes > RecordProtection.HeaderBytes || (_record[3] | _record[4]) == 0)
            {
                int total = RecordProtection.HeaderBytes + ((_record[3] << 8) | _record[4]);
                if (_recordBytes == total)
                {
                    _recordBytes = 0;
                    ProcessRecord(total);
                    if (!Ended)
                        Records.Flush();
                }
            }
        }
    }

    /// <summary>Takes note that the transport was ended by the peer.</summary>
    /// <param name="reset">Whether it was torn down (TCP: RST) rather than ended in order.</param>
    public void TransportClosed(bool reset)
    {
        if (Ended)
            return;

        if (reset)
            Error = TlsError.ConnectionReset;
        else if (!PeerClosed)
            Error = HandshakeComplete ? TlsError.Truncated : TlsError.ClosedInHandshake;

        Finish(reset ? TransportEnd.Reset : TransportEnd.Fin);
    }

    /// <summary>Gives bytes to the transport.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; records may be cut anywhere.</param>
    /// <returns>Number of bytes written; 0 when there is nothing to send.</returns>
    public int Transmit(byte[] output, int offset, int capacity)
    {
        return End == TransportEnd.Reset ? 0 : Records.Output.Read(output, offset, capacity);
    }

    /// <summary>Takes application data out.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes written; 0 when there are none.</returns>
    public int Read(byte[] output, int offset, int capacity)
    {
        return _readable.Read(output, offset, capacity);
    }

    /// <summary>Sends application data.</summary>
    /// <param name="data">The bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <exception cref="InvalidOperationException"><see cref="CanSend"/> is false and the connection has not ended. After the end the call does nothing.</exception>
    public void Send(byte[] data, int offset, int count)
    {
        if (Ended)
            return;

        if (!CanSend)
            throw new InvalidOperationException("The handshake is not complete.");

        if (Records.Exhausted)
        {
            Fail(TlsError.KeyExhausted);
            return;
        }

        TlsFaultAction action = Fault(TlsStage.ApplicationData, ContentType.ApplicationData);
        if (Ended || action == TlsFaultAction.Omit)
            return;

        for (int i = action == TlsFaultAction.Repeat ? 2 : 1; i > 0; i--)
            Records.Write(ContentType.ApplicationData, data.AsSpan(offset, count));
    }

    /// <summary>Sends close_notify; the transport is ended in order afterwards. Nothing can be sent then.</summary>
    public void Close()
    {
        if (Ended)
            return;

        TlsFaultAction action = Fault(TlsStage.CloseNotify, ContentType.Alert);
        if (Ended)
            return;

        if (action != TlsFaultAction.Omit)
            SendAlert(1, AlertDescription.CloseNotify);

        Finish(TransportEnd.Fin);
    }

    /// <summary>Ends the connection without close_notify.</summary>
    /// <param name="end">How the transport ends.</param>
    public void Abort(TransportEnd end)
    {
        if (!Ended)
            Finish(end);
    }

    /// <summary>Sends one more NewSessionTicket. TLS 1.3, after the handshake.</summary>
    /// <exception cref="InvalidOperationException">Not a complete TLS 1.3 handshake.</exception>
    public void SendTicket()
    {
        Connected13().SendTicket();
        Records.Flush();
    }

    /// <summary>Changes the sending keys. TLS 1.3, after the handshake.</summary>
    /// <param name="requestUpdate">Whether the client is asked to change its keys too.</param>
    /// <exception cref="InvalidOperationException">Not a complete TLS 1.3 handshake.</exception>
    public void SendKeyUpdate(bool requestUpdate)
    {
        Connected13().SendKeyUpdate(requestUpdate);
        Records.Flush();
    }

    /// <summary>Asks the client for a renegotiation, which is then refused with no_renegotiation. TLS 1.2, after the handshake.</summary>
    /// <exception cref="InvalidOperationException">Not a complete TLS 1.2 handshake.</exception>
    public void SendHelloRequest()
    {
        if (Ended || !HandshakeComplete || _handshake is not ServerHandshake12 handshake)
            throw new InvalidOperationException("Not a TLS 1.2 connection after its handshake.");

        handshake.SendHelloRequest();
        Records.Flush();
    }

    internal void SetRead(RecordProtection read)
    {
        _read?.Clear();
        _read = read;
        _readKeysChanged = true;
    }

    internal override void SendHandshake(ReadOnlySpan<byte> message)
    {
        Records.Handshake(message);
    }

    internal override void SendChangeCipherSpec()
    {
        Records.ChangeCipherSpec();
    }

    internal override void LimitRecords(int maxFragmentBytes, int peerRecordSizeLimit)
    {
        if (maxFragmentBytes > 0)
            Records.MaxFragmentBytes = maxFragmentBytes;

        if (peerRecordSizeLimit > 0)
            Records.PeerRecordSizeLimit = peerRecordSizeLimit;
    }

    internal override void SetNextKeys(byte[] block)
    {
        int keyBytes = Tls.CipherSuite.KeyBytes(CipherSuite);
        int ivBytes = Tls.CipherSuite.FixedIvBytes(CipherSuite);
        _nextRead = new RecordProtection(Crypto, CipherSuite);
        _nextRead.SetKey(block, 0, block, 2 * keyBytes);
        _nextWrite = new RecordProtection(Crypto, CipherSuite);
        _nextWrite.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
    }

    internal override void ChangeReadKeys()
    {
        SetRead(_nextRead!);
        _nextRead = null;
    }

    internal override void ChangeWriteKeys()
    {
        Records.SetWrite(_nextWrite);
        _nextWrite = null;
    }

    /// <summary>Ends the connection with an error and its alert; the first error is kept.</summary>
    internal override void Fail(int error, int alert = -1)
    {
        if (Ended)
            return;

        Error = error;
        int description = alert >= 0 ? alert : TlsError.AlertFor(error);
        if (description >= 0)
            SendAlert(2, description);

        Finish(TransportEnd.Fin);
    }

    internal override void SendAlert(int level, int description)
    {
        AlertSent = description;
        Records.Write(ContentType.Alert, [(byte)level, (byte)description]);
    }

    /// <summary>Runs the fault of a stage.</summary>
    /// <returns>What is left for the caller to do: None, Omit, Repeat or TrailingByte. The connection may have ended.</returns>
    internal override TlsFaultAction Fault(TlsStage stage, int contentType)
    {
        if (!TakeFault(stage))
            return TlsFaultAction.None;

        TlsServerFaults faults = Options.Faults;
        switch (faults.Action)
        {
            case TlsFaultAction.Alert:
                SendAlert(2, faults.Alert);
                Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.WarningAlert:
                SendAlert(1, faults.Alert);
                break;
            case TlsFaultAction.Close:
                Records.Flush();
                Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.CloseWithNotify:
                SendAlert(1, AlertDescription.CloseNotify);
                Finish(TransportEnd.Fin);
                break;
            case TlsFaultAction.Reset:
                Finish(TransportEnd.Reset);
                break;
            case TlsFaultAction.Silence:
                Records.Flush();
                Records.Muted = true;
                Finish(TransportEnd.Open);
                break;
            case TlsFaultAction.OversizeRecord:
                Records.Oversize();
                break;
            case TlsFaultAction.EmptyRecords:
                for (int i = 0; i < faults.Count; i++)
                    Records.Empty(contentType);

                break;
            case TlsFaultAction.Garbage:
                byte[] garbage = new byte[faults.Count];
                Array.Fill(garbage, (byte)'x');
                Records.Raw(garbage);
                break;
            case TlsFaultAction.CorruptRecord:
                Records.Corrupt();
                break;
            case TlsFaultAction.UnexpectedMessage:
                Records.Handshake([99, 0, 0, 1, 0]);
                break;
            default:
                return faults.Action;
        }

        return TlsFaultAction.None;
    }

    /// <summary>Ends the connection; nothing is sent or taken afterwards.</summary>
    internal void Finish(TransportEnd end)
    {
        Ended = true;
        End = end;
        _handshake?.Clear();
        _nextRead?.Clear();
        _nextWrite?.Clear();
        _read?.Clear();
        Records.Clear();
    }

    private ServerHandshake13 Connected13()
    {
        if (!Ended && HandshakeComplete && _handshake is ServerHandshake13 handshake)
            return handshake;

        throw new InvalidOperationException("Not a TLS 1.3 connection after its handshake.");
    }

    private bool CheckHeader()
    {
        int type = _record[0];
        int length = (_record[3] << 8) | _record[4];
        if (type is < ContentType.ChangeCipherSpec or > ContentType.ApplicationData || _record[1] != 3)
        {
            if (Version == 0)
                Fail(TlsError.NotTls, AlertDescription.UnexpectedMessage);
            else
                Fail(TlsError.BadRecordHeader);

            return false;
        }

        int most = RecordProtection.MaxPlaintextBytes;
        if (_read != null || type == ContentType.ApplicationData)
            most += Version == ProtocolVersion.Tls12 ? 2048 : 256;

        if (length <= most)
            return true;

        Fail(TlsError.RecordOverflow);
        return false;
    }

    private void ProcessRecord(int recordBytes)
    {
        int type = _record[0];
        int offset = RecordProtection.HeaderBytes;
        int count = recordBytes - offset;
        if (_read == null)
        {
            if (type == ContentType.ApplicationData)
            {
                if (_handshake == null || !_handshake.SkipsRecord(recordBytes))
                    Fail(TlsError.UnexpectedMessage);

                return;
            }
        }
        else if (Version == ProtocolVersion.Tls12 || type == ContentType.ApplicationData)
        {
            int error = _read.Open(_record, 0, recordBytes);
            if (error != TlsError.None)
            {
                if (error != TlsError.BadRecordMac || !_handshake!.SkipsRecord(recordBytes))
                    Fail(error);

                return;
            }

            type = _read.OpenedType;
            offset = _read.OpenedOffset;
            count = _read.OpenedBytes;
            int limit = OwnRecordSizeLimit > 0 ? OwnRecordSizeLimit : RecordProtection.MaxPlaintextBytes + (Version == ProtocolVersion.Tls13 ? 1 : 0);
            if (_read.InnerBytes > limit || (Version == ProtocolVersion.Tls13 && type == ContentType.ChangeCipherSpec))
            {
                Fail(type == ContentType.ChangeCipherSpec ? TlsError.UnexpectedMessage : TlsError.RecordOverflow);
                return;
            }
        }
        else if (type == ContentType.Handshake || (type == ContentType.Alert && HandshakeComplete))
        {
            // Plaintext: a client that dislikes the ServerHello may still say so, and change_cipher_spec is never protected.
            Fail(TlsError.UnexpectedMessage);
            return;
        }

        if (MaxFragmentLengthCode > 0 && count > 256 << MaxFragmentLengthCode)
        {
            Fail(TlsError.RecordOverflow);
            return;
        }

        if (type != ContentType.Handshake && _messages.Count > 0 && type != ContentType.Alert)
        {
            Fail(TlsError.UnexpectedMessage);
            return;
        }

        ProcessContent(type, offset, count);
    }

    private void ProcessContent(int type, int offset, int count)
    {
        switch (type)
        {
            case ContentType.Handshake when count > 0:
                _messages.Write(_record.AsSpan(offset, count));
                ProcessMessages();
                break;
            case ContentType.Alert:
                ProcessAlert(offset, count);
                break;
            case ContentType.ChangeCipherSpec when count == 1 && _record[offset] == 1 && _handshake != null:
                if (Idle())
                    _handshake.ChangeCipherSpec();

                break;
            case ContentType.ApplicationData when _handshake is { AcceptsApplicationData: true }:
                if (count == 0)
                {
                    Idle();
                    break;
                }

                _idleRecords = 0;
                if (_handshake.CountApplicationData(count))
                    _readable.Write(_record.AsSpan(offset, count));

                break;
            default:
                Fail(TlsError.UnexpectedMessage);
                break;
        }
    }

    /// <summary>Counts a record that carries nothing; too many end the connection.</summary>
    internal override bool Idle()
    {
        if (++_idleRecords <= MaxIdleRecords)
            return true;

        Fail(TlsError.Flood);
        return false;
    }

    private void ProcessAlert(int offset, int count)
    {
        if (count != 2 || _record[offset] is not (1 or 2))
        {
            Fail(TlsError.BadAlert);
            return;
        }

        bool fatal = _record[offset] == 2;
        int description = _record[offset + 1];
        AlertReceived = description;
        if (description == AlertDescription.CloseNotify)
            PeerClosed = true;
        else if (fatal || (Version == ProtocolVersion.Tls13 && description != AlertDescription.UserCanceled))
        {
            Error = TlsError.AlertReceived + description;
            Finish(TransportEnd.Fin);
        }
        else
            Idle();
    }

    private void ProcessMessages()
    {
        while (!Ended && _messages.Count >= 4)
        {
            ReadOnlySpan<byte> bytes = _messages.Bytes;
            int total = 4 + ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);
            if (total > MaxMessageBytes)
            {
                Fail(TlsError.MessageTooLargeForBuffer, AlertDescription.DecodeError);
                return;
            }

            if (bytes.Length < total)
                return;

            byte[] message = bytes[..total].ToArray();
            _messages.Skip(total);
            _readKeysChanged = false;
            if (_handshake == null)
                Start(message);
            else
                _handshake.Message(message[0], message);

            if (_readKeysChanged && _messages.Count > 0)
                Fail(TlsError.UnexpectedMessage);
        }
    }

    /// <summary>Takes the first message and chooses the version. Source: RFC 8446 section 4.2.1.</summary>
    private void Start(byte[] message)
    {
        if (message[0] != HandshakeType.ClientHello)
        {
            Fail(TlsError.UnexpectedMessage);
            return;
        }

        ClientHello hello = new();
        int error = hello.Parse(message, 0, message.Length);
        if (error != TlsError.None)
        {
            Fail(error);
            return;
        }

        int version = 0;
        if (hello.SupportedVersions != null)
        {
            if (Options.Tls13 && hello.SupportedVersions.Contains(ProtocolVersion.Tls13))
                version = ProtocolVersion.Tls13;
            else if (Options.Tls12 && hello.SupportedVersions.Contains(ProtocolVersion.Tls12))
                version = ProtocolVersion.Tls12;
        }
        else if (Options.Tls12 && hello.LegacyVersion >= ProtocolVersion.Tls12)
            version = ProtocolVersion.Tls12;

        if (version == 0)
        {
            Fail(TlsError.UnsupportedVersion);
            return;
        }

        if (version == ProtocolVersion.Tls12 && Options.Tls13 && hello.CipherSuites.Contains(FallbackScsv))
        {
            Fail(TlsError.DowngradeDetected, AlertDescription.InappropriateFallback);
            return;
        }

        Version = version;
        if (version == ProtocolVersion.Tls13)
        {
            Records.Tls13 = true;
            ServerHandshake13 handshake = new(this);
            _handshake = handshake;
            handshake.ClientHello(hello, message);
        }
        else
        {
            ServerHandshake12 handshake = new(this);
            _handshake = handshake;
            handshake.ClientHello(hello, message);
        }
    }
}
