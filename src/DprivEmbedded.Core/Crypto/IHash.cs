namespace DprivEmbedded.Crypto;

/// <summary>An incremental SHA-256 (FIPS 180-4), whose digest can be read in mid-stream: a TLS transcript needs it at several points.</summary>
/// <remarks>Implementations allocate nothing after construction.</remarks>
public interface IHash
{
    /// <summary>Forgets everything hashed so far.</summary>
    void Reset();

    /// <summary>Hashes <c>[offset, offset+count)</c> of <paramref name="data"/>.</summary>
    /// <param name="data">The bytes to hash; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 0 or more.</param>
    void Update(byte[] data, int offset, int count);

    /// <summary>Writes the 32-byte digest of what was hashed so far and keeps the running state, so that hashing can go on.</summary>
    /// <param name="output">Receives 32 bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    void Snapshot(byte[] output, int offset);
}
