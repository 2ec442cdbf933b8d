using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Infrastructure;

namespace DprivEmbedded.Interop.Wire;

/// <summary>
/// A UDP relay on the loopback address between a client and a peer that reads what is plain in DTLS 1.2: whether a handshake resumed is seen here, not believed of either side. Each client
/// address has an address of its own towards the server, so a client that moves is seen to move. It can drop datagrams, and forge them.
/// </summary>
public sealed class DtlsWireLog : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _front = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly IPEndPoint _server;
    private readonly bool _oneAddress;
    private readonly Dictionary<IPEndPoint, Socket> _behind = [];
    private readonly List<IPEndPoint> _clients = [];
    private readonly List<DtlsWireRecord> _records = [];
    private readonly List<DtlsWireHandshake> _handshakes = [];
    private readonly Dictionary<IPEndPoint, int> _current = [];
    private readonly List<(WireDirection Direction, int Bytes)> _datagrams = [];
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private IPEndPoint? _lastClient;

    /// <param name="server">Where the peer waits.</param>
    /// <param name="oneAddress">All clients, one after another, come from one address.</param>
    /// <param name="port">The port for clients; 0 for any free one.</param>
    public DtlsWireLog(IPEndPoint server, bool oneAddress = false, int port = 0)
    {
        _server = server;
        _oneAddress = oneAddress;
        _front.Bind(new IPEndPoint(IPAddress.Loopback, port));
        EndPoint = (IPEndPoint)_front.LocalEndPoint!;
        _running.Add(Task.Run(UpAsync));
    }

    /// <summary>Where clients send.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Decides what becomes of each datagram; true drops it. Its first record has been read already. Called under the relay's lock.</summary>
    public Func<WireDirection, byte[], bool>? Drop { get; set; }

    /// <summary>Datagrams as they passed, dropped ones included.</summary>
    public IReadOnlyList<(WireDirection Direction, int Bytes)> Datagrams
    {
        get
        {
            lock (_gate)
                return [.. _datagrams];
        }
    }

    /// <summary>Addresses that clients have sent from, in the order of their first datagram.</summary>
    public IReadOnlyList<IPEndPoint> Clients
    {
        get
        {
            lock (_gate)
                return [.. _clients];
        }
    }

    public IReadOnlyList<DtlsWireRecord> Records
    {
        get
        {
            lock (_gate)
                return [.. _records];
        }
    }

    /// <summary>All handshakes, in the order of their ClientHellos.</summary>
    public IReadOnlyList<DtlsWireHandshake> Handshakes
    {
        get
        {
            lock (_gate)
                return [.. _handshakes];
        }
    }

    public DtlsWireHandshake Last => Handshakes[^1];

    /// <summary>How many records of a direction and type passed, protected ones only.</summary>
    public int Protected(WireDirection direction, int type) => Records.Count(r => r.Direction == direction && r.Type == type && r.Epoch > 0);

    public Task<bool> WaitAsync(Func<DtlsWireLog, bool> condition, int milliseconds = 5000) => Poll.UntilAsync(() => condition(this), TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Sends a datagram to the client that sent last, from the address that it takes for the server's.</summary>
    public void ForgeToClient(byte[] datagram)
    {
        IPEndPoint client;
        lock (_gate)
            client = _lastClient ?? throw new InvalidOperationException("no client yet");
        _front.SendTo(datagram, client);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] running;
        lock (_gate)
            running = [.. _running];
        await Task.WhenAll(running).ConfigureAwait(false);
        _front.Dispose();
        foreach (var socket in _behind.Values)
            socket.Dispose();
        _stop.Dispose();
    }

    private async Task UpAsync()
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await _front.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token).ConfigureAwait(false);
                var client = (IPEndPoint)received.RemoteEndPoint;
                var datagram = buffer[..received.ReceivedBytes];
                lock (_gate)
                {
                    _lastClient = client;
                    if (!_behind.TryGetValue(client, out var socket))
                    {
                        socket = Behind(client);
                        _behind.Add(client, socket);
                        _clients.Add(client);
                    }

                    if (!Passes(WireDirection.Up, client, datagram))
                        continue;
                    socket.Send(datagram);
                }
            }
            catch (SocketException)
            {
                // An ICMP error about either side.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private Socket Behind(IPEndPoint client)
    {
        if (_oneAddress && _clients.Count > 0)
            return _behind[_clients[0]];

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(_server);
        _running.Add(Task.Run(() => DownAsync(client, socket)));
        return socket;
    }

    private async Task DownAsync(IPEndPoint first, Socket socket)
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, _stop.Token).ConfigureAwait(false);
                var datagram = buffer[..count];
                lock (_gate)
                {
                    var client = _oneAddress ? _lastClient! : first;
                    if (Passes(WireDirection.Down, client, datagram))
                        _front.SendTo(datagram, client);
                }
            }
            catch (SocketException)
            {
                // The server does not listen (any more).
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private bool Passes(WireDirection direction, IPEndPoint client, byte[] datagram)
    {
        _datagrams.Add((direction, datagram.Length));
        Read(direction, client, datagram);
        return Drop?.Invoke(direction, datagram) != true;
    }

    private void Read(WireDirection direction, IPEndPoint client, byte[] datagram)
    {
        for (var at = 0; at + 13 <= datagram.Length;)
        {
            int type = datagram[at];
            var epoch = U16(datagram, at + 3);
            if (type == DtlsWireRecord.WithConnectionId)
            {
                // Where it ends depends on the id's size; nothing behind it is of interest.
                _records.Add(new DtlsWireRecord(direction, type, epoch, -1, []));
                return;
            }

            var length = U16(datagram, at + 11);
            var body = at + 13;
            var end = Math.Min(body + length, datagram.Length);
            var messages = epoch == 0 && type == DtlsWireRecord.Handshake ? ReadMessages(direction, client, datagram, body, end) : [];
            if (epoch == 0 && type == DtlsWireRecord.ChangeCipherSpec && direction == WireDirection.Down)
                Change(client, h => h with { ServerChangedCipher = true });
            _records.Add(new DtlsWireRecord(direction, type, epoch, length, messages));
            at = body + length;
        }
    }

    private List<int> ReadMessages(WireDirection direction, IPEndPoint client, byte[] datagram, int at, int end)
    {
        var types = new List<int>();
        while (at + 12 <= end)
        {
            int type = datagram[at];
            var first = (datagram[at + 6] | datagram[at + 7] | datagram[at + 8]) == 0;
            var fragment = (datagram[at + 9] << 16) | U16(datagram, at + 10);
            var body = at + 12;
            at = body + fragment;
            // A message counts with its first fragment.
            if (!first || at > end)
                continue;

            types.Add(type);
            var content = datagram[body..at];
            if (direction == WireDirection.Up && type == 1)
                ReadClientHello(client, content);
            if (direction == WireDirection.Up)
                Change(client, h => h with { ClientMessages = [.. h.ClientMessages, type] });
            else
                Change(client, h => h with { ServerMessages = [.. h.ServerMessages, type] });
            if (direction == WireDirection.Down && type == 2)
                ReadServerHello(client, content);
        }

        return types;
    }

    private void ReadClientHello(IPEndPoint client, byte[] hello)
    {
        var random = Convert.ToHexString(hello, 2, 32);
        var index = _handshakes.FindIndex(h => h.Random == random);
        if (index < 0)
        {
            index = _handshakes.Count;
            _handshakes.Add(new DtlsWireHandshake(random));
        }

        _current[client] = index;
        var at = 34;
        var id = hello[(at + 1)..(at + 1 + hello[at])];
        at += 1 + hello[at];
        at += 1 + hello[at];
        at += 2 + U16(hello, at);
        at += 1 + hello[at];
        var (extensions, ticket) = Extensions(hello, at);
        _handshakes[index] = _handshakes[index] with { OfferedSessionId = id, ClientExtensions = extensions, OfferedTicketBytes = ticket };
    }

    private void ReadServerHello(IPEndPoint client, byte[] hello)
    {
        var at = 34;
        var id = hello[(at + 1)..(at + 1 + hello[at])];
        at += 1 + hello[at];
        var suite = U16(hello, at);
        var (extensions, _) = Extensions(hello, at + 3);
        Change(client, h => h with { ServerSessionId = id, CipherSuite = suite, ServerExtensions = extensions });
    }

    private static (List<int> Types, int Ticket) Extensions(byte[] hello, int at)
    {
        var types = new List<int>();
        var ticket = -1;
        for (at += 2; at + 4 <= hello.Length; at += 4 + U16(hello, at + 2))
        {
            types.Add(U16(hello, at));
            if (types[^1] == 35)
                ticket = U16(hello, at + 2);
        }

        return (types, ticket);
    }

    private void Change(IPEndPoint client, Func<DtlsWireHandshake, DtlsWireHandshake> change)
    {
        if (_current.TryGetValue(client, out var index))
            _handshakes[index] = change(_handshakes[index]);
    }

    private static int U16(byte[] bytes, int at) => (bytes[at] << 8) | bytes[at + 1];
}
