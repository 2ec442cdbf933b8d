using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

// What the association reports: answers and failures of lookups, handshakes, ends, probes; and what is counted.
internal sealed partial class AssociationDriver
{
    private SocketError _connectError;
    private bool _unheard;
    private int _resetsCounted;
    private int _signalsCounted;
    private int _silencesCounted;
    private int _ignoredCounted;
    private int _probesCounted;

    private bool Report()
    {
        bool any = false;
        while (true)
        {
            int happened = _association.NextEvent();
            if (happened == AssociationEvent.None)
                return any;

            any = true;
            switch (happened)
            {
                case AssociationEvent.Answer:
                    OnAnswer();
                    break;
                case AssociationEvent.QueryFailed:
                    OnQueryFailed();
                    break;
                case AssociationEvent.Connected:
                    OnConnected();
                    break;
                case AssociationEvent.PathEnded:
                    OnPathEnded();
                    break;
                case AssociationEvent.SessionsChanged:
                    _sessions.Save(UtcMs());
                    break;
                case AssociationEvent.ProbeAnswered:
                    OnProbeAnswered();
                    break;
                case AssociationEvent.ProbeFailed:
                    _statistics.Add(ref _statistics.ProbesFailedCount, 1);
                    DprivDiagnostics.Probes.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
                    EndProbe(false);
                    break;
            }
        }
    }

