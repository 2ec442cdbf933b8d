using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Tls;

// ClientHello, ServerHello and HelloRetryRequest, where the two versions part.
internal sealed partial class ClientHandshake
{
    private const int MaxCookieBytes = 512;
    private const int MaxPublicBytes = 65;

    private static readonly byte[] HelloRetryRandom = new byte[]
    {
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    };

    private readonly ExtensionBlock _extensions = new ExtensionBlock();
    private readonly byte[] _compatibilityId = new byte[32];
    private readonly byte[] _binderKey = new byte[32];
    private readonly byte[] _sharePublic = new byte[MaxPublicBytes];

    private int _sendStart;
    private int _version;
    private int _suite;
    private int _group;
    private int _shareGroup;
    private bool _sharesKey;
    private bool _groupChanged;
    private byte[] _sessionId;
    private byte[] _cookie;
    private bool _offers12;
    private bool _offers13;
    private bool _offersSession13;
    private bool _offersExternalPsk13;
    private bool _retried;
    private bool _resumed;
    private bool _authenticated;
    private int _authenticationError;
    private bool _canSend;

    private int SendClientHello()
    {
        if (_suiteCount == 0 || (_groupCount == 0 && (_options.Verifier != null || _options.PskDheKe)) || (_schemeCount == 0 && _options.Verifier != null))
            return TlsError.PrimitiveMissing;

        bool session12 = _session != null && _session.Version == Version12;
        _offersSession13 = _session != null && _session.Version == ProtocolVersion.Tls13;
        _offers12 = _options.MinVersion <= ProtocolVersion.Tls12;
        // A session of TLS 1.2 says what the server speaks; offering 1.3 beside it would cost a key share and the resumption.
        _offers13 = _options.MaxVersion >= ProtocolVersion.Tls13 && !session12;
        _offersExternalPsk13 = _offers13 && _options.Psk != null;
        bool psk13 = _offersSession13 || _offersExternalPsk13;
        bool earlyData = _offersSession13 && !_retried && _options.EarlyData && HasEarlyData && _session.MaxEarlyDataBytes > 0
            && (_session.ApplicationProtocol == null || _session.ApplicationProtocol == _options.ApplicationProtocol);

        _sessionId = null;
        if (session12)
            _sessionId = _session.Ticket == null ? _session.SessionId : null;
        else if (_options.CompatibilityMode && _offers13)
        {
            if (!_retried)
                _crypto.Random.Fill(_compatibilityId, 0, 32);
            _sessionId = _compatibilityId;
        }

        BeginSend(HandshakeType.ClientHello);
        _writer.U16(Version12);
        _writer.Bytes(_clientRandom, 0, 32);
        int idLength = _sessionId == null ? 0 : _sessionId.Length;
        _writer.U8(idLength);
        if (idLength > 0)
            _writer.Bytes(_sessionId, 0, idLength);

        if (_dtls != null)
            WriteVerifyCookie();

        WriteCipherSuites();
        _writer.U16(0x0100); // one compression method: none
        int extensions = _writer.Begin(2);
        WriteServerName();
        if (_offers13)
            WriteSupportedVersions();
        WriteGroupsAndSignatures(psk13);
        WriteStatusRequest();
        WriteApplicationProtocol();
        if (_offers12)
            WriteExtensions12(session12);
        if (_dtls != null)
            WriteDatagramExtensions();
        WriteLimits();
        if (_options.Verifier != null && _options.Verifier.AcceptsRawPublicKey)
            WriteServerCertificateTypes();
        if (_offers13)
        {
            int error = WriteKeyShare(psk13);
            if (error != TlsError.None)
                return error;

            if (psk13 || (_options.Tickets && (_options.PskKe || _options.PskDheKe)))
                WritePskModes();
            if (_cookie != null)
            {
                _writer.U16(ExtensionType.Cookie);
                _writer.U16(_cookie.Length + 2);
                _writer.U16(_cookie.Length);
                _writer.Bytes(_cookie, 0, _cookie.Length);
            }

            if (earlyData)
            {
                _writer.U16(ExtensionType.EarlyData);
                _writer.U16(0);
            }
        }

        int result = psk13 ? EndClientHelloWithPsks(extensions) : EndClientHello(extensions);
        if (result == TlsError.None && earlyData)
            BeginEarlyData();

        return result;
    }

    private void WriteCipherSuites()
    {
        int suites = _writer.Begin(2);
        bool any12 = false;
        for (int i = 0; i < _suiteCount; i++)
        {
            int suite = _suites[i];
            bool tls13 = CipherSuite.IsTls13(suite);
            if (!IsUsable(suite) || (tls13 && !_offers13))
                continue;

            any12 |= !tls13;
            _writer.U16(suite);
        }

        if (any12)
            _writer.U16(CipherSuite.EmptyRenegotiationInfoScsv);
        else
            _offers12 = false;

        _writer.End(suites, 2);
    }

