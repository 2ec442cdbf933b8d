using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// <c>openssl s_server</c> for what no DNS server can be told: groups that force a HelloRetryRequest, small records, padded records, number of tickets, early data, PSK, compatibility
/// options. It serves one connection at a time. Without <c>-rev</c> or <c>-www</c> what the client sends is in <see cref="Peer.Log"/> and what is written to <see cref="Peer.Input"/> goes to the
/// client; with <c>-rev</c> each line comes back reversed; early data needs the former.
/// </summary>
public sealed class OpensslServer : Peer
{
    private readonly bool _withCertificate;

    private OpensslServer(PeerOptions options, bool withCertificate)
        : base("openssl", options) =>
        _withCertificate = withCertificate;

    /// <param name="options"><see cref="PeerOptions.ExtraArguments"/> holds the s_server options.</param>
    /// <param name="withCertificate">False: -nocert, for PSK alone.</param>
    public static Task<OpensslServer> StartAsync(PeerOptions? options = null, bool withCertificate = true) =>
        StartAsync(new OpensslServer(options ?? new PeerOptions(), withCertificate));

    protected override IReadOnlyList<string> Configure()
    {
        var arguments = new List<string> { "s_server", "-accept", Tls.ToString() };
        if (_withCertificate)
            arguments.AddRange(["-cert", Certificate.ChainPath, "-cert_chain", Certificate.ChainPath, "-key", Certificate.KeyPath]);
        else
            arguments.Add("-nocert");
        return arguments;
    }

    protected override Task<bool> AnswersAsync() => Task.FromResult(Log.Contains("ACCEPT", StringComparison.Ordinal));
}
