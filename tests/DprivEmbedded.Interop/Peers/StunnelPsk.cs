using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// stunnel before an unbound, with pre-shared keys only: TLS 1.2 PSK, DHE-PSK and ECDHE-PSK suites, and external PSKs in TLS 1.3 with psk_dhe_ke and psk_ke, CCM_8 included.
/// Its log says "previous session reused" or "new session negotiated"; an external PSK of TLS 1.3 counts as reuse there.
/// </summary>
public sealed class StunnelPsk : Peer
{
    public const string Identity = "client1";

    /// <summary>16 bytes, hexadecimal.</summary>
    public const string KeyHex = "0123456789abcdef0123456789abcdef";

    private readonly IPEndPoint _backend;

    private StunnelPsk(PeerOptions options, IPEndPoint backend)
        : base("stunnel4", options) =>
        _backend = backend;

    public static byte[] Key => Convert.FromHexString(KeyHex);

    public static async Task<StunnelPsk> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        return await StartAsync(new StunnelPsk(options, await Backend.ForAsync(options).ConfigureAwait(false))).ConfigureAwait(false);
    }

    protected override IReadOnlyList<string> Configure()
    {
        // OpenSSL counts CCM_8 as too weak for its default security level.
        var text =
            "foreground = yes\npid =\nsyslog = no\ndebug = 6\n" +
            $"[psk]\naccept = {Tls}\nconnect = {_backend}\nsecurityLevel = 0\nciphers = PSK:@SECLEVEL=0\n" +
            "ciphersuites = TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256\n" +
            "options = ALLOW_NO_DHE_KEX\n" +
            $"TIMEOUTidle = {Math.Max(1, (int)(Options.IdleTimeout ?? TimeSpan.FromSeconds(10)).TotalSeconds)}\n" +
            $"PSKsecrets = {Directory.Write("psk.txt", Identity + ":" + KeyHex + "\n")}\n" + Options.ExtraConfiguration + "\n";
        return [Directory.Write("stunnel.conf", text)];
    }
}
