namespace DprivEmbedded.Crypto;

/// <summary>Where the engines get their primitives. One instance may serve many connections; the objects that it makes serve one each.</summary>
public interface ICryptoProvider
{
    /// <summary>The random source.</summary>
    IRandomSource Random { get; }

    /// <summary>Makes a SHA-256.</summary>
    IHash CreateSha256();

    /// <summary>Makes an HMAC-SHA-256.</summary>
    IHmac CreateHmacSha256();

    /// <summary>Makes an AEAD.</summary>
    /// <param name="algorithm">One of <see cref="AeadAlgorithm"/>.</param>
    /// <returns>The AEAD, or null where the provider lacks it.</returns>
    IAead CreateAead(int algorithm);

    /// <summary>Makes a key agreement.</summary>
    /// <param name="group">One of <see cref="NamedGroup"/>.</param>
    /// <returns>The key agreement, or null where the provider lacks it.</returns>
    IKeyAgreement CreateKeyAgreement(int group);

    /// <summary>Whether <see cref="VerifySignature"/> knows a scheme.</summary>
    /// <param name="scheme">One of <see cref="SignatureScheme"/>.</param>
    bool SupportsSignature(int scheme);

    /// <summary>Verifies a signature under the public key of a DER SubjectPublicKeyInfo.</summary>
    /// <param name="scheme">One of <see cref="SignatureScheme"/>; the key's type must fit it.</param>
    /// <param name="spki">Holds the SubjectPublicKeyInfo (RFC 5280 section 4.1), from the network.</param>
    /// <param name="spkiOffset">Its first byte.</param>
    /// <param name="spkiCount">Its number of bytes.</param>
    /// <param name="message">The signed bytes, before hashing.</param>
    /// <param name="messageOffset">First byte.</param>
    /// <param name="messageCount">Number of bytes.</param>
    /// <param name="signature">The signature as on the wire (ECDSA: DER; RSA: big-endian integer).</param>
    /// <param name="signatureOffset">First byte.</param>
    /// <param name="signatureCount">Number of bytes.</param>
    /// <returns>True where the signature is right. Never throws on bad input.</returns>
    bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount);
}
