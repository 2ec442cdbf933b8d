using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace DprivEmbedded.Cli.Tests.Support;

/// <summary>Ports on which something other than DNS over TLS happens.</summary>
internal static class Ports
{
    /// <summary>A port on which nothing listens: it is bound, so that nobody else takes it, for as long as the process lives.</summary>
    public static Task<int> ClosedAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Kept.Add(socket);
        return Task.FromResult(((IPEndPoint)socket.LocalEndPoint!).Port);
    }

    private static readonly System.Collections.Concurrent.ConcurrentBag<Socket> Kept = [];

    /// <summary>A server that sends given bytes to each client and then says nothing more until the client goes.</summary>
    public static RawServer Raw(byte[] greeting, bool close = false) => new(greeting, close);

    internal sealed class RawServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _loop;

        public RawServer(byte[] greeting, bool close)
        {
            _listener.Start();
            _loop = AcceptAsync(greeting, close);
        }

        public string Address => _listener.LocalEndpoint.ToString()!;

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _loop;
        }

        private async Task AcceptAsync(byte[] greeting, bool close)
        {
            byte[] input = new byte[4096];
            while (true)
            {
                try
                {
                    using Socket client = await _listener.AcceptSocketAsync();
                    await client.SendAsync(greeting);
                    if (close)
                        client.Shutdown(SocketShutdown.Send);
                    while (await client.ReceiveAsync(input) > 0)
                    {
                    }
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    if (!_listener.Server.IsBound)
                        return;
                }
            }
        }
    }
}
