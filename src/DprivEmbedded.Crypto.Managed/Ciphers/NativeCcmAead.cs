namespace DprivEmbedded.Crypto.Managed;

/// <summary>AES-128-CCM on the firmware's AES: the MAC through CBC, the key stream through ECB, up to <see cref="ChunkBytes"/> bytes a call. Source: RFC 3610 section 2.</summary>
internal sealed class NativeCcmAead : IAead
{
    private const int BlockBytes = Aes128.BlockBytes;
    private const int ChunkBytes = NativeCounterStream.ChunkBytes;

    private readonly INativeAes128 _native;
    private readonly int _tagBytes;
    private readonly byte[] _key = new byte[Aes128.KeyBytes];
    private readonly byte[] _mac = new byte[BlockBytes];
    private readonly byte[] _mask = new byte[BlockBytes];
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private bool _hasKey;
    private int _counter;
    private int _used;

    public NativeCcmAead(int tagBytes, INativeAes128 native)
    {
        _tagBytes = tagBytes;
        _native = native;
    }

    public int KeyBytes { get { return Aes128.KeyBytes; } }

    public int TagBytes { get { return _tagBytes; } }

    public void SetKey(byte[] key, int offset)
    {
        System.Array.Copy(key, offset, _key, 0, Aes128.KeyBytes);
        _hasKey = true;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_hasKey, nonce, buffer, offset, count, _tagBytes);
        if (count >= CcmHeader.MessageLimit)
            throw new System.ArgumentException("CCM with a 12-byte nonce protects less than 16 MiB at once.");

        Authenticate(nonce, aad, aadOffset, aadCount, buffer, offset, count);
        Crypt(nonce, buffer, offset, count);
        MaskTag();
        System.Array.Copy(_mac, 0, buffer, offset + count, _tagBytes);
        Wipe();
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckOpen(_hasKey, nonce);
        int plain = count - _tagBytes;
        if (plain < 0 || plain >= CcmHeader.MessageLimit)
            return false;

        Crypt(nonce, buffer, offset, plain);
        Authenticate(nonce, aad, aadOffset, aadCount, buffer, offset, plain);
        MaskTag();
        bool good = ConstantTime.AreEqual(_mac, 0, buffer, offset + plain, _tagBytes);
        if (!good)
            System.Array.Clear(buffer, offset, count);

        Wipe();
        return good;
    }

    public void Clear()
    {
        ConstantTime.Clear(_key);
        _hasKey = false;
        Wipe();
    }

    private void Authenticate(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        System.Array.Clear(_mac, 0, BlockBytes);
        CcmHeader.WriteFirst(_chunk, nonce, aadCount > 0, count, _tagBytes);
        _used = BlockBytes;
        if (aadCount > 0)
        {
            _used += CcmHeader.WriteAadLength(_chunk, BlockBytes, aadCount);
            Take(aad, aadOffset, aadCount);
            EndPart();
        }

        Take(buffer, offset, count);
        EndPart();
        Flush();
    }

    private void Take(byte[] data, int offset, int count)
    {
        while (count > 0)
        {
            if (_used == ChunkBytes)
                Flush();

            int n = ChunkBytes - _used < count ? ChunkBytes - _used : count;
            System.Array.Copy(data, offset, _chunk, _used, n);
            _used += n;
            offset += n;
            count -= n;
        }
    }

    /// <summary>Fills the block up with zeros.</summary>
    private void EndPart()
    {
        int part = _used & (BlockBytes - 1);
        if (part > 0)
        {
            System.Array.Clear(_chunk, _used, BlockBytes - part);
            _used += BlockBytes - part;
        }
    }

    private void Flush()
    {
        if (_used > 0)
        {
            _native.EncryptCbc(_key, _mac, _chunk, 0, _used);
            System.Array.Copy(_chunk, _used - BlockBytes, _mac, 0, BlockBytes);
            _used = 0;
        }
    }

    /// <summary>Adds the key stream; its first block becomes the tag's mask.</summary>
    private void Crypt(byte[] nonce, byte[] buffer, int offset, int count)
    {
        byte[] chunk = _chunk;
        _counter = 0;
        int skip = BlockBytes;
        do
        {
            int n = ChunkBytes - skip < count ? ChunkBytes - skip : count;
            int end = 0;
            while (end < skip + n)
            {
                CcmHeader.WriteCounter(chunk, end, nonce, _counter++);
                end += BlockBytes;
            }

            _native.EncryptEcb(_key, chunk, 0, end);
            if (skip > 0)
                System.Array.Copy(chunk, 0, _mask, 0, BlockBytes);

            for (int i = 0; i < n; i++)
                buffer[offset + i] ^= chunk[skip + i];

            offset += n;
            count -= n;
            skip = 0;
        }
        while (count > 0);
    }

    private void MaskTag()
    {
        for (int i = 0; i < BlockBytes; i++)
            _mac[i] ^= _mask[i];
    }

    private void Wipe()
    {
        ConstantTime.Clear(_mac);
        ConstantTime.Clear(_mask);
        ConstantTime.Clear(_chunk);
        _used = 0;
    }
}
