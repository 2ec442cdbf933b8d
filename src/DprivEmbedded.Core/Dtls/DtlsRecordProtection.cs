using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

/// <summary>Protects the records of one direction of a DTLS 1.2 association, in place. Source: RFC 6347 section 4.1, RFC 9146 section 5.</summary>
/// <remarks>
/// A record: type (1), version (2), epoch (2), sequence number (6), connection id where one is in use, length (2), explicit nonce (8 with AES), content,
/// real content type where a connection id is in use (1), tag. Allocates nothing after construction.
/// </remarks>
public sealed class DtlsRecordProtection
{
    /// <summary>Size of a record's header without a connection id.</summary>
    public const int HeaderBytes = 13;

    private readonly IAead _aead;
    private readonly int _explicitBytes;
    private readonly byte[] _iv = new byte[12];
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _aad = new byte[8 + 1 + 1 + 1 + 2 + 8 + 255 + 2];
    private byte[] _connectionId = new byte[0];

    /// <summary>Makes the protection of one direction, without keys.</summary>
    /// <param name="crypto">Where the AEAD comes from.</param>
    /// <param name="suite">The cipher suite.</param>
    public DtlsRecordProtection(ICryptoProvider crypto, int suite)
    {
        _aead = crypto.CreateAead(CipherSuite.Aead(suite));
        _explicitBytes = 12 - CipherSuite.FixedIvBytes(suite);
    }

    /// <summary>The connection id in this direction's records; empty for none (then records have the plain form). 0..255 bytes, not copied.</summary>
    public byte[] ConnectionId
    {
        get { return _connectionId; }
        set { _connectionId = value; }
    }

    /// <summary>Bytes before a record's content.</summary>
    public int ContentOffset { get { return HeaderBytes + _connectionId.Length + _explicitBytes; } }

    /// <summary>Bytes of a record in addition to its content: 29 with AES-CCM_8 and no connection id; a connection id adds its size and 1.</summary>
    public int OverheadBytes { get { return ContentOffset + (_connectionId.Length > 0 ? 1 : 0) + _aead.TagBytes; } }

    /// <summary>The content type of the record that <see cref="Open"/> opened.</summary>
    public int OpenedType;

    /// <summary>First byte of the opened content.</summary>
    public int OpenedOffset;

    /// <summary>Number of bytes of the opened content.</summary>
    public int OpenedBytes;

    /// <summary>Sets the keys.</summary>
    /// <param name="key">Holds the AEAD's key.</param>
    /// <param name="keyOffset">Its first byte.</param>
    /// <param name="iv">Holds the implicit nonce.</param>
    /// <param name="ivOffset">Its first byte.</param>
    public void SetKey(byte[] key, int keyOffset, byte[] iv, int ivOffset)
    {
        _aead.SetKey(key, keyOffset);
        System.Array.Copy(iv, ivOffset, _iv, 0, 12 - _explicitBytes);
    }

    /// <summary>Makes a record of content that lies at <c>[offset+ContentOffset, offset+ContentOffset+count)</c>.</summary>
    /// <param name="type">The content type.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="sequence">The sequence number, below 2^48, never used before in this epoch.</param>
    /// <param name="buffer">Holds the content; has room for <see cref="OverheadBytes"/> + <paramref name="count"/> bytes from <paramref name="offset"/>.</param>
    /// <param name="offset">Where the record begins.</param>
    /// <param name="count">Number of bytes of content.</param>
    /// <returns>Number of bytes of the record.</returns>
    public int Seal(int type, int epoch, ulong sequence, byte[] buffer, int offset, int count)
    {
        int cid = _connectionId.Length;
        int start = offset + ContentOffset;
        int inner = count;
        if (cid > 0)
        {
            buffer[start + count] = (byte)type;
            inner++;
        }

        int body = _explicitBytes + inner + _aead.TagBytes;
        WriteHeader(buffer, offset, cid > 0 ? ContentType.Tls12Cid : type, epoch, sequence, _connectionId, body);
        if (_explicitBytes > 0)
            WriteNumber(buffer, start - _explicitBytes, epoch, sequence);

        int aad = Prepare(type, epoch, sequence, inner, buffer, start - _explicitBytes);
        _aead.Seal(_nonce, _aad, 0, aad, buffer, start, inner);
        return HeaderBytes + cid + body;
    }

