namespace DprivEmbedded.Crypto.Managed;

/// <summary>The primitives of the engines in plain C#, for runtimes that have none: every algorithm of <see cref="AeadAlgorithm"/>, <see cref="NamedGroup"/> and <see cref="SignatureScheme"/>.</summary>
/// <remarks>
/// <para>What depends on a secret takes the same operations on the same addresses whatever the secret is: AES is bitsliced, GHASH and Poly1305 multiply integers, curves and
/// tags are without branches and look-ups on secrets. Signatures are verified in a time that depends on the public key and the signature. What the runtime adds to
/// that (a collector, an interpreter) is not ours to promise. See docs/decisions/0012-managed-primitives.md.</para>
/// <para>Where the firmware has AES-128 or HMAC-SHA-256, handing them to the constructor replaces the managed ones.</para>
/// <para>The objects that it makes serve one connection each and one thread at a time. AEADs, hash and HMAC allocate nothing in steady state; setting an AES key and a
/// handshake's public-key operations allocate, within bounds.</para>
/// </remarks>
public sealed class ManagedProvider : ICryptoProvider
{
    /// <summary>Largest message in bytes that is given to an <see cref="INativeHmacSha256"/>; longer ones are computed in managed code. All of the key schedules' messages fit.</summary>
    public const int NativeHmacMessageBytes = 320;

    private readonly IRandomSource _random;
    private readonly INativeAes128 _nativeAes;
    private readonly INativeHmacSha256 _nativeHmac;

    /// <summary>A provider without help from the firmware.</summary>
    /// <param name="random">The random source; anything but a cryptographically secure one is for simulations only.</param>
    /// <exception cref="System.ArgumentNullException"><paramref name="random"/> is null.</exception>
    public ManagedProvider(IRandomSource random)
        : this(random, null, null)
    {
    }

    /// <summary>A provider that uses what the firmware has.</summary>
    /// <param name="random">The random source; anything but a cryptographically secure one is for simulations only.</param>
    /// <param name="aes">AES-128 of the firmware; null for none.</param>
    /// <param name="hmac">HMAC-SHA-256 of the firmware; null for none.</param>
    /// <exception cref="System.ArgumentNullException"><paramref name="random"/> is null.</exception>
    public ManagedProvider(IRandomSource random, INativeAes128 aes, INativeHmacSha256 hmac)
    {
        if (random == null)
            throw new System.ArgumentNullException("random");

        _random = random;
        _nativeAes = aes;
        _nativeHmac = hmac;
    }

    /// <inheritdoc/>
    public IRandomSource Random { get { return _random; } }

    /// <inheritdoc/>
    public IHash CreateSha256()
    {
        return new Sha256Hash();
    }

    /// <inheritdoc/>
    public IHmac CreateHmacSha256()
    {
        if (_nativeHmac != null)
            return new NativeHmacSha256(_nativeHmac);

        return new HmacSha256();
    }

    /// <inheritdoc/>
    public IAead CreateAead(int algorithm)
    {
        switch (algorithm)
        {
            case AeadAlgorithm.Aes128Gcm: return new AesGcmAead(CreateCounterStream());
            case AeadAlgorithm.Aes128Ccm: return CreateCcm(16);
            case AeadAlgorithm.Aes128Ccm8: return CreateCcm(8);
            default: return WidePrimitives.CreateAead(algorithm);
        }
    }

    /// <inheritdoc/>
    public IKeyAgreement CreateKeyAgreement(int group)
    {
        return WidePrimitives.CreateKeyAgreement(group);
    }

    /// <inheritdoc/>
    public bool SupportsSignature(int scheme)
    {
        return WidePrimitives.SupportsSignature(scheme);
    }

    /// <inheritdoc/>
    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        if (!WidePrimitives.SupportsSignature(scheme))
            return false;

        return WidePrimitives.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
    }

    private CounterStream CreateCounterStream()
    {
        if (_nativeAes != null)
            return new NativeCounterStream(_nativeAes);

        return new ManagedCounterStream();
    }

    private IAead CreateCcm(int tagBytes)
    {
        if (_nativeAes != null)
            return new NativeCcmAead(tagBytes, _nativeAes);

        return new AesCcmAead(tagBytes);
    }
}
