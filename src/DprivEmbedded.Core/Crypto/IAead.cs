namespace DprivEmbedded.Crypto;

/// <summary>Authenticated encryption with associated data (RFC 5116), in place, with a 12-byte nonce.</summary>
/// <remarks>Steady-state use allocates nothing in this library; an adapter says in its own documentation what its library allocates.</remarks>
public interface IAead
{
    /// <summary>Key size in bytes.</summary>
    int KeyBytes { get; }

    /// <summary>Tag size in bytes: 16, or 8 for the CCM_8 suites.</summary>
    int TagBytes { get; }

    /// <summary>Sets the key.</summary>
    /// <param name="key">Holds <see cref="KeyBytes"/> bytes at <paramref name="offset"/>; copied.</param>
    /// <param name="offset">First byte.</param>
    void SetKey(byte[] key, int offset);

    /// <summary>Encrypts <c>[offset, offset+count)</c> in place and writes the tag behind it, at <c>[offset+count, offset+count+TagBytes)</c>.</summary>
    /// <param name="nonce">Exactly 12 bytes, never used twice under one key.</param>
    /// <param name="aad">The associated data's buffer.</param>
    /// <param name="aadOffset">First byte of the associated data.</param>
    /// <param name="aadCount">Number of bytes of associated data.</param>
    /// <param name="buffer">Plaintext in, ciphertext and tag out.</param>
    /// <param name="offset">First byte of the plaintext.</param>
    /// <param name="count">Number of bytes of plaintext, 0 or more.</param>
    void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count);

    /// <summary>Checks the tag and decrypts <c>[offset, offset+count-TagBytes)</c> in place.</summary>
    /// <param name="nonce">Exactly 12 bytes.</param>
    /// <param name="aad">The associated data's buffer.</param>
    /// <param name="aadOffset">First byte of the associated data.</param>
    /// <param name="aadCount">Number of bytes of associated data.</param>
    /// <param name="buffer">Ciphertext and tag in, plaintext out.</param>
    /// <param name="offset">First byte of the ciphertext.</param>
    /// <param name="count">Number of bytes of ciphertext and tag together.</param>
    /// <returns>True where the tag is right. On false the buffer's content is undefined and holds no unauthenticated plaintext. Never throws on bad input.</returns>
    bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count);

    /// <summary>Zeroes the key.</summary>
    void Clear();
}
