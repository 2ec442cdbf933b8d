using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// haproxy in TCP mode before an unbound: takes early data (RFC 8446 section 2.3) and SYN data; TLS 1.2 by session id and by ticket, TLS 1.3 by ticket. One log line a connection says
/// <c>src_port= version= cipher= resumed=0|1 alpn=</c>.
/// </summary>
public sealed class HaproxyEarlyData : Peer
{
    private readonly IPEndPoint _backend;

    private HaproxyEarlyData(PeerOptions options, IPEndPoint backend)
        : base("haproxy", options) =>
        _backend = backend;

    protected override bool SupportsIpv6 => true;

    public static async Task<HaproxyEarlyData> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        return await StartAsync(new HaproxyEarlyData(options, await Backend.ForAsync(options).ConfigureAwait(false))).ConfigureAwait(false);
    }

    /// <summary>The log line of the closed connection that came from <paramref name="clientPort"/>.</summary>
    public Task<string> ConnectionLineAsync(int clientPort) =>
        WaitForLogLineAsync(line => line.Contains($"src_port={clientPort} ", StringComparison.Ordinal), $"a connection from port {clientPort}");

    protected override IReadOnlyList<string> Configure()
    {
        var bind = $"ssl crt {Certificate.CombinedPath} alpn dot allow-0rtt tfo {Options.ExtraConfiguration}\n";
        var idle = (int)(Options.IdleTimeout ?? TimeSpan.FromSeconds(10)).TotalMilliseconds;
        var text =
            "global\n  log stdout format raw local0\n  nbthread 1\n" +
            $"defaults\n  mode tcp\n  log global\n  timeout connect 2s\n  timeout client {idle}\n  timeout server {idle}\n" +
            $"frontend dot\n  bind {Tls} {bind}" +
            (Tls6 is null ? "" : $"  bind {Tls6} {bind}") +
            "  log-format \"TLS src_port=%cp version=%sslv cipher=%sslc resumed=%[ssl_fc_is_resumed] alpn=%[ssl_fc_alpn] up=%U down=%B term=%ts\"\n" +
            $"  default_backend dns\nbackend dns\n  server dns {_backend}\n";
        return ["-db", "-f", Directory.Write("haproxy.cfg", text)];
    }
}
