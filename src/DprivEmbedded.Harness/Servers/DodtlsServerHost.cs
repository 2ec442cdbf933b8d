using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Harness;

/// <summary>A <see cref="DodtlsServer"/> on real sockets, on one or more addresses. All calls to the server are serialised by one lock.</summary>
public sealed class DodtlsServerHost : IAsyncDisposable
{
    private const int SendBufferBytes = 65536;

    private readonly Lock _gate = new();
    private readonly DodtlsServer _server;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _loops = [];
    private readonly byte[] _output = new byte[SendBufferBytes];
    private readonly Timer _timer;
    private bool _disposed;

    private DodtlsServerHost(DodtlsServer server)
    {
        _server = server;
        _timer = new Timer(_ => Wake(), null, Timeout.Infinite, Timeout.Infinite);
        server.Post = action => Change(_ => action(_clock.ElapsedMilliseconds));
    }

    /// <summary>The port of the first address.</summary>
    public int Port { get; private set; }

    /// <summary>The addresses that are listened on.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>What the server has seen so far.</summary>
    public DodtlsServerCounters Counters
    {
        get
        {
            lock (_gate)
                return _server.Counters.Snapshot();
        }
    }

    /// <summary>What its DTLS side has seen so far.</summary>
    public DtlsServerCounters DtlsCounters
    {
        get
        {
            lock (_gate)
                return _server.Socket.Counters.Snapshot();
        }
    }

    /// <summary>Starts on the loopback addresses of IPv4 and, where the system has it, IPv6, on one free port.</summary>
    /// <param name="server">The server; used by the host alone from now on (see <see cref="Change"/>).</param>
    /// <returns>The running host.</returns>
    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public static DodtlsServerHost StartOnLoopback(DodtlsServer server)
    {
        List<IPEndPoint> endPoints = [new(IPAddress.Loopback, 0)];
        if (Socket.OSSupportsIPv6)
            endPoints.Add(new IPEndPoint(IPAddress.IPv6Loopback, 0));

        return Start(server, endPoints);
    }

    /// <summary>Starts on given addresses.</summary>
    /// <param name="server">The server; used by the host alone from now on (see <see cref="Change"/>).</param>
    /// <param name="endPoints">The addresses. A port of 0 is any free one for the first, and the first's for the others. A wildcard address answers from whatever address the
    /// system chooses, so name the addresses on a host that has several.</param>
    /// <returns>The running host.</returns>
    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public static DodtlsServerHost Start(DodtlsServer server, IReadOnlyList<IPEndPoint> endPoints)
    {
        DodtlsServerHost host = new(server);
        try
        {
            host.Bind(endPoints);
        }
        catch
        {
            foreach (Socket socket in host._sockets)
                socket.Dispose();

            host._timer.Dispose();
            throw;
        }

        for (int i = 0; i < host._sockets.Count; i++)
            host._loops.Add(host.ReceiveLoop(i));

        return host;
    }

    /// <summary>Changes the server, or looks at it, while no datagram is taken; then what it has to send is sent.</summary>
    /// <param name="change">What to do: set options, <see cref="DodtlsServer.LoseState"/>, send heartbeats, and so on.</param>
    public void Change(Action<DodtlsServer> change)
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _server.HandleTimeout(_clock.ElapsedMilliseconds);
            change(_server);
            Drain();
        }
    }

    /// <summary>Makes the server crash and start again, see <see cref="DodtlsServer.LoseState"/>.</summary>
    public void LoseState()
    {
        Change(server => server.LoseState());
    }

    /// <summary>Ends all associations with close_notify and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;

        Change(server =>
        {
            foreach (DtlsServer association in new List<DtlsServer>(server.Socket.Associations))
                association.Close();
        });
        lock (_gate)
            _disposed = true;

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        foreach (Socket socket in _sockets)
            socket.Dispose();

        _stop.Dispose();
    }

    private void Bind(IReadOnlyList<IPEndPoint> endPoints)
    {
        List<IPEndPoint> bound = [];
        foreach (IPEndPoint endPoint in endPoints)
        {
            Socket socket = new(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            _sockets.Add(socket);
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;

            socket.Bind(endPoint.Port == 0 && bound.Count > 0 ? new IPEndPoint(endPoint.Address, bound[0].Port) : endPoint);
            bound.Add((IPEndPoint)socket.LocalEndPoint!);
        }

        EndPoints = bound;
        Port = bound[0].Port;
    }

    private async Task ReceiveLoop(int index)
    {
        Socket socket = _sockets[index];
        byte[] input = new byte[65536];
        IPEndPoint any = new(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (true)
        {
            try
            {
                SocketReceiveFromResult result = await socket.ReceiveFromAsync(input, SocketFlags.None, any, _stop.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    if (_disposed)
                        return;

                    long nowMs = _clock.ElapsedMilliseconds;
                    _server.Receive(new UdpPeer(index, (IPEndPoint)result.RemoteEndPoint), input, 0, result.ReceivedBytes, nowMs);
                    Drain();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // An ICMP error about a client that has gone; its datagrams are simply lost.
            }
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _server.HandleTimeout(_clock.ElapsedMilliseconds);
            Drain();
        }
    }

    /// <summary>Sends what is ready and sets the timer; the caller holds the lock.</summary>
    private void Drain()
    {
        int count;
        while ((count = _server.Transmit(_output, 0, _output.Length, out object? address)) > 0)
        {
            UdpPeer peer = (UdpPeer)address!;
            try
            {
                _sockets[peer.Socket].SendTo(_output, 0, count, SocketFlags.None, peer.EndPoint);
            }
            catch (SocketException)
            {
                // Not sent is lost.
            }
        }

        long wakeMs = _server.NextWakeMs;
        long waitMs = wakeMs == long.MaxValue ? Timeout.Infinite : Math.Clamp(wakeMs - _clock.ElapsedMilliseconds, 0, int.MaxValue);
        _timer.Change(waitMs, Timeout.Infinite);
    }
}
