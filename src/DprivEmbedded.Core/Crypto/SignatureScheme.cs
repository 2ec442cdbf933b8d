namespace DprivEmbedded.Crypto;

/// <summary>Code points of the supported signature schemes. Source: RFC 8446 section 4.2.3.</summary>
public static class SignatureScheme
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256; TLS 1.2 handshakes only.</summary>
    public const int RsaPkcs1Sha256 = 0x0401;

    /// <summary>ECDSA with P-256 and SHA-256.</summary>
    public const int EcdsaSecp256r1Sha256 = 0x0403;

    /// <summary>RSASSA-PSS with SHA-256, key of type rsaEncryption.</summary>
    public const int RsaPssRsaeSha256 = 0x0804;
}
