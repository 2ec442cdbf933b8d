using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// socat as a DTLS front (OpenSSL) of a plain DNS server: one child an association, tickets, no cookie. A query that came in the datagram of the client's Finished is decrypted with it but waits
/// in OpenSSL until the next datagram, for socat's select sees an empty socket. It says nothing about resumption: look at the wire.
/// </summary>
public sealed class SocatDtls : Peer
{
    private string _backend = "";

    private SocatDtls(PeerOptions options)
        : base("socat", options)
    {
    }

    protected override bool IsDatagram => true;

    /// <param name="options"><see cref="PeerOptions.Backend"/> is what it forwards to.</param>
    /// <remarks>After <see cref="PeerOptions.IdleTimeout"/> of silence (30 s when null) a child ends and its association with it.</remarks>
    public static async Task<SocatDtls> StartAsync(PeerOptions? options = null)
    {
        var peer = new SocatDtls(options ?? new PeerOptions());
        peer._backend = (await Backend.ForAsync(peer.Options).ConfigureAwait(false)).ToString();
        return await StartAsync(peer).ConfigureAwait(false);
    }

    protected override IReadOnlyList<string> Configure()
    {
        var idle = ((int)(Options.IdleTimeout ?? TimeSpan.FromSeconds(30)).TotalSeconds).ToString();
        // With two -d it tells when a child begins and ends.
        return ["-d", "-d", "-T", idle, $"OPENSSL-DTLS-LISTEN:{Tls.Port},bind={Tls.Address},cert={Certificate.CombinedPath},verify=0,fork,reuseaddr", "UDP:" + _backend];
    }
}
