using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;

namespace DprivEmbedded.Harness.Bench;

/// <summary>BouncyCastle's TLS or DTLS client of one connection.</summary>
internal sealed class BouncyPeer(BcTlsCrypto crypto, ProtocolVersion version, TlsSession? resume) : DefaultTlsClient(crypto)
{
    public TlsSession? Session { get; private set; }

    public bool Resumed { get; private set; }

    public static BcTlsCrypto NewCrypto() => new(new SecureRandom());

    public override TlsSession GetSessionToResume() => resume!;

    public override TlsAuthentication GetAuthentication() => new Pinned();

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        Session = m_context.Session;
        Resumed = m_context.SecurityParameters.IsResumedSession;
    }

    protected override IList<ServerName> GetSniServerNames() => [new ServerName(NameType.host_name, System.Text.Encoding.ASCII.GetBytes(BenchServer.Name))];

    protected override IList<ProtocolName> GetProtocolNames() => version.IsDtls ? null! : [ProtocolName.AsUtf8Encoding("dot")];

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => [Org.BouncyCastle.Tls.NamedGroup.x25519];

    protected override int[] GetSupportedCipherSuites() => [ProtocolVersion.TLSv13.Equals(version) ? CipherSuite.TLS_AES_128_GCM_SHA256 : CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];

    protected override ProtocolVersion[] GetSupportedVersions() => version.Only();

    private sealed class Pinned : TlsAuthentication
    {
        public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
        {
            byte[] der = serverCertificate.Certificate.GetCertificateAt(0).GetEncoded();
            byte[] spki = new X509Certificate(der).SubjectPublicKeyInfo.GetEncoded("DER");
            if (!SHA256.HashData(spki).AsSpan().SequenceEqual(BenchServer.Pin))
                throw new TlsFatalAlert(AlertDescription.bad_certificate);
        }

        public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest) => null!;
    }
}
