using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Drives the association with one server over one transport: executes its commands, feeds its inputs, finishes lookups. What to do is the association's to say, not the driver's.</summary>
/// <remarks>All state is under one lock. A lookup writes to the socket on the caller's thread; one loop a socket reads; one timer wakes the association when it asks to be.</remarks>
internal sealed partial class AssociationDriver : IPathFacts, ISessionCache, IDisposable
{
    private const int MaxQueries = 255;
    private const int MaxAttempts = 3;
    private const int RestartPatienceMs = 4000;
    private const int MaxPostponements = 50;
    private const int PostponementMs = 2;

    private readonly DprivResolverOptions _options;
    private readonly ResolverSessions _sessions;
    private readonly ResolverStatistics _statistics;
    private readonly MonotonicClock _clock;
    private readonly bool _datagrams;
    private readonly ServerAssociation _association;
    private readonly TransportPath[] _paths;
    private readonly PendingLookup?[] _pending;
    private readonly Queue<PendingLookup> _queued = new Queue<PendingLookup>();
    private readonly Queue<PathInput> _inputs = new Queue<PathInput>();
    private readonly byte[] _output = new byte[16384];
    private readonly Timer _timer;

    private TaskCompletionSource<bool>? _probe;
    private long _probeMs;
    private int _postponed;
    private bool _draining;
    private bool _disposed;
    private long _totalUp;
    private long _totalDown;

    /// <summary>Makes a driver. Nothing is sent until a lookup comes.</summary>
    /// <exception cref="ArgumentException">The options do not fit the server.</exception>
    public AssociationDriver(DprivServer server, DprivResolverOptions options, ICryptoProvider crypto, ResolverSessions sessions, ResolverStatistics statistics, MonotonicClock clock, Func<IPeerVerifier?> makeVerifier, string sessionKey, bool datagrams)
    {
        _options = options;
        _sessions = sessions;
        _statistics = statistics;
        _clock = clock;
        _datagrams = datagrams;
        var association = new AssociationOptions
        {
            Transport = datagrams ? AssociationTransport.Dodtls : AssociationTransport.Dot,
            SessionKey = sessionKey,
            MaxQueries = Math.Min(options.MaxPipelined, MaxQueries),
            MaxQueryBytes = Math.Min(16384, 1024 + options.Edns.PaddingBlockBytes),
            QueryTimeoutMs = options.QueryTimeoutMs,
            MaxAttempts = MaxAttempts,
            FailFast = true,
            RestartPatienceMs = options.Servers.Count > 1 ? 0 : RestartPatienceMs,
            MaxPaths = options.MaxPaths,
            FastOpen = options.FastOpen && !datagrams && SocketOptions.HasFastOpen,
            MinSilenceMs = options.MinSilenceMs,
            InitialSilenceMs = Math.Max(options.InitialSilenceMs, options.MinSilenceMs),
            SignalBudgetPerHour = options.SignalBudgetPerHour,
            Keepalive = SocketOptions.HasKeepalive,
        };
        var factory = new ConversationFactory(server, options, crypto, makeVerifier, datagrams);
        IAssociationPolicy policy = options.Policy?.Invoke(server) ?? DprivResolverOptions.DefaultPolicy(datagrams);
        _association = new ServerAssociation(association, factory, this, policy, crypto, this);
        _association.SetTimeOfDay(UtcMs(), NowMs());
        _pending = new PendingLookup?[association.MaxQueries];
        var address = new IPEndPoint(server.Address, datagrams ? server.DatagramPort ?? server.Port : server.Port);
        _paths = new TransportPath[2];
        for (int i = 0; i < _paths.Length; i++)
            _paths[i] = datagrams ? new DatagramPath(this, i, address) : new StreamPath(this, i, address, options);

        _timer = new Timer(_ => OnTimer(), null, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>The lock of everything here and in the paths.</summary>
    public object Gate { get; } = new object();

    /// <summary>Where flights are recorded, or null.</summary>
    public FlightRecorder? Recorder => _options.Recorder;

    /// <summary>The monotonic clock of the association, which goes on through sleep.</summary>
    public long NowMs() => _clock.NowMs;

    /// <summary>Submits a lookup; its task completes with the answer or an error number.</summary>
    public void Submit(PendingLookup lookup)
    {
        lock (Gate)
        {
            lookup.Transport = _datagrams ? "dodtls" : "dot";
            lookup.UpAtStart = _totalUp;
            lookup.DownAtStart = _totalDown;
            if (_disposed)
            {
                Finish(lookup, DotError.Cancelled);
                return;
            }

            _queued.Enqueue(lookup);
            Drain();
        }
    }

    /// <summary>Withdraws a lookup.</summary>
    public void Cancel(PendingLookup lookup)
    {
        lock (Gate)
        {
            if (lookup.Slot >= 0 && _pending[lookup.Slot] == lookup)
            {
                _association.Cancel(lookup.Slot, NowMs());
                _pending[lookup.Slot] = null;
            }

            Finish(lookup, DotError.Cancelled);
            Drain();
        }
    }

    /// <summary>Probes the association now.</summary>
    /// <returns>Whether it was answered; null where there is no association, or one that cannot be probed. A probe that is under way is joined.</returns>
    public Task<bool>? Probe()
    {
        lock (Gate)
        {
            if (_disposed)
                return null;
            if (_probe != null)
                return _probe.Task;
            if (!_association.Probe(NowMs()) && _association.State != AssociationState.Probing)
                return null;

            _probe = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _probeMs = NowMs();
            Task<bool> task = _probe.Task;
            Drain();
            return task;
        }
    }

    /// <summary>How the last probe was made, one of <see cref="ProbeKind"/>.</summary>
    public int LastProbeKind
    {
        get
        {
            lock (Gate)
                return _association.LastProbeKind;
        }
    }

    /// <summary>How long the last answered probe took in milliseconds; -1 where it was repeated, or nobody asked for it.</summary>
    public int LastProbeRttMs { get; private set; } = -1;

    /// <summary>Closes the association in an orderly way; the next lookup makes another.</summary>
    public void CloseConnection() => Input(now => _association.Close(now));

    /// <summary>The device's address changed.</summary>
    public void NetworkChanged() => Input(now => _association.NetworkChanged(now));

    /// <summary>The radio is awake for another reason.</summary>
    public void RadioActive() => Input(now => _association.RadioActive(now));

    /// <summary>What the power-save state permits.</summary>
    public void SetPower(int probePermission, int batteryPermille, bool charging, long nextWakeMs) => Input(now => _association.SetPower(probePermission, batteryPermille, charging, nextWakeMs, now));

    /// <summary>The device is about to sleep.</summary>
    public void PrepareSleep(long sleepMs, bool keepsMemory) => Input(now => _association.PrepareSleep(sleepMs, keepsMemory, now));

    /// <summary>The device is awake again.</summary>
    public void Wake() => Input(now =>
    {
        _association.SetTimeOfDay(UtcMs(), now);
        _association.Wake(now);
    });

    /// <summary>Closes the association in an orderly way, for good.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
                return;

            _disposed = true;
            long now = NowMs();
            for (int i = 0; i < _pending.Length; i++)
            {
                if (_pending[i] == null)
                    continue;

                _association.Cancel(i, now);
                Finish(_pending[i]!, DotError.Cancelled);
                _pending[i] = null;
            }

            while (_queued.Count > 0)
                Finish(_queued.Dequeue(), DotError.Cancelled);

            _association.Close(now);
            Drain();
            foreach (TransportPath path in _paths)
                path.Close();

            _association.Clear();
            EndProbe(false);
            _timer.Dispose();
        }
    }

