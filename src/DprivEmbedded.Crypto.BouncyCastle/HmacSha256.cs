using System;
using Org.BouncyCastle.Crypto.Digests;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>HMAC-SHA-256 over BouncyCastle's SHA-256. Source: RFC 2104 section 2.</summary>
/// <remarks>Not BouncyCastle's own HMac: that one copies the key into objects that cannot be zeroed, and allocates for each key. This one allocates nothing after construction.</remarks>
internal sealed class HmacSha256 : IHmac
{
    private const int BlockBytes = 64;
    private const int DigestBytes = 32;

    private readonly Sha256Digest _innerStart = new Sha256Digest();
    private readonly Sha256Digest _outerStart = new Sha256Digest();
    private readonly Sha256Digest _running = new Sha256Digest();
    private readonly byte[] _block = new byte[BlockBytes];

    public void SetKey(byte[] key, int offset, int count)
    {
        Array.Clear(_block, 0, BlockBytes);
        if (count > BlockBytes)
        {
            _running.Reset();
            _running.BlockUpdate(key, offset, count);
            _running.DoFinal(_block, 0);
        }
        else
        {
            Array.Copy(key, offset, _block, 0, count);
        }

        Start(_innerStart, 0x36);
        Start(_outerStart, 0x36 ^ 0x5c);
        Array.Clear(_block, 0, BlockBytes);
        _running.Reset(_innerStart);
    }

    public void Update(byte[] data, int offset, int count) => _running.BlockUpdate(data, offset, count);

    public void Finish(byte[] output, int offset)
    {
        _running.DoFinal(_block, 0);
        _running.Reset(_outerStart);
        _running.BlockUpdate(_block, 0, DigestBytes);
        _running.DoFinal(output, offset);
        Array.Clear(_block, 0, DigestBytes);
        _running.Reset(_innerStart);
    }

    public void Clear()
    {
        _innerStart.Reset();
        _outerStart.Reset();
        _running.Reset();
        Array.Clear(_block, 0, BlockBytes);
    }

    private void Start(Sha256Digest digest, int mask)
    {
        for (int i = 0; i < BlockBytes; i++)
            _block[i] ^= (byte)mask;

        digest.Reset();
        digest.BlockUpdate(_block, 0, BlockBytes);
    }
}
