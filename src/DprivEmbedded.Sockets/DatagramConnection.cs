using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Drives the core's <see cref="DodSession"/> with one server over UDP.</summary>
/// <remarks>
/// There are at most two associations: the one in use and, when that is suspect, a resumption beside it on a socket of its own (RFC 8094 section 6). Whichever answers
/// first goes on; a forged alert costs a resumption, never the association. All state is under one lock.
/// </remarks>
internal sealed partial class DatagramConnection : IServerConnection
{
    // Forged alerts cause one resumption in this time at most.
    private const int RecoveryIntervalMs = 1000;
    private const int FalseStartRepeats = 2;
    private const int FalseStartMs = 1000;

    private readonly object _gate = new object();
    private readonly DprivServer _server;
    private readonly DprivResolverOptions _options;
    private readonly ICryptoProvider _crypto;
    private readonly ResolverSessions _sessions;
    private readonly ResolverStatistics _statistics;
    private readonly Func<IPeerVerifier?> _makeVerifier;
    private readonly string _sessionKey;
    private readonly Queue<PendingLookup> _queued = new Queue<PendingLookup>();
    private readonly byte[] _output = new byte[16384];
    private readonly Timer _timer;

    private DatagramLeg _main;
    private DatagramLeg? _recovery;
    private TaskCompletionSource<bool>? _probe;
    private int _lastRttMs;
    private long _noRecoveryBeforeMs;
    private bool _noFalseStart;
    private bool _disposed;
    private long _totalUp;
    private long _totalDown;

    public DatagramConnection(DprivServer server, DprivResolverOptions options, ICryptoProvider crypto, ResolverSessions sessions, ResolverStatistics statistics, Func<IPeerVerifier?> makeVerifier, string sessionKey)
    {
        _server = server;
        _options = options;
        _crypto = crypto;
        _sessions = sessions;
        _statistics = statistics;
        _makeVerifier = makeVerifier;
        _sessionKey = sessionKey;
        _main = MakeLeg();
        _timer = new Timer(_ => OnTimer(), null, Timeout.Infinite, Timeout.Infinite);
    }

    /// <inheritdoc/>
    public void Submit(PendingLookup lookup)
    {
        lock (_gate)
        {
            lookup.UpAtStart = _totalUp;
            lookup.DownAtStart = _totalDown;
            if (_disposed)
            {
                Finish(lookup, DotError.Cancelled);
                return;
            }

            if (!TryStart(_main, lookup))
                _queued.Enqueue(lookup);
            else if (_recovery != null)
                TryStart(_recovery, lookup);
            else if (_main.Dod.IsSuspect)
                StartRecovery();

            Drain();
        }
    }

    /// <inheritdoc/>
    public void Cancel(PendingLookup lookup)
    {
        lock (_gate)
        {
            Finish(lookup, DotError.Cancelled);
            Drain();
        }
    }

    /// <inheritdoc/>
    public void CloseConnection()
    {
        lock (_gate)
        {
            _main.Dod.Close();
            DropRecovery();
            Drain();
        }
    }

    /// <summary>Sends a heartbeat.</summary>
    /// <returns>Whether it was answered; null where there is no association or the server answers none.</returns>
    public Task<bool>? Probe()
    {
        lock (_gate)
        {
            if (_disposed || !_main.Dod.IsOpen)
                return null;
            if (_probe != null)
                return _probe.Task;
            if (!_main.Dod.SendHeartbeat(NowMs()))
                return null;

            _probe = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<bool> task = _probe.Task;
            Drain();
            return task;
        }
    }

    /// <summary>The round trip time of the last heartbeat in milliseconds; -1 where unknown.</summary>
    public int HeartbeatRttMs
    {
        get
        {
            lock (_gate)
                return _main.Dod.Dtls.HeartbeatRttMs;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _main.Dod.Close();
            DropRecovery();
            Drain();
            _disposed = true;
            CloseSocket(_main);
            foreach (PendingLookup? lookup in _main.Pending)
            {
                if (lookup != null)
                    Finish(lookup, DotError.Cancelled);
            }

            while (_queued.Count > 0)
                Finish(_queued.Dequeue(), DotError.Cancelled);

            _main.Dod.Clear();
            EndProbe(false);
            _timer.Dispose();
        }
    }

