using System;

namespace DprivEmbedded.Harness;

/// <summary>A growing first-in first-out queue of bytes.</summary>
internal sealed class ByteQueue
{
    private byte[] _buffer = new byte[512];
    private int _start;
    private int _end;

    /// <summary>Bytes in the queue.</summary>
    public int Count => _end - _start;

    /// <summary>The bytes in the queue, until the next change.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (_buffer.Length - _end < data.Length)
        {
            int count = Count;
            byte[] target = _buffer.Length - count >= data.Length ? _buffer : new byte[Math.Max(2 * _buffer.Length, count + data.Length)];
            Array.Copy(_buffer, _start, target, 0, count);
            _buffer = target;
            _start = 0;
            _end = count;
        }

        data.CopyTo(_buffer.AsSpan(_end));
        _end += data.Length;
    }

    /// <summary>Takes up to <paramref name="capacity"/> bytes out.</summary>
    public int Read(byte[] output, int offset, int capacity)
    {
        int count = Math.Min(capacity, Count);
        Array.Copy(_buffer, _start, output, offset, count);
        Skip(count);
        return count;
    }

    /// <summary>Drops bytes from the front.</summary>
    public void Skip(int count)
    {
        _start += count;
        if (_start == _end)
            _start = _end = 0;
    }

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        _start = _end = 0;
    }
}
