using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Harness;

/// <summary>A <see cref="DotServer"/> on real sockets: accepts on one or more addresses, serves many connections at once. All calls to the server are serialised by one lock.</summary>
public sealed class DotServerHost : IAsyncDisposable
{
    private const int TcpProtocol = 6;
    private const int TcpFastOpenOption = 23;
    private const int FastOpenQueue = 64;
    private const int Backlog = 128;
    private const int PortTries = 20;
    private const int MaxConnections = 1000;
    private const int LingerMs = 2000;
    private const int GoodbyeMs = 300;

    private readonly Lock _gate = new();
    private readonly DotServer _server;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _acceptLoops = [];
    private readonly HashSet<Task> _connections = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    private DotServerHost(DotServer server)
    {
        _server = server;
        server.Post = action => Change(_ => action(_clock.ElapsedMilliseconds));
    }

    /// <summary>The port of the first address.</summary>
    public int Port { get; private set; }

    /// <summary>The addresses that are listened on.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    /// <summary>Whether the system took the TCP Fast Open option for all addresses.</summary>
    public bool FastOpen { get; private set; }

    /// <summary>What the server has seen so far.</summary>
    public DotServerCounters Counters
    {
        get
        {
            lock (_gate)
                return _server.Counters.Snapshot();
        }
    }

    /// <summary>Starts on the loopback addresses of IPv4 and, where the system has it, IPv6, on one free port.</summary>
    /// <param name="server">The server; used by the host alone from now on (see <see cref="Change"/>).</param>
    /// <returns>The running host.</returns>
    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public static DotServerHost StartOnLoopback(DotServer server)
    {
        List<IPEndPoint> endPoints = [new(IPAddress.Loopback, 0)];
        if (Socket.OSSupportsIPv6)
            endPoints.Add(new IPEndPoint(IPAddress.IPv6Loopback, 0));

        // The port that one address has free may be taken on the other.
        for (int i = 1; ; i++)
        {
            try
            {
                return Start(server, endPoints);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && i < PortTries)
            {
            }
        }
    }

    /// <summary>Starts on given addresses.</summary>
    /// <param name="server">The server; used by the host alone from now on (see <see cref="Change"/>).</param>
    /// <param name="endPoints">The addresses. A port of 0 is any free one for the first, and the first's for the others.</param>
    /// <param name="fastOpen">Whether data in the SYN is accepted (RFC 7413), where the system can; <see cref="FastOpen"/> tells.</param>
    /// <returns>The running host.</returns>
    /// <exception cref="SocketException">An address cannot be listened on.</exception>
    public static DotServerHost Start(DotServer server, IReadOnlyList<IPEndPoint> endPoints, bool fastOpen = false)
    {
        DotServerHost host = new(server);
        try
        {
            host.Listen(endPoints, fastOpen);
        }
        catch
        {
            foreach (Socket listener in host._listeners)
                listener.Dispose();

            throw;
        }

        foreach (Socket listener in host._listeners)
            host._acceptLoops.Add(host.AcceptLoop(listener));

        return host;
    }

