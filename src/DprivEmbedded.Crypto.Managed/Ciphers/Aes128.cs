namespace DprivEmbedded.Crypto.Managed;

/// <summary>The forward cipher of AES-128 on up to four blocks at once, bitsliced: no table, and the same operations whatever key and data are. Source: FIPS 197.</summary>
/// <remarks>
/// <para>Why so: docs/decisions/0012-managed-primitives.md. A block is two words: bytes 0-3 and 8-11 in the even one, 4-7 and 12-15 in the odd one, each with row r of the
/// state in bits [16r, 16r+16). Word i holds the even columns of block i, word 4 + i the odd ones. <see cref="Transpose"/> turns the eight words into eight
/// slices: slice s has bit s of the byte in row r and column c of block b at bit 16r + 4c + b.</para>
/// <para>The S-box is the circuit of Boyar and Peralta (A depth-16 circuit for the AES S-box, 2011) without its four negations, which are in the round keys; values
/// that are used once are not stored, since a store costs an interpreter three loads.</para>
/// </remarks>
internal sealed class Aes128
{
    public const int KeyBytes = 16;
    public const int BlockBytes = 16;

    /// <summary>Words of the four blocks that <see cref="Encrypt"/> takes.</summary>
    public const int Words = 8;

    private const int Rounds = 10;
    private const int SboxConstant = 0x63;

    // A round key is two words: its slices 0-3 and 4-7 interleaved, each for one block.
    private readonly ulong[] _keys = new ulong[2 * (Rounds + 1)];

    /// <summary>Sets the key. Source: FIPS 197 section 5.2.</summary>
    /// <param name="key">Holds 16 bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="w">Scratch of <see cref="Words"/> words; zeroed.</param>
    public void SetKey(byte[] key, int offset, ulong[] w)
    {
        byte[] round = new byte[BlockBytes];
        byte[] word = new byte[BlockBytes];
        ulong[] keys = _keys;
        System.Array.Clear(keys, 0, keys.Length);
        System.Array.Copy(key, offset, round, 0, BlockBytes);
        ulong firstLow = 0;
        ulong firstHigh = 0;
        ulong low;
        ulong high;
        int constant = 1;
        for (int i = 0; i <= Rounds; i++)
        {
            if (i > 0)
            {
                // The last round of the cipher under a key of zeros is the S-box, which leaves the first row where it is.
                word[0] = round[13];
                word[4] = round[14];
                word[8] = round[15];
                word[12] = round[12];
                Clear(w);
                w[0] = LoadEven(word, 0);
                w[4] = LoadOdd(word, 0);
                Run(w, Rounds);
                Store(w[0], w[4], word, 0);
                for (int k = 0; k < 4; k++)
                    round[k] ^= (byte)(word[4 * k] ^ SboxConstant);

                round[0] ^= (byte)constant;
                constant = ((constant << 1) ^ ((constant >> 7) * 0x11b)) & 0xff;
                for (int k = 4; k < BlockBytes; k++)
                    round[k] ^= round[k - 4];
            }

            for (int k = 0; k < BlockBytes; k++)
                word[k] = (byte)(round[k] ^ (i > 0 ? SboxConstant : 0));

            Clear(w);
            w[0] = LoadEven(word, 0);
            w[4] = LoadOdd(word, 0);
            Transpose(w);
            low = w[0] | (w[1] << 1) | (w[2] << 2) | (w[3] << 3);
            high = w[4] | (w[5] << 1) | (w[6] << 2) | (w[7] << 3);
            if (i == 0)
            {
                // Not before the end: above, nothing may be added before the S-box.
                firstLow = low;
                firstHigh = high;
            }
            else
            {
                keys[2 * i] = low;
                keys[(2 * i) + 1] = high;
            }
        }

        keys[0] = firstLow;
        keys[1] = firstHigh;

        Clear(w);
        ConstantTime.Clear(round);
        ConstantTime.Clear(word);
    }

    /// <summary>Zeroes the key.</summary>
    public void Clear()
    {
        System.Array.Clear(_keys, 0, _keys.Length);
    }

    /// <summary>Encrypts the four blocks in place.</summary>
    /// <param name="w">The <see cref="Words"/> words; those of blocks that are not in use have any value.</param>
    public void Encrypt(ulong[] w)
    {
        Run(w, 1);
    }

    /// <summary>The even word of a block.</summary>
    public static ulong LoadEven(byte[] data, int offset)
    {
        return ((ulong)(uint)(data[offset + 2] | (data[offset + 10] << 8) | (data[offset + 3] << 16) | (data[offset + 11] << 24)) << 32) | (uint)(data[offset] | (data[offset + 8] << 8) | (data[offset + 1] << 16) | (data[offset + 9] << 24));
    }

