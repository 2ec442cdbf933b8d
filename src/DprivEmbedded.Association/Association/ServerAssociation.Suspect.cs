using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Losses: what each looks like, and what it starts. T is the silence that counts as a loss: three smoothed round trip times.
//
// Figures 1, 4, 9, TCP reset by the server or by a NAT:                                                            4 round trips
//   1. -> query                                       2. <- RST                       OnSocketGone, OnClosed, AwaitReopening
//   3. -> SYN                                         4. <- SYN-ACK                   PathOpened
//   5. -> ClientHello with resumption (4: pre_shared_key)   6. <- ServerHello ... Finished   OnConnected
//   7. -> Finished, query                             8. <- response                  OnAnswer
//
// Figure 8, the same over Fast Open, 3 and 5 in one (figure 5):                                                    3 round trips
//
// Figures 2 and 7, DTLS alert by a server that lost its state, or sees another address:                            3 round trips
//   1. -> query                                       2. <- alert, unauthenticated    OnSignal
//   3. -> ClientHello with resumption, beside         4. <- ServerHello ... Finished  StartBeside, OnConnected, Promote
//   5. -> Finished, query                             6. <- response                  OnAnswer
//   The old association is kept until then: had somebody forged the alert, its answer would come first and end the recovery (OnSign).
//
// Silence, by server, NAT or firewall:
//   1. -> query    2. T passes    3. as 3 of figure 2, or 3 of figure 1               CheckSilence
//
// What a signal that nobody authenticated starts costs one token of the budget; silence costs none, as nobody can forge it.
public sealed partial class ServerAssociation
{
    private const int MaxPatience = 6;

    // A new association that a silence brought, and that brings no answer either, is patient: it is the resolver then that takes its time.
    private const int PatienceAfterSilence = 2;

    private int _silences;

    /// <summary>How patient a new association is to be.</summary>
    private int NewPatience()
    {
        int patience = PatienceAfterSilence * _silences;
        return patience < MaxPatience ? patience : MaxPatience;
    }

    /// <summary>Unanswered for so long counts as lost, in milliseconds.</summary>
    private int SilenceMs()
    {
        int rtt = _rtt.SmoothedMs;
        if (rtt < 0)
            return _options.InitialSilenceMs;

        return 3 * rtt > _options.MinSilenceMs ? 3 * rtt : _options.MinSilenceMs;
    }

    /// <summary>The same for a path whose server was heard, but has not answered.</summary>
    private long SilenceMs(AssociationPath path)
    {
        return (long)SilenceMs() * (1 << path.Patience);
    }

    /// <summary>Sets a conversation's own timers to the round trip time as it is known now.</summary>
    private void SetTimers(AssociationPath path)
    {
        if (path.Dod == null)
            return;

        // A lost query goes out again at half of T, so that its answer comes before T is over.
        int retry = SilenceMs() / 2;
        path.Dod.RetryMs = retry > 0 ? retry : 1;
    }

    /// <summary>Whether a suspect association over DTLS is asked again: not while a resumption runs beside it, which brings the answer if it does not.</summary>
    private void ListenOnly(bool listens)
    {
        if (_main >= 0 && _paths[_main].Dod != null)
            _paths[_main].Dod.OnlyListens = listens;
    }

    private void OnTransmitted(AssociationPath path)
    {
        path.Transmitted = true;
        if (path.SilentSinceMs >= 0 || path.State != AssociationPath.Live || path.Conversation.InFlight == 0)
            return;

        path.SilentSinceMs = _nowMs;
        path.BeginTest(_nowMs);
        path.SilenceChecks = 0;
        path.HeartbeatSent = false;
    }

    /// <summary>Bytes came over TCP: a sign of life.</summary>
    private void OnBytes(int index)
    {
        AssociationPath path = _paths[index];
        path.ProgressMs = _nowMs;
        if (path.State == AssociationPath.Live)
            OnSign(index, true);
        else if (path.Transmitted && path.OpeningMs >= 0)
        {
            _rtt.Add(_nowMs - path.OpeningMs);
            path.OpeningMs = -1;
        }
    }

