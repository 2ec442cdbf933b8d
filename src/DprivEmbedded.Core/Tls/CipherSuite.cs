using DprivEmbedded.Crypto;

namespace DprivEmbedded.Tls;

/// <summary>Code points of the supported cipher suites, and what each is made of. All hash with SHA-256.</summary>
public static class CipherSuite
{
    /// <summary>TLS_AES_128_GCM_SHA256. Source: RFC 8446 appendix B.4.</summary>
    public const int Aes128GcmSha256 = 0x1301;

    /// <summary>TLS_CHACHA20_POLY1305_SHA256. Source: RFC 8446 appendix B.4.</summary>
    public const int ChaCha20Poly1305Sha256 = 0x1303;

    /// <summary>TLS_AES_128_CCM_SHA256. Source: RFC 8446 appendix B.4.</summary>
    public const int Aes128CcmSha256 = 0x1304;

    /// <summary>TLS_AES_128_CCM_8_SHA256. Source: RFC 8446 appendix B.4.</summary>
    public const int Aes128Ccm8Sha256 = 0x1305;

    /// <summary>TLS_PSK_WITH_AES_128_GCM_SHA256. Source: RFC 5487.</summary>
    public const int PskAes128GcmSha256 = 0x00A8;

    /// <summary>TLS_PSK_WITH_AES_128_CCM_8. Source: RFC 6655.</summary>
    public const int PskAes128Ccm8 = 0xC0A8;

    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. Source: RFC 5289.</summary>
    public const int EcdheEcdsaAes128GcmSha256 = 0xC02B;

    /// <summary>TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. Source: RFC 5289.</summary>
    public const int EcdheRsaAes128GcmSha256 = 0xC02F;

    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_128_CCM. Source: RFC 7251.</summary>
    public const int EcdheEcdsaAes128Ccm = 0xC0AC;

    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8. Source: RFC 7251.</summary>
    public const int EcdheEcdsaAes128Ccm8 = 0xC0AE;

    /// <summary>TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256. Source: RFC 7905.</summary>
    public const int EcdheRsaChaCha20Poly1305Sha256 = 0xCCA8;

    /// <summary>TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256. Source: RFC 7905.</summary>
    public const int EcdheEcdsaChaCha20Poly1305Sha256 = 0xCCA9;

    /// <summary>TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256. Source: RFC 7905.</summary>
    public const int EcdhePskChaCha20Poly1305Sha256 = 0xCCAC;

    /// <summary>TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256. Source: RFC 8442.</summary>
    public const int EcdhePskAes128GcmSha256 = 0xD001;

    /// <summary>TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256. Source: RFC 8442.</summary>
    public const int EcdhePskAes128Ccm8Sha256 = 0xD003;

    /// <summary>TLS_EMPTY_RENEGOTIATION_INFO_SCSV: three bytes cheaper than the extension. Source: RFC 5746 section 3.3.</summary>
    public const int EmptyRenegotiationInfoScsv = 0x00FF;

    /// <summary>Whether a suite is one of TLS 1.3.</summary>
    /// <param name="suite">The code point.</param>
    public static bool IsTls13(int suite)
    {
        return (suite >> 8) == 0x13;
    }

    /// <summary>Whether a TLS 1.2 suite authenticates with a pre-shared key.</summary>
    /// <param name="suite">The code point.</param>
    public static bool IsPsk(int suite)
    {
        return suite == PskAes128GcmSha256 || suite == PskAes128Ccm8 || IsEcdhePsk(suite);
    }

    /// <summary>Whether a TLS 1.2 suite is ECDHE_PSK.</summary>
    /// <param name="suite">The code point.</param>
    public static bool IsEcdhePsk(int suite)
    {
        return suite == EcdhePskAes128GcmSha256 || suite == EcdhePskAes128Ccm8Sha256 || suite == EcdhePskChaCha20Poly1305Sha256;
    }

    /// <summary>Whether a TLS 1.2 suite exchanges ephemeral keys.</summary>
    /// <param name="suite">The code point.</param>
    public static bool IsEcdhe(int suite)
    {
        return Aead(suite) != 0 && !IsTls13(suite) && suite != PskAes128GcmSha256 && suite != PskAes128Ccm8;
    }

