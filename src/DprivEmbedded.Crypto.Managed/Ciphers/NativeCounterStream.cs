namespace DprivEmbedded.Crypto.Managed;

/// <summary>The counter mode on the firmware's AES: counter blocks through ECB, up to <see cref="ChunkBytes"/> bytes a call.</summary>
internal sealed class NativeCounterStream : CounterStream
{
    /// <summary>Bytes of key stream a call of the firmware makes at most.</summary>
    public const int ChunkBytes = 256;

    private const int BlockBytes = Aes128.BlockBytes;

    private readonly INativeAes128 _native;
    private readonly byte[] _key = new byte[Aes128.KeyBytes];
    private readonly byte[] _nonce = new byte[AeadArguments.NonceBytes];
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private int _counter;

    public NativeCounterStream(INativeAes128 native)
    {
        _native = native;
    }

    public override void SetKey(byte[] key, int offset)
    {
        System.Array.Copy(key, offset, _key, 0, Aes128.KeyBytes);
    }

    public override void EncryptZeros(byte[] block)
    {
        System.Array.Clear(block, 0, BlockBytes);
        _native.EncryptEcb(_key, block, 0, BlockBytes);
    }

    public override void Start(byte[] nonce, byte[] mask)
    {
        System.Array.Copy(nonce, 0, _nonce, 0, AeadArguments.NonceBytes);
        _counter = 1;
        MakeStream(BlockBytes);
        System.Array.Copy(_chunk, 0, mask, 0, BlockBytes);
    }

    public override void Xor(byte[] buffer, int offset, int count)
    {
        byte[] chunk = _chunk;
        while (count > 0)
        {
            int n = count < ChunkBytes ? count : ChunkBytes;
            MakeStream(n);
            for (int i = 0; i < n; i++)
                buffer[offset + i] ^= chunk[i];

            offset += n;
            count -= n;
        }
    }

    public override void Wipe()
    {
        System.Array.Clear(_chunk, 0, ChunkBytes);
    }

    public override void Clear()
    {
        ConstantTime.Clear(_key);
        Wipe();
    }

    private void MakeStream(int count)
    {
        byte[] chunk = _chunk;
        int end = 0;
        while (end < count)
        {
            System.Array.Copy(_nonce, 0, chunk, end, AeadArguments.NonceBytes);
            end += BlockBytes;
            chunk[end - 4] = (byte)(_counter >> 24);
            chunk[end - 3] = (byte)(_counter >> 16);
            chunk[end - 2] = (byte)(_counter >> 8);
            chunk[end - 1] = (byte)_counter;
            _counter++;
        }

        _native.EncryptEcb(_key, chunk, 0, end);
    }
}