    private void WriteServerName()
    {
        string name = _options.ServerName;
        if (name == null)
            return;

        _writer.U16(ExtensionType.ServerName);
        _writer.U16(name.Length + 5);
        _writer.U16(name.Length + 3);
        _writer.U8(0);
        _writer.U16(name.Length);
        _writer.Ascii(name);
    }

    private void WriteSupportedVersions()
    {
        _writer.U16(ExtensionType.SupportedVersions);
        int body = _writer.Begin(2);
        int list = _writer.Begin(1);
        _writer.U16(ProtocolVersion.Tls13);
        if (_offers12)
            _writer.U16(ProtocolVersion.Tls12);

        _writer.End(list, 1);
        _writer.End(body, 2);
    }

    private void WriteGroupsAndSignatures(bool psk13)
    {
        if (NeedsGroups(psk13))
        {
            _writer.U16(ExtensionType.SupportedGroups);
            int body = _writer.Begin(2);
            int list = _writer.Begin(2);
            for (int i = 0; i < _groupCount; i++)
                _writer.U16(_groups[i]);

            _writer.End(list, 2);
            _writer.End(body, 2);
        }

        if (_options.Verifier == null)
            return;

        _writer.U16(ExtensionType.SignatureAlgorithms);
        int schemes = _writer.Begin(2);
        int schemeList = _writer.Begin(2);
        for (int i = 0; i < _schemeCount; i++)
            _writer.U16(_schemes[i]);

        _writer.End(schemeList, 2);
        _writer.End(schemes, 2);
    }

    private bool NeedsGroups(bool psk13)
    {
        if (_options.Verifier != null || (_offers13 && (!psk13 || _options.PskDheKe)))
            return true;

        return _offers12 && OffersEcdhe12();
    }

    private bool OffersEcdhe12()
    {
        for (int i = 0; i < _suiteCount; i++)
        {
            if (CipherSuite.IsEcdhe(_suites[i]) && IsUsable(_suites[i]))
                return true;
        }

        return false;
    }

    private bool WantsStatus { get { return _options.Verifier is IStapledStatusVerifier && ((IStapledStatusVerifier)_options.Verifier).WantsStatus; } }

    private void WriteStatusRequest()
    {
        if (!WantsStatus)
            return;

        _writer.U16(ExtensionType.StatusRequest);
        _writer.U16(5);
        _writer.U8(1); // ocsp, from any responder and without extensions
        _writer.U32(0);
    }

    private void WriteApplicationProtocol()
    {
        string protocol = _options.ApplicationProtocol;
        if (protocol == null)
            return;

        _writer.U16(ExtensionType.ApplicationLayerProtocolNegotiation);
        _writer.U16(protocol.Length + 3);
        _writer.U16(protocol.Length + 1);
        _writer.U8(protocol.Length);
        _writer.Ascii(protocol);
    }

    private void WriteExtensions12(bool session12)
    {
        _writer.U16(ExtensionType.ExtendedMasterSecret);
        _writer.U16(0);
        // Without it RFC 8422 section 5.1.2 means the same, but servers in Go before 1.20 then refuse every ECDHE suite, and to resume what was made with one.
        if (OffersEcdhe12())
        {
            _writer.U16(ExtensionType.EcPointFormats);
            _writer.U16(2);
            _writer.U16(0x0100); // one format: uncompressed
        }

        if (session12 && _session.Ticket != null)
        {
            _writer.U16(ExtensionType.SessionTicket);
            _writer.U16(_session.Ticket.Length);
            _writer.Bytes(_session.Ticket, 0, _session.Ticket.Length);
        }
        else if (_options.Tickets)
        {
            _writer.U16(ExtensionType.SessionTicket);
            _writer.U16(0);
        }
    }

    private void WriteLimits()
    {
        if (_maxFragmentCode != 0)
        {
            _writer.U16(ExtensionType.MaxFragmentLength);
            _writer.U16(1);
            _writer.U8(_maxFragmentCode);
        }

        if (_recordSizeLimit != 0)
        {
            _writer.U16(ExtensionType.RecordSizeLimit);
            _writer.U16(2);
            _writer.U16(_recordSizeLimit);
        }
    }

    private void WriteServerCertificateTypes()
    {
        _writer.U16(ExtensionType.ServerCertificateType);
        int body = _writer.Begin(2);
        int list = _writer.Begin(1);
        _writer.U8(2); // RawPublicKey: a tenth of a chain's bytes, so it comes first
        if (_options.Verifier.AcceptsX509)
            _writer.U8(0);

        _writer.End(list, 1);
        _writer.End(body, 2);
    }

