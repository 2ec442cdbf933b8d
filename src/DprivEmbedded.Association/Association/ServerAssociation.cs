using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Inputs and drains. What they cause stands beside its figure:
//
//   ServerAssociation.Connect.cs   figures 3 and 5: a new association, by false start, in the SYN, with early data; fall back to a full handshake
//   ServerAssociation.Use.cs       figure 6: queries over what is there; the hedge; answers
//   ServerAssociation.Suspect.cs   figures 1, 2, 4, 7, 8 and 9: what each loss looks like, and what it starts
//   ServerAssociation.Quiet.cs     section 4: probes; close; renew
//   ServerAssociation.Sleep.cs     power, sleep, another network

/// <summary>The life of the association with one server, over TLS or DTLS, without input or output of its own: connect, use, quiet, probe, suspect, recover, sleep.</summary>
/// <remarks>
/// <para>After every call that takes input drain in this order: <see cref="NextCommand"/> until <see cref="AssociationCommand.None"/>; <see cref="Transmit"/> of each open path until 0; <see cref="NextEvent"/> until
/// <see cref="AssociationEvent.None"/>; again from the start where anything came; then read the wake times.</para>
/// <para>Paths are numbered 0 and 1. A query and its answer allocate nothing. One thread at a time.</para>
/// </remarks>
public sealed partial class ServerAssociation
{
    private const int PathCount = 2;
    private const int ProbeBytes = 128;

    // What a query's slot holds.
    private const int NoQuery = 0;
    private const int Pending = 1;
    private const int Answered = 2;
    private const int Failing = 3;

    private readonly AssociationOptions _options;
    private readonly IConversationFactory _factory;
    private readonly ISessionCache _sessions;
    private readonly IAssociationPolicy _policy;
    private readonly IPathFacts _pathFacts;
    private readonly AssociationFacts _facts = new AssociationFacts();
    private readonly QuietPlan _plan = new QuietPlan();
    private readonly RttEstimator _rtt = new RttEstimator();
    private readonly SignalBudget _budget;
    private readonly QueryStore _store;
    private readonly AssociationPath[] _paths = new AssociationPath[PathCount];

    // Queries, by their number; the last slot is the probe's.
    private readonly int[] _phases;
    private readonly int[] _actions;
    private readonly int[] _turns;
    private readonly int[] _attempts;
    private readonly int[] _losses;
    private readonly int[] _errors;
    private readonly int _probeSlot;

    private long _nowMs;
    private long _utcMs;
    private long _utcAtMs;
    private long _lastQueryMs = -1;

    // The answer that is to be reported.
    private int _heldQuery = -1;
    private int _heldPath;
    private int _heldTurns;
    private int _heldAttempts;
    private bool _heldWaited;
    private bool _heldEarly;

    private int _commandPath;

    /// <summary>Makes an association. Nothing is sent until a query comes.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="factory">Makes its conversations.</param>
    /// <param name="sessions">Keeps sessions; those of other servers may be in it, too.</param>
    /// <param name="policy">Decides; used by this association alone.</param>
    /// <param name="crypto">Where message IDs come from.</param>
    /// <param name="paths">What the system knows of TCP paths; null for nothing.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message says what would be right.</exception>
    public ServerAssociation(AssociationOptions options, IConversationFactory factory, ISessionCache sessions, IAssociationPolicy policy, ICryptoProvider crypto, IPathFacts paths)
    {
        if (options == null || factory == null || sessions == null || policy == null || crypto == null)
            throw new ArgumentException("options, factory, sessions, policy and crypto must not be null.");

        string wrong = options.Validate();
        if (wrong != null)
            throw new ArgumentException(wrong);

        _options = options;
        _factory = factory;
        _sessions = sessions;
        _policy = policy;
        _pathFacts = paths;
        int slots = options.MaxQueries + 1;
        _probeSlot = options.MaxQueries;
        _store = new QueryStore(slots, options.MaxQueryBytes < ProbeBytes ? ProbeBytes : options.MaxQueryBytes, crypto.Random);
        _phases = new int[slots];
        _actions = new int[slots];
        _turns = new int[slots];
        _attempts = new int[slots];
        _losses = new int[slots];
        _errors = new int[slots];
        _budget = new SignalBudget(options.SignalBudgetPerHour);
        _facts.ProbePermission = Association.ProbePermission.StandAlone;
        _facts.BatteryPermille = -1;
        _facts.NextWakeMs = long.MaxValue;
        _plan.Clear();
        for (int i = 0; i < PathCount; i++)
        {
            _paths[i] = new AssociationPath();
            _paths[i].AtOpen = new bool[slots];
        }
    }