    private void OnConnected()
    {
        int path = _association.EventPath;
        int version;
        bool resumed;
        bool early = false;
        if (_association.Conversation(path) is DotSession dot)
        {
            version = dot.Tls.Version;
            resumed = dot.Tls.IsResumed;
            early = dot.EarlyQueries > 0;
        }
        else
        {
            var dod = (DodSession)_association.Conversation(path);
            version = dod.Dtls.Version;
            resumed = dod.Dtls.IsResumed;
        }

        string kind = !resumed ? "full" : early ? "early" : "resumed";
        Note(_paths[path], "connected: " + kind);
        Recorder?.SetResumption(false);
        _connectError = SocketError.Success;
        _unheard = false;
        if (resumed)
            _statistics.Add(ref _statistics.ResumedHandshakesCount, 1);
        else
            _statistics.Add(ref _statistics.FullHandshakesCount, 1);
        if (early)
            _statistics.Add(ref _statistics.EarlyDataAcceptedCount, 1);

        DprivDiagnostics.Handshakes.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("version", ProtocolVersion.Name(version)));
    }

    private void OnPathEnded()
    {
        int path = _association.EventPath;
        int error = _association.EventError;
        Recorder?.SetResumption(false);
        Note(_paths[path], error == TlsError.None ? "ended" : "ended: error " + error.ToString(System.Globalization.CultureInfo.InvariantCulture));
        _unheard = error == TlsError.HandshakeTimeout && _association.Conversation(path)?.BytesDown == 0;
        if (error != TlsError.None && error != TlsError.ConnectFailed)
            DprivDiagnostics.HandshakeFailures.Add(1, new KeyValuePair<string, object?>("error", error));
    }

    private void OnAnswer()
    {
        int slot = _association.EventQuery;
        PendingLookup? lookup = _pending[slot];
        _pending[slot] = null;
        if (lookup == null)
            return;

        int path = _association.EventPath;
        lookup.Answer = new byte[_association.AnswerCount];
        Buffer.BlockCopy(_association.AnswerBuffer, _association.AnswerOffset, lookup.Answer, 0, _association.AnswerCount);
        lookup.Attempts = _association.EventAttempts;
        lookup.RoundTrips = _association.EventRoundTrips;
        lookup.Action = _association.EventAction;
        lookup.Truncated = _association.EventTruncated;
        lookup.UsedFastOpen = _paths[path].UsedFastOpen;
        bool resumed;
        if (_association.Conversation(path) is DotSession dot)
        {
            resumed = dot.Tls.IsResumed;
            lookup.Version = dot.Tls.Version;
            lookup.Suite = dot.Tls.Suite;
            lookup.Authenticated = dot.Tls.IsAuthenticated;
            lookup.AuthenticationError = dot.Tls.AuthenticationError;
        }
        else
        {
            var dod = (DodSession)_association.Conversation(path);
            resumed = dod.Dtls.IsResumed;
            lookup.Version = dod.Dtls.Version;
            lookup.Suite = dod.Dtls.Suite;
            lookup.Authenticated = dod.Dtls.IsAuthenticated;
            lookup.AuthenticationError = dod.Dtls.AuthenticationError;
        }

        if (_association.EventWaitedForHandshake)
            lookup.Handshake = !resumed ? DprivHandshake.Full : _association.EventWasEarly ? DprivHandshake.Early : DprivHandshake.Resumed;

        // A hedge is sent on both paths without having been lost on the first.
        int retries = lookup.Attempts - (lookup.Action == QueryAction.Hedge ? 2 : 1);
        if (retries > 0)
        {
            _statistics.Add(ref _statistics.RetriesCount, retries);
            DprivDiagnostics.Retries.Add(retries);
        }

        CountAction(lookup.Action);
        Finish(lookup, TlsError.None);
    }

    private void OnQueryFailed()
    {
        int slot = _association.EventQuery;
        PendingLookup? lookup = _pending[slot];
        _pending[slot] = null;
        if (lookup == null)
            return;

        lookup.Action = _association.EventAction;
        lookup.Attempts = _association.EventAttempts;
        CountAction(lookup.Action);
        int error = _association.EventError;
        // With Fast Open a refused connection looks like one that was reset.
        if (error == TlsError.ConnectionReset && _connectError != SocketError.Success)
            error = TlsError.ConnectFailed;

        Finish(lookup, error);
    }

    private void Finish(PendingLookup lookup, int error)
    {
        lookup.Error = error;
        lookup.Unheard = error == TlsError.HandshakeTimeout && _unheard;
        lookup.SocketError = error == TlsError.ConnectFailed ? _connectError : SocketError.Success;
        lookup.Slot = -1;
        lookup.BytesUp = _totalUp - lookup.UpAtStart;
        lookup.BytesDown = _totalDown - lookup.DownAtStart;
        lookup.Done.TrySetResult(error == TlsError.None);
    }

    private void OnProbeAnswered()
    {
        _statistics.Add(ref _statistics.ProbesAnsweredCount, 1);
        DprivDiagnostics.Probes.Add(1, new KeyValuePair<string, object?>("outcome", "answered"));
        int main = _association.MainPath;
        bool heartbeat = _association.LastProbeKind == ProbeKind.Heartbeat;
        if (heartbeat && main >= 0 && _association.Conversation(main) is DodSession dod)
            LastProbeRttMs = dod.Dtls.HeartbeatRttMs;
        else
            LastProbeRttMs = _probe != null ? (int)(NowMs() - _probeMs) : -1;

        EndProbe(true);
    }

    private void EndProbe(bool answered)
    {
        TaskCompletionSource<bool>? probe = _probe;
        _probe = null;
        probe?.TrySetResult(answered);
    }

    private void CountAction(int action)
    {
        if (action != QueryAction.Hedge)
            return;

        _statistics.Add(ref _statistics.HedgesCount, 1);
        DprivDiagnostics.Hedges.Add(1);
    }

    private void CountRecoveries()
    {
        Count(_association.ResetRecoveries, ref _resetsCounted, ref _statistics.ResetRecoveriesCount, "reset");
        Count(_association.SignalRecoveries - _association.ResetRecoveries, ref _signalsCounted, ref _statistics.SignalRecoveriesCount, "signal");
        Count(_association.SilenceRecoveries, ref _silencesCounted, ref _statistics.SilenceRecoveriesCount, "silence");
        int ignored = _association.SignalsIgnored - _ignoredCounted;
        if (ignored > 0)
        {
            _ignoredCounted += ignored;
            _statistics.Add(ref _statistics.SignalsIgnoredCount, ignored);
            DprivDiagnostics.SignalsIgnored.Add(ignored);
        }

        int probes = _association.ProbesSent - _probesCounted;
        if (probes > 0)
        {
            _probesCounted += probes;
            _statistics.Add(ref _statistics.ProbesSentCount, probes);
        }
    }

    private void Count(int now, ref int counted, ref long total, string cause)
    {
        int more = now - counted;
        if (more <= 0)
            return;

        counted = now;
        _statistics.Add(ref total, more);
        DprivDiagnostics.Recoveries.Add(more, new KeyValuePair<string, object?>("cause", cause));
    }

    /// <summary>Writes down for every lookup under way what happened to a path.</summary>
    private void Note(TransportPath path, string what)
    {
        PathEvent? noted = null;
        foreach (PendingLookup? lookup in _pending)
        {
            if (lookup != null)
                lookup.PathEvents.Add(noted ??= new PathEvent(path.Number, what));
        }
    }
}
