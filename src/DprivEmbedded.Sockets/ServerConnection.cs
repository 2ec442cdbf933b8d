using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Drives the core's <see cref="DotSession"/> with one server over sockets, one connection after another.</summary>
/// <remarks>All state is under one lock. A lookup writes to the socket on the caller's thread; one loop a connection reads; one timer wakes the core when it asks to be.</remarks>
internal sealed partial class ServerConnection : IServerConnection
{
    private readonly object _gate = new object();
    private readonly DprivServer _server;
    private readonly DprivResolverOptions _options;
    private readonly ResolverSessions _sessions;
    private readonly ResolverStatistics _statistics;
    private readonly string _sessionKey;
    private readonly DotSession _dot;
    private readonly PendingLookup?[] _pending;
    private readonly Queue<PendingLookup> _queued = new Queue<PendingLookup>();
    private readonly byte[] _output = new byte[4096];
    private readonly Timer _timer;

    private Socket? _socket;
    private bool _connecting;
    private bool _connected;
    private bool _fastOpen;
    private bool _fastOpenChecked;
    private bool _fastOpenUsed;
    private bool _offeredSession;
    private bool _withoutSession;
    private bool _sentFirst;
    private bool _disposed;
    private long _totalUp;
    private long _totalDown;

    public ServerConnection(DprivServer server, DprivResolverOptions options, ICryptoProvider crypto, ResolverSessions sessions, ResolverStatistics statistics, IPeerVerifier? verifier, string sessionKey)
    {
        _server = server;
        _options = options;
        _sessions = sessions;
        _statistics = statistics;
        _sessionKey = sessionKey;
        var tls = new TlsClientOptions
        {
            MinVersion = options.MinVersion,
            MaxVersion = options.MaxVersion,
            ServerName = ServerNameOf(server),
            Verifier = verifier,
            Opportunistic = options.Profile == DprivProfile.Opportunistic,
            PskIdentity = server.PskIdentity,
            Psk = server.Psk,
            ApplicationProtocol = options.ApplicationProtocol,
            PskKe = options.PskKe,
            PskDheKe = options.PskDheKe,
            EarlyData = options.EarlyData,
            FalseStart = options.FalseStart,
            CompatibilityMode = options.CompatibilityMode,
            HandshakeTimeoutMs = options.HandshakeTimeoutMs,
            KeyLog = options.KeyLog,
            Observer = options.Recorder,
        };
        if (options.CipherSuites != null)
            tls.CipherSuites = options.CipherSuites;
        if (options.Groups != null)
            tls.Groups = options.Groups;

        var dot = new DotSessionOptions
        {
            MaxQueries = options.MaxPipelined,
            IdleTimeoutMs = options.IdleTimeoutMs,
            SilenceTimeoutMs = options.SilenceTimeoutMs,
            QueryTimeoutMs = options.QueryTimeoutMs,
        };
        _dot = new DotSession(dot, new TlsClient(tls, crypto, new byte[options.ReceiveBufferBytes], new byte[16384]), crypto, new byte[options.AnswerBufferBytes]);
        _pending = new PendingLookup?[options.MaxPipelined];
        _timer = new Timer(_ => OnTimer(), null, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Submits a lookup; its task completes with the answer or an error number.</summary>
    public void Submit(PendingLookup lookup)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                Finish(lookup, DotError.Cancelled);
                return;
            }

            if (!TryStart(lookup))
                _queued.Enqueue(lookup);

            Drain();
        }
    }

    /// <summary>Withdraws a lookup.</summary>
    public void Cancel(PendingLookup lookup)
    {
        lock (_gate)
        {
            if (lookup.Slot >= 0 && _pending[lookup.Slot] == lookup)
            {
                _dot.Cancel(lookup.Slot);
                _pending[lookup.Slot] = null;
            }

            Finish(lookup, DotError.Cancelled);
            Drain();
        }
    }

    /// <summary>Closes the present connection in an orderly way; the next lookup makes another.</summary>
    public void CloseConnection()
    {
        lock (_gate)
        {
            _dot.Close();
            Drain();
        }
    }

    /// <inheritdoc/>
    public void NetworkChanged() => CloseConnection();

    /// <summary>Closes the connection in an orderly way, for good.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _disposed = true;
            _dot.Close();
            Drain();
            CloseSocket();
            for (int i = 0; i < _pending.Length; i++)
            {
                if (_pending[i] != null)
                    Finish(_pending[i]!, DotError.Cancelled);

                _pending[i] = null;
            }

            while (_queued.Count > 0)
                Finish(_queued.Dequeue(), DotError.Cancelled);

            _dot.Clear();
            _timer.Dispose();
        }
    }

    internal static string? ServerNameOf(DprivServer server)
    {
        string? name = server.AuthenticationName?.TrimEnd('.');
        return name == null || name.Length == 0 || System.Net.IPAddress.TryParse(name, out _) ? null : name;
    }

    private static long NowMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    private static long UtcMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private bool TryStart(PendingLookup lookup)
    {
        if (lookup.Done.Task.IsCompleted)
            return true;

        lookup.UpAtStart = _totalUp;
        lookup.DownAtStart = _totalDown;
        int slot = _dot.Query(lookup.Query, 0, lookup.Query.Length, NowMs());
        if (slot < 0)
            return false;

        lookup.Slot = slot;
        _pending[slot] = lookup;
        return true;
    }

    /// <summary>Moves everything that the core has ready: bytes to the socket, events to lookups; then sets the timer.</summary>
    private void Drain()
    {
        bool sessions = false;
        while (true)
        {
            Flush();
            int happened = _dot.NextEvent();
            if (happened == DotEvent.None)
            {
                while (_queued.Count > 0 && TryStart(_queued.Peek()))
                    _queued.Dequeue();

                if (Flush())
                    continue;

                break;
            }

            switch (happened)
            {
                case DotEvent.Connected:
                    OnConnected();
                    break;
                case DotEvent.Session:
                    TlsSession? session = _dot.TakeSession();
                    if (session != null)
                        _sessions.Put(_sessionKey, session);

                    sessions = true;
                    break;
                case DotEvent.Answer:
                    OnAnswer();
                    break;
                case DotEvent.QueryFailed:
                    OnQueryFailed();
                    break;
                case DotEvent.Closed:
                    OnClosed();
                    break;
            }
        }

        if (sessions)
            _sessions.Save(UtcMs());
        if (_dot.NeedsConnection && !_connecting && !_disposed)
        {
            _connecting = true;
            _ = Task.Run(ConnectAsync);
        }

        SetTimer();
    }

    private void OnConnected()
    {
        _connected = true;
        // A server that refused one session has forgotten the others of its time, too.
        if (_offeredSession && !_dot.Tls.IsResumed)
            _sessions.Remove(_sessionKey);

        _withoutSession = false;
        string kind = !_dot.Tls.IsResumed ? "full" : _dot.EarlyQueries > 0 ? "early" : "resumed";
        if (_dot.Tls.IsResumed)
            _statistics.Add(ref _statistics.ResumedHandshakesCount, 1);
        else
            _statistics.Add(ref _statistics.FullHandshakesCount, 1);
        if (_dot.EarlyQueries > 0)
            _statistics.Add(ref _statistics.EarlyDataAcceptedCount, 1);

        DprivDiagnostics.Handshakes.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("version", ProtocolVersion.Name(_dot.Tls.Version)));
    }

    private void OnAnswer()
    {
        PendingLookup? lookup = _pending[_dot.EventQuery];
        _pending[_dot.EventQuery] = null;
        if (lookup == null)
            return;

        lookup.Answer = new byte[_dot.AnswerCount];
        Buffer.BlockCopy(_dot.AnswerBuffer, _dot.AnswerOffset, lookup.Answer, 0, _dot.AnswerCount);
        lookup.Version = _dot.Tls.Version;
        lookup.Suite = _dot.Tls.Suite;
        lookup.Authenticated = _dot.Tls.IsAuthenticated;
        lookup.AuthenticationError = _dot.Tls.AuthenticationError;
        lookup.Attempts = _dot.EventAttempts;
        lookup.UsedFastOpen = _fastOpenUsed;
        lookup.RoundTrips = _dot.EventRoundTrips + _dot.EventTransports - (_dot.EventTransports > 0 && _fastOpenUsed ? 1 : 0);
        if (_dot.EventWaitedForHandshake)
            lookup.Handshake = !_dot.Tls.IsResumed ? DprivHandshake.Full : _dot.EventWasEarly ? DprivHandshake.Early : DprivHandshake.Resumed;
        if (lookup.Attempts > 1)
        {
            _statistics.Add(ref _statistics.RetriesCount, lookup.Attempts - 1);
            DprivDiagnostics.Retries.Add(lookup.Attempts - 1);
        }

        Finish(lookup, TlsError.None);
    }

    private void OnQueryFailed()
    {
        PendingLookup? lookup = _pending[_dot.EventQuery];
        _pending[_dot.EventQuery] = null;
        if (lookup != null)
            Finish(lookup, _dot.EventError);
    }

    private void Finish(PendingLookup lookup, int error)
    {
        lookup.Error = error;
        lookup.Unheard = error == TlsError.HandshakeTimeout && _dot.BytesDown == 0;
        lookup.SocketError = error == TlsError.ConnectFailed ? _connectError : SocketError.Success;
        lookup.Slot = -1;
        lookup.BytesUp = _totalUp - lookup.UpAtStart;
        lookup.BytesDown = _totalDown - lookup.DownAtStart;
        lookup.Done.TrySetResult(error == TlsError.None);
    }

    private void OnClosed()
    {
        Flush();
        if (_dot.CloseReason == DotCloseReason.Failed)
        {
            DprivDiagnostics.HandshakeFailures.Add(1, new KeyValuePair<string, object?>("error", _dot.Error));
            bool inHandshake = !_connected;
            // A server that stumbles over a session gets one more chance without it, before the lookup fails.
            if (inHandshake && _fastOpenError != SocketError.Success)
            {
                _connectError = _fastOpenError;
                _dot.FailWaiting(TlsError.ConnectFailed);
            }
            else if (inHandshake && _offeredSession && !_withoutSession)
                _withoutSession = true;
            else if (inHandshake)
            {
                _withoutSession = false;
                _dot.FailWaiting(_dot.Error);
            }
        }

        CloseSocket();
    }

    private void SetTimer()
    {
        if (_disposed)
            return;

        long due = _dot.WakeDueMs;
        long wait = due == long.MaxValue ? Timeout.Infinite : Math.Max(0, due - NowMs());
        _timer.Change(wait == Timeout.Infinite ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Min(wait, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _dot.HandleTimeout(NowMs());
            Drain();
        }
    }
}
