using System;

namespace DprivEmbedded.Dtls;

/// <summary>Keeps fragments of handshake messages that came too early, in a buffer of fixed size. What does not fit is dropped: the peer retransmits.</summary>
internal sealed class Reassembly
{
    private const int MaxFragments = 24;

    private readonly byte[] _arena;
    private readonly int[] _types = new int[MaxFragments];
    private readonly int[] _messageLengths = new int[MaxFragments];
    private readonly int[] _sequences = new int[MaxFragments];
    private readonly int[] _offsets = new int[MaxFragments];
    private readonly int[] _lengths = new int[MaxFragments];
    private readonly int[] _epochs = new int[MaxFragments];
    private readonly int[] _places = new int[MaxFragments];
    private int _count;
    private int _used;

    public Reassembly(byte[] arena)
    {
        _arena = arena;
    }

    public byte[] Arena { get { return _arena; } }

    public int Type;
    public int MessageLength;
    public int Offset;
    public int Length;
    public int Place;

    public void Clear()
    {
        Array.Clear(_arena, 0, _used);
        _count = 0;
        _used = 0;
    }

    /// <summary>Keeps a fragment, unless the same one is kept or there is no room.</summary>
    public void Store(int epoch, int type, int messageLength, int sequence, int offset, int length, byte[] data, int at)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_sequences[i] == sequence && _offsets[i] == offset && _lengths[i] >= length && _epochs[i] == epoch)
                return;
        }

        if (_count == MaxFragments || _arena.Length - _used < length)
            return;

        Array.Copy(data, at, _arena, _used, length);
        _epochs[_count] = epoch;
        _types[_count] = type;
        _messageLengths[_count] = messageLength;
        _sequences[_count] = sequence;
        _offsets[_count] = offset;
        _lengths[_count] = length;
        _places[_count] = _used;
        _used += length;
        _count++;
    }

    /// <summary>Finds a kept fragment that continues a message, and takes it out. Its fields are set; its bytes stay until the next <see cref="Store"/>.</summary>
    /// <param name="epoch">The epoch that messages must come in now.</param>
    /// <param name="sequence">The message that is being read.</param>
    /// <param name="position">How much of its body was read.</param>
    /// <returns>Whether there was one.</returns>
    public bool Take(int epoch, int sequence, int position)
    {
        for (int i = 0; i < _count; i++)
        {
            bool old = _sequences[i] < sequence || (_sequences[i] == sequence && _offsets[i] + _lengths[i] <= position && _messageLengths[i] > 0);
            if (old)
            {
                Remove(i);
                i--;
                continue;
            }

            if (_sequences[i] != sequence || _offsets[i] > position || _epochs[i] != epoch)
                continue;

            Type = _types[i];
            MessageLength = _messageLengths[i];
            Offset = _offsets[i];
            Length = _lengths[i];
            Place = _places[i];
            Remove(i);
            return true;
        }

        return false;
    }

    private void Remove(int index)
    {
        _count--;
        for (int i = index; i < _count; i++)
        {
            _epochs[i] = _epochs[i + 1];
            _types[i] = _types[i + 1];
            _messageLengths[i] = _messageLengths[i + 1];
            _sequences[i] = _sequences[i + 1];
            _offsets[i] = _offsets[i + 1];
            _lengths[i] = _lengths[i + 1];
            _places[i] = _places[i + 1];
        }

        // Room is given back when nothing is kept; a flight is small and its end empties the store.
        if (_count == 0)
            _used = 0;
    }
}
