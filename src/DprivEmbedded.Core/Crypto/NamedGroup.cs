namespace DprivEmbedded.Crypto;

/// <summary>Code points of the supported groups. Source: RFC 8446 section 4.2.7.</summary>
public static class NamedGroup
{
    /// <summary>secp256r1 (P-256).</summary>
    public const int Secp256r1 = 23;

    /// <summary>X25519. Source: RFC 7748.</summary>
    public const int X25519 = 29;
}