    private int WriteKeyShare(bool psk13)
    {
        bool wanted = !psk13 || _options.PskDheKe || _options.Verifier != null;
        _sharesKey = wanted;
        if (!wanted)
        {
            _shareGroup = 0;
            return TlsError.None;
        }

        _writer.U16(ExtensionType.KeyShare);
        int body = _writer.Begin(2);
        int list = _writer.Begin(2);
        // An empty list asks for a HelloRetryRequest should the server want a key exchange after all (RFC 8446 section 4.2.8).
        bool empty = psk13 && !_options.PskDheKe && !(_retried && _groupChanged);
        if (empty)
            _shareGroup = 0;
        else
        {
            if (!_retried)
                _shareGroup = _session != null && IsOfferedGroup(_session.Group) ? _session.Group : _groups[0];

            // A retry that names no group leaves the key share as it was (RFC 8446 section 4.1.2).
            if (!_retried || _groupChanged)
            {
                int error = MakeKeyShare(_shareGroup);
                if (error != TlsError.None)
                    return error;

                _keyAgreement.Generate(_crypto.Random, _sharePublic, 0);
            }

            _writer.U16(_shareGroup);
            _writer.U16(_keyAgreement.PublicBytes);
            _writer.Bytes(_sharePublic, 0, _keyAgreement.PublicBytes);
        }

        _writer.End(list, 2);
        _writer.End(body, 2);
        return TlsError.None;
    }

    private int MakeKeyShare(int group)
    {
        if (_keyAgreement != null)
            _keyAgreement.Clear();

        _keyAgreement = _crypto.CreateKeyAgreement(group);
        return _keyAgreement == null || _keyAgreement.PublicBytes > MaxPublicBytes ? TlsError.PrimitiveMissing : TlsError.None;
    }

    private void WritePskModes()
    {
        _writer.U16(ExtensionType.PskKeyExchangeModes);
        int body = _writer.Begin(2);
        int list = _writer.Begin(1);
        if (_options.PskKe)
            _writer.U8(0);
        if (_options.PskDheKe)
            _writer.U8(1);

        _writer.End(list, 1);
        _writer.End(body, 2);
    }

    private int EndClientHello(int extensions)
    {
        _writer.End(extensions, 2);
        return EndSend();
    }

    /// <summary>Adds pre_shared_key as the last extension: the ticket first, then the external PSK; the binders cover everything before them (RFC 8446 section 4.2.11.2).</summary>
    private int EndClientHelloWithPsks(int extensions)
    {
        _writer.U16(ExtensionType.PreSharedKey);
        int body = _writer.Begin(2);
        int identities = _writer.Begin(2);
        int binderCount = 0;
        if (_offersSession13)
        {
            uint age = _startUtcMs > _session.ReceivedUtcMs ? (uint)(_startUtcMs - _session.ReceivedUtcMs) : 0;
            _writer.U16(_session.Ticket.Length);
            _writer.Bytes(_session.Ticket, 0, _session.Ticket.Length);
            _writer.U32(age + _session.AgeAdd);
            binderCount++;
        }

        if (_offersExternalPsk13)
        {
            _writer.U16(_options.PskIdentity.Length);
            _writer.Bytes(_options.PskIdentity, 0, _options.PskIdentity.Length);
            _writer.U32(0);
            binderCount++;
        }

        _writer.End(identities, 2);
        int truncated = _writer.Position - _sendStart;
        int binders = _writer.Begin(2);
        int binder = _writer.Reserve(33 * binderCount);
        _writer.End(binders, 2);
        _writer.End(body, 2);
        _writer.End(extensions, 2);
        _writer.End(_sendStart + 1, 3);
        if (_writer.Failed)
            return TlsError.SendBufferTooSmall;

        _transcript.Update(_writer.Buffer, _sendStart, truncated);
        SnapshotTranscript();
        if (_offersSession13)
        {
            WriteBinder(_session.Secret, "res binder", binder);
            binder += 33;
        }

        if (_offersExternalPsk13)
            WriteBinder(_options.Psk, "ext binder", binder);

        int count = _writer.Position - _sendStart;
        _transcript.Update(_writer.Buffer, _sendStart + truncated, count - truncated);
        _channel.SendMessage(count);
        return TlsError.None;
    }

    private void WriteBinder(byte[] psk, string label, int offset)
    {
        _schedule13.Start(psk);
        _schedule13.DeriveSecret(label, null, _binderKey);
        _writer.Buffer[offset] = 32;
        _schedule13.Finished(_binderKey, _hash, _writer.Buffer, offset + 1);
        ConstantTime.Clear(_binderKey);
    }

