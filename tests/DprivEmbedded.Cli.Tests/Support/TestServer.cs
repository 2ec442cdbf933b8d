using System;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>A server of the demonstration zone in this process, on a free port of the loopback address.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Name = "dot.example";

    private static readonly DateTimeOffset Today = DateTimeOffset.UtcNow;
    private static readonly CertificateMaker Maker = new();
    private static readonly IssuedCertificate Authority = Maker.MakeAuthority("Test authority", Today.AddDays(-30), Today.AddDays(30));
    private static readonly IssuedCertificate Usual = Maker.MakeServer(Authority, [Name], [IPAddress.Loopback], Today.AddDays(-10), Today.AddDays(10));
    private static readonly IssuedCertificate Expired = Maker.MakeServer(Authority, [Name], [], Today.AddDays(-10), Today.AddDays(-1));
    private static readonly Lazy<IssuedCertificate> Rsa = new(() => Maker.MakeServer(null, [Name], [], Today.AddDays(-10), Today.AddDays(10), rsa: true));

    private readonly TempFolder _folder = new();
    private readonly TaskCompletionSource _queried = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TestServer(IssuedCertificate certificate, Action<DotServer>? change)
    {
        Certificate = certificate;
        AuthorityFile = _folder.Write("authority.pem", Authority.ToPem());
        var options = new DotServerOptions();
        options.Tls.Credentials = [new ServerCredential(certificate)];
        var server = new DotServer(new BouncyCastleProvider(), new Watcher(_queried), options);
        change?.Invoke(server);
        Host = DotServerHost.Start(server, [new IPEndPoint(IPAddress.Loopback, 0)]);
    }

    public DotServerHost Host { get; }

    public IssuedCertificate Certificate { get; }

    /// <summary>Completes with the first query.</summary>
    public Task Queried => _queried.Task;

    public string Address => "127.0.0.1:" + Host.Port;

    public string Pin => Convert.ToBase64String(Certificate.SpkiSha256());

    /// <summary>The authority of the usual certificate.</summary>
    public string AuthorityFile { get; }

    public static TestServer Start(Action<DotServerOptions>? options = null) => new(Usual, server => options?.Invoke(server.Options));

    public static TestServer StartWithServer(Action<DotServer> change) => new(Usual, change);

    public static TestServer StartExpired() => new(Expired, null);

    /// <summary>With an RSA key: every message of a handshake has always the same size.</summary>
    public static TestServer StartRsa(Action<DotServerOptions>? options = null) => new(Rsa.Value, server => options?.Invoke(server.Options));

    /// <summary>Runs <c>dpriv query NAME TYPE</c> at this server, authenticated with its pin.</summary>
    public Task<CommandResult> QueryAsync(string name, string type, params string[] more)
    {
        return DprivCommand.RunAsync(["query", name, type, "--server", Address, "--pin", Pin, .. more]);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    private sealed class Watcher(TaskCompletionSource queried) : IDnsResponder
    {
        private readonly ZoneResponder _zone = new(DemoZone.Create());

        public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs)
        {
            queried.TrySetResult();
            return _zone.Respond(query, offset, count, response, responseOffset, capacity, keepaliveTimeoutMs);
        }
    }
}
