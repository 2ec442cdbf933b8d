namespace DprivEmbedded.Crypto.Managed;

/// <summary>The key stream of ChaCha20. Source: RFC 8439 section 2.3.</summary>
/// <remarks>A rotation is one multiplication by 2^32 + 1 and one right shift: on an interpreter less than two shifts, an or, and a store between them.</remarks>
internal sealed class ChaCha20
{
    public const int KeyBytes = 32;
    public const int BlockBytes = 64;

    private const ulong Twice = 0x1_0000_0001;
    private const int DoubleRounds = 10;
    private const int CounterWord = 12;

    private readonly uint[] _state = new uint[16];
    private readonly byte[] _block = new byte[BlockBytes];

    /// <summary>The last block that <see cref="NextBlock"/> made.</summary>
    public byte[] Block { get { return _block; } }

    public void SetKey(byte[] key, int offset)
    {
        uint[] state = _state;
        state[0] = 0x61707865;
        state[1] = 0x3320646e;
        state[2] = 0x79622d32;
        state[3] = 0x6b206574;
        for (int i = 0; i < 8; i++)
            state[4 + i] = Read(key, offset + (4 * i));
    }

    /// <summary>Starts a message: the next block is number 0.</summary>
    public void Start(byte[] nonce)
    {
        uint[] state = _state;
        state[CounterWord] = 0;
        for (int i = 0; i < 3; i++)
            state[CounterWord + 1 + i] = Read(nonce, 4 * i);
    }

    public void NextBlock()
    {
        uint[] state = _state;
        byte[] output = _block;
        uint x0 = state[0];
        uint x1 = state[1];
        uint x2 = state[2];
        uint x3 = state[3];
        uint x4 = state[4];
        uint x5 = state[5];
        uint x6 = state[6];
        uint x7 = state[7];
        uint x8 = state[8];
        uint x9 = state[9];
        uint x10 = state[10];
        uint x11 = state[11];
        uint x12 = state[12];
        uint x13 = state[13];
        uint x14 = state[14];
        uint x15 = state[15];
        for (int i = 0; i < DoubleRounds; i++)
        {
            x0 += x4;
            x12 = (uint)(((x12 ^ x0) * Twice) >> 16);
            x8 += x12;
            x4 = (uint)(((x4 ^ x8) * Twice) >> 20);
            x0 += x4;
            x12 = (uint)(((x12 ^ x0) * Twice) >> 24);
            x8 += x12;
            x4 = (uint)(((x4 ^ x8) * Twice) >> 25);
            x1 += x5;
            x13 = (uint)(((x13 ^ x1) * Twice) >> 16);
            x9 += x13;
            x5 = (uint)(((x5 ^ x9) * Twice) >> 20);
            x1 += x5;
            x13 = (uint)(((x13 ^ x1) * Twice) >> 24);
            x9 += x13;
            x5 = (uint)(((x5 ^ x9) * Twice) >> 25);
            x2 += x6;
            x14 = (uint)(((x14 ^ x2) * Twice) >> 16);
            x10 += x14;
            x6 = (uint)(((x6 ^ x10) * Twice) >> 20);
            x2 += x6;
            x14 = (uint)(((x14 ^ x2) * Twice) >> 24);
            x10 += x14;
            x6 = (uint)(((x6 ^ x10) * Twice) >> 25);
            x3 += x7;
            x15 = (uint)(((x15 ^ x3) * Twice) >> 16);
            x11 += x15;
            x7 = (uint)(((x7 ^ x11) * Twice) >> 20);
            x3 += x7;
            x15 = (uint)(((x15 ^ x3) * Twice) >> 24);
            x11 += x15;
            x7 = (uint)(((x7 ^ x11) * Twice) >> 25);
            x0 += x5;
            x15 = (uint)(((x15 ^ x0) * Twice) >> 16);
            x10 += x15;
            x5 = (uint)(((x5 ^ x10) * Twice) >> 20);
            x0 += x5;
            x15 = (uint)(((x15 ^ x0) * Twice) >> 24);
            x10 += x15;
            x5 = (uint)(((x5 ^ x10) * Twice) >> 25);
            x1 += x6;
            x12 = (uint)(((x12 ^ x1) * Twice) >> 16);
            x11 += x12;
            x6 = (uint)(((x6 ^ x11) * Twice) >> 20);
            x1 += x6;
            x12 = (uint)(((x12 ^ x1) * Twice) >> 24);
            x11 += x12;
            x6 = (uint)(((x6 ^ x11) * Twice) >> 25);
            x2 += x7;
            x13 = (uint)(((x13 ^ x2) * Twice) >> 16);
            x8 += x13;
            x7 = (uint)(((x7 ^ x8) * Twice) >> 20);
            x2 += x7;
            x13 = (uint)(((x13 ^ x2) * Twice) >> 24);
            x8 += x13;
            x7 = (uint)(((x7 ^ x8) * Twice) >> 25);
            x3 += x4;
            x14 = (uint)(((x14 ^ x3) * Twice) >> 16);
            x9 += x14;
            x4 = (uint)(((x4 ^ x9) * Twice) >> 20);
            x3 += x4;
            x14 = (uint)(((x14 ^ x3) * Twice) >> 24);
            x9 += x14;
            x4 = (uint)(((x4 ^ x9) * Twice) >> 25);
        }

        Write(x0 + state[0], output, 0);
        Write(x1 + state[1], output, 4);
        Write(x2 + state[2], output, 8);
        Write(x3 + state[3], output, 12);
        Write(x4 + state[4], output, 16);
        Write(x5 + state[5], output, 20);
        Write(x6 + state[6], output, 24);
        Write(x7 + state[7], output, 28);
        Write(x8 + state[8], output, 32);
        Write(x9 + state[9], output, 36);
        Write(x10 + state[10], output, 40);
        Write(x11 + state[11], output, 44);
        Write(x12 + state[12], output, 48);
        Write(x13 + state[13], output, 52);
        Write(x14 + state[14], output, 56);
        Write(x15 + state[15], output, 60);
        state[CounterWord]++;
    }

    /// <summary>Adds key stream from the next block on.</summary>
    public void Xor(byte[] buffer, int offset, int count)
    {
        byte[] block = _block;
        while (count > 0)
        {
            NextBlock();
            int n = count < BlockBytes ? count : BlockBytes;
            for (int i = 0; i < n; i++)
                buffer[offset + i] ^= block[i];

            offset += n;
            count -= n;
        }
    }

    /// <summary>Zeroes what a message leaves.</summary>
    public void Wipe()
    {
        System.Array.Clear(_block, 0, BlockBytes);
    }

    public void Clear()
    {
        System.Array.Clear(_state, 0, _state.Length);
        Wipe();
    }

    private static uint Read(byte[] data, int offset)
    {
        return (uint)(data[offset] | (data[offset + 1] << 8) | (data[offset + 2] << 16) | (data[offset + 3] << 24));
    }

    private static void Write(uint value, byte[] output, int offset)
    {
        output[offset] = (byte)value;
        output[offset + 1] = (byte)(value >> 8);
        output[offset + 2] = (byte)(value >> 16);
        output[offset + 3] = (byte)(value >> 24);
    }
}