    /// <summary>Changes the server, or looks at it, while no connection is being served; then every connection is looked at.</summary>
    /// <param name="change">What to do: set options, <see cref="DotServer.LoseState"/>, send tickets, and so on.</param>
    public void Change(Action<DotServer> change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change(_server);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Makes the server crash and start again, see <see cref="DotServer.LoseState"/>.</summary>
    /// <param name="manner">What the old connections' clients see.</param>
    public void LoseState(CloseManner manner = CloseManner.Forget)
    {
        Change(server => server.LoseState(manner));
    }

    /// <summary>Stops listening, ends all connections with close_notify and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;

        _disposed = true;
        foreach (Socket listener in _listeners)
            listener.Dispose();

        await Task.WhenAll(_acceptLoops).ConfigureAwait(false);
        Change(server =>
        {
            foreach (DotConnection connection in new List<DotConnection>(server.Connections))
                connection.End(CloseManner.Notify);
        });
        Task[] connections;
        lock (_gate)
            connections = [.. _connections];

        Task all = Task.WhenAll(connections);
        await Task.WhenAny(all, Task.Delay(GoodbyeMs)).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await all.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Listen(IReadOnlyList<IPEndPoint> endPoints, bool fastOpen)
    {
        List<IPEndPoint> bound = [];
        FastOpen = fastOpen;
        foreach (IPEndPoint endPoint in endPoints)
        {
            Socket listener = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listeners.Add(listener);
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                listener.DualMode = false;

            listener.Bind(endPoint.Port == 0 && bound.Count > 0 ? new IPEndPoint(endPoint.Address, bound[0].Port) : endPoint);
            if (FastOpen)
                FastOpen = TrySetFastOpen(listener);

            listener.Listen(Backlog);
            bound.Add((IPEndPoint)listener.LocalEndPoint!);
        }

        EndPoints = bound;
        Port = bound[0].Port;
    }

    private static bool TrySetFastOpen(Socket listener)
    {
        if (!OperatingSystem.IsLinux())
            return false;

        try
        {
            listener.SetRawSocketOption(TcpProtocol, TcpFastOpenOption, BitConverter.GetBytes(FastOpenQueue));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task AcceptLoop(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                if (_disposed)
                    return;

                // A client that gave up before it was accepted, or no file descriptor free.
                await Task.Delay(10).ConfigureAwait(false);
                continue;
            }

            lock (_gate)
            {
                DotConnection? connection = _connections.Count < MaxConnections ? _server.Accept(_clock.ElapsedMilliseconds) : null;
                if (connection == null)
                {
                    Reset(socket);
                    continue;
                }

                Task task = Serve(socket, connection);
                _connections.Add(task);
                task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task task)
    {
        lock (_gate)
            _connections.Remove(task);
    }

    private async Task Serve(Socket socket, DotConnection connection)
    {
        // The caller holds the lock; the work must not begin in it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                await ServeUntilEnd(socket, connection).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                lock (_gate)
                    connection.TransportClosed(true);
            }
        }
    }

    private async Task ServeUntilEnd(Socket socket, DotConnection connection)
    {
        byte[] input = new byte[16384];
        byte[] output = new byte[16384];
        Task<int> receive = socket.ReceiveAsync(input, SocketFlags.None, _stop.Token).AsTask();
        while (true)
        {
            long wakeMs;
            Task changed;
            TransportEnd end;
            while (true)
            {
                int count;
                lock (_gate)
                {
                    count = connection.Transmit(output, 0, output.Length);
                    end = connection.Closed;
                    wakeMs = connection.NextWakeMs;
                    changed = _changed.Task;
                }

                if (count == 0)
                    break;

                for (int sent = 0; sent < count;)
                    sent += await socket.SendAsync(output.AsMemory(sent, count - sent), SocketFlags.None, _stop.Token).ConfigureAwait(false);
            }

            if (end == TransportEnd.Reset)
            {
                Reset(socket);
                return;
            }

            if (end == TransportEnd.Fin)
            {
                await EndInOrder(socket, receive, input).ConfigureAwait(false);
                return;
            }

            await WaitAsync(receive, changed, wakeMs).ConfigureAwait(false);
            // Asked once: what arrives after this is for the next turn.
            bool arrived = receive.IsCompleted;
            lock (_gate)
            {
                long nowMs = _clock.ElapsedMilliseconds;
                if (arrived)
                {
                    int received = receive.GetAwaiter().GetResult();
                    if (received == 0)
                        connection.TransportClosed(false);
                    else
                        connection.Receive(input, 0, received, nowMs);
                }

                connection.HandleTimeout(nowMs);
            }

            if (arrived && connection.Closed == TransportEnd.Open)
                receive = socket.ReceiveAsync(input, SocketFlags.None, _stop.Token).AsTask();
        }
    }

    private async Task WaitAsync(Task receive, Task changed, long wakeMs)
    {
        long waitMs = Math.Clamp(wakeMs - _clock.ElapsedMilliseconds, 0, int.MaxValue);
        if (waitMs == int.MaxValue)
        {
            await Task.WhenAny(receive, changed).ConfigureAwait(false);
            return;
        }

        using CancellationTokenSource done = new();
        await Task.WhenAny(receive, changed, Task.Delay((int)waitMs, done.Token)).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a FIN and reads what the client still sends, so that no RST overtakes what was transmitted.</summary>
    private async Task EndInOrder(Socket socket, Task<int> receive, byte[] input)
    {
        socket.Shutdown(SocketShutdown.Send);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(LingerMs);
        if (!receive.IsCompleted)
            await Task.WhenAny(receive, Task.Delay(LingerMs, limit.Token)).ConfigureAwait(false);

        if (!receive.IsCompletedSuccessfully)
            return;

        int count = await receive.ConfigureAwait(false);
        while (count > 0)
            count = await socket.ReceiveAsync(input, SocketFlags.None, limit.Token).ConfigureAwait(false);
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
