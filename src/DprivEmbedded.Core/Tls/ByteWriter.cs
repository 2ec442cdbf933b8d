namespace DprivEmbedded.Tls;

/// <summary>Writes big-endian fields and length-prefixed vectors. Reusable; once a write does not fit, <see cref="Failed"/> stays true and nothing more is written.</summary>
public sealed class ByteWriter
{
    private byte[] _buffer;
    private int _position;
    private int _end;

    /// <summary>Whether a write did not fit.</summary>
    public bool Failed;

    /// <summary>The buffer under the writer.</summary>
    public byte[] Buffer { get { return _buffer; } }

    /// <summary>Where the next write begins.</summary>
    public int Position { get { return _position; } }

    /// <summary>Starts over on a range of a buffer.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="capacity">Number of bytes that may be written.</param>
    public void Reset(byte[] buffer, int offset, int capacity)
    {
        _buffer = buffer;
        _position = offset;
        _end = offset + capacity;
        Failed = false;
    }

    /// <summary>Writes one byte.</summary>
    /// <param name="value">0..255.</param>
    public void U8(int value)
    {
        if (Need(1))
            _buffer[_position++] = (byte)value;
    }

    /// <summary>Writes two bytes.</summary>
    /// <param name="value">0..65535.</param>
    public void U16(int value)
    {
        if (!Need(2))
            return;

        _buffer[_position] = (byte)(value >> 8);
        _buffer[_position + 1] = (byte)value;
        _position += 2;
    }

    /// <summary>Writes three bytes.</summary>
    /// <param name="value">0..16777215.</param>
    public void U24(int value)
    {
        if (!Need(3))
            return;

        _buffer[_position] = (byte)(value >> 16);
        _buffer[_position + 1] = (byte)(value >> 8);
        _buffer[_position + 2] = (byte)value;
        _position += 3;
    }

    /// <summary>Writes four bytes.</summary>
    /// <param name="value">The unsigned value.</param>
    public void U32(uint value)
    {
        U16((int)(value >> 16));
        U16((int)(value & 0xFFFF));
    }

    /// <summary>Writes a range of bytes.</summary>
    /// <param name="data">The source.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public void Bytes(byte[] data, int offset, int count)
    {
        if (!Need(count))
            return;

        System.Array.Copy(data, offset, _buffer, _position, count);
        _position += count;
    }

    /// <summary>Writes the characters of an ASCII text, a byte each.</summary>
    /// <param name="text">The text.</param>
    public void Ascii(string text)
    {
        for (int i = 0; i < text.Length; i++)
            U8(text[i]);
    }

    /// <summary>Leaves room that the caller fills in later.</summary>
    /// <param name="count">Number of bytes.</param>
    /// <returns>The index of the room's first byte.</returns>
    public int Reserve(int count)
    {
        int start = _position;
        if (Need(count))
            _position += count;

        return start;
    }

    /// <summary>Begins a vector with a length field of 1, 2 or 3 bytes.</summary>
    /// <param name="lengthBytes">Size of the length field.</param>
    /// <returns>A token for <see cref="End"/>.</returns>
    public int Begin(int lengthBytes)
    {
        return Reserve(lengthBytes);
    }

    /// <summary>Ends a vector: fills in its length.</summary>
    /// <param name="token">What <see cref="Begin"/> returned.</param>
    /// <param name="lengthBytes">Size of the length field.</param>
    public void End(int token, int lengthBytes)
    {
        if (Failed)
            return;

        int length = _position - token - lengthBytes;
        for (int i = 0; i < lengthBytes; i++)
            _buffer[token + i] = (byte)(length >> (8 * (lengthBytes - 1 - i)));
    }

    private bool Need(int count)
    {
        if (Failed || count < 0 || _end - _position < count)
        {
            Failed = true;
            return false;
        }

        return true;
    }
}