    /// <summary>Tells the time of day, which tickets need: milliseconds since 1970-01-01 UTC at the monotonic time <paramref name="nowMs"/>. To be repeated after a sleep or a change of the clock.</summary>
    /// <param name="utcMs">The time of day; 0 where unknown.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void SetTimeOfDay(long utcMs, long nowMs)
    {
        _utcMs = utcMs;
        _utcAtMs = nowMs;
    }

    /// <summary>One of <see cref="AssociationState"/>.</summary>
    public int State
    {
        get
        {
            if (_asleep)
                return AssociationState.Asleep;
            if (_main < 0)
            {
                if (_wanted != NoRole)
                    return _wantedRecovers ? AssociationState.Recovering : AssociationState.Connecting;

                return HasQueries() ? AssociationState.Recovering : AssociationState.Closed;
            }

            AssociationPath main = _paths[_main];
            if (main.State != AssociationPath.Live)
                return main.Recovers ? AssociationState.Recovering : AssociationState.Connecting;
            if (IsCandidate(_besideRole) || IsCandidate(_wanted))
                return AssociationState.Recovering;
            if (main.Dot != null && main.Dot.IsDraining)
                return AssociationState.Draining;
            if (main.Suspect)
                return AssociationState.Suspect;
            if (HasQueries())
                return AssociationState.Active;

            return _probing != ProbeKind.None ? AssociationState.Probing : AssociationState.Quiet;
        }
    }

    /// <summary>The conversation of a path, to read what was negotiated: a <see cref="DotSession"/> or a <see cref="DodSession"/>; null where the path was never opened.</summary>
    /// <param name="path">0 or 1.</param>
    public DnsConversation Conversation(int path)
    {
        return _paths[path].Conversation;
    }

    /// <summary>The path that queries go over, or would; -1 for none.</summary>
    public int MainPath { get { return _main; } }

    /// <summary>Takes a query; the policy decides what it does.</summary>
    /// <param name="message">Holds the DNS message without length prefix; copied. Its ID is replaced by a random one.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes, 17 or more.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>The query's number, 0..<see cref="AssociationOptions.MaxQueries"/>-1; -1 where all are taken.</returns>
    /// <exception cref="ArgumentException">The message is larger than <see cref="AssociationOptions.MaxQueryBytes"/>, or no DNS query.</exception>
    public int Query(byte[] message, int offset, int count, long nowMs)
    {
        if (count > _options.MaxQueryBytes)
            throw new ArgumentException("A query must have 17 bytes or more, and at most MaxQueryBytes.");

        Begin(nowMs);
        int query = _store.Add(message, offset, count, nowMs + _options.QueryTimeoutMs, _options.MaxQueries);
        if (query < 0)
            return -1;

        _asleep = false;
        _phases[query] = Pending;
        _turns[query] = 0;
        _attempts[query] = 0;
        _losses[query] = 0;
        FillFacts();
        _policy.Observe(AssociationObservation.Query, _facts);
        _actions[query] = StartQuery(query);
        _lastQueryMs = nowMs;
        Settle();
        return query;
    }

    /// <summary>Withdraws a query. Its answer, should it come, is ignored.</summary>
    /// <param name="query">The number that <see cref="Query"/> returned.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Cancel(int query, long nowMs)
    {
        Begin(nowMs);
        if (query < 0 || query >= _options.MaxQueries)
            return;
        if (_heldQuery == query)
            _heldQuery = -1;

        Withdraw(query);
        Forget(query);
        Settle();
    }

    /// <summary>The path's socket is ready.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathOpened(int path, long nowMs)
    {
        Begin(nowMs);
        if (_paths[path].State != AssociationPath.Opening)
            return;

        OpenConversation(path);
        Settle();
    }

