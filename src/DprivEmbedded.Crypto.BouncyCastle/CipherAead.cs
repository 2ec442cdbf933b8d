using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>An AEAD on one of BouncyCastle's, with a 16-byte tag: AES-128-GCM or ChaCha20-Poly1305.</summary>
/// <remarks>
/// BouncyCastle allocates about 650 bytes a Seal or Open in GCM, 232 and 312 in ChaCha20-Poly1305, whatever the record's size; see <c>AllocationTests</c>. What a key
/// needs (GCM's tables) is set up once: each record only sets the nonce. Sealing twice with one nonce throws ArgumentException.
/// </remarks>
internal sealed class CipherAead : IAead
{
    private const int Tag = 16;

    private readonly int _keyBytes;
    private readonly Func<IAeadCipher> _makeCipher;

    // One for each direction: BouncyCastle's guard against a repeated nonce must not see the nonces of opened records.
    private IAeadCipher? _sealing;
    private IAeadCipher? _opening;
    private KeyParameter? _key;

    public CipherAead(int keyBytes, Func<IAeadCipher> makeCipher)
    {
        _keyBytes = keyBytes;
        _makeCipher = makeCipher;
    }

    public int KeyBytes => _keyBytes;

    public int TagBytes => Tag;

    public void SetKey(byte[] key, int offset)
    {
        _key = new KeyParameter(key, offset, _keyBytes);
        _sealing = null;
        _opening = null;
    }

    public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
    {
        AeadArguments.CheckSeal(_key != null, nonce, buffer, offset, count, Tag);
        IAeadCipher cipher = Start(ref _sealing, true, nonce);
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

        IAeadCipher cipher = Start(ref _opening, false, nonce);
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

    private IAeadCipher Start(ref IAeadCipher? cipher, bool forSealing, byte[] nonce)
    {
        // Without a key in the parameters the cipher keeps the one it has.
        KeyParameter? key = null;
        if (cipher == null)
        {
            cipher = _makeCipher();
            key = _key;
        }

        cipher.Init(forSealing, new ParametersWithIV(key!, nonce));
        return cipher;
    }
}
