using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace DprivEmbedded.Interop.Peers;

/// <summary>
/// BouncyCastle's DtlsServerProtocol (DTLS 1.2) on a UDP port of the loopback address, in this process: cookie, resumption by session id, heartbeat in both directions, connection ids. It blocks, so each
/// association has a thread. What is done with application data is the test's matter; by default it is a DNS query that is answered from <see cref="PeerZone"/>.
/// </summary>
public sealed class BouncyCastleDtlsServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly BcTlsCrypto _crypto = new(new SecureRandom());
    private readonly DtlsVerifier _verifier;
    private readonly Dictionary<IPEndPoint, BouncyCastleAssociation> _associations = [];
    private readonly List<BouncyCastleAssociation> _all = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _receiving;

    public BouncyCastleDtlsServer(PeerCertificate? certificate = null)
    {
        Certificate = certificate ?? PeerCertificates.Shared.Ecdsa;
        _verifier = new DtlsVerifier(_crypto);
        var responder = DodtlsHost.Responder();
        Answer = query =>
        {
            var response = new byte[1232];
            var count = responder.Respond(query, 0, query.Length, response, 0, response.Length, -1);
            return count > 0 ? response[..count] : null;
        };
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _receiving = Task.Run(ReceiveAsync);
    }

    public IPEndPoint EndPoint { get; }

    public PeerCertificate Certificate { get; }

    /// <summary>What to send for application data; null sends nothing. Called on the association's thread.</summary>
    public Func<byte[], byte[]?> Answer { get; set; }

    /// <summary>Size of the connection id that clients have to put into their records; null does not know the extension.</summary>
    public int? ConnectionIdBytes { get; set; }

    /// <summary>After so much silence the server sends a heartbeat request; null sends none.</summary>
    public int? HeartbeatIdleMs { get; set; }

    /// <summary>The suites that it takes; ECDHE_ECDSA with AES-128-GCM when null.</summary>
    public int[]? Suites { get; set; }

    /// <summary>The pre-shared key of every identity; null for none.</summary>
    public byte[]? Psk { get; set; }

    /// <summary>All associations so far.</summary>
    public IReadOnlyList<BouncyCastleAssociation> Associations
    {
        get
        {
            lock (_gate)
                return [.. _all];
        }
    }

    internal BcTlsCrypto Crypto => _crypto;

    internal ConcurrentDictionary<string, TlsSession> Sessions { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        foreach (var association in Associations)
            association.Stop();
        _socket.Dispose();
        _stop.Dispose();
    }

    internal void Send(IPEndPoint client, ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.SendTo(datagram, client);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Not sent is lost.
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token).ConfigureAwait(false);
                Dispatch((IPEndPoint)received.RemoteEndPoint, buffer[..received.ReceivedBytes]);
            }
            catch (SocketException)
            {
                // ICMP about a client that has gone.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Dispatch(IPEndPoint client, byte[] datagram)
    {
        lock (_gate)
        {
            if (!_associations.TryGetValue(client, out var association))
            {
                association = ByConnectionId(datagram);
                if (association is null)
                {
                    // An id of the address goes into the cookie; the request carries what the handshake needs to go on from there.
                    var id = System.Text.Encoding.ASCII.GetBytes(client.ToString());
                    var request = _verifier.VerifyRequest(id, datagram, 0, datagram.Length, new BouncyCastleAssociation.Sender(this, client));
                    if (request is null)
                        return;
                    association = new BouncyCastleAssociation(this, client, request);
                    _associations.Add(client, association);
                    _all.Add(association);
                    association.Start();
                    return;
                }
            }

            association.Enqueue(client, datagram);
        }
    }

    private BouncyCastleAssociation? ByConnectionId(byte[] datagram)
    {
        foreach (var association in _all)
        {
            if (association.ConnectionId is { Length: > 0 } id && datagram.Length > 13 + id.Length && datagram[0] == 25 && datagram.AsSpan(11, id.Length).SequenceEqual(id))
                return association;
        }

        return null;
    }
}
