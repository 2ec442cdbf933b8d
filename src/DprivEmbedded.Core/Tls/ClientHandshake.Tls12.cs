using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Tls;

// TLS 1.2 (RFC 5246 section 7.3). The seed's figures 1, 5, 8 and 9 are flow B behind a RST and a TCP handshake; figures 2, 3 and 7 are it over DTLS.
//
// A. Full                                                       B. Resumption, by session id or by ticket (RFC 5077)
//  1. -> ClientHello                                             1. -> ClientHello with session id or ticket
//  2. <- ServerHello, Certificate, ServerKeyExchange,            2. <- ServerHello, [NewSessionTicket], ChangeCipherSpec, Finished
//        [CertificateRequest], ServerHelloDone                   3. -> ChangeCipherSpec, Finished, query
//  3. -> [Certificate], ClientKeyExchange, ChangeCipherSpec,     4. <- response
//        Finished, query (False Start, RFC 7918)
//  4. <- [NewSessionTicket], ChangeCipherSpec, Finished, response
internal sealed partial class ClientHandshake
{
    private readonly byte[] _master = new byte[KeySchedule12.MasterSecretBytes];
    private readonly byte[] _keyBlock = new byte[2 * 32 + 2 * 12];
    private readonly byte[] _verifyData = new byte[KeySchedule12.VerifyDataBytes];
    private byte[] _newSessionId;
    private byte[] _newTicket;
    private int _newTicketLifetime;
    private bool _ticketExpected12;
    private bool _statusExpected12;
    private byte[] _peerPublic;

    private int OnServerHello12(int length, int suite, int id, int idLength)
    {
        if (CipherSuite.IsTls13(suite) || !IsOffered(suite))
            return TlsError.BadCipherSuite;
        if (_offers13 && HasDowngradeSentinel())
            return TlsError.DowngradeDetected;

        _suite = suite;
        bool renegotiation = _extensions.Take(ExtensionType.RenegotiationInfo);
        if (renegotiation)
        {
            _extensions.Open(ExtensionType.RenegotiationInfo, _reader, _message);
            if (_reader.U8() != 0 || !_reader.AtEnd)
                return TlsError.InsecureServer; // handshake_failure, by RFC 5746 section 3.4
        }

        bool extendedMasterSecret = _extensions.Take(ExtensionType.ExtendedMasterSecret);
        if (extendedMasterSecret)
        {
            _extensions.Open(ExtensionType.ExtendedMasterSecret, _reader, _message);
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
        }

        if (!renegotiation || !extendedMasterSecret)
            return TlsError.InsecureServer;

        _ticketExpected12 = _extensions.Take(ExtensionType.SessionTicket);
        if (_ticketExpected12)
        {
            _extensions.Open(ExtensionType.SessionTicket, _reader, _message);
            if (!_options.Tickets && !OffersTicket12)
                return TlsError.UnsolicitedExtension;
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
        }

        // Not a server's to send here, but some do, and it says nothing that matters.
        _extensions.Take(ExtensionType.SupportedGroups);
        _statusExpected12 = _extensions.Take(ExtensionType.StatusRequest);
        if (_statusExpected12)
        {
            _extensions.Open(ExtensionType.StatusRequest, _reader, _message);
            if (!WantsStatus)
                return TlsError.UnsolicitedExtension;
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
        }

        int error = ReadPointFormats();
        if (error == TlsError.None)
            error = ReadAgreedExtensions();
        if (error == TlsError.None && _dtls != null)
            error = ReadDatagramExtensions();
        if (error == TlsError.None && !_extensions.IsEmpty)
            error = TlsError.UnsolicitedExtension;
        if (error == TlsError.None)
            error = ApplyLimits();
        if (error != TlsError.None)
            return error;

        bool echo = idLength > 0 && IsEcho(id, idLength);
        _newSessionId = idLength > 0 ? Copy(_message, id, idLength) : null;
        _newTicket = null;
        HashMessage(length);
        if (echo)
        {
            if (_session == null || _session.Ticket != null || _session.Version != Version12)
                return TlsError.IllegalParameter;

            return Resume12();
        }

        _state = OffersTicket12 ? HandshakeState.CertificateOrAbbreviated12 : FirstOfFull12();
        return TlsError.None;
    }

