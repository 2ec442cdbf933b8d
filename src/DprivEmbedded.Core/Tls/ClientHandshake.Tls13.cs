using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Tls;

// TLS 1.3 (RFC 8446 section 2). Figure 4 of the seed is flow B behind a RST and a TCP handshake.
//
// A. Full                                         B. Resumption (PSK)                                C. Resumption with early data
//  1. -> ClientHello + key_share                   1. -> ClientHello + key_share + pre_shared_key     1. -> ClientHello + early_data + pre_shared_key, query
//  2. <- ServerHello + key_share                   2. <- ServerHello + pre_shared_key                 2. <- ServerHello + pre_shared_key
//     <- EncryptedExtensions                          <- EncryptedExtensions                             <- EncryptedExtensions + early_data
//     <- [CertificateRequest]                         <- Finished                                        <- Finished, response
//     <- Certificate, CertificateVerify            3. -> Finished, query                              3. -> EndOfEarlyData, Finished
//     <- Finished                                  4. <- response, [NewSessionTicket]                 4. <- [NewSessionTicket]
//  3. -> [Certificate], Finished, query
//  4. <- response, [NewSessionTicket]
internal sealed partial class ClientHandshake
{
    private readonly byte[] _clientSecret = new byte[32];
    private readonly byte[] _serverSecret = new byte[32];
    private readonly byte[] _resumptionSecret = new byte[32];
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _iv = new byte[12];
    private bool _canSendEarly;
    private bool _earlyOffered;
    private bool _earlyAccepted;
    private bool _earlyRejected;
    private bool _externalPskUsed;
    private bool _pskUsed;

    /// <summary>Whether the caller has anything to send as early data.</summary>
    public bool HasEarlyData = true;

    /// <summary>Tickets that came on this connection.</summary>
    public int TicketsReceived;
    private bool _ccsSent;

    /// <summary>Whether the peer asked for a KeyUpdate in return.</summary>
    public bool KeyUpdateRequested;

    private void BeginEarlyData()
    {
        _earlyOffered = true;
        _canSendEarly = true;
        // What the server demanded when the ticket was made holds for what is sent under it (RFC 8449 section 4).
        _channel.LimitWrites(WriteLimit(_session.PeerRecordSizeLimit, _session.MaxFragmentLengthCode));
        SendCompatibilityChangeCipherSpec();
        _schedule13.Start(_session.Secret);
        SnapshotTranscript();
        _schedule13.DeriveSecret("c e traffic", _hash, _clientSecret);
        LogSecret("CLIENT_EARLY_TRAFFIC_SECRET", _clientSecret);
        Protect(true, _session.CipherSuite, _clientSecret);
    }

    private void RejectEarlyData()
    {
        _canSendEarly = false;
        _earlyRejected = true;
        _earlyOffered = false;
        _channel.ProtectWrites(0, null, 0, null, 0);
    }

    private int OnServerHello13(int length)
    {
        bool sharesKey = _extensions.Take(ExtensionType.KeyShare);
        _pskUsed = _extensions.Take(ExtensionType.PreSharedKey);
        if (!_extensions.IsEmpty)
            return TlsError.UnsolicitedExtension;

        byte[] psk = null;
        if (_pskUsed)
        {
            int error = SelectPsk();
            if (error != TlsError.None)
                return error;

            psk = _externalPskUsed ? _options.Psk : _session.Secret;
        }
        else if (_options.Verifier == null)
            return TlsError.MissingExtension;

        byte[] shared = null;
        if (sharesKey)
        {
            // psk_ke was the only mode offered: a key share is then no answer to anything.
            if (_shareGroup == 0 || (_pskUsed && !_options.PskDheKe))
                return _shareGroup == 0 ? TlsError.UnsolicitedExtension : TlsError.IllegalParameter;

            shared = new byte[32];
            int error = AgreeKey(shared);
            if (error != TlsError.None)
                return error;
        }
        else if (!_pskUsed || !_options.PskKe)
            return TlsError.MissingExtension;

        if (_earlyOffered && (!_pskUsed || _externalPskUsed))
            RejectEarlyData();

        HashMessage(length);
        SnapshotTranscript();
        _schedule13.Start(psk);
        _schedule13.EnterHandshake(shared);
        ConstantTime.Clear(shared);
        _schedule13.DeriveSecret("s hs traffic", _hash, _serverSecret);
        LogSecret("SERVER_HANDSHAKE_TRAFFIC_SECRET", _serverSecret);
        Protect(false, _suite, _serverSecret);
        // With early data in flight the client's handshake keys wait until EndOfEarlyData; their secret is kept aside.
        _schedule13.DeriveSecret("c hs traffic", _hash, _resumptionSecret);
        LogSecret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", _resumptionSecret);
        if (!_earlyOffered)
            TakeHandshakeWriteKeys();

        _resumed = _pskUsed && !_externalPskUsed;
        _state = HandshakeState.EncryptedExtensions13;
        return TlsError.None;
    }