    private static long NowMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    private static long UtcMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private DatagramLeg MakeLeg()
    {
        var dtls = new DtlsClientOptions
        {
            ServerName = ServerConnection.ServerNameOf(_server),
            Verifier = _makeVerifier(),
            Opportunistic = _options.Profile == DprivProfile.Opportunistic,
            PskIdentity = _server.PskIdentity,
            Psk = _server.Psk,
            ApplicationProtocol = null, // RFC 8094 has no ALPN
            FalseStart = _options.FalseStart && !_noFalseStart,
            HandshakeTimeoutMs = _options.DatagramHandshakeTimeoutMs,
            InitialRetransmitMs = _options.DatagramRetransmitMs,
            KnownRttMs = _lastRttMs,
            ConnectionId = _options.ConnectionId,
            Heartbeat = _options.Heartbeat,
            KeyLog = _options.KeyLog,
            Observer = _options.Recorder,
        };
        if (_options.CipherSuites != null)
            dtls.CipherSuites = _options.CipherSuites;
        if (_options.Groups != null)
            dtls.Groups = _options.Groups;

        var dod = new DodSessionOptions
        {
            MaxQueries = _options.MaxPipelined,
            LengthPrefix = _server.LengthPrefix,
            QueryTimeoutMs = _options.QueryTimeoutMs,
        };
        var client = new DtlsClient(dtls, _crypto, new byte[8192], new byte[4096], new byte[16384]);
        return new DatagramLeg(new DodSession(dod, client, _crypto), dtls, _options.MaxPipelined);
    }

    private static bool TryStart(DatagramLeg leg, PendingLookup lookup)
    {
        if (lookup.Done.Task.IsCompleted)
            return true;

        int slot = leg.Dod.Query(lookup.Query, 0, lookup.Query.Length, NowMs());
        if (slot < 0)
            return false;

        leg.Pending[slot] = lookup;
        return true;
    }

    private void Finish(PendingLookup lookup, int error)
    {
        Withdraw(_main, lookup);
        if (_recovery != null)
            Withdraw(_recovery, lookup);

        lookup.Error = error;
        lookup.BytesUp = _totalUp - lookup.UpAtStart;
        lookup.BytesDown = _totalDown - lookup.DownAtStart;
        lookup.Done.TrySetResult(error == TlsError.None);
    }

    private static void Withdraw(DatagramLeg leg, PendingLookup lookup)
    {
        for (int i = 0; i < leg.Pending.Length; i++)
        {
            if (leg.Pending[i] != lookup)
                continue;

            leg.Pending[i] = null;
            leg.Dod.Cancel(i);
        }
    }

    /// <summary>Moves everything that the core has ready, then sets the timer.</summary>
    private void Drain()
    {
        bool again = true;
        while (again)
        {
            again = DrainLeg(_main);
            if (_recovery != null)
                again |= DrainLeg(_recovery);

            while (_queued.Count > 0 && TryStart(_main, _queued.Peek()))
            {
                _queued.Dequeue();
                again = true;
            }

            if (_main.Dod.NeedsConnection && !_disposed)
                again |= OpenLeg(_main);
        }

        SetTimer();
    }

