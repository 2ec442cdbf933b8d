namespace DprivEmbedded.Crypto.Managed;

/// <summary>Checks for misuse of an AEAD by the programmer.</summary>
internal static class AeadArguments
{
    public const int NonceBytes = 12;

    public static void CheckSeal(bool hasKey, byte[] nonce, byte[] buffer, int offset, int count, int tagBytes)
    {
        CheckOpen(hasKey, nonce);
        if (offset < 0 || count < 0 || buffer.Length - offset < count + tagBytes)
            throw new System.ArgumentException("The buffer has no room for the tag behind the plaintext.");
    }

    public static void CheckOpen(bool hasKey, byte[] nonce)
    {
        if (!hasKey)
            throw new System.InvalidOperationException("No key is set.");
        if (nonce.Length != NonceBytes)
            throw new System.ArgumentException("The nonce must have 12 bytes.");
    }
}
