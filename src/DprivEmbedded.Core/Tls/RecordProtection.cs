using DprivEmbedded.Crypto;

namespace DprivEmbedded.Tls;

/// <summary>Protects the records of one direction of a TLS connection, in place. Source: RFC 8446 section 5.2; RFC 5246 section 6.2.3.3 with RFC 5288, RFC 6655 and RFC 7905.</summary>
/// <remarks>
/// A record in a buffer: header (5 bytes), explicit nonce (TLS 1.2 with AES: 8 bytes), content, TLS 1.3's inner type (1 byte), tag.
/// So <see cref="ContentOffset"/> bytes lie before the content and <see cref="OverheadBytes"/> around it in all. Allocates nothing after construction.
/// </remarks>
public sealed class RecordProtection
{
    /// <summary>Size of a record's header in bytes.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The largest content of a record in bytes. Source: RFC 8446 section 5.1.</summary>
    public const int MaxPlaintextBytes = 16384;

    /// <summary>Records after which the keys are to be renewed: below AES-GCM's 2^24.5 of RFC 8446 section 5.5, for every suite.</summary>
    public const ulong RecordLimit = 1 << 24;

    private readonly IAead _aead;
    private readonly bool _tls13;
    private readonly int _explicitBytes;
    private readonly byte[] _iv = new byte[12];
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _aad = new byte[13];
    private ulong _sequence;

    /// <summary>Makes the protection of one direction, without keys.</summary>
    /// <param name="crypto">Where the AEAD comes from.</param>
    /// <param name="suite">The cipher suite, one that the provider has an AEAD for.</param>
    public RecordProtection(ICryptoProvider crypto, int suite)
    {
        _aead = crypto.CreateAead(CipherSuite.Aead(suite));
        _tls13 = CipherSuite.IsTls13(suite);
        _explicitBytes = 12 - CipherSuite.FixedIvBytes(suite);
    }

    /// <summary>Bytes before a record's content, the header included.</summary>
    public int ContentOffset { get { return HeaderBytes + _explicitBytes; } }

    /// <summary>Bytes of a record in addition to its content: 22 in TLS 1.3 with a 16-byte tag, 29 in TLS 1.2 with AES-GCM.</summary>
    public int OverheadBytes { get { return HeaderBytes + _explicitBytes + (_tls13 ? 1 : 0) + _aead.TagBytes; } }

    /// <summary>Whether the keys have protected as many records as they may.</summary>
    public bool Exhausted { get { return _sequence >= RecordLimit; } }

    /// <summary>Records protected or opened under the present key.</summary>
    public ulong Sequence { get { return _sequence; } }

    /// <summary>The content type of the record that <see cref="Open"/> opened; 0 where a TLS 1.3 record holds no type.</summary>
    public int OpenedType;

    /// <summary>First byte of the opened content.</summary>
    public int OpenedOffset;

    /// <summary>Number of bytes of the opened content, padding removed.</summary>
    public int OpenedBytes;

    /// <summary>Number of bytes of TLS 1.3's inner plaintext (content, type and padding): what a record_size_limit limits (RFC 8449 section 4). In TLS 1.2 the content's.</summary>
    public int InnerBytes;

    /// <summary>Sets the keys and starts counting records at 0.</summary>
    /// <param name="key">Holds the AEAD's key.</param>
    /// <param name="keyOffset">Its first byte.</param>
    /// <param name="iv">Holds the implicit nonce: 12 bytes, or 4 where the suite sends the rest.</param>
    /// <param name="ivOffset">Its first byte.</param>
    public void SetKey(byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        _aead.SetKey(key, keyOffset);
        System.Array.Copy(iv, ivOffset, _iv, 0, 12 - _explicitBytes);
        _sequence = 0;
    }

