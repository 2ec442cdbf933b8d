using DprivEmbedded.Sessions;

namespace DprivEmbedded.Association;

/// <summary>One path of an association: a socket of the driver, the conversation over it, and what is known of both.</summary>
internal sealed class AssociationPath
{
    /// <summary>No socket.</summary>
    public const int Free = 0;

    /// <summary>The driver makes a socket.</summary>
    public const int Opening = 1;

    /// <summary>The handshake is under way.</summary>
    public const int Handshaking = 2;

    /// <summary>The handshake is over.</summary>
    public const int Live = 3;

    /// <summary>Over; the driver is still to be told to close the socket.</summary>
    public const int Ending = 4;

    /// <summary>The driver was told.</summary>
    public const int Closing = 5;

    public int State;
    public DnsConversation Conversation;

    /// <summary>The conversation, over TLS; null over DTLS.</summary>
    public DotSession Dot;

    /// <summary>The conversation, over DTLS; null over TLS.</summary>
    public DodSession Dod;

    // How it was opened.
    public bool WithSession;
    public bool OfferedSession;
    public TlsSession Spare;
    public bool Transmitted;
    public bool FastOpen;
    public bool FastOpenUsed;
    public bool Recovers;
    public bool Again;
    public long OpeningMs;

    /// <summary>Which queries waited for the making of this path's TCP connection.</summary>
    public bool[] AtOpen;

    // What was heard.
    public long HeardMs;
    public long ProbedMs;

    /// <summary>When the server's program was heard last: what only its TCP acknowledged does not count.</summary>
    public long ServedMs;
    public int HeardCount;
    public long SilentSinceMs;
    public long TestedGapMs;
    public long TestedServerGapMs;
    public int SilenceChecks;

    /// <summary>How often the silence that counts as a loss is doubled: the server was heard without the answer that is awaited, so that this is late rather than lost.</summary>
    public int Patience;

    /// <summary>Whether a heartbeat asked in this silence whether the server is there.</summary>
    public bool HeartbeatSent;
    public bool Suspect;
    public bool Unreachable;
    public bool SocketGone;
    public bool ResetSeen;

    /// <summary>When the handshake got on last.</summary>
    public long ProgressMs;

    /// <summary>When it was last seen that the server's host has everything, though nothing comes.</summary>
    public long PatientSinceMs;

    /// <summary>How often its present flight was repeated, and how many messages had come then.</summary>
    public int Stalls;
    public int MessagesAtStall;

    private int _falseStartRepeats;
    private long _falseStartMs;

    // What the driver is to do, and to be told.
    public bool ClosePending;
    public bool MovePending;
    public bool ProbePending;
    public bool ConnectedPending;
    public bool EndedPending;
    public int EndedError;

    /// <summary>Whether there is a conversation under way.</summary>
    public bool IsUp { get { return State == Handshaking || State == Live; } }

    /// <summary>Begins a path.</summary>
    public void Begin(bool withSession, bool fastOpen, bool recovers, long nowMs)
    {
        State = Opening;
        WithSession = withSession;
        OfferedSession = false;
        Transmitted = false;
        FastOpen = fastOpen;
        FastOpenUsed = fastOpen;
        Recovers = recovers;
        Again = false;
        OpeningMs = nowMs;
        HeardMs = nowMs;
        ProbedMs = nowMs;
        ServedMs = nowMs;
        SilentSinceMs = -1;
        TestedGapMs = 0;
        TestedServerGapMs = 0;
        SilenceChecks = 0;
        Patience = 0;
        HeartbeatSent = false;
        Suspect = false;
        Unreachable = false;
        SocketGone = false;
        ResetSeen = false;
        MovePending = false;
        ProbePending = false;
        ConnectedPending = false;
        Stalls = 0;
        _falseStartRepeats = 0;
    }

    /// <summary>Something goes out to the server: the quiet time before is put to the test.</summary>
    public void BeginTest(long nowMs)
    {
        TestedGapMs = nowMs - HeardMs;
        TestedServerGapMs = nowMs - ServedMs;
    }

    /// <summary>The test is over.</summary>
    public void EndTest()
    {
        TestedGapMs = 0;
        TestedServerGapMs = 0;
    }

    /// <summary>Counts a repetition of the flight that a false start followed, and tells whether there were enough in enough time.</summary>
    public bool IsFalseStartInVain(long nowMs)
    {
        if (_falseStartRepeats++ == 0)
            _falseStartMs = nowMs;

        return _falseStartRepeats >= 2 && nowMs - _falseStartMs >= 1000;
    }

    /// <summary>Whether making the TCP connection cost a query a round trip.</summary>
    public int OpeningTurns(int query)
    {
        return Dot != null && AtOpen[query] && !FastOpenUsed ? 1 : 0;
    }
}
