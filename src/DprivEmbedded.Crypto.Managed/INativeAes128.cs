namespace DprivEmbedded.Crypto.Managed;

/// <summary>AES-128 of the firmware. All that is needed is ECB for key streams and CBC for the MAC of CCM, both over several blocks at once.</summary>
public interface INativeAes128
{
    /// <summary>Encrypts whole blocks in ECB, in place.</summary>
    /// <param name="key">The 16-byte key; not kept by the caller of this method beyond the key's life, so an implementation that keeps a copy zeroes it itself.</param>
    /// <param name="data">Plaintext in, ciphertext out.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, a multiple of 16.</param>
    void EncryptEcb(byte[] key, byte[] data, int offset, int count);

    /// <summary>Encrypts whole blocks in CBC without padding, in place.</summary>
    /// <param name="key">The 16-byte key, as in <see cref="EncryptEcb"/>.</param>
    /// <param name="iv">The 16-byte initialisation vector; not changed.</param>
    /// <param name="data">Plaintext in, ciphertext out.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, a multiple of 16.</param>
    void EncryptCbc(byte[] key, byte[] iv, byte[] data, int offset, int count);
}
