namespace DprivEmbedded.Harness.Trials;

/// <summary>What a policy's past left behind: the device's side of one run at one moment.</summary>
internal struct TrialState
{
    /// <summary>Energy and weighted latency so far, in nanojoules.</summary>
    public long Cost;

    /// <summary>When something was last exchanged: what the path counts from.</summary>
    public long Heard;

    /// <summary>When the server last saw what it counts from.</summary>
    public long Served;

    /// <summary>When the session was issued; -1 for none.</summary>
    public long Ticket;

    /// <summary>Until when the radio is on by our doing.</summary>
    public long OnUntil;

    /// <summary>When our last exchange ended.</summary>
    public long End;

    /// <summary>The query that the lifetimes of this quiet time were drawn for.</summary>
    public int Query;

    /// <summary>Whether there is an association that is not known to be dead.</summary>
    public bool Has;

    /// <summary>Whether queries that come before <see cref="End"/> wait for a handshake.</summary>
    public bool Blocking;

    /// <summary>For the dynamic program: 2 for a living association, 1 for one that is dead without our knowing, 0 for none.</summary>
    public int Rank;

    /// <summary>For the dynamic program: when the server's close arrives.</summary>
    public long ClosesAt;

    /// <summary>For the dynamic program: whether the session can still be resumed at the next query.</summary>
    public bool Resumable;
}
