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
            case NamedGroup.Secp256r1: return new P256KeyAgreement();
            default: return null;
        }
    }

    public static bool SupportsSignature(int scheme)
    {
        return scheme == SignatureScheme.EcdsaSecp256r1Sha256 || scheme == SignatureScheme.RsaPssRsaeSha256 || scheme == SignatureScheme.RsaPkcs1Sha256;
    }

    public static bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        byte[] digest = new byte[Sha256.DigestBytes];
        Sha256 hash = new Sha256();
        hash.Update(message, messageOffset, messageCount);
        hash.Finish(digest, 0);
        if (scheme == SignatureScheme.EcdsaSecp256r1Sha256)
            return EcdsaVerifier.Verify(spki, spkiOffset, spkiCount, digest, signature, signatureOffset, signatureCount);

        return RsaVerifier.Verify(scheme == SignatureScheme.RsaPssRsaeSha256, spki, spkiOffset, spkiCount, digest, signature, signatureOffset, signatureCount);
    }
}
