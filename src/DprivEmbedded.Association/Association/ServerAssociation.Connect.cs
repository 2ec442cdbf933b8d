using System;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// A new association.
//
// Figure 3, DTLS false start: the client believes that the state is lost, and does not ask the old association first.    2 round trips
//   1. -> ClientHello with resumption            Want, BeginPath, OpenConversation
//   2. <- ServerHello, ChangeCipherSpec, Finished
//   3. -> ChangeCipherSpec, Finished, query      OnConnected; the conversation sends what waits
//   4. <- response
//
// Figure 5, TCP Fast Open: the ClientHello travels in the SYN, as the path counts as open at once.                       one less than without
//   1. -> SYN + ClientHello with resumption      BeginPath (FastOpen), OpenConversation
//   2. <- SYN-ACK + ServerHello, ChangeCipherSpec, Finished
//   3. -> ChangeCipherSpec, Finished, query
//   4. <- response
//   With TLS 1.3 and early data the query is in 1, and 2 brings its response.
//
// A refused session is no failure: a full handshake follows in the same place. A handshake that fails with one is made again without.
public sealed partial class ServerAssociation
{
    // Roles of a path.
    private const int NoRole = 0;
    private const int Main = 1;
    private const int Recovery = 2;
    private const int Hedge = 3;
    private const int Renewal = 4;
    private const int Leaving = 5;

    // How a path ends.
    private const int IsOver = 0;
    private const int Orderly = 1;
    private const int Silently = 2;

    // A handshake that stands still is made again so often, before its own time limit holds.
    private const int MaxHandshakeRestarts = 3;
    private const int SynRepeatMs = 1000;
    private const int StalledRepeats = 3;
    private const int MaxDoubtedAlerts = 2;

    // How long a server may take over a flight that its host has acknowledged.
    private const int SlowHandshakeMs = 3000;

    private const int FirstBackOffMs = 1000;
    private const int MaxBackOffMs = 60000;
    private const int RefusedRetryMs = 250;

    private int _main = -1;
    private int _beside = -1;
    private int _besideRole;
    private int _wanted;
    private bool _wantedSession;
    private bool _wantedRecovers;
    private bool _withoutSession;
    private bool _noFalseStart;
    private bool _sessionsChanged;
    private long _openNotBeforeMs;
    private int _openBackOffMs = FirstBackOffMs;
    private long _refusedSinceMs = -1;
    private int _handshakeRestarts;
    private long _besideNotBeforeMs;
    private int _besideBackOffMs = FirstBackOffMs;
    private bool _leavingDrains;

    private static bool IsCandidate(int role)
    {
        return role == Recovery || role == Hedge || role == Renewal;
    }

    /// <summary>Asks the driver for a path, with the next command.</summary>
    private void Want(int role, bool withSession, bool recovers)
    {
        _wanted = role;
        _wantedSession = withSession;
        _wantedRecovers = recovers;
    }

    /// <summary>Gives the wanted path a number.</summary>
    /// <returns>False where none is free yet.</returns>
    private bool BeginPath()
    {
        int path = 0;
        while (path < _options.MaxPaths && _paths[path].State != AssociationPath.Free)
            path++;

        if (path == _options.MaxPaths)
            return false;

        if (_wanted == Main)
            _main = path;
        else
        {
            _beside = path;
            _besideRole = _wanted;
        }

        _wanted = NoRole;
        // A handshake that stood still may have met a middlebox that lets no data in a SYN through.
        bool fastOpen = _options.FastOpen && _options.Transport == AssociationTransport.Dot && _handshakeRestarts == 0;
        _paths[path].Begin(_wantedSession, fastOpen, _wantedRecovers, _nowMs);
        MakeConversation(_paths[path]);
        _commandPath = path;
        return true;
    }

    private void MakeConversation(AssociationPath path)
    {
        if (path.Conversation != null)
            return;

        int bytes = _store.Messages[0].Length;
        if (_options.Transport == AssociationTransport.Dot)
        {
            path.Dot = _factory.CreateDot(_store.Slots, bytes);
            path.Conversation = path.Dot;
        }
        else
        {
            path.Dod = _factory.CreateDod(_store.Slots, bytes);
            path.Conversation = path.Dod;
        }

        if (path.Conversation == null || path.Conversation.Slots < _store.Slots || path.Conversation.MaxQueryBytes < bytes)
            throw new InvalidOperationException("The factory must make conversations that take as many and as large queries as asked for.");

        path.Conversation.Share(_store);
    }

