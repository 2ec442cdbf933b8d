namespace DprivEmbedded.Crypto.Managed;

/// <summary>AES-128-GCM with a 12-byte nonce. Allocates nothing a record. Source: NIST SP 800-38D section 7.</summary>
internal sealed class AesGcmAead : IAead
{
    private const int Tag = 16;

    private readonly CounterStream _stream;
    private readonly Ghash _ghash = new Ghash();
    private readonly byte[] _mask = new byte[Tag];
    private readonly byte[] _tag = new byte[Tag];
    private bool _hasKey;

    public AesGcmAead(CounterStream stream)
    {
        _stream = stream;
    }

    public int KeyBytes { get { return Aes128.KeyBytes; } }

    public int TagBytes { get { return Tag; } }

    public void SetKey(byte[] key, int offset)
    {
        _stream.SetKey(key, offset);
        _stream.EncryptZeros(_tag);
        _ghash.SetKey(_tag);
        ConstantTime.Clear(_tag);
        _hasKey = true;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_hasKey, nonce, buffer, offset, count, Tag);
        _stream.Start(nonce, _mask);
        _stream.Xor(buffer, offset, count);
        MakeTag(aad, aadOffset, aadCount, buffer, offset, count);
        System.Array.Copy(_tag, 0, buffer, offset + count, Tag);
        Wipe();
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckOpen(_hasKey, nonce);
        int plain = count - Tag;
        if (plain < 0)
            return false;

        _stream.Start(nonce, _mask);
        MakeTag(aad, aadOffset, aadCount, buffer, offset, plain);
        bool good = ConstantTime.AreEqual(_tag, 0, buffer, offset + plain, Tag);
        if (good)
            _stream.Xor(buffer, offset, plain);
        else
            System.Array.Clear(buffer, offset, count);

        Wipe();
        return good;
    }

    public void Clear()
    {
        _stream.Clear();
        _ghash.Clear();
        ConstantTime.Clear(_mask);
        ConstantTime.Clear(_tag);
        _hasKey = false;
    }

    private void MakeTag(byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        _ghash.Reset();
        _ghash.Update(aad, aadOffset, aadCount);
        _ghash.Update(buffer, offset, count);
        _ghash.Finish(aadCount, count, _tag);
        for (int i = 0; i < Tag; i++)
            _tag[i] ^= _mask[i];
    }

    private void Wipe()
    {
        _stream.Wipe();
        _ghash.Wipe();
        ConstantTime.Clear(_mask);
        ConstantTime.Clear(_tag);
    }
}
