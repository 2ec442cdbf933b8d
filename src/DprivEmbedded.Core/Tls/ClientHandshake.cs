using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Tls;

/// <summary>
/// The client's handshake, TLS 1.2 and 1.3, apart from any record layer. This file: input of messages, states, what both versions share.
/// <c>ClientHandshake.Hello.cs</c>: ClientHello, ServerHello, HelloRetryRequest. <c>ClientHandshake.Tls12.cs</c> and <c>ClientHandshake.Tls13.cs</c>: the two flows. <c>ClientHandshake.Datagram.cs</c>: what DTLS has besides.
/// </summary>
/// <remarks>
/// Messages arrive in pieces of any size through <see cref="Consume"/>. A certificate list, and anything larger than the message buffer that need not be
/// kept, is hashed and read as a stream.
/// </remarks>
internal sealed partial class ClientHandshake
{
    private const int HeaderBytes = 4;
    private const int MaxSessions = 4;
    private const int MaxPostHandshakeMessages = 32;
    private const int MaxClockJitterMs = 1000;

    private readonly ICryptoProvider _crypto;
    private readonly IHandshakeChannel _channel;
    private readonly TlsClientOptions _options;
    private readonly IHash _transcript;
    private readonly ByteReader _reader = new ByteReader();
    private readonly ByteWriter _writer = new ByteWriter();
    private readonly CertificateStream _certificates = new CertificateStream();
    private readonly KeySchedule12 _schedule12;
    private readonly KeySchedule13 _schedule13;
    private readonly byte[] _clientRandom = new byte[32];
    private readonly byte[] _serverRandom = new byte[32];
    private readonly byte[] _hash = new byte[32];
    private readonly byte[] _message;
    private readonly TlsSession[] _sessions = new TlsSession[MaxSessions];
    // What is configured and the provider has.
    private readonly int[] _suites;
    private readonly int[] _groups;
    private readonly int[] _schemes;
    private readonly int _suiteCount;
    private readonly int _groupCount;
    private readonly int _schemeCount;

    private int _state;
    private int _messageType;
    private int _messageLength;
    private int _messageFilled;
    private bool _streaming;
    private int _sessionCount;
    private int _postHandshakeMessages;

    private TlsSession _session;
    private IKeyAgreement _keyAgreement;
    private long _startUtcMs;
    private long _startNowMs;
    private int _maxFragmentCode;
    private int _recordSizeLimit;
    private int _peerRecordSizeLimit;
    private int _negotiatedFragmentCode;
    private bool _recordSizeLimitAgreed;
    private bool _rawPublicKey;
    private bool _certificateRequested;
    private byte[] _certificateRequestContext;
    private byte[] _peerKeyHash;
    private string _applicationProtocol;

    public ClientHandshake(TlsClientOptions options, ICryptoProvider crypto, IHandshakeChannel channel)
    {
        _options = options;
        _dtls = options as DtlsClientOptions;
        _crypto = crypto;
        _channel = channel;
        _transcript = crypto.CreateSha256();
        _schedule12 = new KeySchedule12(crypto);
        if (_dtls == null)
            _schedule13 = new KeySchedule13(crypto);

        _message = new byte[options.HandshakeBufferBytes];
        _suites = new int[options.CipherSuites.Length];
        for (int i = 0; i < _suites.Length; i++)
        {
            int aead = CipherSuite.Aead(options.CipherSuites[i]);
            if (aead != 0 && crypto.CreateAead(aead) != null)
                _suites[_suiteCount++] = options.CipherSuites[i];
        }

        _groups = new int[options.Groups.Length];
        for (int i = 0; i < _groups.Length; i++)
        {
            if (crypto.CreateKeyAgreement(options.Groups[i]) != null)
                _groups[_groupCount++] = options.Groups[i];
        }

        _schemes = new int[options.SignatureSchemes.Length];
        for (int i = 0; i < _schemes.Length; i++)
        {
            if (crypto.SupportsSignature(options.SignatureSchemes[i]))
                _schemes[_schemeCount++] = options.SignatureSchemes[i];
        }
    }

    /// <summary>The state, one of <see cref="HandshakeState"/>.</summary>
    public int State { get { return _state; } }

