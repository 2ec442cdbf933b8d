namespace DprivEmbedded.Harness.Certificates;

/// <summary>Bits of keyUsage and object identifiers of extendedKeyUsage for <see cref="CertificateProfile"/>. Source: RFC 5280 sections 4.2.1.3 and 4.2.1.12.</summary>
public static class KeyUsages
{
    /// <summary>digitalSignature.</summary>
    public const int DigitalSignature = Org.BouncyCastle.Asn1.X509.KeyUsage.DigitalSignature;

    /// <summary>keyEncipherment.</summary>
    public const int KeyEncipherment = Org.BouncyCastle.Asn1.X509.KeyUsage.KeyEncipherment;

    /// <summary>keyAgreement.</summary>
    public const int KeyAgreement = Org.BouncyCastle.Asn1.X509.KeyUsage.KeyAgreement;

    /// <summary>keyCertSign.</summary>
    public const int KeyCertSign = Org.BouncyCastle.Asn1.X509.KeyUsage.KeyCertSign;

    /// <summary>cRLSign.</summary>
    public const int CrlSign = Org.BouncyCastle.Asn1.X509.KeyUsage.CrlSign;

    /// <summary>id-kp-serverAuth.</summary>
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    /// <summary>id-kp-clientAuth.</summary>
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    /// <summary>anyExtendedKeyUsage.</summary>
    public const string Any = "2.5.29.37.0";
}
