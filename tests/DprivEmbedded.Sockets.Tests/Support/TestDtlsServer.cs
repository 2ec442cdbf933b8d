using System;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Sockets.Tests.Support;

/// <summary>A server of the demonstration zone over DTLS in this process, on a free port of the loopback address. Nothing listens there for TLS.</summary>
internal sealed class TestDtlsServer : IAsyncDisposable
{
    private readonly QueryWatcher _watcher = new();

    private TestDtlsServer(Action<DodtlsServerOptions>? change, int port)
    {
        // An answer that is held back must not hold back those after it.
        var options = new DodtlsServerOptions { OutOfOrder = true };
        options.Dtls.Credentials = [new ServerCredential(TestServer.Certificate)];
        change?.Invoke(options);
        Host = DodtlsServerHost.Start(new DodtlsServer(new BouncyCastleProvider(), _watcher, options), [new IPEndPoint(IPAddress.Loopback, port)]);
    }

    public DodtlsServerHost Host { get; }

    public static TestDtlsServer Start(Action<DodtlsServerOptions>? options = null, int port = 0) => new(options, port);

    /// <summary>Completes when so many queries have come, repetitions included.</summary>
    public Task QueriedAsync(int count) => _watcher.QueriedAsync(count);

    public void Change(Action<DodtlsServerOptions> change) => Host.Change(server => change(server.Options));

    /// <summary>Forgets the associations, but not the key of the tickets.</summary>
    public void ForgetAssociations() => Host.Change(server =>
    {
        foreach (DtlsServer association in server.Socket.Associations.ToArray())
            association.Forget();
    });

    /// <summary>A resolver with this server and its pin.</summary>
    public DprivResolver Resolver(Action<DprivResolverOptions>? change = null)
    {
        var server = new DprivServer(IPAddress.Loopback, Host.Port) { Pins = { TestServer.Certificate.SpkiSha256() }, Transport = DprivTransport.Dodtls };
        var options = new DprivResolverOptions { Servers = { server }, QueryTimeoutMs = 60000 };
        change?.Invoke(options);
        return new DprivResolver(options);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