    /// <summary>The odd word of a block.</summary>
    public static ulong LoadOdd(byte[] data, int offset)
    {
        return ((ulong)(uint)(data[offset + 6] | (data[offset + 14] << 8) | (data[offset + 7] << 16) | (data[offset + 15] << 24)) << 32) | (uint)(data[offset + 4] | (data[offset + 12] << 8) | (data[offset + 5] << 16) | (data[offset + 13] << 24));
    }

    /// <summary>Writes a block.</summary>
    public static void Store(ulong even, ulong odd, byte[] data, int offset)
    {
        data[offset] = (byte)even;
        data[offset + 1] = (byte)(even >> 16);
        data[offset + 2] = (byte)(even >> 32);
        data[offset + 3] = (byte)(even >> 48);
        data[offset + 4] = (byte)odd;
        data[offset + 5] = (byte)(odd >> 16);
        data[offset + 6] = (byte)(odd >> 32);
        data[offset + 7] = (byte)(odd >> 48);
        data[offset + 8] = (byte)(even >> 8);
        data[offset + 9] = (byte)(even >> 24);
        data[offset + 10] = (byte)(even >> 40);
        data[offset + 11] = (byte)(even >> 56);
        data[offset + 12] = (byte)(odd >> 8);
        data[offset + 13] = (byte)(odd >> 24);
        data[offset + 14] = (byte)(odd >> 40);
        data[offset + 15] = (byte)(odd >> 56);
    }

    private static void Clear(ulong[] w)
    {
        System.Array.Clear(w, 0, Words);
    }

    /// <summary>Transposes each 8x8 matrix of bits that the words' bytes of one place make.</summary>
    private static void Transpose(ulong[] w)
    {
        ulong q0 = w[0];
        ulong q1 = w[1];
        ulong q2 = w[2];
        ulong q3 = w[3];
        ulong q4 = w[4];
        ulong q5 = w[5];
        ulong q6 = w[6];
        ulong q7 = w[7];
        ulong t;
        ulong mask = 0x5555555555555555;
        t = ((q0 >> 1) ^ q1) & mask;
        q1 ^= t;
        q0 ^= t << 1;
        t = ((q2 >> 1) ^ q3) & mask;
        q3 ^= t;
        q2 ^= t << 1;
        t = ((q4 >> 1) ^ q5) & mask;
        q5 ^= t;
        q4 ^= t << 1;
        t = ((q6 >> 1) ^ q7) & mask;
        q7 ^= t;
        q6 ^= t << 1;
        mask = 0x3333333333333333;
        t = ((q0 >> 2) ^ q2) & mask;
        q2 ^= t;
        q0 ^= t << 2;
        t = ((q1 >> 2) ^ q3) & mask;
        q3 ^= t;
        q1 ^= t << 2;
        t = ((q4 >> 2) ^ q6) & mask;
        q6 ^= t;
        q4 ^= t << 2;
        t = ((q5 >> 2) ^ q7) & mask;
        q7 ^= t;
        q5 ^= t << 2;
        mask = 0x0f0f0f0f0f0f0f0f;
        t = ((q0 >> 4) ^ q4) & mask;
        q4 ^= t;
        q0 ^= t << 4;
        t = ((q1 >> 4) ^ q5) & mask;
        q5 ^= t;
        q1 ^= t << 4;
        t = ((q2 >> 4) ^ q6) & mask;
        q6 ^= t;
        q2 ^= t << 4;
        t = ((q3 >> 4) ^ q7) & mask;
        q7 ^= t;
        q3 ^= t << 4;
        w[0] = q0;
        w[1] = q1;
        w[2] = q2;
        w[3] = q3;
        w[4] = q4;
        w[5] = q5;
        w[6] = q6;
        w[7] = q7;
    }

