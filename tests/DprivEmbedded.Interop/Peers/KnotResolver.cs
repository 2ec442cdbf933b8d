using System.Collections.Generic;
using System.Net;
using System.Text;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>kresd: TLS 1.2 without any resumption, TLS 1.3 by ticket; padded answers; built on GnuTLS. It asks the backend. Its log says nothing about resumption.</summary>
public sealed class KnotResolver : Peer
{
    private readonly IPEndPoint _backend;

    private KnotResolver(PeerOptions options, IPEndPoint backend)
        : base("kresd", options) =>
        _backend = backend;

    protected override bool HasPlainDns => true;

    protected override bool SupportsIpv6 => true;

    public static async Task<KnotResolver> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        return await StartAsync(new KnotResolver(options, await Backend.ForAsync(options).ConfigureAwait(false))).ConfigureAwait(false);
    }

    protected override IReadOnlyList<string> Configure()
    {
        var text = new StringBuilder();
        text.Append($"net.listen('{Plain!.Address}', {Plain.Port}, {{ kind = 'dns' }})\n");
        text.Append($"net.listen('{Tls.Address}', {Tls.Port}, {{ kind = 'tls' }})\n");
        if (Tls6 is not null)
            text.Append($"net.listen('::1', {Tls6.Port}, {{ kind = 'tls' }})\n");
        text.Append($"net.tls('{Certificate.ChainPath}', '{Certificate.KeyPath}')\n");
        if (Options.IdleTimeout is { } idle)
            text.Append($"net.tcp_in_idle({(int)idle.TotalMilliseconds})\n");
        // Without these it asks the root by itself.
        foreach (var module in new[] { "priming", "detect_time_skew", "detect_time_jump", "ta_update", "ta_signal_query", "ta_sentinel" })
            text.Append($"modules.unload('{module}')\n");
        text.Append("trust_anchors.remove('.')\n");
        text.Append($"cache.open(10*MB, 'lmdb://{Directory.File("cache")}')\n");
        text.Append($"policy.add(policy.suffix(policy.STUB('{_backend.Address}@{_backend.Port}'), policy.todnames({{'{PeerZone.Origin}'}})))\n");
        text.Append("policy.add(policy.all(policy.REFUSE))\nlog_level('info')\n");
        System.IO.Directory.CreateDirectory(Directory.File("cache"));
        return ["-n", "-q", "-c", Directory.Write("kresd.conf", text.ToString()), Directory.Path];
    }
}