    /// <summary>Whether application data may be sent in the clear of any doubt: after the handshake, or in a false start (RFC 7918).</summary>
    public bool CanSend { get { return _canSend; } }

    /// <summary>Whether early data may be sent now.</summary>
    public bool CanSendEarly { get { return _canSendEarly; } }

    /// <summary>Whether the handshake is over.</summary>
    public bool Connected { get { return _state == HandshakeState.Connected12 || _state == HandshakeState.Connected13; } }

    /// <summary>Whether a session waits for <see cref="TakeSession"/>.</summary>
    public bool HasSession { get { return _sessionCount > 0; } }

    /// <summary>Set by the record layer once it has told of the first waiting session; cleared by every change among them.</summary>
    public bool SessionReported;

    public int Version { get { return _version == ProtocolVersion.Tls12 ? Version12 : _version; } }

    public int Suite { get { return _suite; } }

    public int Group { get { return _group; } }

    public bool Resumed { get { return _resumed; } }

    public bool EarlyDataAccepted { get { return _earlyAccepted; } }

    public bool EarlyDataRejected { get { return _earlyRejected; } }

    /// <summary>How many bytes of early data the session allows.</summary>
    public int EarlyDataLimit { get { return _session == null ? 0 : _session.MaxEarlyDataBytes; } }

    public bool HelloRetried { get { return _retried; } }

    public bool UsedExternalPsk { get { return _externalPskUsed; } }

    public string ApplicationProtocol { get { return _applicationProtocol; } }

    public bool Authenticated { get { return _authenticated; } }

    /// <summary>Why the peer is not authenticated; <see cref="TlsError.None"/> where it is.</summary>
    public int AuthenticationError { get { return _authenticationError; } }

    /// <summary>Whether a record_size_limit of this side is in force (RFC 8449).</summary>
    public bool RecordSizeLimitAgreed { get { return _recordSizeLimitAgreed; } }

    /// <summary>Whether a partly received message waits for its rest.</summary>
    public bool InMessage { get { return _messageFilled > 0; } }

    /// <summary>The code of the agreed max_fragment_length, 0 for none.</summary>
    public int NegotiatedFragmentCode { get { return _negotiatedFragmentCode; } }

    /// <summary>Whether application data waits for the end of the handshake, whatever the options allow.</summary>
    public bool NoFalseStart;

    /// <summary>Set by each change of the read keys and at the end of each flight of the peer's; the record layer clears it and demands that the record ends there.</summary>
    public bool RecordMustEnd;

    /// <summary>Starts a handshake: writes the ClientHello.</summary>
    /// <param name="session">The session to resume, or null.</param>
    /// <param name="receivePlaintextBytes">The largest content of a record that this side can receive.</param>
    /// <param name="nowMs">The monotonic time.</param>
    /// <param name="utcMs">The time of day, or 0 where unknown.</param>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Start(TlsSession session, int receivePlaintextBytes, long nowMs, long utcMs)
    {
        Reset();
        _startNowMs = nowMs;
        _startUtcMs = utcMs;
        if (session != null && !CanResume(session, utcMs))
        {
            session.Clear();
            session = null;
        }

        _session = session;
        _recordSizeLimit = receivePlaintextBytes > RecordProtection.MaxPlaintextBytes ? 0 : receivePlaintextBytes;
        _maxFragmentCode = _recordSizeLimit == 0 ? 0 : _recordSizeLimit >= 4096 ? 4 : _recordSizeLimit >= 2048 ? 3 : _recordSizeLimit >= 1024 ? 2 : 1;
        if (_session != null && _session.Version == Version12)
            _maxFragmentCode = _session.MaxFragmentLengthCode;

        _crypto.Random.Fill(_clientRandom, 0, 32);
        int error = SendClientHello();
        _state = error == TlsError.None ? HandshakeState.ServerHello : HandshakeState.Failed;
        return error;
    }

