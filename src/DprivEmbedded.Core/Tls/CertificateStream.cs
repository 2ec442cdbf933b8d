namespace DprivEmbedded.Tls;

/// <summary>Reads the body of a Certificate message in pieces of any size and hands each certificate to a verifier. Keeps no certificate itself.</summary>
/// <remarks>Source: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2, RFC 7250 section 3.</remarks>
internal sealed class CertificateStream
{
    private const int Context = 0;
    private const int ListLength = 1;
    private const int CertificateLength = 2;
    private const int CertificateBody = 3;
    private const int ExtensionsLength = 4;
    private const int ExtensionKind = 5;
    private const int ExtensionLength = 6;
    private const int StatusKind = 7;
    private const int StatusLength = 8;
    private const int StatusBody = 9;

    private IPeerVerifier _verifier;
    private bool _tls13;
    private bool _raw;
    private int _state;
    private int _field;
    private int _fieldBytes;
    private int _messageLeft;
    private int _certificateLeft;
    private int _certificates;
    private bool _wantsStatus;
    private bool _hasStatus;
    private int _extensionsLeft;
    private int _statusLeft;

    /// <summary>How many certificates (or raw keys) were read.</summary>
    public int Certificates { get { return _certificates; } }

    /// <summary>Starts a message.</summary>
    /// <param name="verifier">Receives the certificates.</param>
    /// <param name="tls13">Whether the message has TLS 1.3's form.</param>
    /// <param name="rawPublicKey">Whether a SubjectPublicKeyInfo comes in place of a certificate.</param>
    /// <param name="wantsStatus">Whether a stapled status was asked for.</param>
    /// <param name="messageBytes">Size of the message's body in bytes.</param>
    public void Begin(IPeerVerifier verifier, bool tls13, bool rawPublicKey, bool wantsStatus, int messageBytes)
    {
        _verifier = verifier;
        _tls13 = tls13;
        _raw = rawPublicKey;
        _messageLeft = messageBytes;
        _certificates = 0;
        _wantsStatus = wantsStatus;
        // RFC 7250 section 3: in TLS 1.2 a raw public key stands without the list around it.
        Expect(tls13 ? Context : rawPublicKey ? CertificateLength : ListLength);
        verifier.Begin(rawPublicKey);
    }

    /// <summary>Takes the next bytes of the body.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int Take(byte[] data, int offset, int count)
    {
        int end = offset + count;
        while (offset < end)
        {
            if (_state == CertificateBody)
            {
                int part = end - offset < _certificateLeft ? end - offset : _certificateLeft;
                int error = _verifier.Certificate(data, offset, part);
                if (error != TlsError.None)
                    return error;

                offset += part;
                _messageLeft -= part;
                _certificateLeft -= part;
                if (_certificateLeft > 0)
                    continue;

                error = _verifier.EndCertificate();
                if (error != TlsError.None)
                    return error;

                Expect(_tls13 ? ExtensionsLength : CertificateLength);
                if (!_tls13 && _raw && _messageLeft != 0)
                    return TlsError.DecodeError;

                continue;
            }

            if (_state == StatusBody)
            {
                int part = end - offset < _statusLeft ? end - offset : _statusLeft;
                // A status of another certificate than the peer's own is read past.
                int error = _certificates == 1 ? ((IStapledStatusVerifier)_verifier).Status(data, offset, part) : TlsError.None;
                if (error != TlsError.None)
                    return error;

                offset += part;
                _messageLeft -= part;
                _statusLeft -= part;
                if (_statusLeft == 0)
                    Expect(_extensionsLeft > 0 ? ExtensionKind : CertificateLength);

                continue;
            }

            _field = (_field << 8) | data[offset];
            offset++;
            _messageLeft--;
            _fieldBytes--;
            if (_fieldBytes == 0)
            {
                int error = EndField();
                if (error != TlsError.None)
                    return error;
            }
        }

        return TlsError.None;
    }

    /// <summary>Ends the message.</summary>
    /// <returns><see cref="TlsError.None"/> or the error.</returns>
    public int End()
    {
        bool complete = _state == CertificateLength && _fieldBytes == 3 && _messageLeft == 0;
        if (!complete)
            return TlsError.DecodeError;

        return _certificates == 0 ? TlsError.NoCertificate : TlsError.None;
    }

    private int EndField()
    {
        switch (_state)
        {
            case Context:
                if (_field != 0)
                    return TlsError.IllegalParameter;

                Expect(ListLength);
                return TlsError.None;

            case ListLength:
                if (_field != _messageLeft)
                    return TlsError.DecodeError;

                Expect(CertificateLength);
                return TlsError.None;

            case CertificateLength:
                if (_field == 0 || _field > _messageLeft)
                    return TlsError.DecodeError;
                if (_raw && _certificates > 0)
                    return TlsError.DecodeError;

                _certificates++;
                _certificateLeft = _field;
                _state = CertificateBody;
                return _verifier.BeginCertificate(_field);

            case ExtensionsLength:
                if (_field > _messageLeft)
                    return TlsError.DecodeError;

                _extensionsLeft = _field;
                _hasStatus = false;
                Expect(_field == 0 ? CertificateLength : ExtensionKind);
                return TlsError.None;

            case ExtensionKind:
                // Only what was asked for may come (RFC 8446 section 4.4.2).
                if (_field != ExtensionType.StatusRequest || !_wantsStatus)
                    return TlsError.UnsolicitedExtension;
                if (_hasStatus)
                    return TlsError.DuplicateExtension;

                _hasStatus = true;
                Expect(ExtensionLength);
                return TlsError.None;

            case ExtensionLength:
                _extensionsLeft -= 4;
                if (_field < 5 || _field > _extensionsLeft)
                    return TlsError.DecodeError;

                _extensionsLeft -= _field;
                _statusLeft = _field - 4;
                Expect(StatusKind);
                return TlsError.None;

            case StatusKind:
                if (_field != 1)
                    return TlsError.IllegalParameter;

                Expect(StatusLength);
                return TlsError.None;

            default:
                if (_field != _statusLeft)
                    return TlsError.DecodeError;

                _state = StatusBody;
                return _certificates == 1 ? ((IStapledStatusVerifier)_verifier).BeginStatus(_field) : TlsError.None;
        }
    }

    private void Expect(int state)
    {
        _state = state;
        _field = 0;
        _fieldBytes = state == Context || state == StatusKind ? 1 : state >= ExtensionsLength && state <= ExtensionLength ? 2 : 3;
    }
}