    /// <summary>Reads ec_point_formats: it must list the uncompressed format (RFC 8422 section 5.1.2).</summary>
    private int ReadPointFormats()
    {
        if (!_extensions.Take(ExtensionType.EcPointFormats))
            return TlsError.None;

        _extensions.Open(ExtensionType.EcPointFormats, _reader, _message);
        int count = _reader.U8();
        bool uncompressed = false;
        for (int i = 0; i < count && !_reader.Failed; i++)
            uncompressed |= _reader.U8() == 0;

        if (!_reader.AtEnd || count == 0)
            return TlsError.DecodeError;
        if (!OffersEcdhe12())
            return TlsError.UnsolicitedExtension;

        return uncompressed ? TlsError.None : TlsError.IllegalParameter;
    }

    private bool OffersTicket12 { get { return _session != null && _session.Version == Version12 && _session.Ticket != null; } }

    private int FirstOfFull12()
    {
        return CipherSuite.IsPsk(_suite) ? HandshakeState.ServerKeyExchange12 : HandshakeState.Certificate12;
    }

    private bool HasDowngradeSentinel()
    {
        const string sentinel = "DOWNGRD";
        for (int i = 0; i < sentinel.Length; i++)
        {
            if (_serverRandom[24 + i] != (byte)sentinel[i])
                return false;
        }

        return _serverRandom[31] <= 1;
    }

    /// <summary>The server resumes: keys come from the old master secret.</summary>
    private int Resume12()
    {
        if (_suite != _session.CipherSuite || _negotiatedFragmentCode != _session.MaxFragmentLengthCode)
            return TlsError.IllegalParameter;

        _resumed = true;
        _authenticated = _session.Authenticated;
        _authenticationError = _authenticated ? TlsError.None : TlsError.SessionNotAuthenticated;
        _peerKeyHash = _session.PeerKeyHash;
        System.Array.Copy(_session.Secret, 0, _master, 0, KeySchedule12.MasterSecretBytes);
        MakeKeyBlock12();
        _state = _ticketExpected12 ? HandshakeState.TicketOrCcs12 : HandshakeState.ChangeCipherSpec12;
        return TlsError.None;
    }

    private int OnMessage12(int type, int length, bool streamed)
    {
        if (_state == HandshakeState.CertificateOrAbbreviated12)
        {
            // With an empty session id the next message tells whether the ticket was accepted (RFC 5077 section 3.4).
            if (type == HandshakeType.NewSessionTicket)
            {
                if (!_ticketExpected12)
                    return TlsError.UnexpectedMessage;

                int error = Resume12();
                if (error != TlsError.None)
                    return error;
            }
            else
                _state = FirstOfFull12();

            int again = CheckType();
            if (again != TlsError.None)
                return again;
        }

        if (_state == HandshakeState.StatusOrKeyExchange12)
        {
            if (type == HandshakeType.CertificateStatus)
                return OnCertificateStatus12(length, streamed);

            int error = EndCertificate12();
            if (error != TlsError.None)
                return error;

            // What was read of the message stays where it is.
            _reader.Reset(_message, HeaderBytes, length);
        }

        switch (type)
        {
            case HandshakeType.Certificate:
                return OnCertificate12();
            case HandshakeType.ServerKeyExchange:
                return OnServerKeyExchange12(length);
            case HandshakeType.CertificateRequest:
                return OnCertificateRequest12(length, streamed);
            case HandshakeType.ServerHelloDone:
                return OnServerHelloDone12(length);
            case HandshakeType.NewSessionTicket:
                return OnNewSessionTicket12(length, streamed);
            default:
                return OnFinished12(length);
        }
    }

