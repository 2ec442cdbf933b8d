namespace DprivEmbedded.Crypto.Managed;

/// <summary>HMAC-SHA-256 by the firmware. The message is gathered for its one call; one longer than that goes through <see cref="HmacSha256"/> instead.</summary>
internal sealed class NativeHmacSha256 : IHmac
{
    private readonly INativeHmacSha256 _native;
    private readonly HmacSha256 _managed = new HmacSha256();
    private readonly byte[] _message = new byte[ManagedProvider.NativeHmacMessageBytes];
    private byte[] _key = new byte[Sha256.DigestBytes];
    private int _used;
    private bool _hasKey;
    private bool _long;

    public NativeHmacSha256(INativeHmacSha256 native)
    {
        _native = native;
    }

    public void SetKey(byte[] key, int offset, int count)
    {
        int bytes = count > Sha256.BlockBytes ? Sha256.DigestBytes : count;
        if (_key.Length != bytes)
        {
            ConstantTime.Clear(_key);
            _key = new byte[bytes];
        }

        if (count > Sha256.BlockBytes)
        {
            Sha256 hash = new Sha256();
            hash.Update(key, offset, count);
            hash.Finish(_key, 0);
            hash.Clear();
        }
        else if (count > 0)
        {
            System.Array.Copy(key, offset, _key, 0, count);
        }

        _hasKey = true;
        _used = 0;
        _long = false;
    }

    public void Update(byte[] data, int offset, int count)
    {
        if (!_long && count > _message.Length - _used)
        {
            _managed.SetKey(_key, 0, _key.Length);
            _managed.Update(_message, 0, _used);
            _long = true;
        }

        if (_long)
        {
            _managed.Update(data, offset, count);
        }
        else if (count > 0)
        {
            System.Array.Copy(data, offset, _message, _used, count);
            _used += count;
        }
    }

    public void Finish(byte[] output, int offset)
    {
        if (!_hasKey)
            throw new System.InvalidOperationException("No key is set.");

        if (_long)
            _managed.Finish(output, offset);
        else
            _native.Compute(_key, _message, 0, _used, output, offset);

        System.Array.Clear(_message, 0, _used);
        _used = 0;
        _long = false;
    }

    public void Clear()
    {
        ConstantTime.Clear(_key);
        ConstantTime.Clear(_message);
        _managed.Clear();
        _used = 0;
        _long = false;
        _hasKey = false;
    }
}
