using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// <c>gnutls-serv --echo</c>, another stack for what is odd in TLS: raw public keys, record_size_limit, max_fragment_length, CCM, pre-shared keys. It listens on every address of the machine,
/// for it has no option for one. It says little about resumption: look at the wire.
/// </summary>
public sealed class GnutlsServer : Peer
{
    private readonly string _priority;
    private readonly bool _rawPublicKey;
    private readonly bool _http;

    private GnutlsServer(PeerOptions options, string priority, bool rawPublicKey, bool http)
        : base("gnutls-serv", options)
    {
        _priority = priority;
        _rawPublicKey = rawPublicKey;
        _http = http;
    }

    /// <param name="options"><see cref="PeerOptions.ExtraArguments"/> is added, such as --recordsize=512 or --pskpasswd.</param>
    /// <param name="priority">GnuTLS priority string.</param>
    /// <param name="rawPublicKey">Shows a raw public key (RFC 7250) instead of a certificate.</param>
    /// <param name="http">Answers HTTP with the parameters of the connection instead of echoing lines.</param>
    public static Task<GnutlsServer> StartAsync(PeerOptions? options = null, string priority = "NORMAL", bool rawPublicKey = false, bool http = false) =>
        StartAsync(new GnutlsServer(options ?? new PeerOptions(), priority, rawPublicKey, http));

    protected override IReadOnlyList<string> Configure()
    {
        var arguments = new List<string> { _http ? "--http" : "--echo", "--disable-client-cert", "-p", Tls.Port.ToString(CultureInfo.InvariantCulture) };
        if (_rawPublicKey)
            arguments.AddRange(["--priority", _priority + ":-CTYPE-SRV-X509:+CTYPE-SRV-RAWPK", "--rawpkkeyfile", Certificate.KeyPath, "--rawpkfile", Certificate.PublicKeyPath]);
        else
            arguments.AddRange(["--priority", _priority, "--x509keyfile", Certificate.KeyPath, "--x509certfile", Certificate.ChainPath]);
        return arguments;
    }
}