    /// <summary>Reads a request that will be answered with an empty list: types, signature schemes, authorities (RFC 5246 section 7.4.4).</summary>
    private int OnCertificateRequest12(int length, bool streamed)
    {
        if (!streamed)
        {
            _reader.Skip(_reader.U8());
            _reader.Skip(_reader.U16());
            _reader.Skip(_reader.U16());
            if (!_reader.AtEnd)
                return TlsError.DecodeError;

            HashMessage(length);
        }

        _certificateRequested = true;
        _state = HandshakeState.ServerHelloDone12;
        return TlsError.None;
    }

    private int OnCertificate12()
    {
        if (_statusExpected12 && !_rawPublicKey)
        {
            // The verdict waits for the status, which may be left out (RFC 6066 section 8).
            _state = HandshakeState.StatusOrKeyExchange12;
            return TlsError.None;
        }

        return EndCertificate12();
    }

    private int OnCertificateStatus12(int length, bool streamed)
    {
        if (!streamed)
        {
            int type = _reader.U8();
            int count = _reader.U24();
            int response = _reader.Skip(count);
            if (!_reader.AtEnd || count == 0)
                return TlsError.DecodeError;
            if (type != 1)
                return TlsError.IllegalParameter;

            IStapledStatusVerifier verifier = (IStapledStatusVerifier)_options.Verifier;
            int error = verifier.BeginStatus(count);
            if (error == TlsError.None)
                error = verifier.Status(_message, response, count);
            if (error != TlsError.None)
                return error;

            HashMessage(length);
        }

        return EndCertificate12();
    }

    private int EndCertificate12()
    {
        int error = OnCertificateEnd();
        if (error != TlsError.None)
            return error;

        _state = HandshakeState.ServerKeyExchange12;
        return TlsError.None;
    }

    /// <summary>Reads ServerKeyExchange. Source: RFC 8422 section 5.4, RFC 5489 section 2, RFC 4279 section 2.</summary>
    private int OnServerKeyExchange12(int length)
    {
        if (CipherSuite.IsPsk(_suite))
        {
            int hint = _reader.U16();
            _reader.Skip(hint);
            if (_reader.Failed)
                return TlsError.DecodeError;
        }

        if (CipherSuite.IsEcdhe(_suite))
        {
            int parameters = _reader.Position;
            int curveType = _reader.U8();
            int group = _reader.U16();
            int pointLength = _reader.U8();
            int point = _reader.Skip(pointLength);
            int parameterBytes = _reader.Position - parameters;
            if (_reader.Failed)
                return TlsError.DecodeError;
            if (curveType != 3 || !IsOfferedGroup(group))
                return TlsError.IllegalParameter;

            _group = group;
            _peerPublic = Copy(_message, point, pointLength);
            if (!CipherSuite.IsPsk(_suite))
            {
                int error = CheckServerKeyExchangeSignature(parameters, parameterBytes);
                if (error != TlsError.None)
                    return error;
            }
        }

        if (!_reader.AtEnd)
            return TlsError.DecodeError;

        HashMessage(length);
        _state = HandshakeState.RequestOrDone12;
        return TlsError.None;
    }

    private int CheckServerKeyExchangeSignature(int parameters, int parameterBytes)
    {
        int scheme = _reader.U16();
        int signatureLength = _reader.U16();
        int signature = _reader.Skip(signatureLength);
        if (!_reader.AtEnd)
            return TlsError.DecodeError;

        bool ecdsa = scheme == SignatureScheme.EcdsaSecp256r1Sha256;
        if (!IsOfferedScheme(scheme) || ecdsa != CipherSuite.IsEcdsa(_suite))
            return TlsError.IllegalParameter;

        byte[] signed = new byte[64 + parameterBytes];
        System.Array.Copy(_clientRandom, 0, signed, 0, 32);
        System.Array.Copy(_serverRandom, 0, signed, 32, 32);
        System.Array.Copy(_message, parameters, signed, 64, parameterBytes);
        return VerifySignature(scheme, signed, signed.Length, signature, signatureLength) ? TlsError.None : TlsError.BadSignature;
    }

