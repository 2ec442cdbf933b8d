using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// <c>gnutls-serv --udp --echo --heartbeat</c>: cookie, session ids and tickets, heartbeat in both directions, CCM_8, pre-shared keys, raw public keys; no DNS. Application data comes back as it
/// was, except <see cref="HeartbeatCommand"/>, which makes the server send a heartbeat request. It listens on every address of the machine.
/// </summary>
public sealed class GnutlsDtlsServer : Peer
{
    /// <summary>The application data that makes the server send a heartbeat request.</summary>
    public const string HeartbeatCommand = "**HEARTBEAT**";

    /// <summary>The identity that <see cref="Psk"/> belongs to.</summary>
    public const string PskIdentity = "sensor-1";

    private readonly string _priority;
    private readonly bool _withPsk;
    private readonly bool _rawPublicKey;

    private GnutlsDtlsServer(PeerOptions options, string priority, bool withPsk, bool rawPublicKey)
        : base("gnutls-serv", options)
    {
        _priority = priority;
        _withPsk = withPsk;
        _rawPublicKey = rawPublicKey;
    }

    /// <summary>The pre-shared key.</summary>
    public static byte[] Psk { get; } = Convert.FromHexString("00112233445566778899aabbccddeeff");

    protected override bool IsDatagram => true;

    /// <param name="options"><see cref="PeerOptions.ExtraArguments"/> is added, such as --noticket.</param>
    /// <param name="priority">GnuTLS priority string.</param>
    /// <param name="psk">A pre-shared key beside the certificate; the priority string says whether it is used.</param>
    /// <param name="rawPublicKey">Shows a raw public key (RFC 7250) instead of a certificate.</param>
    public static Task<GnutlsDtlsServer> StartAsync(PeerOptions? options = null, string priority = "NORMAL", bool psk = false, bool rawPublicKey = false) =>
        StartAsync(new GnutlsDtlsServer(options ?? new PeerOptions(), priority, psk, rawPublicKey));

    protected override IReadOnlyList<string> Configure()
    {
        var arguments = new List<string> { "--udp", "--echo", "--heartbeat", "--disable-client-cert", "-p", Tls.Port.ToString(CultureInfo.InvariantCulture) };
        if (_withPsk)
            arguments.AddRange(["--pskpasswd", Directory.Write("psk", $"{PskIdentity}:{Convert.ToHexString(Psk).ToLowerInvariant()}\n")]);
        if (_rawPublicKey)
            arguments.AddRange(["--priority", _priority + ":-CTYPE-SRV-X509:+CTYPE-SRV-RAWPK", "--rawpkkeyfile", Certificate.KeyPath, "--rawpkfile", Certificate.PublicKeyPath]);
        else
            arguments.AddRange(["--priority", _priority, "--x509keyfile", Certificate.KeyPath, "--x509certfile", Certificate.ChainPath]);
        return arguments;
    }
}
