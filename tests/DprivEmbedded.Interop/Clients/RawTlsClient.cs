using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Interop.Clients;

/// <summary>The library's TLS engine over a socket, without DNS: for servers that only speak TLS.</summary>
public sealed class RawTlsClient : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawTlsClient(Socket socket, TlsClient client)
    {
        _socket = socket;
        Client = client;
    }

    public TlsClient Client { get; }

    /// <summary>The last session that came, not taken yet.</summary>
    public TlsSession? Session { get; private set; }

    /// <summary>All application data so far, one char a byte.</summary>
    public string Received => Encoding.Latin1.GetString([.. _received]);

    /// <summary>Connects and completes the handshake, or fails with the engine's error in words.</summary>
    public static async Task<RawTlsClient> ConnectAsync(IPEndPoint server, TlsClientOptions options, int receiveBufferBytes = TlsClient.FullReceiveBufferBytes, TlsSession? session = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).ConfigureAwait(false);
        var raw = new RawTlsClient(socket, new TlsClient(options, new BouncyCastleProvider(), new byte[receiveBufferBytes], new byte[4096]));
        raw.Client.Start(session, Environment.TickCount64, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await raw.UntilAsync(() => raw.Client.IsConnected).ConfigureAwait(false);
        return raw;
    }

    public async Task SendAsync(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            at += Client.Send(bytes, at, Math.Min(1024, bytes.Length - at));
            await FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reads until the data so far satisfies <paramref name="condition"/>.</summary>
    public Task ReceiveUntilAsync(Func<string, bool> condition) => UntilAsync(() => condition(Received));

    public async ValueTask DisposeAsync()
    {
        Client.Close();
        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The server was faster.
        }

        _socket.Dispose();
        Client.Clear();
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        var buffer = new byte[4096];
        await FlushAsync().ConfigureAwait(false);
        while (!condition())
        {
            var count = await _socket.ReceiveAsync(buffer, SocketFlags.None).WaitAsync(s_limit).ConfigureAwait(false);
            if (count == 0)
                Client.TransportClosed(false);
            for (var at = 0; at < count;)
            {
                var taken = Client.Receive(buffer, at, count - at, Environment.TickCount64);
                at += taken;
                TakeEvents();
                if (taken == 0)
                    break;
            }

            TakeEvents();
            await FlushAsync().ConfigureAwait(false);
            if (Client.Error != TlsError.None)
                throw new IOException($"error {Client.Error}: {TlsError.Describe(Client.Error)}");
            if (count == 0)
                throw new IOException("the server closed");
        }
    }

    private void TakeEvents()
    {
        int happened;
        while ((happened = Client.NextEvent()) != TlsClientEvent.None)
        {
            switch (happened)
            {
                case TlsClientEvent.Data:
                    _received.AddRange(Client.DataBuffer.AsSpan(Client.DataOffset, Client.DataCount));
                    Client.DataTaken();
                    break;
                case TlsClientEvent.Session:
                    Session = Client.TakeSession();
                    break;
                case TlsClientEvent.PeerClosed:
                case TlsClientEvent.Failed:
                    return;
            }
        }
    }

    private async Task FlushAsync()
    {
        var buffer = new byte[4096];
        int count;
        while ((count = Client.Transmit(buffer, 0, buffer.Length)) > 0)
            await _socket.SendAsync(buffer.AsMemory(0, count), SocketFlags.None).ConfigureAwait(false);
    }
}