    private bool DrainLeg(DatagramLeg leg)
    {
        bool any = false;
        while (true)
        {
            int happened = leg.Dod.NextEvent();
            if (happened == DodEvent.None)
                break;

            any = true;
            switch (happened)
            {
                case DodEvent.Connected:
                    OnConnected(leg);
                    break;
                case DodEvent.Session:
                    TlsSession? session = leg.Dod.TakeSession();
                    if (session != null)
                        _sessions.Put(_sessionKey, session);

                    _sessions.Save(UtcMs());
                    break;
                case DodEvent.Answer:
                    OnAnswer(leg);
                    break;
                case DodEvent.QueryFailed:
                    OnQueryFailed(leg);
                    break;
                case DodEvent.Suspect:
                    // Without a lookup under way there is nothing to recover yet: forged alerts cost nothing then.
                    if (leg == _main && HasLookups(leg))
                        StartRecovery();

                    break;
                case DodEvent.HeartbeatAnswered:
                    EndProbe(true);
                    DropRecovery();
                    break;
                case DodEvent.Closed:
                    OnClosed(leg);
                    break;
            }
        }

        return Flush(leg) || any;
    }

    private void OnConnected(DatagramLeg leg)
    {
        leg.Connected = true;
        leg.WithoutSession = false;
        if (leg.Dod.Dtls.RttMs > 0)
            _lastRttMs = leg.Dod.Dtls.RttMs;

        bool resumed = leg.Dod.Dtls.IsResumed;
        if (leg.OfferedSession && !resumed)
            _sessions.Remove(_sessionKey);
        if (resumed)
            _statistics.Add(ref _statistics.ResumedHandshakesCount, 1);
        else
            _statistics.Add(ref _statistics.FullHandshakesCount, 1);

        DprivDiagnostics.Handshakes.Add(1, new KeyValuePair<string, object?>("kind", resumed ? "resumed" : "full"), new KeyValuePair<string, object?>("version", "DTLS 1.2"));
        if (leg == _recovery)
            TakeRecovery();
    }

    private void OnAnswer(DatagramLeg leg)
    {
        PendingLookup? lookup = leg.Pending[leg.Dod.EventQuery];
        leg.Pending[leg.Dod.EventQuery] = null;
        if (leg == _main)
            DropRecovery();
        if (lookup == null)
            return;

        DodSession dod = leg.Dod;
        lookup.Answer = new byte[dod.AnswerCount];
        Buffer.BlockCopy(dod.AnswerBuffer, dod.AnswerOffset, lookup.Answer, 0, dod.AnswerCount);
        lookup.Transport = "dodtls";
        lookup.Version = dod.Dtls.Version;
        lookup.Suite = dod.Dtls.Suite;
        lookup.Authenticated = dod.Dtls.IsAuthenticated;
        lookup.AuthenticationError = dod.Dtls.AuthenticationError;
        lookup.Attempts = dod.EventAttempts;
        lookup.RoundTrips = dod.EventRoundTrips;
        lookup.Truncated = dod.EventTruncated;
        if (dod.EventWaitedForHandshake)
            lookup.Handshake = dod.Dtls.IsResumed ? DprivHandshake.Resumed : DprivHandshake.Full;
        if (lookup.Attempts > 1)
        {
            _statistics.Add(ref _statistics.RetriesCount, lookup.Attempts - 1);
            DprivDiagnostics.Retries.Add(lookup.Attempts - 1);
        }

        Finish(lookup, TlsError.None);
    }

    private void OnQueryFailed(DatagramLeg leg)
    {
        PendingLookup? lookup = leg.Pending[leg.Dod.EventQuery];
        leg.Pending[leg.Dod.EventQuery] = null;
        if (lookup == null || (leg == _recovery && leg.Dod.EventError != DotError.QueryTimeout))
            return;

        Finish(lookup, leg.Dod.EventError);
    }

    private void OnClosed(DatagramLeg leg)
    {
        Flush(leg);
        CloseSocket(leg);
        if (leg == _main)
            EndProbe(false);
        if (leg == _recovery)
        {
            _recovery = null;
            leg.Dod.Clear();
            return;
        }

        if (leg.Dod.CloseReason != DotCloseReason.Failed)
            return;

        DprivDiagnostics.HandshakeFailures.Add(1, new KeyValuePair<string, object?>("error", leg.Dod.Error));
        if (_recovery != null)
        {
            // The old association is gone for good; the resumption under way takes over.
            TakeRecovery();
            return;
        }

        if (leg.Connected)
            return;
        if (leg.Again)
        {
            leg.Again = false;
            return;
        }

        if (leg.OfferedSession && !leg.WithoutSession && leg.Dod.Error != TlsError.HandshakeTimeout)
        {
            leg.WithoutSession = true;
            return;
        }

        leg.WithoutSession = false;
        leg.Dod.FailWaiting(leg.Dod.Error);
    }

