namespace DprivEmbedded.Crypto.Managed;

/// <summary>The counter mode on <see cref="Aes128"/>: four blocks of the key stream a run, of which the first of a message masks the tag.</summary>
internal sealed class ManagedCounterStream : CounterStream
{
    private const int BlockBytes = Aes128.BlockBytes;
    private const int Blocks = 4;

    private readonly Aes128 _aes = new Aes128();
    private readonly ulong[] _w = new ulong[Aes128.Words];
    private readonly byte[] _block = new byte[BlockBytes];
    private ulong _even;
    private ulong _odd;
    private uint _counter;

    public override void SetKey(byte[] key, int offset)
    {
        _aes.SetKey(key, offset, _w);
    }

    public override void EncryptZeros(byte[] block)
    {
        System.Array.Clear(_w, 0, Aes128.Words);
        _aes.Encrypt(_w);
        Aes128.Store(_w[0], _w[4], block, 0);
        Wipe();
    }

    public override void Start(byte[] nonce, byte[] mask)
    {
        byte[] block = _block;
        System.Array.Copy(nonce, 0, block, 0, AeadArguments.NonceBytes);
        System.Array.Clear(block, AeadArguments.NonceBytes, BlockBytes - AeadArguments.NonceBytes);
        _even = Aes128.LoadEven(block, 0);
        _odd = Aes128.LoadOdd(block, 0);
        _counter = 1;
        NextBlocks();
        Aes128.Store(_w[0], _w[4], mask, 0);
    }

    public override void Xor(byte[] buffer, int offset, int count)
    {
        ulong[] w = _w;
        int next = 1;
        while (count > 0)
        {
            if (next == Blocks)
            {
                NextBlocks();
                next = 0;
            }

            if (count < BlockBytes)
            {
                byte[] block = _block;
                System.Array.Copy(buffer, offset, block, 0, count);
                Aes128.Store(Aes128.LoadEven(block, 0) ^ w[next], Aes128.LoadOdd(block, 0) ^ w[next + 4], block, 0);
                System.Array.Copy(block, 0, buffer, offset, count);
            }
            else
            {
                Aes128.Store(Aes128.LoadEven(buffer, offset) ^ w[next], Aes128.LoadOdd(buffer, offset) ^ w[next + 4], buffer, offset);
            }

            next++;
            offset += BlockBytes;
            count -= BlockBytes;
        }
    }

    public override void Wipe()
    {
        System.Array.Clear(_w, 0, Aes128.Words);
        System.Array.Clear(_block, 0, BlockBytes);
    }

    public override void Clear()
    {
        _aes.Clear();
        Wipe();
    }

    private void NextBlocks()
    {
        ulong[] w = _w;
        for (int i = 0; i < Blocks; i++)
        {
            uint c = _counter++;
            w[i] = _even;
            w[i + 4] = _odd ^ ((ulong)(c >> 24) << 8) ^ ((ulong)((c >> 16) & 0xff) << 24) ^ ((ulong)((c >> 8) & 0xff) << 40) ^ ((ulong)c << 56);
        }

        _aes.Encrypt(w);
    }
}