    /// <summary>The cipher from one of its rounds on; before it comes the first round key.</summary>
    private void Run(ulong[] w, int round)
    {
        Transpose(w);
        ulong ones = 0x1111111111111111;

        // ShiftRows in two steps: rows 2 and 3 by two columns, then rows 1 and 3 by one.
        ulong keepHalf = 0x00000000ffffffff;
        ulong fromRight = 0x00ff00ff00000000;
        ulong fromLeft = 0xff00ff0000000000;
        ulong keepRow = 0x0000ffff0000ffff;
        ulong threeRight = 0x0fff00000fff0000;
        ulong oneLeft = 0xf0000000f0000000;
        ulong v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13;
        ulong v14, v15, v16, v17, v18, v19, v20, v21, v22, v23, v24, v25, v26;
        ulong[] keys = _keys;
        ulong low = keys[0];
        ulong high = keys[1];
        ulong q0 = w[0] ^ ((low & ones) * 15);
        ulong q1 = w[1] ^ (((low >> 1) & ones) * 15);
        ulong q2 = w[2] ^ (((low >> 2) & ones) * 15);
        ulong q3 = w[3] ^ (((low >> 3) & ones) * 15);
        ulong q4 = w[4] ^ ((high & ones) * 15);
        ulong q5 = w[5] ^ (((high >> 1) & ones) * 15);
        ulong q6 = w[6] ^ (((high >> 2) & ones) * 15);
        ulong q7 = w[7] ^ (((high >> 3) & ones) * 15);
        while (true)
        {
            // SubBytes, from slices 7..0 to slices 7..0.
            v0 = q4 ^ q2;
            v1 = q7 ^ q1;
            v2 = q7 ^ q4;
            v3 = q7 ^ q2;
            v4 = q6 ^ q5;
            v5 = v4 ^ q0;
            v6 = v5 ^ q4;
            v7 = v1 ^ v0;
            v8 = v5 ^ q7;
            v9 = v5 ^ q1;
            v10 = v9 ^ v3;
            v11 = q3 ^ v7;
            v12 = v11 ^ q2;
            v11 = v11 ^ q6;
            v13 = v12 ^ q0;
            v14 = v12 ^ v4;
            v15 = v11 ^ v2;
            v16 = q0 ^ v15;
            v17 = v14 ^ v15;
            v4 = v4 ^ v15;
            v18 = v7 & v12;
            v19 = v1 & v4;
            v20 = v2 & v15;
            v21 = (v0 & v17) ^ v20;
            v20 = (v3 & v14) ^ v20;
            v11 = (((v10 & v13) ^ v18) ^ v21) ^ v11;
            v18 = (((v6 & q0) ^ v18) ^ v20) ^ (v14 ^ v3);
            v21 = (((v9 & v5) ^ v19) ^ v21) ^ (v1 ^ v4);
            v20 = (((v8 & v16) ^ v19) ^ v20) ^ (q7 ^ v4);
            v19 = v11 ^ v18;
            v11 = v11 & v21;
            v22 = v20 ^ v11;
            v23 = (v19 & v22) ^ v18;
            v18 = ((v18 ^ v11) & (v21 ^ v20)) ^ v20;
            v11 = v20 & (v22 ^ v18);
            v20 = v11 ^ (v21 ^ v18);
            v21 = v19 ^ (v23 & (v22 ^ v11));
            v19 = v21 ^ v20;
            v22 = v23 ^ v18;
            v11 = v23 ^ v21;
            v24 = v18 ^ v20;
            v25 = v22 ^ v19;
            v26 = v18 & q0;
            v4 = v11 & v4;
            v5 = v21 & v5;
            v16 = v23 & v16;
            v17 = v25 & v17;
            v10 = v20 & v10;
            v11 = v11 & v1;
            v1 = v25 & v0;
            v25 = (v22 & v2) ^ v1;
            v0 = v16 ^ (v21 & v9);
            v2 = (v24 & v12) ^ v4;
            v21 = (v26 ^ v11) ^ v2;
            v9 = v5 ^ v25;
            v12 = v4 ^ ((v22 & v15) ^ v17);
            v22 = (v17 ^ (v19 & v14)) ^ v9;
            v15 = ((v24 & v7) ^ v10) ^ v9;
            v4 = v5 ^ v12;
            v14 = ((v23 & v8) ^ v21) ^ v22;
            v17 = (v20 & v13) ^ v15;
            q7 = v12 ^ v15;
            q1 = (v11 ^ v0) ^ v22;
            q0 = v0 ^ (v25 ^ v21);
            q4 = v2 ^ v17;
            q3 = (v26 ^ v16) ^ v17;
            q2 = (v10 ^ (v18 & v6)) ^ v14;
            q6 = v4 ^ q4;
            q5 = (v1 ^ (v19 & v3)) ^ (v4 ^ v14);

            // ShiftRows
            q0 = (q0 & keepHalf) | ((q0 >> 8) & fromRight) | ((q0 << 8) & fromLeft);
            q0 = (q0 & keepRow) | ((q0 >> 4) & threeRight) | ((q0 << 12) & oneLeft);
            q1 = (q1 & keepHalf) | ((q1 >> 8) & fromRight) | ((q1 << 8) & fromLeft);
            q1 = (q1 & keepRow) | ((q1 >> 4) & threeRight) | ((q1 << 12) & oneLeft);
            q2 = (q2 & keepHalf) | ((q2 >> 8) & fromRight) | ((q2 << 8) & fromLeft);
            q2 = (q2 & keepRow) | ((q2 >> 4) & threeRight) | ((q2 << 12) & oneLeft);
            q3 = (q3 & keepHalf) | ((q3 >> 8) & fromRight) | ((q3 << 8) & fromLeft);
            q3 = (q3 & keepRow) | ((q3 >> 4) & threeRight) | ((q3 << 12) & oneLeft);
            q4 = (q4 & keepHalf) | ((q4 >> 8) & fromRight) | ((q4 << 8) & fromLeft);
            q4 = (q4 & keepRow) | ((q4 >> 4) & threeRight) | ((q4 << 12) & oneLeft);
            q5 = (q5 & keepHalf) | ((q5 >> 8) & fromRight) | ((q5 << 8) & fromLeft);
            q5 = (q5 & keepRow) | ((q5 >> 4) & threeRight) | ((q5 << 12) & oneLeft);
            q6 = (q6 & keepHalf) | ((q6 >> 8) & fromRight) | ((q6 << 8) & fromLeft);
            q6 = (q6 & keepRow) | ((q6 >> 4) & threeRight) | ((q6 << 12) & oneLeft);
            q7 = (q7 & keepHalf) | ((q7 >> 8) & fromRight) | ((q7 << 8) & fromLeft);
            q7 = (q7 & keepRow) | ((q7 >> 4) & threeRight) | ((q7 << 12) & oneLeft);

            low = keys[2 * round];
            high = keys[(2 * round) + 1];
            if (round == Rounds)
                break;

            round++;

            // MixColumns, AddRoundKey
            v0 = (q0 >> 16) | (q0 << 48);
            v8 = q0 ^ v0;
            v1 = (q1 >> 16) | (q1 << 48);
            v9 = q1 ^ v1;
            v2 = (q2 >> 16) | (q2 << 48);
            v10 = q2 ^ v2;
            v3 = (q3 >> 16) | (q3 << 48);
            v11 = q3 ^ v3;
            v4 = (q4 >> 16) | (q4 << 48);
            v12 = q4 ^ v4;
            v5 = (q5 >> 16) | (q5 << 48);
            v13 = q5 ^ v5;
            v6 = (q6 >> 16) | (q6 << 48);
            v14 = q6 ^ v6;
            v7 = (q7 >> 16) | (q7 << 48);
            v15 = q7 ^ v7;
            q0 = v15 ^ v0 ^ ((v8 >> 32) | (v8 << 32)) ^ ((low & ones) * 15);
            q1 = v8 ^ v15 ^ v1 ^ ((v9 >> 32) | (v9 << 32)) ^ (((low >> 1) & ones) * 15);
            q2 = v9 ^ v2 ^ ((v10 >> 32) | (v10 << 32)) ^ (((low >> 2) & ones) * 15);
            q3 = v10 ^ v15 ^ v3 ^ ((v11 >> 32) | (v11 << 32)) ^ (((low >> 3) & ones) * 15);
            q4 = v11 ^ v15 ^ v4 ^ ((v12 >> 32) | (v12 << 32)) ^ ((high & ones) * 15);
            q5 = v12 ^ v5 ^ ((v13 >> 32) | (v13 << 32)) ^ (((high >> 1) & ones) * 15);
            q6 = v13 ^ v6 ^ ((v14 >> 32) | (v14 << 32)) ^ (((high >> 2) & ones) * 15);
            q7 = v14 ^ v7 ^ ((v15 >> 32) | (v15 << 32)) ^ (((high >> 3) & ones) * 15);
        }

        w[0] = q0 ^ ((low & ones) * 15);
        w[1] = q1 ^ (((low >> 1) & ones) * 15);
        w[2] = q2 ^ (((low >> 2) & ones) * 15);
        w[3] = q3 ^ (((low >> 3) & ones) * 15);
        w[4] = q4 ^ ((high & ones) * 15);
        w[5] = q5 ^ (((high >> 1) & ones) * 15);
        w[6] = q6 ^ (((high >> 2) & ones) * 15);
        w[7] = q7 ^ (((high >> 3) & ones) * 15);
        Transpose(w);
    }
}
