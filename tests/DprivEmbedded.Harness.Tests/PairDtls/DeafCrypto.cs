using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>The crypto of another provider, whose AEADs refuse every record while that is wanted, without the exception that .NET's throw: what the client itself allocates for forged records then shows.</summary>
internal sealed class DeafCrypto(ICryptoProvider inner) : ICryptoProvider
{
    public IRandomSource Random => inner.Random;

    public bool IsDeaf { get; set; }

    public IHash CreateSha256() => inner.CreateSha256();

    public IHmac CreateHmacSha256() => inner.CreateHmacSha256();

    public IAead CreateAead(int algorithm)
    {
        IAead aead = inner.CreateAead(algorithm);
        return aead == null ? null! : new Aead(this, aead);
    }

    public IKeyAgreement CreateKeyAgreement(int group) => inner.CreateKeyAgreement(group);

    public bool SupportsSignature(int scheme) => inner.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        return inner.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
    }

    private sealed class Aead(DeafCrypto owner, IAead inner) : IAead
    {
        public int KeyBytes => inner.KeyBytes;

        public int TagBytes => inner.TagBytes;

        public void SetKey(byte[] key, int offset) => inner.SetKey(key, offset);

        public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count) => inner.Seal(nonce, aad, aadOffset, aadCount, buffer, offset, count);

        public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count) => !owner.IsDeaf && inner.Open(nonce, aad, aadOffset, aadCount, buffer, offset, count);

        public void Clear() => inner.Clear();
    }
}
