namespace DprivEmbedded.Harness;

/// <summary>An external pre-shared key.</summary>
public sealed class ServerPsk
{
    /// <summary>Makes one.</summary>
    /// <param name="identity">The identity as on the wire.</param>
    /// <param name="key">The key.</param>
    public ServerPsk(byte[] identity, byte[] key)
    {
        Identity = identity;
        Key = key;
    }

    /// <summary>The identity as on the wire.</summary>
    public byte[] Identity { get; }

    /// <summary>The key.</summary>
    public byte[] Key { get; }

    /// <summary>TLS 1.3: bytes of early data accepted under the key itself, with <see cref="EarlyDataCipherSuite"/> and <see cref="EarlyDataProtocol"/>; 0 for none.</summary>
    public int MaxEarlyDataBytes { get; set; }

    /// <summary>The cipher suite provisioned for early data.</summary>
    public int EarlyDataCipherSuite { get; set; } = Tls.CipherSuite.Aes128GcmSha256;

    /// <summary>The application protocol provisioned for early data; null for none.</summary>
    public string? EarlyDataProtocol { get; set; }
}
