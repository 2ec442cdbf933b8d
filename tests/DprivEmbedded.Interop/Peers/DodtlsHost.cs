using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Interop.Peers;

/// <summary>The harness's DNS-over-DTLS server (that of <c>dpriv serve --dodtls</c>) with the run's certificate and zone.</summary>
public static class DodtlsHost
{
    /// <summary>Starts one on a free port of the loopback address, or of another.</summary>
    public static DodtlsServerHost Start(Action<DodtlsServerOptions>? configure = null, IPAddress? address = null)
    {
        var certificate = PeerCertificates.Shared.Ecdsa;
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate.ChainPath);
        var options = new DodtlsServerOptions
        {
            Dtls = { Credentials = [new ServerCredential(BouncyCastleSigner.FromPem(File.ReadAllText(certificate.KeyPath)), [.. chain.Select(c => c.RawData)])] },
        };
        configure?.Invoke(options);
        var server = new DodtlsServer(new BouncyCastleProvider(), Responder(), options);
        return DodtlsServerHost.Start(server, [new IPEndPoint(address ?? IPAddress.Loopback, 0)]);
    }

    /// <summary>Answers from <see cref="PeerZone"/>.</summary>
    public static ZoneResponder Responder() => new(Zone.Parse(new StringReader(PeerZone.MasterFile()), "zone"));
}