    /// <summary>Takes handshake bytes.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Consume(byte[] data, int offset, int count)
    {
        int end = offset + count;
        while (offset < end)
        {
            if (RecordMustEnd)
                return TlsError.UnexpectedMessage;

            if (_messageFilled < HeaderBytes)
            {
                _message[_messageFilled++] = data[offset++];
                if (_messageFilled < HeaderBytes)
                    continue;

                int error = BeginMessage();
                if (error == TlsError.None && _messageLength == 0)
                    error = EndMessage();
                if (error != TlsError.None)
                    return error;

                continue;
            }

            int wanted = HeaderBytes + _messageLength - _messageFilled;
            int part = end - offset < wanted ? end - offset : wanted;
            if (_streaming)
            {
                int error = StreamMessage(data, offset, part);
                if (error != TlsError.None)
                    return error;
            }
            else
                System.Array.Copy(data, offset, _message, _messageFilled, part);

            offset += part;
            _messageFilled += part;
            if (part == wanted)
            {
                int error = EndMessage();
                if (error != TlsError.None)
                    return error;
            }
        }

        return TlsError.None;
    }

    /// <summary>Takes a change_cipher_spec of TLS 1.2.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int ConsumeChangeCipherSpec()
    {
        if (InMessage)
            return TlsError.UnexpectedMessage;

        return ChangeCipherSpec12();
    }

    /// <summary>Takes a session that can be resumed later, until none is left.</summary>
    /// <returns>The session, owned by the caller, or null.</returns>
    public TlsSession TakeSession()
    {
        if (_sessionCount == 0)
            return null;

        TlsSession first = _sessions[0];
        for (int i = 1; i < _sessionCount; i++)
            _sessions[i - 1] = _sessions[i];

        _sessions[--_sessionCount] = null;
        SessionReported = false;
        return first;
    }

    /// <summary>Zeroes every secret.</summary>
    public void Clear()
    {
        _schedule12.Clear();
        if (_schedule13 != null)
            _schedule13.Clear();

        ConstantTime.Clear(_master);
        ConstantTime.Clear(_clientSecret);
        ConstantTime.Clear(_serverSecret);
        ConstantTime.Clear(_resumptionSecret);
        ConstantTime.Clear(_keyBlock);
        ConstantTime.Clear(_binderKey);
        if (_keyAgreement != null)
            _keyAgreement.Clear();

        _keyAgreement = null;
        if (_session != null)
            _session.Clear();

        _session = null;
        while (_sessionCount > 0)
            TakeSession().Clear();
    }

    /// <summary>Marks the handshake failed and zeroes its secrets.</summary>
    public void Fail()
    {
        _state = HandshakeState.Failed;
        _canSend = false;
        _canSendEarly = false;
        Clear();
    }

    private void Reset()
    {
        Clear();
        _transcript.Reset();
        _messageFilled = 0;
        _streaming = false;
        _postHandshakeMessages = 0;
        _version = 0;
        _suite = 0;
        _group = 0;
        _resumed = false;
        _retried = false;
        _externalPskUsed = false;
        _authenticated = false;
        _authenticationError = TlsError.None;
        _applicationProtocol = null;
        _certificateRequested = false;
        _certificateRequestContext = null;
        _peerKeyHash = null;
        _rawPublicKey = false;
        _peerRecordSizeLimit = 0;
        _negotiatedFragmentCode = 0;
        _recordSizeLimitAgreed = false;
        _canSend = false;
        _canSendEarly = false;
        _earlyOffered = false;
        _earlyAccepted = false;
        _earlyRejected = false;
        _cookie = null;
        ResetDatagram();
        _ticketExpected12 = false;
        _statusExpected12 = false;
        _pskUsed = false;
        TicketsReceived = 0;
        _ccsSent = false;
        KeyUpdateRequested = false;
        RenegotiationRefused = false;
        RecordMustEnd = false;
    }

    /// <summary>Whether a session fits these options and is still alive (R19).</summary>
    private bool CanResume(TlsSession session, long utcMs)
    {
        bool version = _dtls != null ? session.Version == ProtocolVersion.Dtls12 : session.Version >= _options.MinVersion && session.Version <= _options.MaxVersion;
        if (!version || !IsOffered(session.CipherSuite))
            return false;
        if (session.ServerName != _options.ServerName)
            return false;
        if (!session.Authenticated && !_options.Opportunistic)
            return false;
        if (session.AuthenticatedUntilUtcSeconds != 0 && utcMs / 1000 > session.AuthenticatedUntilUtcSeconds)
            return false;
        if (session.Version == Version12)
            return session.ExtendedMasterSecret && session.Secret != null && session.Secret.Length == KeySchedule12.MasterSecretBytes && (session.Ticket != null || session.SessionId != null);

        // A ticket from the future is one of a clock that was set back; a second's jitter between clocks is none.
        long age = utcMs - session.ReceivedUtcMs;
        return session.Secret != null && session.Secret.Length == Hkdf.HashBytes && session.Ticket != null && age >= -MaxClockJitterMs && age / 1000 <= session.LifetimeSeconds
            && (_options.PskKe || _options.PskDheKe);
    }