    /// <summary>Opens a whole record in place.</summary>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="buffer">Holds the record.</param>
    /// <param name="offset">Where its header begins.</param>
    /// <param name="recordBytes">Its size with the header.</param>
    /// <returns>Whether it is authentic and well formed; if not, it is to be discarded in silence (RFC 6347 section 4.1.2.7).</returns>
    public bool Open(int epoch, ulong sequence, byte[] buffer, int offset, int recordBytes)
    {
        int cid = _connectionId.Length;
        int start = offset + ContentOffset;
        int inner = recordBytes - HeaderBytes - cid - _explicitBytes - _aead.TagBytes;
        if (inner < (cid > 0 ? 1 : 0))
            return false;

        int type = buffer[offset];
        int aad = Prepare(type, epoch, sequence, inner, buffer, start - _explicitBytes);
        if (!_aead.Open(_nonce, _aad, 0, aad, buffer, start, inner + _aead.TagBytes))
            return false;

        if (cid > 0)
        {
            // RFC 9146 section 4: the real type, then any number of zeros.
            inner--;
            while (inner >= 0 && buffer[start + inner] == 0)
                inner--;

            if (inner < 0)
                return false;

            type = buffer[start + inner];
        }

        OpenedType = type;
        OpenedOffset = start;
        OpenedBytes = inner;
        return true;
    }

    /// <summary>Zeroes the keys.</summary>
    public void Clear()
    {
        _aead.Clear();
        ConstantTime.Clear(_iv);
        ConstantTime.Clear(_nonce);
    }

    /// <summary>Writes a record header.</summary>
    /// <param name="buffer">Receives 13 bytes and the connection id.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="type">The outer content type.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="sequence">The sequence number.</param>
    /// <param name="connectionId">The connection id, or an empty array.</param>
    /// <param name="length">Number of bytes that follow.</param>
    public static void WriteHeader(byte[] buffer, int offset, int type, int epoch, ulong sequence, byte[] connectionId, int length)
    {
        buffer[offset] = (byte)type;
        buffer[offset + 1] = 0xFE;
        buffer[offset + 2] = 0xFD;
        WriteNumber(buffer, offset + 3, epoch, sequence);
        System.Array.Copy(connectionId, 0, buffer, offset + 11, connectionId.Length);
        int at = offset + 11 + connectionId.Length;
        buffer[at] = (byte)(length >> 8);
        buffer[at + 1] = (byte)length;
    }

    /// <summary>Reads the 48-bit sequence number of a record.</summary>
    /// <param name="buffer">Holds the record.</param>
    /// <param name="offset">Where its header begins.</param>
    public static ulong ReadSequence(byte[] buffer, int offset)
    {
        ulong value = 0;
        for (int i = 0; i < 6; i++)
            value = (value << 8) | buffer[offset + 5 + i];

        return value;
    }

    private static void WriteNumber(byte[] buffer, int offset, int epoch, ulong sequence)
    {
        buffer[offset] = (byte)(epoch >> 8);
        buffer[offset + 1] = (byte)epoch;
        for (int i = 0; i < 6; i++)
            buffer[offset + 2 + i] = (byte)(sequence >> (40 - 8 * i));
    }

    /// <summary>Makes nonce and associated data; the latter's form with a connection id is that of RFC 9146 section 5.</summary>
    private int Prepare(int type, int epoch, ulong sequence, int count, byte[] explicitNonce, int explicitOffset)
    {
        if (_explicitBytes > 0)
        {
            System.Array.Copy(_iv, 0, _nonce, 0, 4);
            System.Array.Copy(explicitNonce, explicitOffset, _nonce, 4, 8);
        }
        else
        {
            WriteNumber(_nonce, 4, epoch, sequence);
            System.Array.Copy(_iv, 0, _nonce, 0, 4);
            for (int i = 4; i < 12; i++)
                _nonce[i] = (byte)(_nonce[i] ^ _iv[i]);
        }

        int cid = _connectionId.Length;
        int at = 0;
        if (cid == 0)
        {
            WriteNumber(_aad, 0, epoch, sequence);
            _aad[8] = (byte)type;
            at = 9;
        }
        else
        {
            for (int i = 0; i < 8; i++)
                _aad[i] = 0xFF;

            _aad[8] = ContentType.Tls12Cid;
            _aad[9] = (byte)cid;
            _aad[10] = ContentType.Tls12Cid;
            at = 11;
        }

        _aad[at++] = 0xFE;
        _aad[at++] = 0xFD;
        if (cid > 0)
        {
            WriteNumber(_aad, at, epoch, sequence);
            System.Array.Copy(_connectionId, 0, _aad, at + 8, cid);
            at += 8 + cid;
        }

        _aad[at++] = (byte)(count >> 8);
        _aad[at++] = (byte)count;
        return at;
    }
}
