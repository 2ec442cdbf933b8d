using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dtls;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Interop.Clients;

/// <summary>The library's DTLS engine over a socket, without DNS: for servers that only speak DTLS.</summary>
public sealed class RawDtlsClient : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly byte[] _input = new byte[16384];
    private readonly byte[] _output = new byte[2048];
    private readonly IPEndPoint _server;
    private readonly StringBuilder _received = new();
    private Socket _socket;

    private RawDtlsClient(IPEndPoint server, DtlsClient client)
    {
        _server = server;
        _socket = Connect(server);
        Client = client;
    }

    public DtlsClient Client { get; }

    /// <summary>The last session that came.</summary>
    public TlsSession? Session { get; private set; }

    /// <summary>All application data so far, one char a byte.</summary>
    public string Received => _received.ToString();

    /// <summary>Heartbeats that were answered.</summary>
    public int HeartbeatsAnswered { get; private set; }

    /// <summary>Options that authenticate by the certificate's pin.</summary>
    public static DtlsClientOptions Pinned(PeerCertificate certificate) => new()
    {
        ApplicationProtocol = null,
        ServerName = PeerCertificates.ServerName,
        Verifier = new SpkiPinVerifier([Convert.FromBase64String(certificate.SpkiPin)], new BouncyCastleProvider().CreateSha256()),
    };

    /// <summary>Completes the handshake, or fails with the engine's error in words.</summary>
    public static async Task<RawDtlsClient> ConnectAsync(IPEndPoint server, DtlsClientOptions options, TlsSession? session = null)
    {
        var raw = new RawDtlsClient(server, new DtlsClient(options, new BouncyCastleProvider(), new byte[8192], new byte[4096], new byte[8192]));
        raw.Client.Start(session, Environment.TickCount64, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await raw.UntilAsync(() => raw.Client.IsConnected).ConfigureAwait(false);
        return raw;
    }

    /// <summary>Sends one record.</summary>
    public void Send(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (!Client.Send(bytes, 0, bytes.Length))
            throw new IOException("Send refused");
        Flush();
    }

    /// <summary>Sends a heartbeat request and waits for its answer.</summary>
    public async Task HeartbeatAsync()
    {
        var before = HeartbeatsAnswered;
        if (!Client.SendHeartbeat(Environment.TickCount64))
            throw new IOException("SendHeartbeat refused");
        await UntilAsync(() => HeartbeatsAnswered > before).ConfigureAwait(false);
    }

    /// <summary>Goes on from another port.</summary>
    public void NewSocket()
    {
        _socket.Dispose();
        _socket = Connect(_server);
    }

    /// <summary>Exchanges datagrams until <paramref name="condition"/> holds.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        TakeEvents();
        Flush();
        while (!condition())
        {
            if (clock.Elapsed > s_limit)
                throw new TimeoutException($"no end after {s_limit}; received: {Received}");
            var wait = Math.Clamp(Client.WakeDueMs - Environment.TickCount64, 0, 50);
            using (var timer = new CancellationTokenSource((int)wait + 1))
            {
                try
                {
                    var count = await _socket.ReceiveAsync(_input.AsMemory(), SocketFlags.None, timer.Token).ConfigureAwait(false);
                    Client.Receive(_input, 0, count, Environment.TickCount64);
                }
                catch (OperationCanceledException)
                {
                }
                catch (SocketException)
                {
                    // ICMP.
                }
            }

            TakeEvents();
            Client.HandleTimeout(Environment.TickCount64);
            TakeEvents();
            Flush();
            if (Client.Error != TlsError.None)
                throw new IOException($"error {Client.Error}: {TlsError.Describe(Client.Error)}");
        }
    }

    public ValueTask DisposeAsync()
    {
        Client.Close();
        Flush();
        _socket.Dispose();
        Client.Clear();
        return ValueTask.CompletedTask;
    }

    private static Socket Connect(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(server);
        return socket;
    }

    private void TakeEvents()
    {
        int happened;
        while ((happened = Client.NextEvent()) != DtlsClientEvent.None)
        {
            switch (happened)
            {
                case DtlsClientEvent.Data:
                    _received.Append(Encoding.Latin1.GetString(Client.DataBuffer, Client.DataOffset, Client.DataCount));
                    break;
                case DtlsClientEvent.Session:
                    Session = Client.TakeSession();
                    break;
                case DtlsClientEvent.HeartbeatAnswered:
                    HeartbeatsAnswered++;
                    break;
            }
        }
    }

    private void Flush()
    {
        int count;
        while ((count = Client.Transmit(_output, 0, _output.Length)) > 0)
        {
            try
            {
                _socket.Send(_output.AsSpan(0, count));
            }
            catch (SocketException)
            {
                // ICMP about an earlier datagram; this one is lost.
            }
        }
    }
}