    private int OnServerHelloDone12(int length)
    {
        if (length != 0)
            return TlsError.DecodeError;

        HashMessage(0);
        RecordMustEnd = _dtls == null;
        int error = TlsError.None;
        if (_certificateRequested)
        {
            BeginSend(HandshakeType.Certificate);
            _writer.U24(0);
            error = EndSend();
        }

        if (error == TlsError.None)
            error = SendClientKeyExchange12();
        if (error == TlsError.None)
            error = SendFinished12();
        if (error != TlsError.None)
            return error;

        if (CipherSuite.IsPsk(_suite))
            _externalPskUsed = true;

        _canSend = _options.FalseStart && !NoFalseStart && CipherSuite.IsEcdhe(_suite) && _authenticationError == TlsError.None;
        _state = _ticketExpected12 ? HandshakeState.TicketOrCcs12 : HandshakeState.ChangeCipherSpec12;
        return TlsError.None;
    }

    private int SendClientKeyExchange12()
    {
        bool psk = CipherSuite.IsPsk(_suite);
        byte[] shared = new byte[32];
        int error;
        BeginSend(HandshakeType.ClientKeyExchange);
        if (psk)
        {
            _writer.U16(_options.PskIdentity.Length);
            _writer.Bytes(_options.PskIdentity, 0, _options.PskIdentity.Length);
        }

        bool ecdhe = CipherSuite.IsEcdhe(_suite);
        if (ecdhe)
        {
            error = MakeKeyShare(_group);
            if (error != TlsError.None)
                return error;

            _writer.U8(_keyAgreement.PublicBytes);
            int offset = _writer.Reserve(_keyAgreement.PublicBytes);
            if (_writer.Failed)
                return TlsError.SendBufferTooSmall;

            _keyAgreement.Generate(_crypto.Random, _writer.Buffer, offset);
            if (!_keyAgreement.Agree(_peerPublic, 0, _peerPublic.Length, shared, 0))
                return TlsError.BadKeyShare;

            _keyAgreement.Clear();
            _keyAgreement = null;
        }

        error = EndSend();
        if (error != TlsError.None)
            return error;

        byte[] premaster = psk ? PskPremaster12(ecdhe ? shared : null) : shared;
        SnapshotTranscript();
        _schedule12.ExtendedMasterSecret(premaster, premaster.Length, _hash, _master);
        ConstantTime.Clear(premaster);
        ConstantTime.Clear(shared);
        if (psk)
            _authenticated = true; // proved by the server's Finished

        MakeKeyBlock12();
        return TlsError.None;
    }

    /// <summary>The premaster secret of PSK (RFC 4279 section 2) and ECDHE_PSK (RFC 5489 section 2).</summary>
    private byte[] PskPremaster12(byte[] shared)
    {
        int otherBytes = shared == null ? _options.Psk.Length : shared.Length;
        byte[] premaster = new byte[4 + otherBytes + _options.Psk.Length];
        ByteWriter writer = new ByteWriter();
        writer.Reset(premaster, 0, premaster.Length);
        writer.U16(otherBytes);
        if (shared == null)
            writer.Reserve(otherBytes);
        else
            writer.Bytes(shared, 0, otherBytes);

        writer.U16(_options.Psk.Length);
        writer.Bytes(_options.Psk, 0, _options.Psk.Length);
        return premaster;
    }

    private void MakeKeyBlock12()
    {
        int count = 2 * CipherSuite.KeyBytes(_suite) + 2 * CipherSuite.FixedIvBytes(_suite);
        _schedule12.KeyBlock(_master, _clientRandom, _serverRandom, _keyBlock, count);
        if (_options.KeyLog != null)
            _options.KeyLog.Log("CLIENT_RANDOM", _clientRandom, _master, KeySchedule12.MasterSecretBytes);
    }

    private int SendFinished12()
    {
        _channel.SendChangeCipherSpec();
        int keyBytes = CipherSuite.KeyBytes(_suite);
        _channel.ProtectWrites(_suite, _keyBlock, 0, _keyBlock, 2 * keyBytes);
        SnapshotTranscript();
        _schedule12.Finished(_master, true, _hash, _verifyData);
        BeginSend(HandshakeType.Finished);
        _writer.Bytes(_verifyData, 0, KeySchedule12.VerifyDataBytes);
        return EndSend();
    }