    /// <summary>Starts a resumption beside a suspect association; the lookups in flight go to both.</summary>
    private void StartRecovery()
    {
        if (_recovery != null || !_main.Connected || _disposed || NowMs() < _noRecoveryBeforeMs)
            return;

        _noRecoveryBeforeMs = NowMs() + RecoveryIntervalMs;
        _recovery = MakeLeg();
        foreach (PendingLookup? lookup in _main.Pending)
        {
            if (lookup != null)
                TryStart(_recovery, lookup);
        }

        if (!OpenLeg(_recovery))
            DropRecovery();
    }

    private void DropRecovery()
    {
        DatagramLeg? leg = _recovery;
        if (leg == null)
            return;

        _recovery = null;
        leg.Dod.Close();
        Flush(leg);
        CloseSocket(leg);
        leg.Dod.Clear();
    }

    /// <summary>The resumption succeeded, or is all that is left: it is the association in use now.</summary>
    private void TakeRecovery()
    {
        DatagramLeg old = _main;
        _main = _recovery!;
        _recovery = null;
        old.Dod.Close();
        Flush(old);
        CloseSocket(old);
        for (int i = 0; i < old.Pending.Length; i++)
        {
            PendingLookup? lookup = old.Pending[i];
            old.Pending[i] = null;
            if (lookup != null && Array.IndexOf(_main.Pending, lookup) < 0 && !TryStart(_main, lookup))
                _queued.Enqueue(lookup);
        }

        old.Dod.Clear();
    }

    private void EndProbe(bool answered)
    {
        TaskCompletionSource<bool>? probe = _probe;
        _probe = null;
        probe?.TrySetResult(answered);
    }

    private void SetTimer()
    {
        if (_disposed)
            return;

        long due = _main.Dod.WakeDueMs;
        if (_recovery != null)
            due = Math.Min(due, _recovery.Dod.WakeDueMs);

        _timer.Change(due == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Min(Math.Max(0, due - NowMs()), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            HandleTimeout(_main);
            if (_recovery != null)
                HandleTimeout(_recovery);
            else if (_main.Dod.IsSuspect && HasLookups(_main))
                StartRecovery();

            Drain();
        }
    }

    private void HandleTimeout(DatagramLeg leg)
    {
        bool falseStart = leg.Dod.Dtls.CanSend && !leg.Dod.Dtls.IsConnected;
        int before = leg.Dod.Dtls.Retransmissions;
        leg.Dod.HandleTimeout(NowMs());
        // ICMP's word is believed when a whole round of the handshake brought nothing better.
        if (leg.Unreachable && !leg.Connected && leg.Dod.Dtls.Retransmissions > before && leg.Dod.DatagramsDown == 0)
            leg.Dod.Dtls.Abort(TlsError.ConnectFailed);
        if (falseStart && leg.Dod.Dtls.Retransmissions > before && leg.FalseStartInVain(NowMs(), FalseStartRepeats, FalseStartMs))
        {
            // Some servers take the query in our false start for the proof that we have their Finished, and never send a lost one again. From now on without.
            _noFalseStart = true;
            leg.Again = true;
            leg.DtlsOptions.FalseStart = false;
            leg.Dod.Dtls.Abort(TlsError.HandshakeTimeout);
        }
    }

    private static bool HasLookups(DatagramLeg leg)
    {
        foreach (PendingLookup? lookup in leg.Pending)
        {
            if (lookup != null)
                return true;
        }

        return false;
    }
}
