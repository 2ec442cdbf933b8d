using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Section 4, quiet time. The policy plans; the plan waits for its time, or for the radio to be awake anyway.
//
//   probe, DTLS       -> heartbeat (RFC 6520)        <- response, or an alert by a server that lost its state
//   probe, TCP        -> zero-length segment         <- acknowledgement, or RST
//   probe, neither    -> small padded query          <- response
//   close             -> close_notify
//   renew             -> ClientHello with resumption on another path, which takes the place of this one
//
// A probe that shows a loss starts nothing: the next query does.
public sealed partial class ServerAssociation
{
    private readonly byte[] _probeMessage = new byte[ProbeBytes];
    private int _probeMessageBytes;
    private int _probing;
    private int _probePath;
    private int _probeResult;
    private long _probeDueMs;
    private bool _noHeartbeats;
    private bool _heartbeatsAnswered;
    private bool _planDirty;
    private long _planNotBeforeMs;
    private long _answeredMs = -1;

    /// <summary>Fills in the situation as it is now.</summary>
    private void FillFacts()
    {
        AssociationFacts facts = _facts;
        AssociationPath main = _main >= 0 ? _paths[_main] : null;
        bool live = main != null && main.State == AssociationPath.Live;
        facts.NowMs = _nowMs;
        facts.Transport = _options.Transport;
        facts.HasAssociation = live;
        facts.GapMs = live ? _nowMs - (main.HeardMs > main.ProbedMs ? main.HeardMs : main.ProbedMs) : 0;
        facts.ServerGapMs = live ? _nowMs - main.ServedMs : 0;
        facts.IdleMs = _lastQueryMs < 0 ? long.MaxValue : _nowMs - _lastQueryMs;
        TlsSession session = _sessions.Peek(_options.SessionKey, CacheClockMs());
        facts.HasSession = session != null;
        facts.SessionExpiresMs = long.MaxValue;
        facts.EarlyData = false;
        if (session != null)
        {
            facts.SessionExpiresMs = _nowMs + session.ReceivedUtcMs + 1000L * SessionRules.LifetimeSeconds(session) - CacheClockMs();
            DotSession dot = _paths[0].Dot != null ? _paths[0].Dot : _paths[1].Dot;
            facts.EarlyData = session.MaxEarlyDataBytes > 0 && dot != null && dot.Tls.Options.EarlyData;
        }

        facts.FastOpen = _options.FastOpen;
        facts.SurvivesAddressChange = live && main.Dod != null && main.Dod.Dtls.SurvivesAddressChange;
        facts.ProbeKind = live ? KindOfProbe(main) : ProbeKind.None;
        facts.SmoothedRttMs = _rtt.SmoothedMs;
        facts.ServerIdleTimeoutMs = live && main.Dot != null ? main.Dot.ServerIdleTimeoutMs : -1;
    }

    private int KindOfProbe(AssociationPath path)
    {
        if (path.Dot != null)
            return _options.Keepalive ? ProbeKind.Keepalive : ProbeKind.Query;

        return path.Dod.Dtls.PeerAnswersHeartbeats && !_noHeartbeats ? ProbeKind.Heartbeat : ProbeKind.Query;
    }

    /// <summary>Whether it is quiet time, so that a plan holds.</summary>
    private bool CanPlan()
    {
        if (_asleep || _probing != ProbeKind.None || _wanted != NoRole || IsCandidate(_besideRole) || _plan.Action == QuietAction.Nothing)
            return false;
        if (_main >= 0 && _paths[_main].State != AssociationPath.Live)
            return false;

        return !HasQueries();
    }

    private void PlanQuiet()
    {
        if (_asleep || _probing != ProbeKind.None || _wanted != NoRole || IsCandidate(_besideRole) || HasQueries())
            return;
        if (_main >= 0 && _paths[_main].State != AssociationPath.Live)
            return;
        if (!_planDirty)
            return;

        _planDirty = false;
        FillFacts();
        bool awake = _facts.RadioActive || _answeredMs == _nowMs;
        _facts.RadioActive = awake;
        _plan.Clear();
        _policy.PlanQuiet(_facts, _plan);
        if (_main < 0 && _plan.Action != QuietAction.Renew)
            _plan.Clear();
        if (_plan.Action == QuietAction.Nothing)
            _plan.Clear();
        else
        {
            if (_plan.EarliestMs < _planNotBeforeMs)
                _plan.EarliestMs = _planNotBeforeMs;
            if (_plan.DueMs < _plan.EarliestMs)
                _plan.DueMs = _plan.EarliestMs;
            if (_plan.LatestMs < _plan.DueMs)
                _plan.LatestMs = _plan.DueMs;
        }

        // Whoever probes or renews wants to keep: then only the server's word ends an idle connection.
        if (_main >= 0 && _paths[_main].Dot != null)
            _paths[_main].Dot.KeepsOpen = _plan.Action == QuietAction.Probe || _plan.Action == QuietAction.Renew;

        // The radio is awake right behind a query, too: what may be done now is done now.
        if (awake && _plan.Action != QuietAction.Nothing && IsPermitted() && _nowMs >= _plan.EarliestMs)
        {
            _facts.RadioActive = false;
            Perform();
        }
    }