    /// <summary>Makes a record of content that lies at <c>[offset+ContentOffset, offset+ContentOffset+count)</c>.</summary>
    /// <param name="type">The content type.</param>
    /// <param name="buffer">Holds the content; has room for <see cref="OverheadBytes"/> + <paramref name="count"/> bytes from <paramref name="offset"/>.</param>
    /// <param name="offset">Where the record begins.</param>
    /// <param name="count">Number of bytes of content, at most <see cref="MaxPlaintextBytes"/>.</param>
    /// <returns>Number of bytes of the record.</returns>
    public int Seal(int type, byte[] buffer, int offset, int count)
    {
        int start = offset + HeaderBytes + _explicitBytes;
        int inner = count;
        int outerType = type;
        if (_tls13)
        {
            buffer[start + count] = (byte)type;
            inner = count + 1;
            outerType = ContentType.ApplicationData;
        }

        int body = _explicitBytes + inner + _aead.TagBytes;
        WriteHeader(buffer, offset, outerType, ProtocolVersion.Tls12, body);
        if (_explicitBytes > 0)
            WriteSequence(buffer, offset + HeaderBytes);

        int aadCount = PrepareNonceAndAad(buffer, offset, type, count, buffer, offset + HeaderBytes);
        _aead.Seal(_nonce, _aad, 0, aadCount, buffer, start, inner);
        _sequence++;
        return HeaderBytes + body;
    }

    /// <summary>Opens a whole record in place and sets <see cref="OpenedType"/>, <see cref="OpenedOffset"/>, <see cref="OpenedBytes"/>.</summary>
    /// <param name="buffer">Holds the record.</param>
    /// <param name="offset">Where its header begins.</param>
    /// <param name="recordBytes">Its size with the header, as the header says.</param>
    /// <returns><see cref="TlsError.None"/>, <see cref="TlsError.BadRecordMac"/> or <see cref="TlsError.UnexpectedMessage"/> (TLS 1.3 record without a type).</returns>
    public int Open(byte[] buffer, int offset, int recordBytes)
    {
        int body = recordBytes - HeaderBytes;
        int start = offset + HeaderBytes + _explicitBytes;
        int inner = body - _explicitBytes - _aead.TagBytes;
        if (inner < 0)
            return TlsError.BadRecordMac;

        int type = buffer[offset];
        int aadCount = PrepareNonceAndAad(buffer, offset, type, inner, buffer, offset + HeaderBytes);
        if (!_aead.Open(_nonce, _aad, 0, aadCount, buffer, start, inner + _aead.TagBytes))
            return TlsError.BadRecordMac;

        _sequence++;
        InnerBytes = inner;
        if (_tls13)
        {
            inner--;
            while (inner >= 0 && buffer[start + inner] == 0)
                inner--;

            if (inner < 0)
                return TlsError.UnexpectedMessage;

            type = buffer[start + inner];
        }

        OpenedType = type;
        OpenedOffset = start;
        OpenedBytes = inner;
        return TlsError.None;
    }

    /// <summary>Zeroes the keys.</summary>
    public void Clear()
    {
        _aead.Clear();
        ConstantTime.Clear(_iv);
        ConstantTime.Clear(_nonce);
    }

    /// <summary>Writes a record header.</summary>
    /// <param name="buffer">Receives 5 bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="type">The content type.</param>
    /// <param name="version">The record's version.</param>
    /// <param name="length">Number of bytes that follow.</param>
    public static void WriteHeader(byte[] buffer, int offset, int type, int version, int length)
    {
        buffer[offset] = (byte)type;
        buffer[offset + 1] = (byte)(version >> 8);
        buffer[offset + 2] = (byte)version;
        buffer[offset + 3] = (byte)(length >> 8);
        buffer[offset + 4] = (byte)length;
    }

    private int PrepareNonceAndAad(byte[] record, int headerOffset, int type, int count, byte[] explicitNonce, int explicitOffset)
    {
        if (_explicitBytes > 0)
        {
            System.Array.Copy(_iv, 0, _nonce, 0, 4);
            System.Array.Copy(explicitNonce, explicitOffset, _nonce, 4, 8);
        }
        else
        {
            WriteSequence(_nonce, 4);
            System.Array.Copy(_iv, 0, _nonce, 0, 4);
            for (int i = 4; i < 12; i++)
                _nonce[i] = (byte)(_nonce[i] ^ _iv[i]);
        }

        if (_tls13)
        {
            System.Array.Copy(record, headerOffset, _aad, 0, HeaderBytes);
            return HeaderBytes;
        }

        WriteSequence(_aad, 0);
        WriteHeader(_aad, 8, type, ProtocolVersion.Tls12, count);
        return 13;
    }

    private void WriteSequence(byte[] buffer, int offset)
    {
        for (int i = 0; i < 8; i++)
            buffer[offset + i] = (byte)(_sequence >> (56 - 8 * i));
    }
}
