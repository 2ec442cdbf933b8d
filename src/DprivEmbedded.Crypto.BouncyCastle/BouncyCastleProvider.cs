using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>The primitives of the engines, on BouncyCastle's lightweight API: no reflection, safe for trimming and ahead-of-time compilation.</summary>
/// <remarks>
/// <para>Has every algorithm of <see cref="AeadAlgorithm"/>, <see cref="NamedGroup"/> and <see cref="SignatureScheme"/>. The provider is safe for
/// use from several threads where its random source is; the objects that it makes serve one connection each.</para>
/// <para>What is constant in time: X25519 (fixed ladder and comb with masked look-ups), ChaCha20-Poly1305, SHA-256, HMAC and all comparisons of
/// tags. AES is where the processor has AES instructions; elsewhere BouncyCastle's AES uses tables, as does GHASH without carry-less
/// multiplication, and a neighbour on the same processor's caches could learn from them. P-256 secrets go through the fixed comb over the
/// curve-specific field of <c>CustomNamedCurves</c> (masked table look-ups, fixed-width field arithmetic), at the price of about 300 kB in a
/// trimmed program against the generic curve, whose big-integer arithmetic varies with the secret; the conversion of the scalar itself to a
/// big integer is not constant in time.</para>
/// <para>Secrets: arrays of this library are zeroed by Clear. BouncyCastle keeps copies of AES and ChaCha20 keys (key schedules) and of P-256
/// scalars that it offers no way to zero; Clear drops them for the garbage collector.</para>
/// </remarks>
public sealed class BouncyCastleProvider : ICryptoProvider
{
    /// <summary>A provider with the operating system's random source.</summary>
    public BouncyCastleProvider()
        : this(new SystemRandomSource())
    {
    }

    /// <summary>A provider with another random source. With a reproducible one all that the provider makes is reproducible.</summary>
    /// <param name="random">The source; anything but a cryptographically secure one is for simulations only.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public BouncyCastleProvider(IRandomSource random)
    {
        Random = random ?? throw new ArgumentNullException(nameof(random));
    }

    /// <inheritdoc/>
    public IRandomSource Random { get; }

    /// <inheritdoc/>
    public IHash CreateSha256() => new Sha256Hash();

    /// <inheritdoc/>
    public IHmac CreateHmacSha256() => new HmacSha256();

    /// <inheritdoc/>
    public IAead? CreateAead(int algorithm)
    {
        switch (algorithm)
        {
            case AeadAlgorithm.Aes128Gcm: return new CipherAead(16, () => new GcmBlockCipher(AesUtilities.CreateEngine()));
            case AeadAlgorithm.Aes128Ccm: return new AesCcmAead(16);
            case AeadAlgorithm.Aes128Ccm8: return new AesCcmAead(8);
            case AeadAlgorithm.ChaCha20Poly1305: return new CipherAead(32, () => new ChaCha20Poly1305());
            default: return null;
        }
    }

    /// <inheritdoc/>
    public IKeyAgreement? CreateKeyAgreement(int group)
    {
        switch (group)
        {
            case NamedGroup.X25519: return new X25519KeyAgreement();
            case NamedGroup.Secp256r1: return new P256KeyAgreement();
            default: return null;
        }
    }

    /// <inheritdoc/>
    public bool SupportsSignature(int scheme) => SignatureVerifier.Supports(scheme);

    /// <inheritdoc/>
    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
        => SignatureVerifier.Verify(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
}
