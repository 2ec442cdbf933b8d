namespace DprivEmbedded.Crypto.Managed;

/// <summary>The state of a SHA-256 computation. Allocates nothing after construction. Source: FIPS 180-4 section 6.2.</summary>
/// <remarks>
/// Written for an interpreter, where a store to a local costs three loads and a call ten. A working variable x is held as x * (2^32 + 1), which makes
/// a rotation one right shift and lets the three rotations of a sigma share their shifts; 16 rounds are written out, so that the variables need no moves.
/// </remarks>
internal sealed class Sha256
{
    public const int BlockBytes = 64;
    public const int DigestBytes = 32;
    public const int StateWords = 8;

    private const ulong Twice = 0x1_0000_0001;

    private static readonly uint[] s_k =
    {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };

    private readonly uint[] _state = new uint[StateWords];
    private readonly byte[] _block = new byte[BlockBytes];
    private int _used;
    private uint _blocks;

    public Sha256()
    {
        Reset();
    }

    public void Reset()
    {
        uint[] state = _state;
        state[0] = 0x6a09e667;
        state[1] = 0xbb67ae85;
        state[2] = 0x3c6ef372;
        state[3] = 0xa54ff53a;
        state[4] = 0x510e527f;
        state[5] = 0x9b05688c;
        state[6] = 0x1f83d9ab;
        state[7] = 0x5be0cd19;
        _used = 0;
        _blocks = 0;
    }

    /// <summary>Goes on from the state after one block, as <see cref="Save"/> gave it.</summary>
    public void Restore(uint[] state)
    {
        System.Array.Copy(state, 0, _state, 0, StateWords);
        _used = 0;
        _blocks = 1;
    }

    /// <summary>Copies the chaining value out; meaningful after whole blocks.</summary>
    public void Save(uint[] state)
    {
        System.Array.Copy(_state, 0, state, 0, StateWords);
    }

    public void CopyFrom(Sha256 other)
    {
        System.Array.Copy(other._state, 0, _state, 0, StateWords);
        System.Array.Copy(other._block, 0, _block, 0, other._used);
        _used = other._used;
        _blocks = other._blocks;
    }

    public void Update(byte[] data, int offset, int count)
    {
        if (_used > 0)
        {
            int part = BlockBytes - _used < count ? BlockBytes - _used : count;
            System.Array.Copy(data, offset, _block, _used, part);
            _used += part;
            offset += part;
            count -= part;
            if (_used < BlockBytes)
                return;

            Compress(_block, 0);
            _used = 0;
        }

        for (; count >= BlockBytes; count -= BlockBytes)
        {
            Compress(data, offset);
            offset += BlockBytes;
        }

        if (count > 0)
            System.Array.Copy(data, offset, _block, 0, count);

        _used = count;
    }

    /// <summary>Writes the digest. The state is used up: <see cref="Reset"/>, <see cref="Restore"/> or <see cref="CopyFrom"/> come next.</summary>
    public void Finish(byte[] output, int offset)
    {
        byte[] block = _block;
        uint high = _blocks >> 23;
        uint low = (_blocks << 9) + ((uint)_used << 3);
        int used = _used;
        block[used++] = 0x80;
        if (used > BlockBytes - 8)
        {
            System.Array.Clear(block, used, BlockBytes - used);
            Compress(block, 0);
            used = 0;
        }

        System.Array.Clear(block, used, BlockBytes - used);
        Write(high, block, BlockBytes - 8);
        Write(low, block, BlockBytes - 4);
        Compress(block, 0);
        uint[] state = _state;
        for (int i = 0; i < StateWords; i++)
            Write(state[i], output, offset + (4 * i));
    }

    public void Clear()
    {
        System.Array.Clear(_block, 0, BlockBytes);
        Reset();
    }

    private static void Write(uint value, byte[] output, int offset)
    {
        output[offset] = (byte)(value >> 24);
        output[offset + 1] = (byte)(value >> 16);
        output[offset + 2] = (byte)(value >> 8);
        output[offset + 3] = (byte)value;
    }