    /// <inheritdoc/>
    bool IPathFacts.IsAcknowledged(int path) => _paths[path].IsAcknowledged;

    /// <inheritdoc/>
    void ISessionCache.Put(string server, TlsSession session) => _sessions.Put(server, session);

    /// <inheritdoc/>
    TlsSession ISessionCache.Take(string server, long utcMs)
    {
        TlsSession? session = _sessions.Take(server, utcMs);
        Recorder?.SetResumption(session != null);
        return session!;
    }

    /// <inheritdoc/>
    TlsSession ISessionCache.Peek(string server, long utcMs) => _sessions.Peek(server, utcMs)!;

    /// <summary>A path can be written to. Under the lock.</summary>
    public void Opened(TransportPath path) => _inputs.Enqueue(new PathInput(path, PathInput.Opened));

    /// <summary>A path's socket ended. Under the lock.</summary>
    public void Ended(TransportPath path, bool reset) => _inputs.Enqueue(new PathInput(path, reset ? PathInput.Reset : PathInput.Fin));

    /// <summary>ICMP came for a path. Under the lock.</summary>
    public void Unreachable(TransportPath path) => _inputs.Enqueue(new PathInput(path, PathInput.Unreachable));

    /// <summary>The kernel heard the server's host. Under the lock.</summary>
    public void Alive(TransportPath path) => _inputs.Enqueue(new PathInput(path, PathInput.Alive));

    /// <summary>Whether the server took the data in a path's SYN. Under the lock.</summary>
    public void FastOpenUsed(TransportPath path, bool used) => _association.PathFastOpenUsed(path.Number, used);

