using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Peers;

namespace DprivEmbedded.Interop.Clients;

/// <summary>A DNS-over-TLS connection on the base class library's SslStream, to watch what a server does in the quiet after an answer.</summary>
public sealed class SslStreamClient : IAsyncDisposable
{
    private readonly SslStream _stream;
    private readonly Stopwatch _sinceQuery = new();

    private SslStreamClient(SslStream stream) => _stream = stream;

    public static async Task<SslStreamClient> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server).ConfigureAwait(false);
        var client = new SslStreamClient(new SslStream(new NetworkStream(socket, ownsSocket: true)));
        await client._stream.AuthenticateAsClientAsync(Options()).ConfigureAwait(false);
        return client;
    }

    /// <summary>The same over a connected socket, blocking: for threads of a network namespace.</summary>
    public static byte[] Query(Socket connected, byte[] message)
    {
        using var stream = new SslStream(new NetworkStream(connected, ownsSocket: true));
        stream.AuthenticateAsClient(Options());
        stream.Write(DnsBytes.Framed(message));
        Span<byte> length = stackalloc byte[2];
        stream.ReadExactly(length);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        stream.ReadExactly(answer);
        return answer;
    }

    public async Task<byte[]> QueryAsync(byte[] message)
    {
        _sinceQuery.Restart();
        await _stream.WriteAsync(DnsBytes.Framed(message)).ConfigureAwait(false);
        var length = new byte[2];
        await _stream.ReadExactlyAsync(length).ConfigureAwait(false);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await _stream.ReadExactlyAsync(answer).ConfigureAwait(false);
        return answer;
    }

    /// <summary>
    /// How long the server keeps the quiet connection, counted from just before the last query was sent: the server's own timer starts later, so that however slow this process is the time is never too short. Throws <see cref="OperationCanceledException"/> at <paramref name="limit"/>.
    /// </summary>
    public async Task<TimeSpan> UntilClosedAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        try
        {
            while (await _stream.ReadAsync(new byte[512], timer.Token).ConfigureAwait(false) > 0)
            {
                // Nothing is due; a late record is not a close.
            }
        }
        catch (IOException)
        {
            // Closed without a close_notify.
        }

        return _sinceQuery.Elapsed;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = PeerCertificates.ServerName,
        AllowTlsResume = false,
        CertificateChainPolicy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { PeerCertificates.Shared.Ca },
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        },
    };
}
