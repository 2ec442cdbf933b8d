using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Harness;

/// <summary>What a server proves its identity with: a private key, and a certificate chain unless it is used as a raw public key only.</summary>
public sealed class ServerCredential
{
    /// <summary>Makes one.</summary>
    /// <param name="signer">The private key.</param>
    /// <param name="chain">The certificates in DER, the server's own first; empty where the key serves as a raw public key (RFC 7250) only.</param>
    public ServerCredential(BouncyCastleSigner signer, params byte[][] chain)
    {
        Signer = signer;
        Chain = chain;
        PublicKeyInfo = signer.GetSubjectPublicKeyInfo();
    }

    /// <summary>Makes one of an issued certificate with its chain.</summary>
    /// <param name="certificate">The certificate.</param>
    public ServerCredential(IssuedCertificate certificate)
        : this(certificate.Key, [.. certificate.Chain])
    {
    }

    /// <summary>The private key.</summary>
    public BouncyCastleSigner Signer { get; }

    /// <summary>The certificates in DER, the server's own first.</summary>
    public byte[][] Chain { get; }

    /// <summary>The public key as a DER SubjectPublicKeyInfo.</summary>
    public byte[] PublicKeyInfo { get; }
}
