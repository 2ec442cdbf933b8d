namespace DprivEmbedded.Crypto;

/// <summary>An incremental HMAC-SHA-256 (RFC 2104).</summary>
/// <remarks>Implementations allocate nothing after construction beyond what their library needs a key.</remarks>
public interface IHmac
{
    /// <summary>Sets the key and starts a new message.</summary>
    /// <param name="key">The key's bytes; copied.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 0 or more; longer than 64 are hashed first as RFC 2104 says.</param>
    void SetKey(byte[] key, int offset, int count);

    /// <summary>Adds <c>[offset, offset+count)</c> of <paramref name="data"/> to the message.</summary>
    /// <param name="data">The bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 0 or more.</param>
    void Update(byte[] data, int offset, int count);

    /// <summary>Writes the 32-byte tag and starts a new message under the same key.</summary>
    /// <param name="output">Receives 32 bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    void Finish(byte[] output, int offset);

    /// <summary>Zeroes the key.</summary>
    void Clear();
}
