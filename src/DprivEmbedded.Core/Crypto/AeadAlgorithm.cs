namespace DprivEmbedded.Crypto;

/// <summary>The AEAD algorithms of the supported cipher suites.</summary>
public static class AeadAlgorithm
{
    /// <summary>AES-128 in GCM, 16-byte tag. Source: RFC 5116 section 5.1.</summary>
    public const int Aes128Gcm = 1;

    /// <summary>AES-128 in CCM, 16-byte tag. Source: RFC 5116 section 5.3 with RFC 6655's 12-byte nonce.</summary>
    public const int Aes128Ccm = 2;

    /// <summary>AES-128 in CCM, 8-byte tag. Source: RFC 6655 section 6.1.</summary>
    public const int Aes128Ccm8 = 3;

    /// <summary>ChaCha20-Poly1305, 32-byte key, 16-byte tag. Source: RFC 8439 section 2.8.</summary>
    public const int ChaCha20Poly1305 = 4;
}
