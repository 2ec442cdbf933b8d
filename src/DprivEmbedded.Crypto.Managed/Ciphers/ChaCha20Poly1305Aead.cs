namespace DprivEmbedded.Crypto.Managed;

/// <summary>ChaCha20-Poly1305. Allocates nothing a record. Source: RFC 8439 section 2.8.</summary>
internal sealed class ChaCha20Poly1305Aead : IAead
{
    private const int Tag = 16;

    private readonly ChaCha20 _chacha = new ChaCha20();
    private readonly Poly1305 _poly = new Poly1305();
    private readonly byte[] _tag = new byte[Tag];
    private bool _hasKey;

    public int KeyBytes { get { return ChaCha20.KeyBytes; } }

    public int TagBytes { get { return Tag; } }

    public void SetKey(byte[] key, int offset)
    {
        _chacha.SetKey(key, offset);
        _hasKey = true;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_hasKey, nonce, buffer, offset, count, Tag);
        Start(nonce);
        _chacha.Xor(buffer, offset, count);
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

        Start(nonce);
        MakeTag(aad, aadOffset, aadCount, buffer, offset, plain);
        bool good = ConstantTime.AreEqual(_tag, 0, buffer, offset + plain, Tag);
        if (good)
            _chacha.Xor(buffer, offset, plain);
        else
            System.Array.Clear(buffer, offset, count);

        Wipe();
        return good;
    }

    public void Clear()
    {
        _chacha.Clear();
        Wipe();
        _hasKey = false;
    }

    /// <summary>The first block of the key stream is the MAC's key. Source: RFC 8439 section 2.6.</summary>
    private void Start(byte[] nonce)
    {
        _chacha.Start(nonce);
        _chacha.NextBlock();
        _poly.SetKey(_chacha.Block);
    }

    private void MakeTag(byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        _poly.Update(aad, aadOffset, aadCount);
        _poly.Update(buffer, offset, count);
        _poly.Finish(aadCount, count, _tag);
    }

    private void Wipe()
    {
        _chacha.Wipe();
        _poly.Clear();
        ConstantTime.Clear(_tag);
    }
}
