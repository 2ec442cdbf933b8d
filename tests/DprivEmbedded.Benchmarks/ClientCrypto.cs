using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Benchmarks;

/// <summary>The client's primitives: BouncyCastle, with the AEAD of <see cref="Primitives"/>.</summary>
internal sealed class ClientCrypto(Primitives aead) : ICryptoProvider
{
    private readonly BouncyCastleProvider _inner = new();

    public IRandomSource Random => _inner.Random;

    public IHash CreateSha256() => _inner.CreateSha256();

    public IHmac CreateHmacSha256() => _inner.CreateHmacSha256();

    public IAead CreateAead(int algorithm) => aead == Primitives.System ? new SystemAead(algorithm) : _inner.CreateAead(algorithm)!;

    public IKeyAgreement CreateKeyAgreement(int group) => _inner.CreateKeyAgreement(group)!;

    public bool SupportsSignature(int scheme) => _inner.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
        => _inner.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
}
