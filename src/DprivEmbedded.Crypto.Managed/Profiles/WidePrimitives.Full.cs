namespace DprivEmbedded.Crypto.Managed;

/// <summary>What is left out of the profile dodtls-psk (docs/decisions/0004-profiles.md): ChaCha20-Poly1305 and all public-key operations.</summary>
internal static class WidePrimitives
{
    public static IAead CreateAead(int algorithm)
    {
        if (algorithm == AeadAlgorithm.ChaCha20Poly1305)
            return new ChaCha20Poly1305Aead();

        return null;
    }

    public static IKeyAgreement CreateKeyAgreement(int group)
    {
        switch (group)
        {
            case NamedGroup.X25519: return new X25519KeyAgreement();
            default: return null;
        }
    }

    public static bool SupportsSignature(int scheme)
    {
        return false;
    }

    public static bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        return false;
    }
}