    /// <summary>The socket is there: the handshake begins, with the queries that wait for it.</summary>
    private void OpenConversation(int index)
    {
        AssociationPath path = _paths[index];
        if (path.Dot != null && !path.FastOpen)
            _rtt.Add(_nowMs - path.OpeningMs);

        TlsSession session = null;
        if (path.WithSession && !_withoutSession)
            session = _sessions.Take(_options.SessionKey, CacheClockMs());

        if (session != null)
        {
            _sessionsChanged = true;
            path.Spare = session.Copy();
        }

        path.OfferedSession = session != null;
        for (int i = 0; i < _phases.Length; i++)
        {
            path.AtOpen[i] = false;
            if (_phases[i] != Pending || i == _probeSlot || !Wants(index, i))
                continue;

            Adopt(index, i);
            path.AtOpen[i] = true;
        }

        if (path.Dod != null)
        {
            path.HeardCount = path.Dod.HeardCount;
            path.Dod.Dtls.KnownRttMs = _rtt.SmoothedMs > 0 ? _rtt.SmoothedMs : 0;
            path.Dod.Dtls.NoFalseStart = _noFalseStart;
            SetTimers(path);
        }

        path.State = AssociationPath.Handshaking;
        path.OpeningMs = _nowMs;
        path.ProgressMs = _nowMs;
        path.Conversation.Open(session, _nowMs, UtcNowMs());
    }

    /// <summary>Whether a path that opens takes a query: a main path those that are nowhere, a recovery or hedge all, a renewal none.</summary>
    private bool Wants(int index, int query)
    {
        if (index == _main)
            return !IsPlaced(query);

        return _besideRole == Recovery || _besideRole == Hedge;
    }

    /// <summary>The handshake is over: 3 of figures 3 and 5.</summary>
    private void OnConnected(int index)
    {
        AssociationPath path = _paths[index];
        bool resumed = path.Conversation.IsResumed;
        path.State = AssociationPath.Live;
        path.HeardMs = _nowMs;
        path.ServedMs = _nowMs;
        path.SilentSinceMs = path.Conversation.InFlight > 0 ? _nowMs : -1;
        path.EndTest();
        path.Patience = NewPatience();
        path.ConnectedPending = true;
        _refusedSinceMs = -1;
        _planDirty = true;
        if (path.Dod != null)
            _rtt.Add(path.Dod.Dtls.RttMs);

        if (path.Spare != null)
        {
            path.Spare.Clear();
            path.Spare = null;
        }

        _withoutSession = false;
        _handshakeRestarts = 0;
        if (path.OfferedSession && !resumed)
        {
            // A server that refused one session has forgotten the others of its time, too.
            DropSessions();
            Observe(AssociationObservation.SessionRefused, 0, 0);
        }

        Observe(resumed ? AssociationObservation.ConnectedResumed : AssociationObservation.ConnectedFull, 0, 0);
        SetTimers(path);
        if (path.Dod != null)
            path.Dod.ShortenWaits();

        if (index == _beside && IsCandidate(_besideRole))
            Promote();
    }

    /// <summary>The path beside has won: it is the main path from now on. The old one, where it may still live, is heard for a little longer.</summary>
    private void Promote()
    {
        int old = _main;
        int role = _besideRole;
        _main = _beside;
        _beside = -1;
        _besideRole = NoRole;
        _besideBackOffMs = FirstBackOffMs;
        if (old < 0)
            return;

        _beside = old;
        _besideRole = Leaving;
        _leavingDrains = false;
        AssociationPath left = _paths[old];
        if (left.Dod != null)
            left.Dod.OnlyListens = true;
        if (role == Renewal || left.State != AssociationPath.Live)
            EndLeaving();
    }

    /// <summary>No connection can be had.</summary>
    private void OnConnectFailed(int index)
    {
        EndPath(index, Silently, TlsError.ConnectFailed);
        if (index == _beside)
        {
            ForgetBeside();
            BackOffBeside();
            return;
        }

        _main = -1;
        if (!_paths[index].Recovers || !MayRestart())
            FailUnplaced(TlsError.ConnectFailed);
    }