    private int OnNewSessionTicket12(int length, bool streamed)
    {
        _ticketExpected12 = false;
        _state = HandshakeState.ChangeCipherSpec12;
        if (streamed)
            return TlsError.None;

        uint lifetime = _reader.U32();
        int ticketLength = _reader.U16();
        int ticket = _reader.Skip(ticketLength);
        if (!_reader.AtEnd)
            return TlsError.DecodeError;

        // An empty ticket says that there is none (RFC 5077 section 3.3).
        if (ticketLength > 0 && _options.Tickets)
        {
            _newTicket = Copy(_message, ticket, ticketLength);
            _newTicketLifetime = lifetime > 604800 ? 604800 : (int)lifetime;
        }

        HashMessage(length);
        return TlsError.None;
    }

    private int ChangeCipherSpec12()
    {
        if (_state == HandshakeState.CertificateOrAbbreviated12 && !_ticketExpected12)
        {
            int error = Resume12();
            if (error != TlsError.None)
                return error;
        }

        if (_state != HandshakeState.ChangeCipherSpec12)
            return TlsError.UnexpectedMessage;

        int keyBytes = CipherSuite.KeyBytes(_suite);
        _channel.ProtectReads(_suite, _keyBlock, keyBytes, _keyBlock, 2 * keyBytes + CipherSuite.FixedIvBytes(_suite));
        _state = HandshakeState.Finished12;
        return TlsError.None;
    }

    private int OnFinished12(int length)
    {
        if (length != KeySchedule12.VerifyDataBytes)
            return TlsError.DecodeError;

        SnapshotTranscript();
        _schedule12.Finished(_master, false, _hash, _verifyData);
        if (!ConstantTime.AreEqual(_verifyData, 0, _message, HeaderBytes, KeySchedule12.VerifyDataBytes))
            return TlsError.BadFinished;

        HashMessage(length);
        if (_resumed)
        {
            int error = SendFinished12();
            if (error != TlsError.None)
                return error;
        }

        KeepSession12();
        ConstantTime.Clear(_keyBlock);
        _schedule12.Clear();
        _canSend = true;
        _state = HandshakeState.Connected12;
        return TlsError.None;
    }

    /// <summary>Makes the session for next time: a new ticket, else the one that was just accepted, else the session id.</summary>
    private void KeepSession12()
    {
        bool again = _resumed && _newTicket == null;
        if (!again && _newTicket == null && _newSessionId == null)
            return;

        TlsSession session = NewSession();
        session.Secret = Copy(_master, 0, KeySchedule12.MasterSecretBytes);
        session.ExtendedMasterSecret = true;
        if (again)
        {
            session.Ticket = _session.Ticket;
            session.SessionId = _session.SessionId;
            session.LifetimeSeconds = _session.LifetimeSeconds;
            session.ReceivedUtcMs = _session.ReceivedUtcMs;
        }
        else if (_newTicket != null)
        {
            session.Ticket = _newTicket;
            session.LifetimeSeconds = _newTicketLifetime;
        }
        else
            session.SessionId = _newSessionId;

        if (_resumed)
        {
            session.AuthenticatedUntilUtcSeconds = _session.AuthenticatedUntilUtcSeconds;
            session.Group = _session.Group;
        }

        AddSession(session);
    }

    /// <summary>A request to renegotiate, which is refused: ignored in a handshake, answered with a warning after it (RFC 5746 section 4.5).</summary>
    private int OnHelloRequest12(int length)
    {
        if (length != 0)
            return TlsError.DecodeError;
        if (++_postHandshakeMessages > MaxPostHandshakeMessages)
            return TlsError.Flood;

        if (_state == HandshakeState.Connected12)
            RenegotiationRefused = true;

        return TlsError.None;
    }

    /// <summary>Set when a request to renegotiate is to be answered with a no_renegotiation warning.</summary>
    public bool RenegotiationRefused;
}
