namespace DprivEmbedded.Tls;

/// <summary>
/// Reads the SubjectPublicKeyInfo out of a certificate that passes by as a stream, without ever holding the certificate: at most
/// <see cref="MaxSpkiBytes"/> bytes are kept. Also takes a raw public key (RFC 7250), which is a SubjectPublicKeyInfo alone.
/// </summary>
/// <remarks>
/// The elements, in order: Certificate, TBSCertificate (both entered), version (optional), serialNumber, signature, issuer, validity, subject (all
/// skipped), subjectPublicKeyInfo (kept). What follows is not looked at. Lengths must be definite, minimal and nested rightly, and the outermost
/// one must be that announced by the peer. Source: RFC 5280 section 4.1, X.690 section 10.1.
/// </remarks>
public sealed class SpkiReader
{
    /// <summary>Largest SubjectPublicKeyInfo in bytes: one of RSA with 4096 bits has 550, one of P-256 has 91.</summary>
    public const int MaxSpkiBytes = 600;

    private const int TagInteger = 0x02;
    private const int TagSequence = 0x30;
    private const int TagVersion = 0xa0;

    /// <summary>Tag and up to three bytes of length behind the byte that counts them.</summary>
    private const int MaxHeaderBytes = 5;

    private const int StepCertificate = 0;
    private const int StepBody = 1;
    private const int StepVersionOrSerial = 2;
    private const int StepSerial = 3;
    private const int StepSignature = 4;
    private const int StepIssuer = 5;
    private const int StepValidity = 6;
    private const int StepSubject = 7;
    private const int StepSpki = 8;
    private const int StepDone = 9;

    private readonly byte[] _spki = new byte[MaxSpkiBytes];
    private readonly byte[] _header = new byte[MaxHeaderBytes];
    private int _step;
    private int _headerBytes;
    private int _skip;
    private int _keep;
    private int _spkiBytes;
    private int _announced;
    private int _received;
    private int _bodyLeft;
    private bool _raw;
    private int _error = TlsError.CertificateMalformed;

    /// <summary>The SubjectPublicKeyInfo, from index 0; meaningful after <see cref="End"/> returned <see cref="TlsError.None"/>, until the next <see cref="Begin"/>.</summary>
    public byte[] Spki
    {
        get { return _spki; }
    }

    /// <summary>Number of bytes of the SubjectPublicKeyInfo; 0 until it is complete.</summary>
    public int SpkiBytes
    {
        get { return _step == StepDone && _error == TlsError.None ? _spkiBytes : 0; }
    }

    /// <summary>Starts a certificate or a raw public key.</summary>
    /// <param name="rawPublicKey">True where only a SubjectPublicKeyInfo comes.</param>
    /// <param name="totalBytes">Its announced size in bytes.</param>
    public void Begin(bool rawPublicKey, int totalBytes)
    {
        _raw = rawPublicKey;
        _announced = totalBytes;
        _received = 0;
        _step = rawPublicKey ? StepSpki : StepCertificate;
        _bodyLeft = totalBytes;
        _headerBytes = 0;
        _skip = 0;
        _keep = 0;
        _spkiBytes = 0;
        _error = TlsError.None;
    }

    /// <summary>Takes the next bytes.</summary>
    /// <param name="data">The bytes; not kept beyond the SubjectPublicKeyInfo.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns><see cref="TlsError.None"/>, <see cref="TlsError.CertificateMalformed"/>, or <see cref="TlsError.UnsupportedKey"/> for a key larger than <see cref="MaxSpkiBytes"/>. The error is sticky.</returns>
    public int Update(byte[] data, int offset, int count)
    {
        if (_error == TlsError.None && count > _announced - _received)
            _error = TlsError.CertificateMalformed;

        _received += count;
        int end = offset + count;
        while (offset < end && _error == TlsError.None && _step != StepDone)
        {
            int available = end - offset;
            if (_skip > 0)
            {
                int n = _skip < available ? _skip : available;
                _skip -= n;
                offset += n;
            }
            else if (_keep > 0)
            {
                int n = _keep < available ? _keep : available;
                System.Array.Copy(data, offset, _spki, _spkiBytes, n);
                _spkiBytes += n;
                _keep -= n;
                offset += n;
                if (_keep == 0)
                    _step = StepDone;
            }
            else
            {
                _header[_headerBytes++] = data[offset++];
                if (HeaderIsComplete())
                    HandleElement();
            }
        }

        return _error;
    }

    /// <summary>Ends the certificate.</summary>
    /// <returns><see cref="TlsError.None"/> where the SubjectPublicKeyInfo was read, otherwise the error.</returns>
    public int End()
    {
        if (_error == TlsError.None && (_step != StepDone || _received != _announced))
            _error = TlsError.CertificateMalformed;

        return _error;
    }

    private bool HeaderIsComplete()
    {
        if (_headerBytes < 2)
            return false;

        int first = _header[1];
        if (first < 0x80)
            return true;

        int more = first & 0x7f;
        if (more == 0 || more > MaxHeaderBytes - 2)
        {
            _error = TlsError.CertificateMalformed; // indefinite, or longer than a TLS certificate can be
            return false;
        }

        return _headerBytes == 2 + more;
    }

    private int Length()
    {
        int length = 0;
        if (_headerBytes == 2)
        {
            length = _header[1];
        }
        else
        {
            for (int i = 2; i < _headerBytes; i++)
                length = (length << 8) | _header[i];

            int smallest = _headerBytes == 3 ? 0x80 : _headerBytes == 4 ? 0x100 : 0x10000;
            if (length < smallest)
                _error = TlsError.CertificateMalformed;
        }

        return length;
    }

    private void HandleElement()
    {
        int tag = _header[0];
        int headerBytes = _headerBytes;
        int length = Length();
        if (_error == TlsError.None && (!TagFits(tag) || length > _bodyLeft - headerBytes))
            _error = TlsError.CertificateMalformed;
        if (_error != TlsError.None)
            return;

        _headerBytes = 0;
        switch (_step)
        {
            case StepCertificate:
                // Nothing may follow the certificate.
                if (length != _bodyLeft - headerBytes)
                    _error = TlsError.CertificateMalformed;
                _bodyLeft = length;
                _step = StepBody;
                break;
            case StepBody:
                _bodyLeft = length;
                _step = StepVersionOrSerial;
                break;
            case StepSpki:
                StartKey(headerBytes, length);
                break;
            default:
                _bodyLeft -= headerBytes + length;
                _skip = length;
                _step = _step == StepVersionOrSerial && tag == TagInteger ? StepSignature : _step + 1;
                break;
        }
    }

    private bool TagFits(int tag)
    {
        switch (_step)
        {
            case StepVersionOrSerial: return tag == TagVersion || tag == TagInteger;
            case StepSerial: return tag == TagInteger;
            default: return tag == TagSequence;
        }
    }

    private void StartKey(int headerBytes, int length)
    {
        if (length == 0 || (_raw && length != _bodyLeft - headerBytes))
        {
            _error = TlsError.CertificateMalformed;
        }
        else if (headerBytes + length > MaxSpkiBytes)
        {
            _error = TlsError.UnsupportedKey;
        }
        else
        {
            System.Array.Copy(_header, 0, _spki, 0, headerBytes);
            _spkiBytes = headerBytes;
            _keep = length;
        }
    }
}
