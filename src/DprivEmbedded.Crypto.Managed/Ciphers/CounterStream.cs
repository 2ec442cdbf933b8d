namespace DprivEmbedded.Crypto.Managed;

/// <summary>AES-128 in counter mode as GCM uses it: a 12-byte nonce and a 32-bit counter that starts at 1. Source: NIST SP 800-38D section 6.5.</summary>
internal abstract class CounterStream
{
    public abstract void SetKey(byte[] key, int offset);

    /// <summary>Encrypts a block of zeros: the key of GHASH.</summary>
    public abstract void EncryptZeros(byte[] block);

    /// <summary>Starts a message.</summary>
    /// <param name="nonce">12 bytes.</param>
    /// <param name="mask">Receives the first 16 bytes of the key stream, which mask the tag.</param>
    public abstract void Start(byte[] nonce, byte[] mask);

    /// <summary>Adds key stream; called once a message.</summary>
    public abstract void Xor(byte[] buffer, int offset, int count);

    /// <summary>Zeroes what a message leaves.</summary>
    public abstract void Wipe();

    public abstract void Clear();
}
