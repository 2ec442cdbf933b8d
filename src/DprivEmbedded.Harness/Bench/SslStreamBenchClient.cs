using System;
using System.Globalization;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DprivEmbedded.Harness.Bench;

/// <summary>.NET's SslStream, which pins the key like the others, after the framework has built its chain.</summary>
internal sealed class SslStreamBenchClient(DotServer server, bool tls13) : BenchClient
{
    private static readonly SslClientAuthenticationOptions[] s_options = [Options(false), Options(true)];

    private static int s_names;

    private StreamLink? _link;
    private bool _stored;
    private SslStream? _stream;

    public override void Query()
    {
        _stream!.Write(FramedQuery.Bytes, 0, FramedQuery.Bytes.Length);
        FramedQuery.ReadAnswer(_stream);
    }

    public override void Close()
    {
        _stream!.ShutdownAsync().GetAwaiter().GetResult();
        _link!.Serve();
        _stream.Dispose();
        _stream = null;
    }

    public override void DropServer() => server.LoseConnections();

    internal override void ForgetLink() => _link!.Sever();

    internal override void Drop() => _stream?.Dispose();

    private protected override bool Open(bool resume)
    {
        _link = new StreamLink(server, Meter);
        _stream = new SslStream(_link, leaveInnerStreamOpen: true);
        SslClientAuthenticationOptions options = s_options[tls13 ? 1 : 0];

        // Sessions are kept by name. One that was never used, of the same length, makes a handshake full and lets the client ask for a ticket and keep it, as it does in life.
        options.TargetHost = _stored ? BenchServer.Name : string.Create(CultureInfo.InvariantCulture, $"{(char)('a' + (s_names / 676 % 26))}{(char)('a' + (s_names / 26 % 26))}{(char)('a' + (s_names % 26))}.example");
        s_names++;
        _stream.AuthenticateAsClient(options);
        Query();
        return _link.Resumed;
    }

    /// <summary>Whether sessions are stored from the first connection on.</summary>
    internal bool StoresSessions { init => _stored = value; }

    private static SslClientAuthenticationOptions Options(bool tls13) => new()
    {
        TargetHost = BenchServer.Name,
        EnabledSslProtocols = tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12,
        ApplicationProtocols = [new SslApplicationProtocol("dot")],
        AllowTlsResume = true,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 known && SHA256.HashData(known.PublicKey.ExportSubjectPublicKeyInfo()).AsSpan().SequenceEqual(BenchServer.Pin),
    };
}
