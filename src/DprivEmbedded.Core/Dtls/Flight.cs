using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Dtls;

/// <summary>The messages of one flight, kept until the peer's next flight so that they can be sent again. Source: RFC 6347 section 4.2.4.</summary>
internal sealed class Flight
{
    private const int MaxMessages = 8;

    private readonly byte[] _buffer;
    private readonly int[] _places = new int[MaxMessages];
    private readonly int[] _lengths = new int[MaxMessages];
    private readonly int[] _epochs = new int[MaxMessages];
    private readonly int[] _sequences = new int[MaxMessages];
    private int _count;
    private int _used;

    public Flight(byte[] buffer)
    {
        _buffer = buffer;
    }

    public byte[] Buffer { get { return _buffer; } }

    /// <summary>Messages in the flight, change_cipher_spec counted.</summary>
    public int Count { get { return _count; } }

    /// <summary>Where the next message goes.</summary>
    public int Used { get { return _used; } }

    public void Clear()
    {
        Array.Clear(_buffer, 0, _used);
        _count = 0;
        _used = 0;
    }

    /// <summary>Adds the message that was written at <see cref="Used"/>, with its 4-byte header. A length of 0 stands for a change_cipher_spec.</summary>
    /// <returns>False where the flight is full.</returns>
    public bool Add(int epoch, int sequence, int length)
    {
        if (_count == MaxMessages)
            return false;

        _places[_count] = _used;
        _lengths[_count] = length;
        _epochs[_count] = epoch;
        _sequences[_count] = sequence;
        _used += length;
        _count++;
        return true;
    }

    public bool IsChangeCipherSpec(int index)
    {
        return _lengths[index] == 0;
    }

    public int Epoch(int index)
    {
        return _epochs[index];
    }

    public int Type(int index)
    {
        return _buffer[_places[index]];
    }

    /// <summary>Size of a message's body in bytes.</summary>
    public int BodyBytes(int index)
    {
        return _lengths[index] - 4;
    }

    /// <summary>Writes a fragment of a message, with its header.</summary>
    public void WriteFragment(int index, int from, int count, byte[] output, int offset)
    {
        DtlsHandshakeHeader.Write(output, offset, Type(index), BodyBytes(index), _sequences[index], from, count);
        Array.Copy(_buffer, _places[index] + 4 + from, output, offset + DtlsHandshakeHeader.Bytes, count);
    }
}