    /// <summary>Tells whether the peer took the data of the path's SYN, for the count of round trips. Unless told, it is taken to have done so.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="used">False where the handshake began only behind the SYN-ACK.</param>
    public void PathFastOpenUsed(int path, bool used)
    {
        _paths[path].FastOpenUsed = used && _paths[path].FastOpen;
    }

    /// <summary>The path's socket ended, or could not be made.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="reset">True for a reset or a failure, false for an orderly end (FIN).</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathClosed(int path, bool reset, long nowMs)
    {
        Begin(nowMs);
        AssociationPath p = _paths[path];
        p.SocketGone = true;
        p.ResetSeen = reset;
        if (p.State == AssociationPath.Opening)
            OnConnectFailed(path);
        else if (p.IsUp)
        {
            OnSocketGone(path);
            Pump();
        }
        else
        {
            p.State = AssociationPath.Free;
            p.ClosePending = false;
        }

        Settle();
    }

    /// <summary>ICMP said that the path's server cannot be reached. Nobody authenticated that: a hint, no end.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathUnreachable(int path, long nowMs)
    {
        Begin(nowMs);
        AssociationPath p = _paths[path];
        if (p.Dod == null)
            return;
        if (p.State == AssociationPath.Handshaking)
            p.Unreachable = true;
        else if (p.State == AssociationPath.Live)
            OnSignal(path);

        Settle();
    }

    /// <summary>The system saw the server's host answer at the TCP level: a keepalive segment was acknowledged.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PathAlive(int path, long nowMs)
    {
        Begin(nowMs);
        if (_paths[path].State == AssociationPath.Live)
            OnSign(path);

        Settle();
    }

    /// <summary>Takes bytes of a TCP stream, or one datagram.</summary>
    /// <param name="path">0 or 1.</param>
    /// <param name="data">Holds the bytes; a datagram is decrypted in place.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>Number of bytes taken: drain before giving the rest.</returns>
    public int Receive(int path, byte[] data, int offset, int count, long nowMs)
    {
        Begin(nowMs);
        AssociationPath p = _paths[path];
        if (!p.IsUp)
            return count;

        if (p.Dot != null)
            OnBytes(path);
        else
            p.Stalls = 0;

        int taken = p.Conversation.Take(data, offset, count, nowMs);
        Pump();
        Settle();
        return taken;
    }

    /// <summary>Acts on time gone by. A call that comes too early does nothing.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void HandleTimeout(long nowMs)
    {
        Begin(nowMs);
        ExpireQueries();
        for (int i = 0; i < PathCount; i++)
        {
            if (_paths[i].IsUp)
                HandlePathTimeout(i);
        }

        Pump();
        CheckHandshakes();
        CheckSilence();
        CheckProbe();
        Settle();
        if (CanPlan() && nowMs >= PlanDueMs())
        {
            Perform();
            Settle();
        }
    }

    /// <summary>Closes in an orderly way. Queries that wait for answers go to a new association.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void Close(long nowMs)
    {
        Begin(nowMs);
        DropBeside();
        if (_wanted != NoRole)
            _wanted = NoRole;
        if (_main >= 0)
            EndMain(Orderly);

        Settle();
    }

    /// <summary>Zeroes keys, secrets, queries and answers.</summary>
    public void Clear()
    {
        for (int i = 0; i < PathCount; i++)
        {
            AssociationPath p = _paths[i];
            if (p.State != AssociationPath.Free)
                EndPath(i, Silently, TlsError.None);
            if (p.Conversation != null)
                p.Conversation.Clear();

            p.ConnectedPending = false;
            p.EndedPending = false;
        }

        _main = -1;
        _beside = -1;
        _besideRole = NoRole;
        _wanted = NoRole;
        _heldQuery = -1;
        _probing = ProbeKind.None;
        _probeResult = AssociationEvent.None;
        _store.Clear();
        for (int i = 0; i < _phases.Length; i++)
            _phases[i] = NoQuery;

        _plan.Clear();
    }

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
        if (_main < 0 && _wanted == NoRole && HasQueries() && _openNotBeforeMs < due)
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
