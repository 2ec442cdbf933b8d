namespace DprivEmbedded.Crypto.Managed;

/// <summary>AES-128-CCM with a 12-byte nonce. Allocates nothing a record. Source: RFC 3610 section 2, RFC 6655.</summary>
/// <remarks>
/// The chain of the MAC needs one run of the cipher a block, whose other three blocks are free: the next block of the key stream comes out of the same run, and the
/// first run makes the tag's mask and the first block of the key stream. So a record costs a run for B_0, one for each block of associated data and one for each of data.
/// </remarks>
internal sealed class AesCcmAead : IAead
{
    private const int BlockBytes = Aes128.BlockBytes;

    private readonly Aes128 _aes = new Aes128();
    private readonly ulong[] _w = new ulong[Aes128.Words];
    private readonly byte[] _block = new byte[BlockBytes];
    private readonly int _tagBytes;
    private bool _hasKey;
    private ulong _macEven;
    private ulong _macOdd;
    private ulong _maskEven;
    private ulong _maskOdd;
    private ulong _counterEven;
    private ulong _counterOdd;

    public AesCcmAead(int tagBytes)
    {
        _tagBytes = tagBytes;
    }

    public int KeyBytes { get { return Aes128.KeyBytes; } }

    public int TagBytes { get { return _tagBytes; } }

    public void SetKey(byte[] key, int offset)
    {
        _aes.SetKey(key, offset, _w);
        _hasKey = true;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_hasKey, nonce, buffer, offset, count, _tagBytes);
        if (count >= CcmHeader.MessageLimit)
            throw new System.ArgumentException("CCM with a 12-byte nonce protects less than 16 MiB at once.");

        Start(nonce, aad, aadOffset, aadCount, count);
        Crypt(buffer, offset, count, true);
        WriteTag();
        System.Array.Copy(_block, 0, buffer, offset + count, _tagBytes);
        Wipe();
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckOpen(_hasKey, nonce);
        int plain = count - _tagBytes;
        if (plain < 0 || plain >= CcmHeader.MessageLimit)
            return false;

        Start(nonce, aad, aadOffset, aadCount, plain);
        Crypt(buffer, offset, plain, false);
        WriteTag();
        bool good = ConstantTime.AreEqual(_block, 0, buffer, offset + plain, _tagBytes);
        if (!good)
            System.Array.Clear(buffer, offset, count);

        Wipe();
        return good;
    }

    public void Clear()
    {
        _aes.Clear();
        _hasKey = false;
        Wipe();
    }

    private void Start(byte[] nonce, byte[] aad, int aadOffset, int aadCount, int count)
    {
        ulong[] w = _w;
        byte[] block = _block;
        CcmHeader.WriteCounter(block, 0, nonce, 0);
        _counterEven = Aes128.LoadEven(block, 0);
        _counterOdd = Aes128.LoadOdd(block, 0);
        CcmHeader.WriteFirst(block, nonce, aadCount > 0, count, _tagBytes);
        w[0] = Aes128.LoadEven(block, 0);
        w[4] = Aes128.LoadOdd(block, 0);
        w[1] = _counterEven;
        w[5] = _counterOdd;
        w[2] = _counterEven;
        w[6] = CounterOdd(1);
        _aes.Encrypt(w);
        _macEven = w[0];
        _macOdd = w[4];
        _maskEven = w[1];
        _maskOdd = w[5];
        ulong streamEven = w[2];
        ulong streamOdd = w[6];
        if (aadCount > 0)
            AuthenticateAad(aad, aadOffset, aadCount);

        w[1] = streamEven;
        w[5] = streamOdd;
    }

    private void AuthenticateAad(byte[] aad, int aadOffset, int aadCount)
    {
        byte[] block = _block;
        System.Array.Clear(block, 0, BlockBytes);
        int used = CcmHeader.WriteAadLength(block, 0, aadCount);
        while (aadCount > 0)
        {
            int n = BlockBytes - used < aadCount ? BlockBytes - used : aadCount;
            System.Array.Copy(aad, aadOffset, block, used, n);
            aadOffset += n;
            aadCount -= n;
            Authenticate(Aes128.LoadEven(block, 0), Aes128.LoadOdd(block, 0));
            System.Array.Clear(block, 0, BlockBytes);
            used = 0;
        }
    }

    /// <summary>A_i's odd word: the last three bytes of the block are the counter.</summary>
    private ulong CounterOdd(int counter)
    {
        uint value = (uint)counter;
        return _counterOdd ^ ((ulong)(value >> 16) << 24) ^ ((ulong)((value >> 8) & 0xff) << 40) ^ ((ulong)value << 56);
    }

    private void Authenticate(ulong even, ulong odd)
    {
        ulong[] w = _w;
        w[0] = _macEven ^ even;
        w[4] = _macOdd ^ odd;
        _aes.Encrypt(w);
        _macEven = w[0];
        _macOdd = w[4];
    }

    /// <summary>Goes over the message; the first block of the key stream is in the second block of the words.</summary>
    private void Crypt(byte[] buffer, int offset, int count, bool seal)
    {
        ulong[] w = _w;
        for (int i = 2; count > 0; i++)
        {
            byte[] source = buffer;
            int at = offset;
            if (count < BlockBytes)
            {
                source = _block;
                at = 0;
                System.Array.Clear(source, 0, BlockBytes);
                System.Array.Copy(buffer, offset, source, 0, count);
            }

            ulong even = Aes128.LoadEven(source, at);
            ulong odd = Aes128.LoadOdd(source, at);
            ulong outEven = even ^ w[1];
            ulong outOdd = odd ^ w[5];
            Aes128.Store(outEven, outOdd, source, at);
            if (count < BlockBytes)
            {
                System.Array.Copy(source, 0, buffer, offset, count);
                if (!seal)
                {
                    // Behind the message the MAC has zeros, not the key stream.
                    System.Array.Clear(source, count, BlockBytes - count);
                    outEven = Aes128.LoadEven(source, 0);
                    outOdd = Aes128.LoadOdd(source, 0);
                }
            }

            w[1] = _counterEven;
            w[5] = CounterOdd(i);
            if (seal)
                Authenticate(even, odd);
            else
                Authenticate(outEven, outOdd);

            offset += BlockBytes;
            count -= BlockBytes;
        }
    }

    private void WriteTag()
    {
        Aes128.Store(_macEven ^ _maskEven, _macOdd ^ _maskOdd, _block, 0);
    }

    private void Wipe()
    {
        System.Array.Clear(_w, 0, Aes128.Words);
        System.Array.Clear(_block, 0, BlockBytes);
        _macEven = 0;
        _macOdd = 0;
        _maskEven = 0;
        _maskOdd = 0;
    }
}