    private void TakeHandshakeWriteKeys()
    {
        System.Array.Copy(_resumptionSecret, 0, _clientSecret, 0, 32);
        SendCompatibilityChangeCipherSpec();
        Protect(true, _suite, _clientSecret);
    }

    /// <summary>Sends one change_cipher_spec: right behind the ClientHello where early data follows, else before the encrypted flight (RFC 8446 appendix D.4).</summary>
    private void SendCompatibilityChangeCipherSpec()
    {
        if (!_options.CompatibilityMode || _ccsSent)
            return;

        _ccsSent = true;
        _channel.SendChangeCipherSpec();
    }

    private int SelectPsk()
    {
        _extensions.Open(ExtensionType.PreSharedKey, _reader, _message);
        int selected = _reader.U16();
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (!_offersSession13 && !_offersExternalPsk13)
            return TlsError.UnsolicitedExtension;

        int external = _offersSession13 ? 1 : 0;
        if (selected > external || (selected == external && !_offersExternalPsk13))
            return TlsError.IllegalParameter;

        _externalPskUsed = selected == external;
        return TlsError.None;
    }

    private int AgreeKey(byte[] shared)
    {
        _extensions.Open(ExtensionType.KeyShare, _reader, _message);
        int group = _reader.U16();
        int valueLength = _reader.U16();
        int value = _reader.Skip(valueLength);
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (group != _shareGroup)
            return TlsError.IllegalParameter;
        if (!_keyAgreement.Agree(_message, value, valueLength, shared, 0))
            return TlsError.BadKeyShare;

        _group = group;
        _keyAgreement.Clear();
        _keyAgreement = null;
        return TlsError.None;
    }

    private int OnMessage13(int type, int length, bool streamed)
    {
        switch (_state)
        {
            case HandshakeState.EncryptedExtensions13:
                return OnEncryptedExtensions(length);
            case HandshakeState.CertificateOrRequest13:
                if (type == HandshakeType.CertificateRequest)
                    return OnCertificateRequest13(length);

                return OnCertificate13();
            case HandshakeState.Certificate13:
                return OnCertificate13();
            case HandshakeState.CertificateVerify13:
                return OnCertificateVerify13(length);
            default:
                return OnFinished13(length);
        }
    }

    private int OnEncryptedExtensions(int length)
    {
        int error = _extensions.Read(_reader, false);
        if (error != TlsError.None)
            return error;
        if (!_reader.AtEnd)
            return TlsError.DecodeError;

        error = ReadAgreedExtensions();
        if (error != TlsError.None)
            return error;

        // A server may tell its groups for next time (RFC 8446 section 4.2.7).
        _extensions.Take(ExtensionType.SupportedGroups);
        if (_extensions.Take(ExtensionType.EarlyData))
        {
            _extensions.Open(ExtensionType.EarlyData, _reader, _message);
            if (!_earlyOffered)
                return TlsError.UnsolicitedExtension;
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
            // Early data travels under the suite and protocol of its session: only with these can it be accepted (RFC 8446 section 4.2.10).
            if (_suite != _session.CipherSuite || _applicationProtocol != _session.ApplicationProtocol)
                return TlsError.IllegalParameter;

            _earlyAccepted = true;
        }
        else if (_earlyOffered)
        {
            RejectEarlyData();
            TakeHandshakeWriteKeys();
        }

        if (!_extensions.IsEmpty)
            return TlsError.UnsolicitedExtension;

        error = ApplyLimits();
        if (error != TlsError.None)
            return error;

        HashMessage(length);
        if (_pskUsed)
        {
            if (_externalPskUsed)
                _authenticated = true;
            else
            {
                _authenticated = _session.Authenticated;
                _authenticationError = _authenticated ? TlsError.None : TlsError.SessionNotAuthenticated;
                _peerKeyHash = _session.PeerKeyHash;
            }

            _state = HandshakeState.Finished13;
        }
        else
            _state = HandshakeState.CertificateOrRequest13;

        return TlsError.None;
    }