    /// <summary>A server that answered before and refuses connections now may be restarting: it is asked again for a while.</summary>
    private bool MayRestart()
    {
        if (_refusedSinceMs < 0)
            _refusedSinceMs = _nowMs;
        if (_nowMs - _refusedSinceMs >= _options.RestartPatienceMs)
        {
            _refusedSinceMs = -1;
            return false;
        }

        _openNotBeforeMs = _nowMs + RefusedRetryMs;
        return true;
    }

    /// <summary>A handshake failed. With a session it is made again without; a loss of the connection is one more loss for the queries; anything else fails them.</summary>
    private void OnHandshakeFailed(int index, int error, bool again, bool offered)
    {
        bool beside = index == _beside;
        int role = beside ? _besideRole : Main;
        bool recovers = _paths[index].Recovers;
        if (beside)
            ForgetBeside();
        else
            _main = -1;

        // Nobody authenticated an alert of a DTLS handshake: it is believed when others say the same.
        if (!again && _paths[index].Dod != null && error >= TlsError.AlertReceived && _handshakeRestarts < MaxDoubtedAlerts && _budget.TryTake(_nowMs))
        {
            _handshakeRestarts++;
            SignalRecoveries++;
            again = true;
        }

        if (again)
        {
            Want(role, true, recovers);
            return;
        }

        bool transport = error == TlsError.ConnectionReset || error == TlsError.ClosedInHandshake || error == TlsError.Truncated || error == TlsError.ConnectFailed;
        if (offered && !_withoutSession && error != TlsError.HandshakeTimeout && !(beside && transport))
        {
            _withoutSession = true;
            Want(role, false, recovers);
            return;
        }

        _withoutSession = false;
        if (beside)
        {
            BackOffBeside();
            return;
        }

        if (_beside >= 0 && IsCandidate(_besideRole))
        {
            Promote();
            return;
        }

        if (transport && error != TlsError.ConnectFailed && (recovers || !_options.FailFast))
        {
            for (int i = 0; i < _options.MaxQueries; i++)
            {
                if (_phases[i] == Pending && !IsPlaced(i) && ++_losses[i] >= _options.MaxAttempts)
                    FailQuery(i, error);
            }

            AwaitReopening();
        }
        else
            FailUnplaced(error);
    }

    /// <summary>When a handshake over TCP is looked at: silence there is waited for as if no round trip time were known, and longer each time.</summary>
    private long HandshakeDueMs(AssociationPath path)
    {
        if (path.Dot == null || path.State != AssociationPath.Handshaking || _handshakeRestarts >= MaxHandshakeRestarts)
            return long.MaxValue;

        int silence = SilenceMs() > _options.InitialSilenceMs ? SilenceMs() : _options.InitialSilenceMs;
        // Where data in the SYN was in vain, the system repeats it without after a second (RFC 6298 section 2.1, RFC 7413 section 4.2.1), and that may well bring the answer.
        if (path.FastOpen && path.OpeningMs >= 0)
            silence += SynRepeatMs;

        long since = path.PatientSinceMs > path.ProgressMs ? path.PatientSinceMs : path.ProgressMs;
        return since + ((long)silence << _handshakeRestarts);
    }