    private bool IsOffered(int suite)
    {
        return Contains(_suites, _suiteCount, suite) && IsUsable(suite);
    }

    /// <summary>Whether a suite fits the versions and the kinds of authentication that are configured.</summary>
    private bool IsUsable(int suite)
    {
        if (CipherSuite.IsTls13(suite))
            return _options.MaxVersion >= ProtocolVersion.Tls13;
        if (_options.MinVersion > ProtocolVersion.Tls12)
            return false;

        return CipherSuite.IsPsk(suite) ? _options.Psk != null : _options.Verifier != null;
    }

    private int BeginMessage()
    {
        _messageType = _message[0];
        _messageLength = (_message[1] << 16) | (_message[2] << 8) | _message[3];
        int error = CheckType();
        if (error != TlsError.None)
            return error;
        if (_messageLength > 65536)
            return _messageType == HandshakeType.Certificate ? TlsError.CertificateTooLarge : TlsError.MessageTooLargeForBuffer;

        _streaming = _messageType == HandshakeType.Certificate;
        if (_streaming)
        {
            HashHeader(_messageLength);
            _certificates.Begin(_options.Verifier, _version == ProtocolVersion.Tls13, _rawPublicKey, WantsStatus, _messageLength);
        }
        else if (_messageLength > _message.Length - HeaderBytes)
        {
            // A ticket or a request that does not fit is read past; what the handshake needs must fit.
            bool skippable = _messageType == HandshakeType.NewSessionTicket || _messageType == HandshakeType.CertificateStatus || (_messageType == HandshakeType.CertificateRequest && _version == ProtocolVersion.Tls12);
            if (!skippable)
                return TlsError.MessageTooLargeForBuffer;

            _streaming = true;
            if (!Connected)
                HashHeader(_messageLength);
        }

        return TlsError.None;
    }

    private int StreamMessage(byte[] data, int offset, int count)
    {
        if (!Connected)
            _transcript.Update(data, offset, count);

        return _messageType == HandshakeType.Certificate ? _certificates.Take(data, offset, count) : TlsError.None;
    }

    private int EndMessage()
    {
        int type = _messageType;
        bool streamed = _streaming;
        int length = _messageLength;
        _messageFilled = 0;
        _streaming = false;
        if (_options.Observer != null)
            _options.Observer.OnMessage(false, ContentType.Handshake, IsHelloRetryRequest(type, length) ? HandshakeType.HelloRetryRequest : type, HeaderBytes + length, false);

        _reader.Reset(_message, HeaderBytes, streamed ? 0 : length);
        switch (_state)
        {
            case HandshakeState.ServerHello:
                return type == HandshakeType.HelloVerifyRequest ? OnHelloVerifyRequest() : OnServerHello(length);
            case HandshakeState.Connected13:
                return streamed ? OnSkippedTicket() : OnPostHandshake13(type);
            case HandshakeState.Connected12:
                return OnHelloRequest12(length);
        }

        if (type == HandshakeType.HelloRequest && _version == ProtocolVersion.Tls12)
            return OnHelloRequest12(length);

        return _version == ProtocolVersion.Tls13 ? OnMessage13(type, length, streamed) : OnMessage12(type, length, streamed);
    }