    /// <summary>Whether what is planned may be done while the radio is awake. A close sends one record at most, and needs no permission.</summary>
    private bool IsPermitted()
    {
        return _plan.Action == QuietAction.Close || _facts.ProbePermission != Association.ProbePermission.Never;
    }

    /// <summary>When the radio is to be woken for the plan.</summary>
    private long PlanDueMs()
    {
        return _plan.Action == QuietAction.Close || _facts.ProbePermission == Association.ProbePermission.StandAlone ? _plan.DueMs : long.MaxValue;
    }

    /// <summary>Does what is planned.</summary>
    private void Perform()
    {
        int action = _plan.Action;
        _plan.Clear();
        _planDirty = true;
        _planNotBeforeMs = _nowMs + SilenceMs();
        switch (action)
        {
            case QuietAction.Probe:
                StartProbe();
                break;
            case QuietAction.Close:
                EndMain(Orderly);
                break;
            case QuietAction.Renew:
                _planNotBeforeMs = _nowMs + MaxBackOffMs;
                if (_main >= 0 && _options.MaxPaths > 1)
                    StartBeside(Renewal);
                else
                {
                    if (_main >= 0)
                        EndMain(Orderly);

                    Want(Main, !_withoutSession, false);
                }

                break;
        }
    }

    private bool StartProbe()
    {
        AssociationPath main = _paths[_main];
        int kind = KindOfProbe(main);
        if (kind == ProbeKind.Heartbeat && !main.Dod.SendHeartbeat(_nowMs))
            kind = ProbeKind.Query;

        main.BeginTest(_nowMs);
        _probing = kind;
        LastProbeKind = kind;
        ProbesSent++;
        _probePath = _main;
        _probeResult = AssociationEvent.None;
        if (kind == ProbeKind.Keepalive)
        {
            main.ProbePending = true;
            _probeDueMs = _nowMs + SilenceMs();
        }
        else if (kind == ProbeKind.Query)
        {
            WriteProbe();
            _store.Put(_probeSlot, _probeMessage, 0, _probeMessageBytes, _nowMs + _options.QueryTimeoutMs);
            _phases[_probeSlot] = Pending;
            _turns[_probeSlot] = 0;
            _attempts[_probeSlot] = 0;
            _losses[_probeSlot] = 0;
            Adopt(_main, _probeSlot);
        }

        return true;
    }

    /// <summary>The probe as a query: for the name servers of the root, which every resolver has at hand, padded as any other.</summary>
    private void WriteProbe()
    {
        if (_probeMessageBytes == 0)
            _probeMessageBytes = DnsQuery.Write(_probeMessage, 0, ProbeBytes, 0, DnsName.Root, DnsType.Ns, DnsClass.Internet, new EdnsOptions());
    }

    private void OnHeartbeatAnswered(int index)
    {
        AssociationPath path = _paths[index];
        _heartbeatsAnswered = true;
        if (path.Dod.Dtls.HeartbeatRttMs > 0)
            _rtt.Add(path.Dod.Dtls.HeartbeatRttMs);
        if (_probing == ProbeKind.Heartbeat && index == _probePath)
            EndProbe(true);
    }

    /// <summary>Looks for probes that will not be answered any more.</summary>
    private void CheckProbe()
    {
        if (_probing == ProbeKind.None)
            return;

        AssociationPath path = _paths[_probePath];
        if (_probing == ProbeKind.Heartbeat && path.State == AssociationPath.Live && path.Dod.Dtls.UnansweredHeartbeats > 0)
        {
            // Other records came, or the association would be over: the peer does not keep its promise to answer.
            LearnOfHeartbeats(path);
            EndProbe(true);
            return;
        }

        if (_probing != ProbeKind.Keepalive || _nowMs < _probeDueMs)
            return;

        if (_pathFacts == null)
        {
            // No reset came; whether an acknowledgement did, nobody can tell.
            path.ProbedMs = _nowMs;
            _probing = ProbeKind.None;
            _planDirty = true;
        }
        else if (_pathFacts.IsAcknowledged(_probePath))
            OnSign(_probePath, false);
        else if (_probePath == _main)
            OnLostSilently();
        else
            EndProbe(false);
    }

    private void LearnOfHeartbeats(AssociationPath path)
    {
        if (!_heartbeatsAnswered)
            _noHeartbeats = true;

        path.Dod.Dtls.UnansweredHeartbeats = 0;
    }

    private void EndProbe(bool answered)
    {
        if (_probing == ProbeKind.None)
            return;

        _probing = ProbeKind.None;
        _planDirty = true;
        _probeResult = answered ? AssociationEvent.ProbeAnswered : AssociationEvent.ProbeFailed;
        if (_phases[_probeSlot] != NoQuery)
        {
            Withdraw(_probeSlot);
            Forget(_probeSlot);
        }
    }
}