    private int OnServerHello(int length)
    {
        int legacyVersion = _reader.U16();
        int random = _reader.Skip(32);
        int idLength = _reader.U8();
        int id = _reader.Skip(idLength);
        int suite = _reader.U16();
        int compression = _reader.U8();
        if (_reader.Failed || idLength > 32)
            return TlsError.DecodeError;

        _extensions.Clear();
        if (_reader.Remaining > 0)
        {
            int error = _extensions.Read(_reader, false);
            if (error != TlsError.None)
                return error;
        }

        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (compression != 0)
            return TlsError.IllegalParameter;

        System.Array.Copy(_message, random, _serverRandom, 0, 32);
        if (!_extensions.Take(ExtensionType.SupportedVersions))
        {
            if (legacyVersion != Version12 || !_offers12)
                return TlsError.UnsupportedVersion;
            // Early data to a server that turns out to speak 1.2 cannot be taken back (RFC 8446 appendix D.3).
            if (_earlyOffered || _retried)
                return TlsError.UnsupportedVersion;

            _version = ProtocolVersion.Tls12;
            return OnServerHello12(length, suite, id, idLength);
        }

        _extensions.Open(ExtensionType.SupportedVersions, _reader, _message);
        int version = _reader.U16();
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if (!_offers13)
            return TlsError.UnsolicitedExtension;
        if (version != ProtocolVersion.Tls13 || legacyVersion != ProtocolVersion.Tls12)
            return TlsError.IllegalParameter;
        if (!IsEcho(id, idLength))
            return TlsError.IllegalParameter;
        if (!CipherSuite.IsTls13(suite) || !IsOffered(suite))
            return TlsError.BadCipherSuite;

        _version = ProtocolVersion.Tls13;
        if (ConstantTime.AreEqual(_serverRandom, 0, HelloRetryRandom, 0, 32))
            return OnHelloRetryRequest(length, suite);

        if (_retried && suite != _suite)
            return TlsError.IllegalParameter;

        _suite = suite;
        return OnServerHello13(length);
    }

    private bool IsEcho(int id, int idLength)
    {
        int sent = _sessionId == null ? 0 : _sessionId.Length;
        return sent == idLength && ConstantTime.AreEqual(_message, id, _sessionId, 0, sent);
    }

    /// <summary>Whether the message at hand is a ServerHello with the random value that makes it a HelloRetryRequest.</summary>
    private bool IsHelloRetryRequest(int type, int length)
    {
        return type == HandshakeType.ServerHello && length >= 34 && ConstantTime.AreEqual(_message, HeaderBytes + 2, HelloRetryRandom, 0, 32);
    }

    private int OnHelloRetryRequest(int length, int suite)
    {
        if (_retried)
            return TlsError.UnexpectedMessage;

        bool changes = false;
        _groupChanged = false;
        if (_extensions.Take(ExtensionType.KeyShare))
        {
            if (!_sharesKey)
                return TlsError.UnsolicitedExtension;

            _extensions.Open(ExtensionType.KeyShare, _reader, _message);
            int group = _reader.U16();
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
            if (group == _shareGroup || !IsOfferedGroup(group))
                return TlsError.BadHelloRetryRequest;

            _shareGroup = group;
            _groupChanged = true;
            changes = true;
        }

        if (_extensions.Take(ExtensionType.Cookie))
        {
            _extensions.Open(ExtensionType.Cookie, _reader, _message);
            int cookieLength = _reader.U16();
            int cookie = _reader.Skip(cookieLength);
            if (!_reader.AtEnd || cookieLength == 0)
                return TlsError.DecodeError;
            if (cookieLength > MaxCookieBytes)
                return TlsError.MessageTooLargeForBuffer;

            _cookie = Copy(_message, cookie, cookieLength);
            changes = true;
        }

        if (!_extensions.IsEmpty)
            return TlsError.UnsolicitedExtension;
        if (!changes)
            return TlsError.BadHelloRetryRequest;

        _suite = suite;
        _retried = true;
        RecordMustEnd = true;
        if (_earlyOffered)
            RejectEarlyData();

        // The first ClientHello is replaced by its hash (RFC 8446 section 4.4.1).
        SnapshotTranscript();
        _transcript.Reset();
        byte[] header = new byte[] { HandshakeType.MessageHash, 0, 0, 32 };
        _transcript.Update(header, 0, 4);
        _transcript.Update(_hash, 0, 32);
        HashMessage(length);
        SendCompatibilityChangeCipherSpec();
        return SendClientHello();
    }
}