    /// <summary>Checks a message's type against the state, before anything of it is read.</summary>
    private int CheckType()
    {
        bool expected;
        int type = _messageType;
        switch (_state)
        {
            case HandshakeState.ServerHello:
                expected = type == HandshakeType.ServerHello || (type == HandshakeType.HelloVerifyRequest && _dtls != null);
                break;
            case HandshakeState.CertificateOrAbbreviated12:
                // A certificate with a PSK suite is refused here: there may be no verifier to give it to.
                expected = type == HandshakeType.NewSessionTicket
                    || (CipherSuite.IsPsk(_suite) ? type == HandshakeType.ServerKeyExchange || type == HandshakeType.ServerHelloDone : type == HandshakeType.Certificate);
                break;
            case HandshakeState.Certificate12:
            case HandshakeState.Certificate13:
                expected = type == HandshakeType.Certificate;
                break;
            case HandshakeState.ServerKeyExchange12:
                // A PSK server may leave its identity hint out (RFC 4279 section 2).
                expected = type == HandshakeType.ServerKeyExchange || (type == HandshakeType.ServerHelloDone && CipherSuite.IsPsk(_suite) && !CipherSuite.IsEcdhePsk(_suite));
                break;
            case HandshakeState.StatusOrKeyExchange12:
                expected = type == HandshakeType.CertificateStatus || type == HandshakeType.ServerKeyExchange;
                break;
            case HandshakeState.RequestOrDone12:
                expected = type == HandshakeType.ServerHelloDone || (type == HandshakeType.CertificateRequest && !CipherSuite.IsPsk(_suite));
                break;
            case HandshakeState.ServerHelloDone12:
                expected = type == HandshakeType.ServerHelloDone;
                break;
            case HandshakeState.TicketOrCcs12:
                expected = type == HandshakeType.NewSessionTicket && _ticketExpected12;
                break;
            case HandshakeState.Finished12:
            case HandshakeState.Finished13:
                expected = type == HandshakeType.Finished;
                break;
            case HandshakeState.EncryptedExtensions13:
                expected = type == HandshakeType.EncryptedExtensions;
                break;
            case HandshakeState.CertificateOrRequest13:
                expected = type == HandshakeType.Certificate || type == HandshakeType.CertificateRequest;
                break;
            case HandshakeState.CertificateVerify13:
                expected = type == HandshakeType.CertificateVerify;
                break;
            case HandshakeState.Connected13:
                expected = type == HandshakeType.NewSessionTicket || type == HandshakeType.KeyUpdate;
                break;
            case HandshakeState.Connected12:
                expected = type == HandshakeType.HelloRequest;
                break;
            default:
                expected = false;
                break;
        }

        // A HelloRequest may come at any time in TLS 1.2, and is ignored in the middle of a handshake (RFC 5246 section 7.4.1.1).
        if (type == HandshakeType.HelloRequest && _version == ProtocolVersion.Tls12 && _state != HandshakeState.Finished12)
            expected = true;

        return expected ? TlsError.None : TlsError.UnexpectedMessage;
    }

    /// <summary>The transcript hash up to and without the message being handled.</summary>
    private void SnapshotTranscript()
    {
        _transcript.Snapshot(_hash, 0);
    }

    private void HashMessage(int length)
    {
        if (_dtls == null)
        {
            _transcript.Update(_message, 0, HeaderBytes + length);
            return;
        }

        HashHeader(length);
        _transcript.Update(_message, HeaderBytes, length);
    }

    /// <summary>Opens a message to send.</summary>
    private void BeginSend(int type)
    {
        _channel.BeginMessage(_writer);
        _sendStart = _writer.Position;
        _writer.U8(type);
        _writer.Begin(3);
    }

    /// <summary>Closes, hashes and sends the message.</summary>
    private int EndSend()
    {
        _writer.End(_sendStart + 1, 3);
        if (_writer.Failed)
            return TlsError.SendBufferTooSmall;

        int count = _writer.Position - _sendStart;
        HashSent(count);
        _channel.SendMessage(count);
        return TlsError.None;
    }

    /// <summary>The peer's verdict after its certificate list was read.</summary>
    private int OnCertificateEnd()
    {
        int error = _certificates.End();
        if (error != TlsError.None)
            return error;

        long utcSeconds = _startUtcMs / 1000;
        error = _options.Verifier.Finish(utcSeconds);
        if (_options.Verifier.PublicKeyInfo == null)
            return error == TlsError.None ? TlsError.CertificateMalformed : error;

        _authenticated = error == TlsError.None;
        _authenticationError = error;
        if (error != TlsError.None && !_options.Opportunistic)
            return error;

        _peerKeyHash = new byte[32];
        IHash hash = _crypto.CreateSha256();
        hash.Update(_options.Verifier.PublicKeyInfo, _options.Verifier.PublicKeyInfoOffset, _options.Verifier.PublicKeyInfoBytes);
        hash.Snapshot(_peerKeyHash, 0);
        return TlsError.None;
    }

