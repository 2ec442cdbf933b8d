using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>AES-128-CCM with a 12-byte nonce, over BouncyCastle's AES block cipher. Allocates nothing a record. Source: RFC 3610 section 2, RFC 6655.</summary>
/// <remarks>
/// Not BouncyCastle's own CCM: that one copies every record into memory streams that are never zeroed and sets the key schedule up twice a record.
/// Like RFC 3610, it needs no guard against repeated nonces to work; the caller's record layer gives the uniqueness.
/// </remarks>
internal sealed class AesCcmAead : IAead
{
    private const int BlockBytes = 16;

    /// <summary>Bytes of the length field: 15 less the nonce's 12.</summary>
    private const int LengthBytes = 3;

    private readonly byte[] _mac = new byte[BlockBytes];
    private readonly byte[] _counter = new byte[BlockBytes];
    private readonly byte[] _stream = new byte[BlockBytes];
    private IBlockCipher? _aes;

    public AesCcmAead(int tagBytes) => TagBytes = tagBytes;

    public int KeyBytes => 16;

    public int TagBytes { get; }

    public void SetKey(byte[] key, int offset)
    {
        _aes = AesUtilities.CreateEngine();
        _aes.Init(true, new KeyParameter(key, offset, 16));
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_aes != null, nonce, buffer, offset, count, TagBytes);
        if (count >= 1 << (8 * LengthBytes))
            throw new ArgumentOutOfRangeException(nameof(count), "CCM with a 12-byte nonce protects less than 16 MiB at once.");

        IBlockCipher aes = _aes!;
        Start(aes, nonce, aad, aadOffset, aadCount, count);
        for (int done = 0; done < count; done += BlockBytes)
        {
            int n = Math.Min(BlockBytes, count - done);
            Authenticate(aes, buffer, offset + done, n);
            NextStream(aes);
            Xor(buffer, offset + done, n);
        }

        FinishTag(aes);
        Array.Copy(_mac, 0, buffer, offset + count, TagBytes);
        Wipe();
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckOpen(_aes != null, nonce);
        int plain = count - TagBytes;
        if (plain < 0 || plain >= 1 << (8 * LengthBytes))
            return false;

        IBlockCipher aes = _aes!;
        Start(aes, nonce, aad, aadOffset, aadCount, plain);
        for (int done = 0; done < plain; done += BlockBytes)
        {
            int n = Math.Min(BlockBytes, plain - done);
            NextStream(aes);
            Xor(buffer, offset + done, n);
            Authenticate(aes, buffer, offset + done, n);
        }

        FinishTag(aes);
        bool good = ConstantTime.AreEqual(_mac, 0, buffer, offset + plain, TagBytes);
        if (!good)
            Array.Clear(buffer, offset, count);

        Wipe();
        return good;
    }

    public void Clear()
    {
        _aes = null;
        Wipe();
    }

    private void Start(IBlockCipher aes, byte[] nonce, byte[] aad, int aadOffset, int aadCount, int count)
    {
        // B_0: flags, nonce, message length.
        _mac[0] = (byte)((aadCount > 0 ? 0x40 : 0) | ((TagBytes - 2) / 2 << 3) | (LengthBytes - 1));
        Array.Copy(nonce, 0, _mac, 1, AeadArguments.NonceBytes);
        _mac[13] = (byte)(count >> 16);
        _mac[14] = (byte)(count >> 8);
        _mac[15] = (byte)count;
        aes.ProcessBlock(_mac, 0, _mac, 0);

        if (aadCount > 0)
            AuthenticateAad(aes, aad, aadOffset, aadCount);

        // A_0 makes the tag's mask; the message starts with A_1.
        _counter[0] = LengthBytes - 1;
        Array.Copy(nonce, 0, _counter, 1, AeadArguments.NonceBytes);
        _counter[13] = 0;
        _counter[14] = 0;
        _counter[15] = 0;
    }

    private void AuthenticateAad(IBlockCipher aes, byte[] aad, int aadOffset, int aadCount)
    {
        int used;
        if (aadCount < 0xff00)
        {
            _mac[0] ^= (byte)(aadCount >> 8);
            _mac[1] ^= (byte)aadCount;
            used = 2;
        }
        else
        {
            _mac[0] ^= 0xff;
            _mac[1] ^= 0xfe;
            _mac[2] ^= (byte)(aadCount >> 24);
            _mac[3] ^= (byte)(aadCount >> 16);
            _mac[4] ^= (byte)(aadCount >> 8);
            _mac[5] ^= (byte)aadCount;
            used = 6;
        }

        for (int i = 0; i < aadCount; i++)
        {
            if (used == BlockBytes)
            {
                aes.ProcessBlock(_mac, 0, _mac, 0);
                used = 0;
            }

            _mac[used++] ^= aad[aadOffset + i];
        }

        aes.ProcessBlock(_mac, 0, _mac, 0);
    }

    private void Authenticate(IBlockCipher aes, byte[] data, int offset, int count)
    {
        for (int i = 0; i < count; i++)
            _mac[i] ^= data[offset + i];

        aes.ProcessBlock(_mac, 0, _mac, 0);
    }

    private void NextStream(IBlockCipher aes)
    {
        if (++_counter[15] == 0 && ++_counter[14] == 0)
            _counter[13]++;

        aes.ProcessBlock(_counter, 0, _stream, 0);
    }

    private void Xor(byte[] data, int offset, int count)
    {
        for (int i = 0; i < count; i++)
            data[offset + i] ^= _stream[i];
    }

    private void FinishTag(IBlockCipher aes)
    {
        _counter[13] = 0;
        _counter[14] = 0;
        _counter[15] = 0;
        aes.ProcessBlock(_counter, 0, _stream, 0);
        for (int i = 0; i < BlockBytes; i++)
            _mac[i] ^= _stream[i];
    }

    private void Wipe()
    {
        Array.Clear(_mac, 0, BlockBytes);
        Array.Clear(_stream, 0, BlockBytes);
    }
}
