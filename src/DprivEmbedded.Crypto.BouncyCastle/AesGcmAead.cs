using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>AES-128-GCM. BouncyCastle allocates about 650 bytes a Seal or Open, whatever the record's size; see <c>AllocationTests</c>.</summary>
/// <remarks>The key schedule and the GHASH tables are set up once a key: each record only sets the nonce. Sealing twice with one nonce throws ArgumentException.</remarks>
internal sealed class AesGcmAead : IAead
{
    private const int Tag = 16;

    // One for each direction: BouncyCastle's guard against a repeated nonce must not see the nonces of opened records.
    private GcmBlockCipher? _sealing;
    private GcmBlockCipher? _opening;
    private KeyParameter? _key;

    public int KeyBytes => 16;

    public int TagBytes => Tag;

    public void SetKey(byte[] key, int offset)
    {
        _key = new KeyParameter(key, offset, 16);
        _sealing = null;
        _opening = null;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_key != null, nonce, buffer, offset, count, Tag);
        GcmBlockCipher cipher = Start(ref _sealing, true, nonce);
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

        GcmBlockCipher cipher = Start(ref _opening, false, nonce);
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

    private GcmBlockCipher Start(ref GcmBlockCipher? cipher, bool forSealing, byte[] nonce)
    {
        // Without a key in the parameters the cipher keeps the one it has.
        KeyParameter? key = null;
        if (cipher == null)
        {
            cipher = new GcmBlockCipher(AesUtilities.CreateEngine());
            key = _key;
        }

        cipher.Init(forSealing, new ParametersWithIV(key!, nonce));
        return cipher;
    }
}