    /// <summary>Reads the extensions that a TLS 1.2 ServerHello and TLS 1.3 EncryptedExtensions have in common.</summary>
    private int ReadAgreedExtensions()
    {
        int error = TlsError.None;
        if (_extensions.Take(ExtensionType.ServerName))
        {
            _extensions.Open(ExtensionType.ServerName, _reader, _message);
            if (_options.ServerName == null)
                return TlsError.UnsolicitedExtension;
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
        }

        if (_extensions.Take(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            _extensions.Open(ExtensionType.ApplicationLayerProtocolNegotiation, _reader, _message);
            error = ReadApplicationProtocol();
            if (error == TlsError.None && !_reader.AtEnd)
                error = TlsError.DecodeError;
        }

        if (error == TlsError.None && _extensions.Take(ExtensionType.ServerCertificateType))
        {
            _extensions.Open(ExtensionType.ServerCertificateType, _reader, _message);
            error = ReadServerCertificateType();
            if (error == TlsError.None && !_reader.AtEnd)
                error = TlsError.DecodeError;
        }

        if (error == TlsError.None && _extensions.Take(ExtensionType.RecordSizeLimit))
        {
            _extensions.Open(ExtensionType.RecordSizeLimit, _reader, _message);
            error = ReadRecordSizeLimit();
            if (error == TlsError.None && !_reader.AtEnd)
                error = TlsError.DecodeError;
        }

        if (error == TlsError.None && _extensions.Take(ExtensionType.MaxFragmentLength))
        {
            _extensions.Open(ExtensionType.MaxFragmentLength, _reader, _message);
            error = ReadMaxFragmentLength();
            if (error == TlsError.None && !_reader.AtEnd)
                error = TlsError.DecodeError;
        }

        return error;
    }

    private int OnCertificateRequest13(int length)
    {
        int contextLength = _reader.U8();
        int context = _reader.Skip(contextLength);
        if (_reader.Failed)
            return TlsError.DecodeError;
        if (contextLength != 0)
            return TlsError.IllegalParameter;

        _certificateRequestContext = Copy(_message, context, contextLength);
        int error = _extensions.Read(_reader, true);
        if (error != TlsError.None)
            return error;
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (!_extensions.Has(ExtensionType.SignatureAlgorithms))
            return TlsError.MissingExtension;

        _certificateRequested = true;
        HashMessage(length);
        _state = HandshakeState.Certificate13;
        return TlsError.None;
    }

    private int OnCertificate13()
    {
        int error = OnCertificateEnd();
        if (error != TlsError.None)
            return error;

        _state = HandshakeState.CertificateVerify13;
        return TlsError.None;
    }

    private int OnCertificateVerify13(int length)
    {
        int scheme = _reader.U16();
        int signatureLength = _reader.U16();
        int signature = _reader.Skip(signatureLength);
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        // PKCS #1 v1.5 is for certificates and TLS 1.2 only (RFC 8446 section 4.2.3).
        if (scheme == SignatureScheme.RsaPkcs1Sha256 || !IsOfferedScheme(scheme))
            return TlsError.IllegalParameter;

        SnapshotTranscript();
        const string context = "TLS 1.3, server CertificateVerify";
        byte[] signed = new byte[64 + context.Length + 1 + 32];
        for (int i = 0; i < 64; i++)
            signed[i] = 0x20;
        for (int i = 0; i < context.Length; i++)
            signed[64 + i] = (byte)context[i];

        System.Array.Copy(_hash, 0, signed, signed.Length - 32, 32);
        if (!VerifySignature(scheme, signed, signed.Length, signature, signatureLength))
            return TlsError.BadSignature;

        HashMessage(length);
        _state = HandshakeState.Finished13;
        return TlsError.None;
    }

    private int OnFinished13(int length)
    {
        if (length != 32)
            return TlsError.DecodeError;

        SnapshotTranscript();
        byte[] expected = new byte[32];
        _schedule13.Finished(_serverSecret, _hash, expected, 0);
        bool right = ConstantTime.AreEqual(expected, 0, _message, HeaderBytes, 32);
        if (!right)
            return TlsError.BadFinished;

        HashMessage(length);
        SnapshotTranscript();
        _schedule13.EnterMaster();
        byte[] clientApplication = new byte[32];
        if (_options.KeyLog != null)
        {
            _schedule13.DeriveSecret("exp master", _hash, clientApplication);
            LogSecret("EXPORTER_SECRET", clientApplication);
        }

        _schedule13.DeriveSecret("c ap traffic", _hash, clientApplication);
        _schedule13.DeriveSecret("s ap traffic", _hash, _serverSecret);
        LogSecret("CLIENT_TRAFFIC_SECRET_0", clientApplication);
        LogSecret("SERVER_TRAFFIC_SECRET_0", _serverSecret);
        Protect(false, _suite, _serverSecret);

        int error = SendLastFlight13();
        if (error != TlsError.None)
            return error;

        System.Array.Copy(clientApplication, 0, _clientSecret, 0, 32);
        ConstantTime.Clear(clientApplication);
        Protect(true, _suite, _clientSecret);
        SnapshotTranscript();
        _schedule13.DeriveSecret("res master", _hash, _resumptionSecret);
        _schedule13.Clear();
        _canSend = true;
        _canSendEarly = false;
        _state = HandshakeState.Connected13;
        return TlsError.None;
    }

    private int SendLastFlight13()
    {
        int error;
        if (_earlyAccepted)
        {
            BeginSend(HandshakeType.EndOfEarlyData);
            error = EndSend();
            if (error != TlsError.None)
                return error;

            TakeHandshakeWriteKeys();
        }

        if (_certificateRequested)
        {
            // No client certificate: an empty list (RFC 8446 section 4.4.2).
            BeginSend(HandshakeType.Certificate);
            _writer.U8(_certificateRequestContext.Length);
            _writer.Bytes(_certificateRequestContext, 0, _certificateRequestContext.Length);
            _writer.U24(0);
            error = EndSend();
            if (error != TlsError.None)
                return error;
        }

        SnapshotTranscript();
        BeginSend(HandshakeType.Finished);
        int verifyData = _writer.Reserve(32);
        if (_writer.Failed)
            return TlsError.SendBufferTooSmall;

        _schedule13.Finished(_clientSecret, _hash, _writer.Buffer, verifyData);
        return EndSend();
    }

    private int OnPostHandshake13(int type)
    {
        if (type == HandshakeType.NewSessionTicket)
            return OnNewSessionTicket13();

        int request = _reader.U8();
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (request > 1)
            return TlsError.IllegalParameter;
        if (++_postHandshakeMessages > MaxPostHandshakeMessages)
            return TlsError.Flood;

        _schedule13.UpdateTrafficSecret(_serverSecret);
        Protect(false, _suite, _serverSecret);
        if (request == 1)
            KeyUpdateRequested = true;

        return TlsError.None;
    }

    /// <summary>Counts application data: messages between it are limited, so that nothing floods in silence.</summary>
    public void OnApplicationData()
    {
        _postHandshakeMessages = 0;
    }

    /// <summary>Sends a KeyUpdate and renews the write keys (RFC 8446 section 4.6.3).</summary>
    /// <param name="requestPeer">Whether the peer is to renew its own.</param>
    public int SendKeyUpdate(bool requestPeer)
    {
        KeyUpdateRequested = false;
        _channel.BeginMessage(_writer);
        int start = _writer.Position;
        _writer.U8(HandshakeType.KeyUpdate);
        _writer.U24(1);
        _writer.U8(requestPeer ? 1 : 0);
        if (_writer.Failed)
            return TlsError.SendBufferTooSmall;

        _channel.SendMessage(_writer.Position - start);
        _schedule13.UpdateTrafficSecret(_clientSecret);
        Protect(true, _suite, _clientSecret);
        return TlsError.None;
    }

    private int OnSkippedTicket()
    {
        return ++_postHandshakeMessages > MaxPostHandshakeMessages ? TlsError.Flood : TlsError.None;
    }

    private int OnNewSessionTicket13()
    {
        TicketsReceived++;
        uint lifetime = _reader.U32();
        uint ageAdd = _reader.U32();
        int nonceLength = _reader.U8();
        int nonce = _reader.Skip(nonceLength);
        int ticketLength = _reader.U16();
        int ticket = _reader.Skip(ticketLength);
        if (_reader.Failed || ticketLength == 0)
            return TlsError.DecodeError;

        int error = _extensions.Read(_reader, true);
        if (error != TlsError.None)
            return error;
        if (!_reader.AtEnd)
            return TlsError.DecodeError;

        int earlyData = 0;
        if (_extensions.Has(ExtensionType.EarlyData))
        {
            _extensions.Open(ExtensionType.EarlyData, _reader, _message);
            uint limit = _reader.U32();
            if (!_reader.AtEnd)
                return TlsError.DecodeError;

            earlyData = limit > 0x7FFFFFFF ? 0x7FFFFFFF : (int)limit;
        }

        if (++_postHandshakeMessages > MaxPostHandshakeMessages)
            return TlsError.Flood;
        if (!_options.Tickets || lifetime == 0)
            return TlsError.None;

        TlsSession session = NewSession();
        session.Secret = new byte[32];
        _schedule13.ResumptionPsk(_resumptionSecret, _message, nonce, nonceLength, session.Secret);
        session.Ticket = Copy(_message, ticket, ticketLength);
        session.LifetimeSeconds = lifetime > 604800 ? 604800 : (int)lifetime;
        session.AgeAdd = ageAdd;
        session.MaxEarlyDataBytes = earlyData;
        AddSession(session);
        return TlsError.None;
    }

    /// <summary>A session with everything but its ticket and secret.</summary>
    private TlsSession NewSession()
    {
        TlsSession session = new TlsSession();
        session.Version = Version;
        session.CipherSuite = _suite;
        session.ServerName = _options.ServerName;
        session.ApplicationProtocol = _applicationProtocol;
        session.ReceivedUtcMs = _startUtcMs + (LastNowMs - _startNowMs);
        session.Authenticated = _authenticated;
        session.PeerKeyHash = _peerKeyHash;
        session.PeerRecordSizeLimit = _peerRecordSizeLimit;
        session.MaxFragmentLengthCode = _negotiatedFragmentCode;
        session.Group = _group;
        if (_resumed)
        {
            session.AuthenticatedUntilUtcSeconds = _session.AuthenticatedUntilUtcSeconds;
            if (_group == 0)
                session.Group = _session.Group;
        }
        else if (!_externalPskUsed && _options.Verifier != null)
            session.AuthenticatedUntilUtcSeconds = _options.Verifier.ValidUntilUtcSeconds;

        return session;
    }

    /// <summary>The time of the last call, for the age of tickets.</summary>
    public long LastNowMs;

    private void Protect(bool write, int suite, byte[] trafficSecret)
    {
        int keyBytes = CipherSuite.KeyBytes(suite);
        _schedule13.TrafficKeys(trafficSecret, _key, keyBytes, _iv);
        if (write)
            _channel.ProtectWrites(suite, _key, 0, _iv, 0);
        else
        {
            _channel.ProtectReads(suite, _key, 0, _iv, 0);
            RecordMustEnd = true;
        }

        ConstantTime.Clear(_key);
        ConstantTime.Clear(_iv);
    }

    private void LogSecret(string label, byte[] secret)
    {
        if (_options.KeyLog != null)
            _options.KeyLog.Log(label, _clientRandom, secret, 32);
    }
}
