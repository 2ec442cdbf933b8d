using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// <c>openssl s_server -dtls1_2 -listen</c>: cookie, tickets, CCM_8, pre-shared keys; no DNS. One association at a time, and all from the address of the first, for it connects its socket (<c>oneAddress</c> of
/// the relay). Without -mtu it takes the loopback's 64 KB for granted and tears records of more than 4 KB over two datagrams, which no client can read. What the client sends is in <see cref="Peer.Log"/>, what is written to
/// <see cref="Peer.Input"/> goes to the client.
/// </summary>
public sealed class OpensslDtlsServer : Peer
{
    /// <summary>The identity that <see cref="Psk"/> belongs to.</summary>
    public const string PskIdentity = "sensor-1";

    private readonly bool _withPsk;

    private OpensslDtlsServer(PeerOptions options, bool withPsk)
        : base("openssl", options) =>
        _withPsk = withPsk;

    /// <summary>The pre-shared key.</summary>
    public static byte[] Psk { get; } = Convert.FromHexString("00112233445566778899aabbccddeeff");

    protected override bool IsDatagram => true;

    /// <param name="options"><see cref="PeerOptions.ExtraArguments"/> holds more s_server options.</param>
    /// <param name="psk">A pre-shared key and no certificate.</param>
    public static Task<OpensslDtlsServer> StartAsync(PeerOptions? options = null, bool psk = false) =>
        StartAsync(new OpensslDtlsServer(options ?? new PeerOptions(), psk));

    protected override IReadOnlyList<string> Configure()
    {
        // Without -timeout the server would never repeat a lost flight.
        var arguments = new List<string> { "s_server", "-dtls1_2", "-listen", "-timeout", "-accept", Tls.ToString() };
        if (_withPsk)
            arguments.AddRange(["-nocert", "-psk", Convert.ToHexString(Psk), "-psk_identity", PskIdentity]);
        else
            arguments.AddRange(["-cert", Certificate.ChainPath, "-cert_chain", Certificate.ChainPath, "-key", Certificate.KeyPath]);
        return arguments;
    }

    protected override Task<bool> AnswersAsync() => Task.FromResult(Log.Contains("ACCEPT", StringComparison.Ordinal));
}
