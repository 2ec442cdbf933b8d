namespace DprivEmbedded.Crypto.Managed;

/// <summary>The profile dodtls-psk (docs/decisions/0004-profiles.md) has no ChaCha20-Poly1305 and no public-key operation.</summary>
internal static class WidePrimitives
{
    public static IAead CreateAead(int algorithm)
    {
        return null;
    }

    public static IKeyAgreement CreateKeyAgreement(int group)
    {
        return null;
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
