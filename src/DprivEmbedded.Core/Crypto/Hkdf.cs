namespace DprivEmbedded.Crypto;

/// <summary>HKDF with SHA-256 (RFC 5869) and HKDF-Expand-Label (RFC 8446 section 7.1).</summary>
public sealed class Hkdf
{
    /// <summary>Size of SHA-256's digest, of every TLS 1.3 secret here.</summary>
    public const int HashBytes = 32;

    private readonly IHmac _hmac;
    private readonly byte[] _info = new byte[2 + 1 + 255 + 1 + 255];
    private readonly byte[] _block = new byte[HashBytes];
    private readonly byte[] _counter = new byte[1];
    private readonly byte[] _zeros = new byte[HashBytes];

    /// <summary>Makes one over an HMAC, which it uses alone.</summary>
    /// <param name="hmac">The HMAC-SHA-256.</param>
    public Hkdf(IHmac hmac)
    {
        _hmac = hmac;
    }

    /// <summary>HKDF-Extract.</summary>
    /// <param name="salt">The salt, 32 bytes; null stands for zeros.</param>
    /// <param name="keyMaterial">The input key material; null stands for 32 zeros.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="count">Its number of bytes.</param>
    /// <param name="output">Receives 32 bytes; may be <paramref name="salt"/>.</param>
    public void Extract(byte[] salt, byte[] keyMaterial, int offset, int count, byte[] output)
    {
        _hmac.SetKey(salt == null ? _zeros : salt, 0, HashBytes);
        if (keyMaterial == null)
            _hmac.Update(_zeros, 0, HashBytes);
        else
            _hmac.Update(keyMaterial, offset, count);

        _hmac.Finish(output, 0);
    }

    /// <summary>HKDF-Expand-Label.</summary>
    /// <param name="secret">The secret, 32 bytes.</param>
    /// <param name="label">The label without "tls13 ", ASCII.</param>
    /// <param name="context">The context, or null for an empty one.</param>
    /// <param name="contextOffset">Its first byte.</param>
    /// <param name="contextCount">Its number of bytes, 0..255.</param>
    /// <param name="output">Receives <paramref name="count"/> bytes at <paramref name="offset"/>; may be <paramref name="secret"/>.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="count">Number of bytes to make.</param>
    public void ExpandLabel(byte[] secret, string label, byte[] context, int contextOffset, int contextCount, byte[] output, int offset, int count)
    {
        int length = 0;
        _info[length++] = (byte)(count >> 8);
        _info[length++] = (byte)count;
        _info[length++] = (byte)(6 + label.Length);
        length = Append("tls13 ", length);
        length = Append(label, length);
        _info[length++] = (byte)contextCount;
        if (contextCount > 0)
            System.Array.Copy(context, contextOffset, _info, length, contextCount);

        length += contextCount;
        Expand(secret, _info, length, output, offset, count);
    }

    /// <summary>HKDF-Expand.</summary>
    /// <param name="secret">The pseudorandom key, 32 bytes.</param>
    /// <param name="info">The info.</param>
    /// <param name="infoCount">Its number of bytes.</param>
    /// <param name="output">Receives <paramref name="count"/> bytes at <paramref name="offset"/>; may be <paramref name="secret"/>.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="count">Number of bytes to make, at most 8160.</param>
    public void Expand(byte[] secret, byte[] info, int infoCount, byte[] output, int offset, int count)
    {
        _hmac.SetKey(secret, 0, HashBytes);
        int done = 0;
        for (int i = 1; done < count; i++)
        {
            if (i > 1)
                _hmac.Update(_block, 0, HashBytes);

            _hmac.Update(info, 0, infoCount);
            _counter[0] = (byte)i;
            _hmac.Update(_counter, 0, 1);
            _hmac.Finish(_block, 0);
            int part = count - done < HashBytes ? count - done : HashBytes;
            System.Array.Copy(_block, 0, output, offset + done, part);
            done += part;
        }

        System.Array.Clear(_block, 0, HashBytes);
    }

    private int Append(string text, int length)
    {
        for (int i = 0; i < text.Length; i++)
            _info[length + i] = (byte)text[i];

        return length + text.Length;
    }
}
