using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// nginx's stream module before an unbound, without tickets: TLS 1.2 resumes by session id alone; in TLS 1.3 its tickets are names of cached sessions. One log line a connection says
/// <c>src_port= status= version= cipher= reused=r|. alpn=</c>.
/// </summary>
public sealed class NginxSessionId : Peer
{
    private const string Module = "/usr/lib/nginx/modules/ngx_stream_module.so";

    private readonly IPEndPoint _backend;

    private NginxSessionId(PeerOptions options, IPEndPoint backend)
        : base("nginx", options)
    {
        _backend = backend;
        Requires.File(Module, "libnginx-mod-stream");
    }

    protected override bool SupportsIpv6 => true;

    public static async Task<NginxSessionId> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        return await StartAsync(new NginxSessionId(options, await Backend.ForAsync(options).ConfigureAwait(false))).ConfigureAwait(false);
    }

    /// <summary>The log line of the closed connection that came from <paramref name="clientPort"/>.</summary>
    public Task<string> ConnectionLineAsync(int clientPort) =>
        WaitForLogLineAsync(line => line.Contains($"src_port={clientPort} ", StringComparison.Ordinal), $"a connection from port {clientPort}");

    protected override IReadOnlyList<string> Configure()
    {
        var idle = ((int)(Options.IdleTimeout ?? TimeSpan.FromSeconds(10)).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        var text =
            $"load_module {Module};\ndaemon off; master_process off; pid {Directory.File("nginx.pid")}; error_log stderr warn;\nevents {{ worker_connections 64; }}\nstream {{\n" +
            "  log_format tls 'TLS src_port=$remote_port status=$status version=$ssl_protocol cipher=$ssl_cipher reused=$ssl_session_reused alpn=$ssl_alpn_protocol';\n" +
            "  access_log /dev/stdout tls;\n" +
            $"  server {{\n    listen {Tls} ssl;\n" + (Tls6 is null ? "" : $"    listen {Tls6} ssl;\n") +
            $"    proxy_pass {_backend}; proxy_timeout {idle}ms;\n    ssl_certificate {Certificate.ChainPath}; ssl_certificate_key {Certificate.KeyPath};\n" +
            $"    ssl_protocols TLSv1.2 TLSv1.3; ssl_alpn dot; ssl_session_tickets off; ssl_session_cache shared:s:1m;\n    {Options.ExtraConfiguration}\n  }}\n}}\n";
        return ["-e", "stderr", "-p", Directory.Path, "-c", Directory.Write("nginx.conf", text)];
    }
}