    /// <summary>Whether a TLS 1.2 suite demands an ECDSA key of the server.</summary>
    /// <param name="suite">The code point.</param>
    public static bool IsEcdsa(int suite)
    {
        return suite == EcdheEcdsaAes128GcmSha256 || suite == EcdheEcdsaAes128Ccm || suite == EcdheEcdsaAes128Ccm8 || suite == EcdheEcdsaChaCha20Poly1305Sha256;
    }

    /// <summary>The suite's AEAD.</summary>
    /// <param name="suite">The code point.</param>
    /// <returns>One of <see cref="AeadAlgorithm"/>, or 0 where the suite is not supported.</returns>
    public static int Aead(int suite)
    {
        switch (suite)
        {
            case Aes128GcmSha256:
            case PskAes128GcmSha256:
            case EcdheEcdsaAes128GcmSha256:
            case EcdheRsaAes128GcmSha256:
            case EcdhePskAes128GcmSha256:
                return AeadAlgorithm.Aes128Gcm;
            case Aes128CcmSha256:
            case EcdheEcdsaAes128Ccm:
                return AeadAlgorithm.Aes128Ccm;
            case Aes128Ccm8Sha256:
            case PskAes128Ccm8:
            case EcdheEcdsaAes128Ccm8:
            case EcdhePskAes128Ccm8Sha256:
                return AeadAlgorithm.Aes128Ccm8;
            case ChaCha20Poly1305Sha256:
            case EcdheRsaChaCha20Poly1305Sha256:
            case EcdheEcdsaChaCha20Poly1305Sha256:
            case EcdhePskChaCha20Poly1305Sha256:
                return AeadAlgorithm.ChaCha20Poly1305;
            default:
                return 0;
        }
    }

    /// <summary>Key size of the suite's AEAD in bytes.</summary>
    /// <param name="suite">The code point of a supported suite.</param>
    public static int KeyBytes(int suite)
    {
        return Aead(suite) == AeadAlgorithm.ChaCha20Poly1305 ? 32 : 16;
    }

    /// <summary>Size of the implicit part of the nonce that the key schedule makes: 12 in TLS 1.3 and with ChaCha20-Poly1305, else 4 (the other 8 travel in each record).</summary>
    /// <param name="suite">The code point of a supported suite.</param>
    public static int FixedIvBytes(int suite)
    {
        return IsTls13(suite) || Aead(suite) == AeadAlgorithm.ChaCha20Poly1305 ? 12 : 4;
    }

    /// <summary>The suite's name in IANA's registry.</summary>
    /// <param name="suite">The code point.</param>
    /// <returns>The name, or "0x" and four hexadecimal digits.</returns>
    public static string Name(int suite)
    {
        switch (suite)
        {
            case Aes128GcmSha256: return "TLS_AES_128_GCM_SHA256";
            case ChaCha20Poly1305Sha256: return "TLS_CHACHA20_POLY1305_SHA256";
            case Aes128CcmSha256: return "TLS_AES_128_CCM_SHA256";
            case Aes128Ccm8Sha256: return "TLS_AES_128_CCM_8_SHA256";
            case PskAes128GcmSha256: return "TLS_PSK_WITH_AES_128_GCM_SHA256";
            case PskAes128Ccm8: return "TLS_PSK_WITH_AES_128_CCM_8";
            case EcdheEcdsaAes128GcmSha256: return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
            case EcdheRsaAes128GcmSha256: return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
            case EcdheEcdsaAes128Ccm: return "TLS_ECDHE_ECDSA_WITH_AES_128_CCM";
            case EcdheEcdsaAes128Ccm8: return "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8";
            case EcdheRsaChaCha20Poly1305Sha256: return "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
            case EcdheEcdsaChaCha20Poly1305Sha256: return "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
            case EcdhePskChaCha20Poly1305Sha256: return "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256";
            case EcdhePskAes128GcmSha256: return "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256";
            case EcdhePskAes128Ccm8Sha256: return "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256";
            default: return "0x" + suite.ToString("X4");
        }
    }
}