    /// <summary>Makes handshakes again over which silence has fallen, on a path of their own: what a NAT forgot in the middle comes to no end otherwise.</summary>
    private void CheckHandshakes()
    {
        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath path = _paths[i];
            if (_nowMs < HandshakeDueMs(path))
                continue;

            // A host that has everything may be slow with its key exchange, but not for ever: one that lost its state meanwhile has nothing to say, and is sent nothing that it could reset.
            if (_pathFacts != null && _pathFacts.IsAcknowledged(i) && _nowMs - path.ProgressMs < SlowHandshakeMs)
            {
                path.PatientSinceMs = _nowMs;
                continue;
            }

            _handshakeRestarts++;
            bool beside = i == _beside;
            int role = beside ? _besideRole : Main;
            bool recovers = path.Recovers;
            bool session = path.WithSession;
            if (beside)
                ForgetBeside();
            else
                _main = -1;

            EndPath(i, Silently, TlsError.SilentPeer);
            Want(role, session, recovers);
        }
    }

    /// <summary>Ends a path; its queries stay. What is still to be transmitted goes out before the driver closes the socket.</summary>
    private void EndPath(int index, int manner, int error)
    {
        AssociationPath path = _paths[index];
        if (path.State == AssociationPath.Ending || path.State == AssociationPath.Closing || path.State == AssociationPath.Free)
            return;

        DnsConversation conversation = path.Conversation;
        if (manner == Orderly)
            conversation.Close();
        else if (manner == Silently)
            conversation.Abandon();

        AssociationPath other = _paths[1 - index];
        for (int i = 0; i < _phases.Length; i++)
        {
            if (!conversation.Has(i))
            {
                conversation.Drop(i);
                continue;
            }

            bool elsewhere = other.IsUp && other.Conversation.Has(i);
            _attempts[i] += conversation.Attempts(i);
            if (!elsewhere)
            {
                _turns[i] = conversation.TurnsOf(i) + path.OpeningTurns(i);
                _losses[i] += manner == IsOver ? conversation.Losses(i) : 0;
            }

            conversation.Drop(i);
        }

        if (_probing != ProbeKind.None && index == _probePath)
            EndProbe(false);

        _planDirty = true;
        PutBack(path, manner == IsOver && !path.SocketGone && error != TlsError.HandshakeTimeout);
        path.EndedPending = true;
        path.EndedError = error;
        path.ConnectedPending = false;
        path.MovePending = false;
        path.ProbePending = false;
        path.State = path.SocketGone ? AssociationPath.Free : AssociationPath.Ending;
        path.ClosePending = !path.SocketGone;
    }

    /// <summary>Gives back the session of a handshake that did not come to its end: one of version 1.2 always, a TLS 1.3 ticket where nothing of it left the device.</summary>
    private void PutBack(AssociationPath path, bool refused)
    {
        TlsSession spare = path.Spare;
        path.Spare = null;
        if (spare == null)
            return;

        if (refused || (spare.Version == ProtocolVersion.Tls13 && path.Transmitted))
        {
            spare.Clear();
            return;
        }

        _sessions.Put(_options.SessionKey, spare);
        _sessionsChanged = true;
    }

    private void DropSessions()
    {
        TlsSession session;
        while ((session = _sessions.Take(_options.SessionKey, CacheClockMs())) != null)
            session.Clear();

        _sessionsChanged = true;
    }

    private void EndMain(int manner)
    {
        int main = _main;
        _main = -1;
        EndPath(main, manner, TlsError.None);
    }

    private void ForgetBeside()
    {
        _beside = -1;
        _besideRole = NoRole;
        ListenOnly(false);
    }

    private void BackOffBeside()
    {
        _besideNotBeforeMs = _nowMs + _besideBackOffMs;
        _besideBackOffMs = 2 * _besideBackOffMs < MaxBackOffMs ? 2 * _besideBackOffMs : MaxBackOffMs;
    }

    /// <summary>Gives up whatever is beside the main path, or was to be.</summary>
    private void DropBeside()
    {
        if (IsCandidate(_wanted))
            _wanted = NoRole;
        if (_beside < 0)
            return;

        int beside = _beside;
        AssociationPath path = _paths[beside];

        // A DTLS server whose handshake is left without a word repeats its flight for a minute, and each wakes the radio.
        bool half = path.State == AssociationPath.Handshaking && path.Dod != null && path.Transmitted;
        bool orderly = half || (path.State == AssociationPath.Live && !path.Suspect);
        ForgetBeside();
        EndPath(beside, orderly ? Orderly : Silently, TlsError.None);
    }

    /// <summary>The time of day in milliseconds; 0 where unknown.</summary>
    private long UtcNowMs()
    {
        return _utcMs == 0 ? 0 : _utcMs + (_nowMs - _utcAtMs);
    }

    /// <summary>The clock by which sessions age: the time of day, else the monotonic clock.</summary>
    private long CacheClockMs()
    {
        return _utcMs == 0 ? _nowMs : UtcNowMs();
    }
}
