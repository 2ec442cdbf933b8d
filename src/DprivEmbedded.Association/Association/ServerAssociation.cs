using System;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Inputs; drains are in ServerAssociation.Drain.cs. What they cause stands beside its figure:
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
            OnSign(path, false);

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

        _failures = 0;
        _asleep = false;
        ForgetTroubles();
        _plan.Clear();
    }
}
