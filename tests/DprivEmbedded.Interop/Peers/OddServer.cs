using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Crypto.BouncyCastle.Signing;
using DprivEmbedded.Harness;

namespace DprivEmbedded.Interop.Peers;

/// <summary>A DNS-over-TLS server on the harness's TLS engine that does with each query what a test says: for what no stock server would do.</summary>
public sealed class OddServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly BouncyCastleProvider _crypto = new();
    private readonly Action<OddConnection, byte[]> _onQuery;
    private readonly List<OddConnection> _connections = [];
    private readonly List<Task> _running = [];
    private readonly Task _accepting;

    /// <param name="onQuery">Called for each whole query (without its length), one at a time for a connection.</param>
    /// <param name="configure">Changes the TLS engine's options.</param>
    /// <param name="certificate">The P-256 one when null.</param>
    public OddServer(Action<OddConnection, byte[]> onQuery, Action<TlsServerOptions>? configure = null, PeerCertificate? certificate = null)
    {
        _onQuery = onQuery;
        certificate ??= PeerCertificates.Shared.Ecdsa;
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate.ChainPath);
        Options = new TlsServerOptions
        {
            Credentials = [new ServerCredential(BouncyCastleSigner.FromPem(File.ReadAllText(certificate.KeyPath)), [.. chain.Select(c => c.RawData)])],
        };
        configure?.Invoke(Options);
        State = new ServerState(_crypto);
        _listener.Start();
        Tls = (IPEndPoint)_listener.LocalEndpoint;
        _accepting = AcceptAsync();
    }

    public IPEndPoint Tls { get; }

    public TlsServerOptions Options { get; }

    public ServerState State { get; }

    public IReadOnlyList<OddConnection> Connections
    {
        get
        {
            lock (_connections)
                return [.. _connections];
        }
    }

    public OddConnection Last => Connections[^1];

    /// <summary>Every query so far, without its length, in the order of arrival on all connections.</summary>
    public IReadOnlyList<byte[]> Queries => [.. Connections.SelectMany(c => c.Queries)];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting.ConfigureAwait(false);
        foreach (var connection in Connections)
            connection.Reset();
        await Task.WhenAll(_running).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            socket.NoDelay = true;
            var connection = new OddConnection(socket, new TlsServer(_crypto, Options, State), _onQuery);
            lock (_connections)
            {
                connection.Index = _connections.Count;
                _connections.Add(connection);
            }

            _running.Add(connection.RunAsync());
        }
    }
}
