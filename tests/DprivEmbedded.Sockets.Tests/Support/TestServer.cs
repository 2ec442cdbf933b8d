using System;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Sockets.Tests.Support;

/// <summary>A server of the demonstration zone in this process, on a free port of the loopback addresses.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Name = "dot.example";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly CertificateMaker Maker = new();

    private readonly QueryWatcher _watcher = new();

    private TestServer(Action<DotServerOptions>? change, int port)
    {
        var options = new DotServerOptions();
        options.Tls.Credentials = [new ServerCredential(Certificate)];
        change?.Invoke(options);
        var server = new DotServer(new BouncyCastleProvider(), _watcher, options);
        Host = port == 0 ? DotServerHost.StartOnLoopback(server) : DotServerHost.Start(server, [new IPEndPoint(IPAddress.Loopback, port)]);
    }

    public static IssuedCertificate Authority { get; } = Maker.MakeAuthority("Test authority", Now.AddDays(-1), Now.AddDays(1));

    public static IssuedCertificate Certificate { get; } = Maker.MakeServer(Authority, [Name], [IPAddress.Loopback, IPAddress.IPv6Loopback], Now.AddDays(-1), Now.AddDays(1));

    public static TrustAnchors Anchors { get; } = TrustAnchors.FromCertificates(Authority.Der);

    public DotServerHost Host { get; }

    public DotServerCounters Counters => Host.Counters;

    public static TestServer Start(Action<DotServerOptions>? options = null, int port = 0) => new(options, port);

    /// <summary>Completes when so many queries have come.</summary>
    public Task QueriedAsync(int count) => _watcher.QueriedAsync(count);

    public void Change(Action<DotServerOptions> change) => Host.Change(server => change(server.Options));

    /// <summary>The server as a resolver names it, with the right pin.</summary>
    public DprivServer Pinned(IPAddress? address = null) => new(address ?? IPAddress.Loopback, Host.Port) { Pins = { Certificate.SpkiSha256() } };

    /// <summary>The server with its authentication name.</summary>
    public DprivServer Named() => new(IPAddress.Loopback, Host.Port) { AuthenticationName = Name };

    /// <summary>A resolver with this server and its pin.</summary>
    public DprivResolver Resolver(Action<DprivResolverOptions>? change = null)
    {
        var options = new DprivResolverOptions { Servers = { Pinned() }, QueryTimeoutMs = 60000, SilenceTimeoutMs = 60000 };
        change?.Invoke(options);
        return new DprivResolver(options);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