    /// <summary>Notes whether anything authentic came over DTLS.</summary>
    private void NoteSigns(int index)
    {
        AssociationPath path = _paths[index];
        if (path.Dod == null || path.HeardCount == path.Dod.HeardCount)
            return;

        path.HeardCount = path.Dod.HeardCount;
        if (path.State == AssociationPath.Live)
            OnSign(index, true);
    }

    /// <summary>The server has the association: a recovery beside it is dropped.</summary>
    private void OnSign(int index, bool served)
    {
        AssociationPath path = _paths[index];
        bool tested = path.SilentSinceMs >= 0 || (_probing != ProbeKind.None && index == _probePath);
        path.HeardMs = _nowMs;
        if (served)
            path.ServedMs = _nowMs;

        path.Suspect = false;
        path.SilenceChecks = 0;
        path.HeartbeatSent = false;
        path.SilentSinceMs = -1;
        if (path.Conversation.InFlight > 0)
        {
            path.SilentSinceMs = _nowMs;
            if (path.Patience < MaxPatience)
                path.Patience++;
        }

        _planDirty = true;
        if (tested)
            Observe(AssociationObservation.Survived, path.TestedGapMs, path.TestedServerGapMs);

        path.EndTest();
        if (index != _main)
            return;

        ListenOnly(false);
        if (_probing == ProbeKind.Keepalive)
            EndProbe(true);
        if (IsCandidate(_wanted) && _wanted != Renewal)
            _wanted = NoRole;
        if (_besideRole == Recovery || _besideRole == Hedge)
            DropBeside();
    }

    /// <summary>An alert or an ICMP message came that nobody authenticated: 2 of figures 2 and 7, or a forgery.</summary>
    private void OnSignal(int index)
    {
        AssociationPath path = _paths[index];
        if (index != _main || path.State != AssociationPath.Live)
            return;

        path.Suspect = true;
        if (_probing != ProbeKind.None && !HasQueries())
        {
            // Nothing is lost by waiting for the next query, which hedges.
            SignalsIgnored++;
            Observe(AssociationObservation.LostFast, path.TestedGapMs, path.TestedServerGapMs);
            EndProbe(false);
            return;
        }

        if (IsCandidate(_wanted) || IsCandidate(_besideRole))
        {
            ListenOnly(true);
            return;
        }

        if (HasQueries() && _options.MaxPaths > 1 && _nowMs >= _besideNotBeforeMs && _budget.TryTake(_nowMs))
        {
            SignalRecoveries++;
            StartBeside(Recovery);
            ListenOnly(true);
        }
        else
            SignalsIgnored++;
    }

    /// <summary>Starts a handshake beside the main path. The queries go to both.</summary>
    private void StartBeside(int role)
    {
        if (IsCandidate(_wanted) || IsCandidate(_besideRole))
            return;
        if (_besideRole == Leaving)
            EndLeaving();

        Want(role, !_withoutSession, role == Recovery);
    }

    /// <summary>The driver's socket is gone.</summary>
    private void OnSocketGone(int index)
    {
        AssociationPath path = _paths[index];
        if (path.Dot != null)
            path.Dot.TransportClosed(path.ResetSeen, _nowMs);
        else if (path.State == AssociationPath.Handshaking)
            path.Dod.Dtls.Abort(TlsError.ConnectFailed);
        else
            path.Dod.Dtls.Abort(TlsError.ConnectionReset);
    }

