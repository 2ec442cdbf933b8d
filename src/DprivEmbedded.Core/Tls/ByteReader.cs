namespace DprivEmbedded.Tls;

/// <summary>Reads big-endian fields and length-prefixed vectors (RFC 8446 section 3). Reusable; once a read goes past the end, <see cref="Failed"/> stays true and every read gives 0.</summary>
public sealed class ByteReader
{
    private byte[] _buffer;
    private int _position;
    private int _end;

    /// <summary>Whether a read went past the end.</summary>
    public bool Failed;

    /// <summary>The buffer under the reader.</summary>
    public byte[] Buffer { get { return _buffer; } }

    /// <summary>Where the next read begins.</summary>
    public int Position { get { return _position; } }

    /// <summary>Bytes left.</summary>
    public int Remaining { get { return _end - _position; } }

    /// <summary>Whether everything was read and no read failed: what a well-formed message ends with.</summary>
    public bool AtEnd { get { return !Failed && _position == _end; } }

    /// <summary>Starts over on a range of a buffer.</summary>
    /// <param name="buffer">The buffer; not copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    public void Reset(byte[] buffer, int offset, int count)
    {
        _buffer = buffer;
        _position = offset;
        _end = offset + count;
        Failed = false;
    }

    /// <summary>Reads one byte.</summary>
    /// <returns>0..255.</returns>
    public int U8()
    {
        if (!Need(1))
            return 0;

        return _buffer[_position++];
    }

    /// <summary>Reads two bytes.</summary>
    /// <returns>0..65535.</returns>
    public int U16()
    {
        if (!Need(2))
            return 0;

        int value = (_buffer[_position] << 8) | _buffer[_position + 1];
        _position += 2;
        return value;
    }

    /// <summary>Reads three bytes.</summary>
    /// <returns>0..16777215.</returns>
    public int U24()
    {
        if (!Need(3))
            return 0;

        int value = (_buffer[_position] << 16) | (_buffer[_position + 1] << 8) | _buffer[_position + 2];
        _position += 3;
        return value;
    }

    /// <summary>Reads four bytes.</summary>
    /// <returns>The unsigned value.</returns>
    public uint U32()
    {
        if (!Need(4))
            return 0;

        uint value = ((uint)_buffer[_position] << 24) | ((uint)_buffer[_position + 1] << 16) | ((uint)_buffer[_position + 2] << 8) | _buffer[_position + 3];
        _position += 4;
        return value;
    }

    /// <summary>Skips bytes and says where they begin.</summary>
    /// <param name="count">Number of bytes.</param>
    /// <returns>The index of the first skipped byte in <see cref="Buffer"/>.</returns>
    public int Skip(int count)
    {
        if (!Need(count))
            return _position;

        int start = _position;
        _position += count;
        return start;
    }

    /// <summary>Narrows the reader to the next bytes; <see cref="Leave"/> widens it again behind them.</summary>
    /// <param name="count">Number of bytes.</param>
    /// <returns>A token for <see cref="Leave"/>.</returns>
    public int Enter(int count)
    {
        int outer = _end;
        if (Need(count))
            _end = _position + count;
        else
            _end = _position;

        return outer;
    }

    /// <summary>Ends what <see cref="Enter"/> began; bytes left unread in it are a failure.</summary>
    /// <param name="token">What <see cref="Enter"/> returned.</param>
    public void Leave(int token)
    {
        if (_position != _end)
            Failed = true;

        _end = token;
        if (Failed)
            _position = _end;
    }

    private bool Need(int count)
    {
        if (Failed || count < 0 || _end - _position < count)
        {
            Failed = true;
            _position = _end;
            return false;
        }

        return true;
    }
}
