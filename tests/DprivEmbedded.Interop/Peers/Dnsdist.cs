using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// dnsdist before an unbound: TLS 1.2 by ticket only, TLS 1.3 by ticket. It relays the backend's edns-tcp-keepalive and closes at its own time: with
/// <see cref="PeerOptions.IdleTimeout"/> shorter than <see cref="PeerOptions.AdvertisedTimeout"/> it is a server that lies. Its metrics count resumptions.
/// </summary>
public sealed class Dnsdist : Peer
{
    private readonly IPEndPoint _backend;
    private readonly Unbound? _ownBackend;
    private int _webPort;

    private Dnsdist(PeerOptions options, IPEndPoint backend, Unbound? ownBackend)
        : base("dnsdist", options)
    {
        _backend = backend;
        _ownBackend = ownBackend;
    }

    protected override bool HasPlainDns => true;

    protected override bool SupportsIpv6 => true;

    public static async Task<Dnsdist> StartAsync(PeerOptions? options = null)
    {
        options ??= new PeerOptions();
        Unbound? own = null;
        if (options.AdvertisedTimeout is { } advertised)
            own = await Unbound.StartAsync(new PeerOptions { IdleTimeout = advertised }).ConfigureAwait(false);
        return await StartAsync(new Dnsdist(options, own?.Plain ?? await Backend.ForAsync(options).ConfigureAwait(false), own)).ConfigureAwait(false);
    }

    /// <summary>A metric of the TLS frontend, such as tlsresumptions, tlsnewsessions or tlsunknownticketkeys.</summary>
    public async Task<long> FrontendMetricAsync(string name)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("any:peers")));
        var text = await client.GetStringAsync($"http://127.0.0.1:{_webPort}/metrics").ConfigureAwait(false);
        var sum = 0L;
        var found = false;
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith("dnsdist_frontend_" + name + "{", StringComparison.Ordinal) || !line.Contains(Tls.ToString(), StringComparison.Ordinal))
                continue;
            found = true;
            sum += long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }

        return found ? sum : throw new ArgumentException("dnsdist has no metric " + name, nameof(name));
    }

    /// <summary>Waits until the TLS frontend has counted <paramref name="atLeast"/> resumptions.</summary>
    public async Task<bool> WaitForResumptionsAsync(long atLeast) =>
        await Poll.UntilAsync(async () => await FrontendMetricAsync("tlsresumptions").ConfigureAwait(false) >= atLeast, TimeSpan.FromSeconds(5)).ConfigureAwait(false);

    protected override void ChoosePorts()
    {
        base.ChoosePorts();
        _webPort = Ports.Free();
    }

    protected override async ValueTask DisposeOthersAsync()
    {
        if (_ownBackend is not null)
            await _ownBackend.DisposeAsync().ConfigureAwait(false);
    }

    protected override IReadOnlyList<string> Configure()
    {
        var text = new StringBuilder();
        text.Append("setSecurityPollSuffix(\"\")\nsetACL({\"0.0.0.0/0\", \"::/0\"})\n");
        text.Append($"addLocal(\"{Plain}\")\n");
        text.Append($"addTLSLocal(\"{Tls}\", \"{Certificate.ChainPath}\", \"{Certificate.KeyPath}\", {{ provider = \"openssl\" }})\n");
        if (Tls6 is not null)
            text.Append($"addTLSLocal(\"{Tls6}\", \"{Certificate.ChainPath}\", \"{Certificate.KeyPath}\", {{ provider = \"openssl\" }})\n");
        text.Append($"newServer({{ address = \"{_backend}\", healthCheckMode = \"up\" }})\n");
        text.Append("setMaxTCPClientThreads(1)\n");
        if (Options.IdleTimeout is { } idle)
            text.Append($"setTCPRecvTimeout({Math.Max(1, (int)idle.TotalSeconds)})\n");
        text.Append($"webserver(\"127.0.0.1:{_webPort}\")\nsetWebserverConfig({{ password = \"peers\", acl = \"127.0.0.0/8\" }})\n");
        return ["--supervised", "--disable-syslog", "-C", Directory.Write("dnsdist.conf", text.ToString())];
    }
}
