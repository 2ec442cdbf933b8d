using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.BogoShim;

/// <summary>The usual primitives; remembers by which scheme the peer signed.</summary>
internal sealed class ShimProvider : ICryptoProvider
{
    private readonly BouncyCastleProvider _provider = new();

    public int LastScheme { get; set; }

    /// <summary>The stapled status of the last chain.</summary>
    public byte[]? LastStatus { get; set; }

    public IRandomSource Random => _provider.Random;

    public IHash CreateSha256() => _provider.CreateSha256();

    public IHmac CreateHmacSha256() => _provider.CreateHmacSha256();

    public IAead? CreateAead(int algorithm) => _provider.CreateAead(algorithm);

    public IKeyAgreement? CreateKeyAgreement(int group) => _provider.CreateKeyAgreement(group);

    public bool SupportsSignature(int scheme) => _provider.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        LastScheme = scheme;
        return _provider.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
    }
}