    /// <summary>A conversation is over by itself.</summary>
    private void OnClosed(int index)
    {
        AssociationPath path = _paths[index];
        DnsConversation conversation = path.Conversation;
        int reason = conversation.CloseReason;
        int error = conversation.Error;
        bool wasLive = path.State == AssociationPath.Live;
        bool again = path.Again;
        bool offered = path.OfferedSession;
        bool probed = _probing != ProbeKind.None && index == _probePath;
        bool tested = path.SilentSinceMs >= 0 || probed;
        long gap = tested ? path.TestedGapMs : _nowMs - path.HeardMs;
        long serverGap = tested ? path.TestedServerGapMs : _nowMs - path.ServedMs;
        bool reset = path.SocketGone && (path.ResetSeen || error == TlsError.Truncated);
        if (index == _main && error == TlsError.SilentPeer && path.Dod != null && path.Dod.Dtls.UnansweredHeartbeats > 0)
            LearnOfHeartbeats(path);

        EndPath(index, IsOver, error);
        if (!wasLive)
        {
            OnHandshakeFailed(index, error, again, offered);
            return;
        }

        if (index == _beside)
        {
            bool candidate = IsCandidate(_besideRole);
            ForgetBeside();
            if (candidate)
                BackOffBeside();

            return;
        }

        _main = -1;
        if (reset)
            Observe(AssociationObservation.LostFast, gap, serverGap);
        else if (error == TlsError.SilentPeer)
            Observe(AssociationObservation.LostSilently, gap, serverGap);
        else if (reason == DotCloseReason.Server)
            Observe(AssociationObservation.ClosedByServer, gap, serverGap);

        if (IsCandidate(_wanted))
        {
            Want(Main, _wantedSession, true);
            return;
        }

        if (_beside >= 0 && IsCandidate(_besideRole))
        {
            Promote();
            return;
        }

        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] == Pending && !IsPlaced(i) && _losses[i] >= _options.MaxAttempts)
                FailQuery(i, error == TlsError.None ? DotError.TooManyAttempts : error);
        }

        if (reset)
            AwaitReopening();
        else if (error == TlsError.SilentPeer && HasQueries())
            SilenceRecoveries++;
    }

    /// <summary>A connection was torn down by somebody who need not have been the server. The next one is made at once while the budget lasts, and later and later without.</summary>
    private void AwaitReopening()
    {
        if (!HasQueries())
            return;

        if (_budget.TryTake(_nowMs))
        {
            SignalRecoveries++;
            ResetRecoveries++;
            _openNotBeforeMs = _nowMs;
            _openBackOffMs = FirstBackOffMs;
            return;
        }

        SignalsIgnored++;
        _openNotBeforeMs = _nowMs + _openBackOffMs;
        _openBackOffMs = 2 * _openBackOffMs < MaxBackOffMs ? 2 * _openBackOffMs : MaxBackOffMs;
    }

    private void HandlePathTimeout(int index)
    {
        AssociationPath path = _paths[index];
        DodSession dod = path.Dod;
        if (dod == null)
        {
            path.Conversation.HandleTimeout(_nowMs);
            return;
        }

        SetTimers(path);
        bool handshaking = path.State == AssociationPath.Handshaking;
        bool falseStart = handshaking && dod.Dtls.CanSend;
        int before = dod.Dtls.Retransmissions;
        dod.HandleTimeout(_nowMs);
        if (!handshaking || dod.Dtls.Retransmissions == before)
            return;

        // ICMP's word is believed when a whole round of the handshake brought nothing better.
        if (path.Unreachable && dod.DatagramsDown == 0)
            dod.Dtls.Abort(TlsError.ConnectFailed);
        else if (falseStart && path.IsFalseStartInVain(_nowMs))
        {
            // Some servers take the query in our false start for the proof that we have their Finished, and never send a lost one again. From now on without.
            _noFalseStart = true;
            path.Again = true;
            dod.Dtls.Abort(TlsError.HandshakeTimeout);
        }
        else if (IsStalled(path) && _handshakeRestarts < MaxHandshakeRestarts)
        {
            // It began well and stands still: a NAT made another mapping in between, or the server forgot.
            _handshakeRestarts++;
            path.Again = true;
            dod.Dtls.Abort(TlsError.HandshakeTimeout);
        }
    }

    /// <summary>Counts a repetition of a flight, and tells whether the handshake has stood still for too many of them.</summary>
    private static bool IsStalled(AssociationPath path)
    {
        int messages = path.Dod.Dtls.MessagesReceived;
        if (messages != path.MessagesAtStall)
            path.Stalls = 0;

        path.MessagesAtStall = messages;
        return messages > 0 && ++path.Stalls >= StalledRepeats;
    }

    /// <summary>Whether the main path owes an answer, and no recovery is under way yet.</summary>
    private bool IsListening()
    {
        if (_main < 0 || IsCandidate(_wanted) || IsCandidate(_besideRole))
            return false;

        AssociationPath main = _paths[_main];
        return main.State == AssociationPath.Live && main.SilentSinceMs >= 0 && main.Conversation.InFlight > 0;
    }

    /// <summary>When the main path's silence is to be looked at next.</summary>
    private long SilenceDueMs()
    {
        if (!IsListening())
            return long.MaxValue;

        AssociationPath main = _paths[_main];
        long silence = SilenceMs(main);
        if (AsksByHeartbeat(main))
            return main.SilentSinceMs + silence / 2;

        long due = main.SilentSinceMs + silence * (main.SilenceChecks + 1);
        return due > _besideNotBeforeMs ? due : _besideNotBeforeMs;
    }

    /// <summary>Whether a heartbeat is still to tell a slow resolver from a lost association.</summary>
    private bool AsksByHeartbeat(AssociationPath path)
    {
        return path.Dod != null && !path.HeartbeatSent && path.SilenceChecks == 0 && !_noHeartbeats && path.Dod.Dtls.PeerAnswersHeartbeats;
    }

    private void CheckSilence()
    {
        if (_nowMs < SilenceDueMs())
            return;

        AssociationPath main = _paths[_main];
        if (AsksByHeartbeat(main))
        {
            main.HeartbeatSent = true;
            main.Dod.SendHeartbeat(_nowMs);
            if (_nowMs < SilenceDueMs())
                return;
        }

        main.SilenceChecks++;
        // What is acknowledged has arrived: the host is there, and the resolver takes its time. The conversation's own limit ends that.
        if (main.Dot != null && _pathFacts != null && _pathFacts.IsAcknowledged(_main))
            return;
        if (!HasQueries())
        {
            if (_probing == ProbeKind.Query)
                OnLostSilently();

            return;
        }

        SilenceRecoveries++;
        _silences++;
        if (_options.MaxPaths > 1)
            StartBeside(Recovery);
        else
            OnLostSilently();
    }

    /// <summary>The main path is gone without a word. What waits for an answer goes to a new one.</summary>
    private void OnLostSilently()
    {
        long gap = _paths[_main].TestedGapMs;
        long serverGap = _paths[_main].TestedServerGapMs;
        EndMain(Silently);
        Observe(AssociationObservation.LostSilently, gap, serverGap);
        if (_beside >= 0 && IsCandidate(_besideRole))
            Promote();
    }

    /// <summary>Ends the old path once nothing more is expected of it: it has answered what it owed, or the new one has.</summary>
    private void EndLeavingIfDone()
    {
        if (_besideRole == Leaving && _paths[_beside].Conversation.InFlight == 0 && (!_leavingDrains || _paths[_beside].State != AssociationPath.Live))
            EndLeaving();
    }

    /// <summary>Ends the old path. One that gave no sign since it was asked is taken to be dead, and nothing is said to it.</summary>
    private void EndLeaving()
    {
        int index = _beside;
        AssociationPath path = _paths[index];
        bool dead = path.State != AssociationPath.Live || path.Suspect || path.SilentSinceMs >= 0;
        bool asked = path.State == AssociationPath.Live && path.SilentSinceMs >= 0;
        bool suspect = path.Suspect;
        long gap = path.TestedGapMs;
        long serverGap = path.TestedServerGapMs;
        ForgetBeside();
        EndPath(index, dead ? Silently : Orderly, TlsError.None);
        if (asked)
            Observe(suspect ? AssociationObservation.LostFast : AssociationObservation.LostSilently, gap, serverGap);
    }

    private void Observe(int observation, long gapMs, long serverGapMs)
    {
        FillFacts();
        _facts.GapMs = gapMs;
        _facts.ServerGapMs = serverGapMs;
        _policy.Observe(observation, _facts);
    }
}