    /// <summary>Counts bytes that came. Under the lock.</summary>
    public void Received(int count)
    {
        _totalDown += count;
        _statistics.Add(ref _statistics.BytesDownCount, count);
        DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "down"));
    }

    /// <summary>Gives bytes of a stream to the association and drains it. Under the lock.</summary>
    /// <returns>How many were taken.</returns>
    public int ReceivedBytes(TransportPath path, byte[] input, int offset, int count)
    {
        int taken = _association.Receive(path.Number, input, offset, count, NowMs());
        Recorder?.Received(taken);
        Drain();
        return taken;
    }

    /// <summary>Gives a datagram to the association and drains it. Under the lock.</summary>
    public void ReceivedDatagram(TransportPath path, byte[] input, int count)
    {
        Received(count);
        Recorder?.BeginDatagram(count);
        _association.Receive(path.Number, input, 0, count, NowMs());
        Drain();
    }

    /// <summary>Moves everything that the association has ready, then sets the timer. Under the lock.</summary>
    public void Drain()
    {
        // An input that comes of writing waits in _inputs for the loop that is at work.
        if (_draining)
            return;

        _draining = true;
        bool again = true;
        while (again)
        {
            again = Execute();
            _association.Advance(NowMs());
            foreach (TransportPath path in _paths)
                again |= Flush(path);

            again |= Report();
            if (_inputs.Count > 0)
            {
                Apply(_inputs.Dequeue());
                again = true;
            }
            else if (_queued.Count > 0 && TryStart(_queued.Peek()))
            {
                _queued.Dequeue();
                again = true;
            }
        }

        _draining = false;
        CountRecoveries();
        SetTimer();
    }

    private static long UtcMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private void Input(Action<long> input)
    {
        lock (Gate)
        {
            if (_disposed)
                return;

            input(NowMs());
            Drain();
        }
    }

    private bool TryStart(PendingLookup lookup)
    {
        if (lookup.Done.Task.IsCompleted)
            return true;

        _association.SetTimeOfDay(UtcMs(), NowMs());
        int slot = _association.Query(lookup.Query, 0, lookup.Query.Length, NowMs());
        if (slot < 0)
            return false;

        lookup.Slot = slot;
        _pending[slot] = lookup;
        return true;
    }

    private bool Execute()
    {
        bool any = false;
        while (true)
        {
            int command = _association.NextCommand();
            if (command == AssociationCommand.None)
                return any;

            any = true;
            TransportPath path = _paths[_association.CommandPath];
            switch (command)
            {
                case AssociationCommand.OpenPath:
                    if (_disposed)
                        return false;

                    bool fastOpen = _association.CommandFastOpen;
                    Note(path, fastOpen ? "open (Fast Open)" : "open");
                    _statistics.Add(ref _statistics.ConnectionsCount, 1);
                    path.Open(fastOpen);
                    break;
                case AssociationCommand.ClosePath:
                    Flush(path);
                    Note(path, "close");
                    path.Close();
                    break;
                case AssociationCommand.MovePath:
                    Note(path, "move");
                    path.Move();
                    break;
                case AssociationCommand.ProbePath:
                    Note(path, "probe");
                    path.Probe();
                    break;
            }
        }
    }

    private bool Flush(TransportPath path)
    {
        if (!path.IsReady)
            return false;

        bool any = false;
        int count;
        while ((count = _association.Transmit(path.Number, _output, 0, _output.Length)) > 0)
        {
            any = true;
            _totalUp += count;
            _statistics.Add(ref _statistics.BytesUpCount, count);
            DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "up"));
            path.Send(_output, count);
            if (_datagrams)
                Recorder?.SentDatagram(count);
        }

        return any;
    }

    private void Apply(PathInput input)
    {
        if (input.Generation != input.Path.Generation)
            return;

        int path = input.Path.Number;
        long now = NowMs();
        switch (input.Kind)
        {
            case PathInput.Opened:
                _association.PathOpened(path, now);
                break;
            case PathInput.Reset:
                _connectError = input.Path.ConnectError;
                Note(input.Path, _connectError == SocketError.Success ? "reset" : "unconnected");
                input.Path.Close();
                _association.PathClosed(path, true, now);
                break;
            case PathInput.Fin:
                Note(input.Path, "fin");
                _association.PathClosed(path, false, now);
                // What the association still had to say, close_notify for example, goes out while that is possible.
                Flush(input.Path);
                input.Path.Close();
                break;
            case PathInput.Unreachable:
                Note(input.Path, "unreachable");
                Recorder?.TransportEvent(false, "ICMP unreachable");
                _association.PathUnreachable(path, now);
                break;
            case PathInput.Alive:
                Note(input.Path, "alive");
                _association.PathAlive(path, now);
                break;
        }
    }

    private void SetTimer()
    {
        if (_disposed)
            return;

        long due = _association.WakeDueMs;
        _timer.Change(due == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Min(Math.Max(0, due - NowMs()), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (Gate)
        {
            if (_disposed)
                return;

            // What came already is read before silence is judged: a busy machine is no silent server.
            if (_postponed < MaxPostponements && (_paths[0].HasInput || _paths[1].HasInput))
            {
                _postponed++;
                _timer.Change(PostponementMs, Timeout.Infinite);
                return;
            }

            _postponed = 0;
            _association.HandleTimeout(NowMs());
            Drain();
        }
    }

    private readonly struct PathInput
    {
        public const int Opened = 0;
        public const int Reset = 1;
        public const int Fin = 2;
        public const int Unreachable = 3;
        public const int Alive = 4;

        public PathInput(TransportPath path, int kind)
        {
            Path = path;
            Kind = kind;
            Generation = path.Generation;
        }

        public TransportPath Path { get; }

        public int Kind { get; }

        public int Generation { get; }
    }
}
