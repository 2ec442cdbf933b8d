namespace DprivEmbedded.Crypto.Managed;

/// <summary>HMAC-SHA-256 of the firmware, in one call.</summary>
public interface INativeHmacSha256
{
    /// <summary>Computes a tag.</summary>
    /// <param name="key">The key, 0 to 64 bytes: longer ones were hashed before. The array is exactly the key, as firmware interfaces take it.</param>
    /// <param name="message">The message's buffer.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 0 to <see cref="ManagedProvider.NativeHmacMessageBytes"/>.</param>
    /// <param name="output">Receives 32 bytes at <paramref name="outputOffset"/>.</param>
    /// <param name="outputOffset">First byte to write.</param>
    void Compute(byte[] key, byte[] message, int offset, int count, byte[] output, int outputOffset);
}
