using System;
using System.Collections.Concurrent;
using System.Threading.Tasks;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// The run's common peers, each started when first asked for and ended with the run. For tests that leave a server as they found it; one that restarts, stops or configures a server
/// starts its own. A missing program skips each test that asks.
/// </summary>
public sealed class SharedPeers : IAsyncDisposable
{
    private static readonly ConcurrentStack<IAsyncDisposable> s_started = new();
    private static readonly PeerOptions s_sevenSeconds = new() { IdleTimeout = TimeSpan.FromSeconds(7), Ipv6 = true };
    private static readonly PeerOptions s_defaults = new() { Ipv6 = true };

    private static readonly Lazy<Task<Unbound>> s_unbound = new(() => KeepAsync(Unbound.StartAsync(s_sevenSeconds)));
    private static readonly Lazy<Task<UnboundNoDhe>> s_unboundNoDhe = new(() => KeepAsync(UnboundNoDhe.StartAsync(s_sevenSeconds)));
    private static readonly Lazy<Task<Bind>> s_bind = new(() => KeepAsync(Bind.StartAsync(s_defaults)));
    private static readonly Lazy<Task<KnotResolver>> s_knotResolver = new(() => KeepAsync(KnotResolver.StartAsync(s_defaults)));
    private static readonly Lazy<Task<Dnsdist>> s_dnsdist = new(() => KeepAsync(Dnsdist.StartAsync(s_defaults)));
    private static readonly Lazy<Task<HaproxyEarlyData>> s_haproxy = new(() => KeepAsync(HaproxyEarlyData.StartAsync(s_defaults)));
    private static readonly Lazy<Task<StunnelPsk>> s_stunnel = new(() => KeepAsync(StunnelPsk.StartAsync()));
    private static readonly Lazy<Task<NginxSessionId>> s_nginx = new(() => KeepAsync(NginxSessionId.StartAsync(s_defaults)));

    public static Task<Unbound> UnboundAsync() => s_unbound.Value;

    public static Task<UnboundNoDhe> UnboundNoDheAsync() => s_unboundNoDhe.Value;

    public static Task<Bind> BindAsync() => s_bind.Value;

    public static Task<KnotResolver> KnotResolverAsync() => s_knotResolver.Value;

    public static Task<Dnsdist> DnsdistAsync() => s_dnsdist.Value;

    public static Task<HaproxyEarlyData> HaproxyAsync() => s_haproxy.Value;

    public static Task<StunnelPsk> StunnelAsync() => s_stunnel.Value;

    public static Task<NginxSessionId> NginxAsync() => s_nginx.Value;

    /// <summary>By the class's name, for theories.</summary>
    public static async Task<Peer> ByNameAsync(string name) => name switch
    {
        nameof(Unbound) => await UnboundAsync().ConfigureAwait(false),
        nameof(UnboundNoDhe) => await UnboundNoDheAsync().ConfigureAwait(false),
        nameof(Bind) => await BindAsync().ConfigureAwait(false),
        nameof(KnotResolver) => await KnotResolverAsync().ConfigureAwait(false),
        nameof(Dnsdist) => await DnsdistAsync().ConfigureAwait(false),
        nameof(HaproxyEarlyData) => await HaproxyAsync().ConfigureAwait(false),
        nameof(StunnelPsk) => await StunnelAsync().ConfigureAwait(false),
        nameof(NginxSessionId) => await NginxAsync().ConfigureAwait(false),
        _ => throw new ArgumentException("no shared peer " + name, nameof(name)),
    };

    public async ValueTask DisposeAsync()
    {
        while (s_started.TryPop(out var peer))
            await peer.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<T> KeepAsync<T>(Task<T> starting)
        where T : Peer
    {
        var peer = await starting.ConfigureAwait(false);
        s_started.Push(peer);
        return peer;
    }
}