    private bool IsOfferedScheme(int scheme)
    {
        return Contains(_schemes, _schemeCount, scheme);
    }

    private bool IsOfferedGroup(int group)
    {
        return Contains(_groups, _groupCount, group);
    }

    private bool VerifySignature(int scheme, byte[] message, int messageBytes, int signatureOffset, int signatureBytes)
    {
        IPeerVerifier verifier = _options.Verifier;
        return _crypto.VerifySignature(scheme, verifier.PublicKeyInfo, verifier.PublicKeyInfoOffset, verifier.PublicKeyInfoBytes, message, 0, messageBytes, _reader.Buffer, signatureOffset, signatureBytes);
    }

    /// <summary>Reads the application_layer_protocol_negotiation extension of the server: exactly one protocol, and the one that was offered.</summary>
    private int ReadApplicationProtocol()
    {
        string offered = _options.ApplicationProtocol;
        if (offered == null)
            return TlsError.UnsolicitedExtension;

        int list = _reader.U16();
        int length = _reader.U8();
        int start = _reader.Skip(length);
        if (_reader.Failed || list != length + 1 || length == 0)
            return TlsError.DecodeError;
        if (length != offered.Length)
            return TlsError.BadApplicationProtocol;

        for (int i = 0; i < length; i++)
        {
            if (_reader.Buffer[start + i] != (byte)offered[i])
                return TlsError.BadApplicationProtocol;
        }

        _applicationProtocol = offered;
        return TlsError.None;
    }

    private int ReadServerCertificateType()
    {
        int type = _reader.U8();
        if (_options.Verifier == null || !_options.Verifier.AcceptsRawPublicKey)
            return TlsError.UnsolicitedExtension;
        if (type != 2 && !(type == 0 && _options.Verifier.AcceptsX509))
            return TlsError.IllegalParameter;

        _rawPublicKey = type == 2;
        return TlsError.None;
    }

    private int ReadRecordSizeLimit()
    {
        int limit = _reader.U16();
        if (_recordSizeLimit == 0)
            return TlsError.UnsolicitedExtension;
        if (limit < 64)
            return TlsError.IllegalParameter;

        _peerRecordSizeLimit = limit;
        _recordSizeLimitAgreed = true;
        return TlsError.None;
    }

    private int ReadMaxFragmentLength()
    {
        int code = _reader.U8();
        if (_maxFragmentCode == 0)
            return TlsError.UnsolicitedExtension;
        if (code != _maxFragmentCode)
            return TlsError.IllegalParameter;

        _negotiatedFragmentCode = code;
        return TlsError.None;
    }

    /// <summary>Applies the limits that were agreed on.</summary>
    private int ApplyLimits()
    {
        if (_peerRecordSizeLimit != 0 && _negotiatedFragmentCode != 0)
            return TlsError.IllegalParameter;

        _channel.LimitWrites(WriteLimit(_peerRecordSizeLimit, _negotiatedFragmentCode));
        return TlsError.None;
    }

    /// <summary>The content of a record under the peer's limits; a record_size_limit of TLS 1.3 counts the content type too (RFC 8449 section 4).</summary>
    private int WriteLimit(int recordSizeLimit, int fragmentCode)
    {
        int limit = fragmentCode == 0 ? RecordProtection.MaxPlaintextBytes : 256 << fragmentCode;
        int content = _version == ProtocolVersion.Tls12 ? recordSizeLimit : recordSizeLimit - 1;
        return recordSizeLimit != 0 && content < limit ? content : limit;
    }

    private void AddSession(TlsSession session)
    {
        if (_sessionCount == MaxSessions)
        {
            // The newest tickets are worth the most.
            TlsSession oldest = TakeSession();
            oldest.Clear();
        }

        _sessions[_sessionCount++] = session;
        SessionReported = false;
    }

    private static bool Contains(int[] list, int count, int value)
    {
        for (int i = 0; i < count; i++)
        {
            if (list[i] == value)
                return true;
        }

        return false;
    }

    private static byte[] Copy(byte[] source, int offset, int count)
    {
        byte[] copy = new byte[count];
        System.Array.Copy(source, offset, copy, 0, count);
        return copy;
    }
}
