using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// What the driver drains after each input: commands, bytes, events, wake times.
public sealed partial class ServerAssociation
{
    /// <summary>The next thing that the driver is to do.</summary>
    /// <returns>One of <see cref="AssociationCommand"/>.</returns>
    public int NextCommand()
    {
        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath p = _paths[i];
            if (p.State == AssociationPath.Closing)
                p.State = AssociationPath.Free;

            _commandPath = i;
            if (p.ClosePending)
            {
                p.ClosePending = false;
                p.State = AssociationPath.Closing;
                return AssociationCommand.ClosePath;
            }

            if (p.MovePending)
            {
                p.MovePending = false;
                return AssociationCommand.MovePath;
            }

            if (p.ProbePending)
            {
                p.ProbePending = false;
                return AssociationCommand.ProbePath;
            }
        }

        return _wanted != NoRole && BeginPath() ? AssociationCommand.OpenPath : AssociationCommand.None;
    }

    /// <summary>The path of the last command.</summary>
    public int CommandPath { get { return _commandPath; } }

    /// <summary>Whether the path is to be opened with TCP Fast Open.</summary>
    public bool CommandFastOpen { get { return _paths[_commandPath].FastOpen; } }

    /// <summary>Takes bytes for a TCP path, or the next datagram.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="output">Receives them.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written; a datagram must fit.</param>
    /// <returns>Number of bytes; 0 where nothing waits.</returns>
    public int Transmit(int path, byte[] output, int offset, int capacity)
    {
        AssociationPath p = _paths[path];
        if (p.State == AssociationPath.Free || p.State == AssociationPath.Opening)
            return 0;

        int count = p.Conversation.Transmit(output, offset, capacity);
        if (count > 0 && p.IsUp)
            OnTransmitted(p);

        return count;
    }

    /// <summary>The next event.</summary>
    /// <returns>One of <see cref="AssociationEvent"/>.</returns>
    public int NextEvent()
    {
        if (!HasReport())
        {
            Pump();
            Settle();
        }

        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath p = _paths[i];
            EventPath = i;
            if (p.ConnectedPending)
            {
                p.ConnectedPending = false;
                EventError = TlsError.None;
                return AssociationEvent.Connected;
            }

            if (p.EndedPending)
            {
                p.EndedPending = false;
                EventError = p.EndedError;
                return AssociationEvent.PathEnded;
            }
        }

        if (_heldQuery >= 0)
        {
            ReportAnswer();
            return AssociationEvent.Answer;
        }

        EventPath = -1;
        for (int i = 0; i < _options.MaxQueries; i++)
        {
            if (_phases[i] != Failing)
                continue;

            EventQuery = i;
            EventError = _errors[i];
            EventAction = _actions[i];
            EventAttempts = _attempts[i];
            Forget(i);
            return AssociationEvent.QueryFailed;
        }

        if (_probeResult != AssociationEvent.None)
        {
            int result = _probeResult;
            _probeResult = AssociationEvent.None;
            EventPath = _main;
            EventError = TlsError.None;
            return result;
        }

        if (_sessionsChanged)
        {
            _sessionsChanged = false;
            return AssociationEvent.SessionsChanged;
        }

        return AssociationEvent.None;
    }

    /// <summary>From when on a wake-up is useful, in milliseconds of the monotonic clock: what is planned may then ride along. <see cref="long.MaxValue"/> for never.</summary>
    public long WakeEarliestMs
    {
        get
        {
            long service = ServiceDueMs();
            long plan = CanPlan() && IsPermitted() ? _plan.EarliestMs : long.MaxValue;
            return plan < service ? plan : service;
        }
    }

    /// <summary>When <see cref="HandleTimeout"/> is due; <see cref="long.MaxValue"/> for never.</summary>
    public long WakeDueMs
    {
        get
        {
            long service = ServiceDueMs();
            long plan = CanPlan() ? PlanDueMs() : long.MaxValue;
            return plan < service ? plan : service;
        }
    }

    /// <summary>Until when a wake-up may be put off without harm; at least <see cref="WakeDueMs"/>.</summary>
    public long WakeLatestMs
    {
        get
        {
            long service = ServiceDueMs();
            long plan = CanPlan() && PlanDueMs() != long.MaxValue ? _plan.LatestMs : long.MaxValue;
            return plan < service ? plan : service;
        }
    }

    /// <summary>The smoothed round trip time of answers, handshakes and probes (RFC 6298 section 2), in milliseconds; -1 where unknown.</summary>
    public int SmoothedRttMs { get { return _rtt.SmoothedMs; } }

    /// <summary>The buffer of the last answer. Valid until the next call that takes input or asks for an event.</summary>
    public byte[] AnswerBuffer { get { return _paths[_heldPath].Conversation == null ? null : _paths[_heldPath].Conversation.AnswerBuffer; } }

    /// <summary>First byte of the last answer, a DNS message without length prefix.</summary>
    public int AnswerOffset { get { return _paths[_heldPath].Conversation == null ? 0 : _paths[_heldPath].Conversation.AnswerOffset; } }

    /// <summary>Number of bytes of the last answer.</summary>
    public int AnswerCount { get { return _paths[_heldPath].Conversation == null ? 0 : _paths[_heldPath].Conversation.AnswerCount; } }

    /// <summary>The query of the last event about one. Free for a new query from now on.</summary>
    public int EventQuery;

    /// <summary>The error of the last event: <see cref="DotError"/> or <see cref="Tls.TlsError"/>.</summary>
    public int EventError;

    /// <summary>The path of the last event; -1 for none.</summary>
    public int EventPath;

    /// <summary>Round trips from the last answer's query to the answer, those lost with broken paths and the making of TCP connections included: the seed's count.</summary>
    public int EventRoundTrips;

    /// <summary>What the query of the last event did when it came, one of <see cref="QueryAction"/>.</summary>
    public int EventAction;

    /// <summary>How often the query of the last event was sent, on all paths.</summary>
    public int EventAttempts;

    /// <summary>Whether the last answer's query waited for a handshake.</summary>
    public bool EventWaitedForHandshake;

    /// <summary>Whether the last answer's query travelled as early data that the server took.</summary>
    public bool EventWasEarly;

    /// <summary>Whether the last answer is truncated.</summary>
    public bool EventTruncated;

    /// <summary>Recoveries that unauthenticated signals started.</summary>
    public int SignalRecoveries;

    /// <summary>Those among <see cref="SignalRecoveries"/> that were TCP resets.</summary>
    public int ResetRecoveries;

    /// <summary>Recoveries that silence started.</summary>
    public int SilenceRecoveries;

    /// <summary>Probes sent, of the policy and of <see cref="Probe"/>.</summary>
    public int ProbesSent;

    /// <summary>How the last probe was made, one of <see cref="Association.ProbeKind"/>.</summary>
    public int LastProbeKind;

    /// <summary>Unauthenticated signals that started nothing: the budget was spent, or nothing was in flight.</summary>
    public int SignalsIgnored;

    /// <summary>When anything but a plan for quiet time is due.</summary>
    private long ServiceDueMs()
    {
        long due = long.MaxValue;
        for (int i = 0; i < _phases.Length; i++)
        {
            if (_phases[i] == Pending && _store.DueMs[i] < due)
                due = _store.DueMs[i];
        }

        if (_asleep)
            return due;

        for (int i = 0; i < PathCount; i++)
        {
            if (_paths[i].IsUp && _paths[i].Conversation.WakeDueMs < due)
                due = _paths[i].Conversation.WakeDueMs;
            if (HandshakeDueMs(_paths[i]) < due)
                due = HandshakeDueMs(_paths[i]);
        }

        long other = SilenceDueMs();
        if (other < due)
            due = other;
        if (_probing == ProbeKind.Keepalive && _probeDueMs < due)
            due = _probeDueMs;
        if (_main < 0 && _wanted == NoRole && _openNotBeforeMs < due && HasUnplaced())
            due = _openNotBeforeMs;

        return due;
    }

    private void Begin(long nowMs)
    {
        _nowMs = nowMs;
        _facts.RadioActive = false;
    }

    private bool HasReport()
    {
        return _heldQuery >= 0 || _failures > 0 || _probeResult != AssociationEvent.None
            || _paths[0].ConnectedPending || _paths[0].EndedPending || _paths[1].ConnectedPending || _paths[1].EndedPending;
    }

    /// <summary>Reads what the conversations have to tell, up to the first thing that the driver is to be told.</summary>
    private void Pump()
    {
        for (int i = 0; i < PathCount; i++)
        {
            while (_paths[i].IsUp && !HasReport())
            {
                int happened = _paths[i].Conversation.NextEvent();
                NoteSigns(i);
                if (happened == DodEvent.None)
                    break;

                OnEvent(i, happened);
            }
        }
    }

    private void OnEvent(int path, int happened)
    {
        DnsConversation conversation = _paths[path].Conversation;
        switch (happened)
        {
            case DodEvent.Connected:
                OnConnected(path);
                break;
            case DodEvent.Session:
                TlsSession session = conversation.TakeSession();
                if (session != null)
                {
                    _sessions.Put(_options.SessionKey, session);
                    _sessionsChanged = true;
                    _planDirty = true;
                }

                break;
            case DodEvent.Answer:
                OnAnswer(path);
                break;
            case DodEvent.QueryFailed:
                OnQueryFailed(conversation.EventQuery, conversation.EventError);
                break;
            case DodEvent.Closed:
                OnClosed(path);
                break;
            case DodEvent.Suspect:
                OnSignal(path);
                break;
            case DodEvent.HeartbeatAnswered:
                OnHeartbeatAnswered(path);
                break;
        }
    }

    /// <summary>Brings what follows from the present situation: a path for queries that have none, the end of a path that nobody needs, a plan for quiet time.</summary>
    private void Settle()
    {
        PlaceQueries();
        EndLeavingIfDone();
        PlanQuiet();
    }
}