    private static ulong Word(byte[] data, int offset)
    {
        return (uint)((data[offset] << 24) | (data[offset + 1] << 16) | (data[offset + 2] << 8) | data[offset + 3]) * Twice;
    }

    private void Compress(byte[] data, int offset)
    {
        ulong w0 = Word(data, offset);
        ulong w1 = Word(data, offset + 4);
        ulong w2 = Word(data, offset + 8);
        ulong w3 = Word(data, offset + 12);
        ulong w4 = Word(data, offset + 16);
        ulong w5 = Word(data, offset + 20);
        ulong w6 = Word(data, offset + 24);
        ulong w7 = Word(data, offset + 28);
        ulong w8 = Word(data, offset + 32);
        ulong w9 = Word(data, offset + 36);
        ulong w10 = Word(data, offset + 40);
        ulong w11 = Word(data, offset + 44);
        ulong w12 = Word(data, offset + 48);
        ulong w13 = Word(data, offset + 52);
        ulong w14 = Word(data, offset + 56);
        ulong w15 = Word(data, offset + 60);

        uint[] state = _state;
        ulong a = state[0] * Twice;
        ulong b = state[1] * Twice;
        ulong c = state[2] * Twice;
        ulong d = state[3] * Twice;
        ulong e = state[4] * Twice;
        ulong f = state[5] * Twice;
        ulong g = state[6] * Twice;
        ulong h = state[7] * Twice;
        uint[] k = s_k;
        int i = 0;
        while (true)
        {
            ulong t;
            t = h + (((((e >> 14) ^ e) >> 5) ^ e) >> 6) + (((f ^ g) & e) ^ g) + k[i] + w0;
            d = (uint)(d + t) * Twice;
            h = (uint)(t + (((((a >> 9) ^ a) >> 11) ^ a) >> 2) + (((a | b) & c) | (a & b))) * Twice;
            t = g + (((((d >> 14) ^ d) >> 5) ^ d) >> 6) + (((e ^ f) & d) ^ f) + k[i + 1] + w1;
            c = (uint)(c + t) * Twice;
            g = (uint)(t + (((((h >> 9) ^ h) >> 11) ^ h) >> 2) + (((h | a) & b) | (h & a))) * Twice;
            t = f + (((((c >> 14) ^ c) >> 5) ^ c) >> 6) + (((d ^ e) & c) ^ e) + k[i + 2] + w2;
            b = (uint)(b + t) * Twice;
            f = (uint)(t + (((((g >> 9) ^ g) >> 11) ^ g) >> 2) + (((g | h) & a) | (g & h))) * Twice;
            t = e + (((((b >> 14) ^ b) >> 5) ^ b) >> 6) + (((c ^ d) & b) ^ d) + k[i + 3] + w3;
            a = (uint)(a + t) * Twice;
            e = (uint)(t + (((((f >> 9) ^ f) >> 11) ^ f) >> 2) + (((f | g) & h) | (f & g))) * Twice;
            t = d + (((((a >> 14) ^ a) >> 5) ^ a) >> 6) + (((b ^ c) & a) ^ c) + k[i + 4] + w4;
            h = (uint)(h + t) * Twice;
            d = (uint)(t + (((((e >> 9) ^ e) >> 11) ^ e) >> 2) + (((e | f) & g) | (e & f))) * Twice;
            t = c + (((((h >> 14) ^ h) >> 5) ^ h) >> 6) + (((a ^ b) & h) ^ b) + k[i + 5] + w5;
            g = (uint)(g + t) * Twice;
            c = (uint)(t + (((((d >> 9) ^ d) >> 11) ^ d) >> 2) + (((d | e) & f) | (d & e))) * Twice;
            t = b + (((((g >> 14) ^ g) >> 5) ^ g) >> 6) + (((h ^ a) & g) ^ a) + k[i + 6] + w6;
            f = (uint)(f + t) * Twice;
            b = (uint)(t + (((((c >> 9) ^ c) >> 11) ^ c) >> 2) + (((c | d) & e) | (c & d))) * Twice;
            t = a + (((((f >> 14) ^ f) >> 5) ^ f) >> 6) + (((g ^ h) & f) ^ h) + k[i + 7] + w7;
            e = (uint)(e + t) * Twice;
            a = (uint)(t + (((((b >> 9) ^ b) >> 11) ^ b) >> 2) + (((b | c) & d) | (b & c))) * Twice;
            t = h + (((((e >> 14) ^ e) >> 5) ^ e) >> 6) + (((f ^ g) & e) ^ g) + k[i + 8] + w8;
            d = (uint)(d + t) * Twice;
            h = (uint)(t + (((((a >> 9) ^ a) >> 11) ^ a) >> 2) + (((a | b) & c) | (a & b))) * Twice;
            t = g + (((((d >> 14) ^ d) >> 5) ^ d) >> 6) + (((e ^ f) & d) ^ f) + k[i + 9] + w9;
            c = (uint)(c + t) * Twice;
            g = (uint)(t + (((((h >> 9) ^ h) >> 11) ^ h) >> 2) + (((h | a) & b) | (h & a))) * Twice;
            t = f + (((((c >> 14) ^ c) >> 5) ^ c) >> 6) + (((d ^ e) & c) ^ e) + k[i + 10] + w10;
            b = (uint)(b + t) * Twice;
            f = (uint)(t + (((((g >> 9) ^ g) >> 11) ^ g) >> 2) + (((g | h) & a) | (g & h))) * Twice;
            t = e + (((((b >> 14) ^ b) >> 5) ^ b) >> 6) + (((c ^ d) & b) ^ d) + k[i + 11] + w11;
            a = (uint)(a + t) * Twice;
            e = (uint)(t + (((((f >> 9) ^ f) >> 11) ^ f) >> 2) + (((f | g) & h) | (f & g))) * Twice;
            t = d + (((((a >> 14) ^ a) >> 5) ^ a) >> 6) + (((b ^ c) & a) ^ c) + k[i + 12] + w12;
            h = (uint)(h + t) * Twice;
            d = (uint)(t + (((((e >> 9) ^ e) >> 11) ^ e) >> 2) + (((e | f) & g) | (e & f))) * Twice;
            t = c + (((((h >> 14) ^ h) >> 5) ^ h) >> 6) + (((a ^ b) & h) ^ b) + k[i + 13] + w13;
            g = (uint)(g + t) * Twice;
            c = (uint)(t + (((((d >> 9) ^ d) >> 11) ^ d) >> 2) + (((d | e) & f) | (d & e))) * Twice;
            t = b + (((((g >> 14) ^ g) >> 5) ^ g) >> 6) + (((h ^ a) & g) ^ a) + k[i + 14] + w14;
            f = (uint)(f + t) * Twice;
            b = (uint)(t + (((((c >> 9) ^ c) >> 11) ^ c) >> 2) + (((c | d) & e) | (c & d))) * Twice;
            t = a + (((((f >> 14) ^ f) >> 5) ^ f) >> 6) + (((g ^ h) & f) ^ h) + k[i + 15] + w15;
            e = (uint)(e + t) * Twice;
            a = (uint)(t + (((((b >> 9) ^ b) >> 11) ^ b) >> 2) + (((b | c) & d) | (b & c))) * Twice;

            i += 16;
            if (i == 64)
                break;

            // The next 16 words of the message schedule take the place of the last.
            w0 = (uint)(w0 + w9 + ((((w1 >> 11) ^ w1) >> 7) ^ ((uint)w1 >> 3)) + ((((w14 >> 2) ^ w14) >> 17) ^ ((uint)w14 >> 10))) * Twice;
            w1 = (uint)(w1 + w10 + ((((w2 >> 11) ^ w2) >> 7) ^ ((uint)w2 >> 3)) + ((((w15 >> 2) ^ w15) >> 17) ^ ((uint)w15 >> 10))) * Twice;
            w2 = (uint)(w2 + w11 + ((((w3 >> 11) ^ w3) >> 7) ^ ((uint)w3 >> 3)) + ((((w0 >> 2) ^ w0) >> 17) ^ ((uint)w0 >> 10))) * Twice;
            w3 = (uint)(w3 + w12 + ((((w4 >> 11) ^ w4) >> 7) ^ ((uint)w4 >> 3)) + ((((w1 >> 2) ^ w1) >> 17) ^ ((uint)w1 >> 10))) * Twice;
            w4 = (uint)(w4 + w13 + ((((w5 >> 11) ^ w5) >> 7) ^ ((uint)w5 >> 3)) + ((((w2 >> 2) ^ w2) >> 17) ^ ((uint)w2 >> 10))) * Twice;
            w5 = (uint)(w5 + w14 + ((((w6 >> 11) ^ w6) >> 7) ^ ((uint)w6 >> 3)) + ((((w3 >> 2) ^ w3) >> 17) ^ ((uint)w3 >> 10))) * Twice;
            w6 = (uint)(w6 + w15 + ((((w7 >> 11) ^ w7) >> 7) ^ ((uint)w7 >> 3)) + ((((w4 >> 2) ^ w4) >> 17) ^ ((uint)w4 >> 10))) * Twice;
            w7 = (uint)(w7 + w0 + ((((w8 >> 11) ^ w8) >> 7) ^ ((uint)w8 >> 3)) + ((((w5 >> 2) ^ w5) >> 17) ^ ((uint)w5 >> 10))) * Twice;
            w8 = (uint)(w8 + w1 + ((((w9 >> 11) ^ w9) >> 7) ^ ((uint)w9 >> 3)) + ((((w6 >> 2) ^ w6) >> 17) ^ ((uint)w6 >> 10))) * Twice;
            w9 = (uint)(w9 + w2 + ((((w10 >> 11) ^ w10) >> 7) ^ ((uint)w10 >> 3)) + ((((w7 >> 2) ^ w7) >> 17) ^ ((uint)w7 >> 10))) * Twice;
            w10 = (uint)(w10 + w3 + ((((w11 >> 11) ^ w11) >> 7) ^ ((uint)w11 >> 3)) + ((((w8 >> 2) ^ w8) >> 17) ^ ((uint)w8 >> 10))) * Twice;
            w11 = (uint)(w11 + w4 + ((((w12 >> 11) ^ w12) >> 7) ^ ((uint)w12 >> 3)) + ((((w9 >> 2) ^ w9) >> 17) ^ ((uint)w9 >> 10))) * Twice;
            w12 = (uint)(w12 + w5 + ((((w13 >> 11) ^ w13) >> 7) ^ ((uint)w13 >> 3)) + ((((w10 >> 2) ^ w10) >> 17) ^ ((uint)w10 >> 10))) * Twice;
            w13 = (uint)(w13 + w6 + ((((w14 >> 11) ^ w14) >> 7) ^ ((uint)w14 >> 3)) + ((((w11 >> 2) ^ w11) >> 17) ^ ((uint)w11 >> 10))) * Twice;
            w14 = (uint)(w14 + w7 + ((((w15 >> 11) ^ w15) >> 7) ^ ((uint)w15 >> 3)) + ((((w12 >> 2) ^ w12) >> 17) ^ ((uint)w12 >> 10))) * Twice;
            w15 = (uint)(w15 + w8 + ((((w0 >> 11) ^ w0) >> 7) ^ ((uint)w0 >> 3)) + ((((w13 >> 2) ^ w13) >> 17) ^ ((uint)w13 >> 10))) * Twice;
        }

        state[0] += (uint)a;
        state[1] += (uint)b;
        state[2] += (uint)c;
        state[3] += (uint)d;
        state[4] += (uint)e;
        state[5] += (uint)f;
        state[6] += (uint)g;
        state[7] += (uint)h;
        _blocks++;
    }
}
