namespace DprivEmbedded.Crypto;

/// <summary>A cryptographically secure source of random bytes. Injected, so that simulations are reproducible.</summary>
public interface IRandomSource
{
    /// <summary>Fills <c>[offset, offset+count)</c> of <paramref name="buffer"/> with random bytes.</summary>
    /// <param name="buffer">The caller's buffer.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="count">Number of bytes to write.</param>
    void Fill(byte[] buffer, int offset, int count);
}
