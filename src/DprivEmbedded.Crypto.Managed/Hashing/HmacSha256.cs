namespace DprivEmbedded.Crypto.Managed;

/// <summary>HMAC-SHA-256. Source: RFC 2104 section 2.</summary>
/// <remarks>
/// The chaining values behind the two padded keys are kept, so that a message costs its own blocks and one more. They are kept over
/// <see cref="SetKey"/> as well: the key schedules set one secret again and again, and setting the key that is already there costs no block.
/// </remarks>
internal sealed class HmacSha256 : IHmac
{
    private const int InnerPad = 0x36;
    private const int OuterPad = 0x5c;

    private readonly Sha256 _running = new Sha256();
    private readonly uint[] _inner = new uint[Sha256.StateWords];
    private readonly uint[] _outer = new uint[Sha256.StateWords];
    private readonly byte[] _key = new byte[Sha256.BlockBytes];
    private readonly byte[] _block = new byte[Sha256.BlockBytes];
    private bool _hasKey;

    public void SetKey(byte[] key, int offset, int count)
    {
        byte[] block = _block;
        System.Array.Clear(block, 0, Sha256.BlockBytes);
        if (count > Sha256.BlockBytes)
        {
            _running.Reset();
            _running.Update(key, offset, count);
            _running.Finish(block, 0);
        }
        else if (count > 0)
        {
            System.Array.Copy(key, offset, block, 0, count);
        }

        if (!_hasKey || !ConstantTime.AreEqual(block, 0, _key, 0, Sha256.BlockBytes))
        {
            System.Array.Copy(block, 0, _key, 0, Sha256.BlockBytes);
            Prepare(_inner, InnerPad);
            Prepare(_outer, OuterPad);
            _hasKey = true;
        }

        System.Array.Clear(block, 0, Sha256.BlockBytes);
        _running.Restore(_inner);
    }

    public void Update(byte[] data, int offset, int count)
    {
        _running.Update(data, offset, count);
    }

    public void Finish(byte[] output, int offset)
    {
        if (!_hasKey)
            throw new System.InvalidOperationException("No key is set.");

        _running.Finish(_block, 0);
        _running.Restore(_outer);
        _running.Update(_block, 0, Sha256.DigestBytes);
        _running.Finish(output, offset);
        System.Array.Clear(_block, 0, Sha256.DigestBytes);
        _running.Restore(_inner);
    }

    public void Clear()
    {
        System.Array.Clear(_inner, 0, Sha256.StateWords);
        System.Array.Clear(_outer, 0, Sha256.StateWords);
        System.Array.Clear(_key, 0, Sha256.BlockBytes);
        System.Array.Clear(_block, 0, Sha256.BlockBytes);
        _running.Clear();
        _hasKey = false;
    }

    private void Prepare(uint[] state, int pad)
    {
        byte[] key = _key;
        byte[] block = _block;
        for (int i = 0; i < Sha256.BlockBytes; i++)
            block[i] = (byte)(key[i] ^ pad);

        _running.Reset();
        _running.Update(block, 0, Sha256.BlockBytes);
        _running.Save(state);
    }
}
