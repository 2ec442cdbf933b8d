using DprivEmbedded.Crypto;

namespace DprivEmbedded.Fuzz;

/// <summary>
/// Primitives that protect nothing, so that a fuzzer gets past every one: records are plain text behind which a tag of zeros stands, every digest and shared secret is zero, every signature is
/// right. Whatever bytes a fuzzer writes, Finished and tags fit. Exists in this project alone; nothing of the product knows it.
/// </summary>
internal sealed class NullCryptoProvider : ICryptoProvider
{
    public NullCryptoProvider(int seed)
    {
        Random = new CountingRandom(seed);
    }

    public IRandomSource Random { get; }

    public IHash CreateSha256() => new NullHash();

    public IHmac CreateHmacSha256() => new NullHmac();

    public IAead CreateAead(int algorithm) => new NullAead(algorithm);

    public IKeyAgreement CreateKeyAgreement(int group) => group is NamedGroup.X25519 or NamedGroup.Secp256r1 ? new NullKeyAgreement(group) : null!;

    public bool SupportsSignature(int scheme) => true;

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        // Read what a verifier would read: a wrong range must throw here.
        int sum = 0;
        for (int i = 0; i < spkiCount; i++)
            sum += spki[spkiOffset + i];
        for (int i = 0; i < messageCount; i++)
            sum += message[messageOffset + i];
        for (int i = 0; i < signatureCount; i++)
            sum += signature[signatureOffset + i];

        return sum >= 0 && signatureCount > 0;
    }
}
