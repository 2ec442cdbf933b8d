using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Cipher = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>ChaCha20-Poly1305. BouncyCastle allocates 232 bytes a Seal and 312 an Open, whatever the record's size; see <c>AllocationTests</c>.</summary>
/// <remarks>Sealing twice with one nonce throws ArgumentException.</remarks>
internal sealed class ChaCha20Poly1305Aead : IAead
{
    private const int Tag = 16;

    // One for each direction: BouncyCastle's guard against a repeated nonce must not see the nonces of opened records.
    private Cipher? _sealing;
    private Cipher? _opening;
    private KeyParameter? _key;

    public int KeyBytes => 32;

    public int TagBytes => Tag;

    public void SetKey(byte[] key, int offset)
    {
        _key = new KeyParameter(key, offset, 32);
        _sealing = null;
        _opening = null;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_key != null, nonce, buffer, offset, count, Tag);
        Cipher cipher = Start(ref _sealing, true, nonce);
        if (aadCount > 0)
            cipher.ProcessAadBytes(aad, aadOffset, aadCount);

        int written = cipher.ProcessBytes(buffer, offset, count, buffer, offset);
        cipher.DoFinal(buffer, offset + written);
    }

    public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckOpen(_key != null, nonce);
        if (count < Tag)
            return false;

        Cipher cipher = Start(ref _opening, false, nonce);
        if (aadCount > 0)
            cipher.ProcessAadBytes(aad, aadOffset, aadCount);

        try
        {
            int written = cipher.ProcessBytes(buffer, offset, count, buffer, offset);
            cipher.DoFinal(buffer, offset + written);
            return true;
        }
        catch (InvalidCipherTextException)
        {
            Array.Clear(buffer, offset, count);
            return false;
        }
    }

    public void Clear()
    {
        _key = null;
        _sealing = null;
        _opening = null;
    }

    private Cipher Start(ref Cipher? cipher, bool forSealing, byte[] nonce)
    {
        KeyParameter? key = null;
        if (cipher == null)
        {
            cipher = new Cipher();
            key = _key;
        }

        cipher.Init(forSealing, new ParametersWithIV(key!, nonce));
        return cipher;
    }
}
