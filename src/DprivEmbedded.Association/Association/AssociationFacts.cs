namespace DprivEmbedded.Association;

/// <summary>What a policy decides on: a snapshot of one association and of the device. A plain holder, used again for every decision; times are milliseconds of the monotonic clock.</summary>
public sealed class AssociationFacts
{
    /// <summary>Now.</summary>
    public long NowMs;

    /// <summary>One of <see cref="AssociationTransport"/>.</summary>
    public int Transport;

    /// <summary>Whether there is an association that is not known to be dead.</summary>
    public bool HasAssociation;

    /// <summary>How long nothing authentic was heard from the server, in milliseconds: the gap that a server's or NAT's memory has to bridge.</summary>
    public long GapMs;

    /// <summary>How long the server saw nothing that it counts its idle time from, in milliseconds. At least <see cref="GapMs"/>, and longer where TCP keepalive, which the server's program does not see, kept the path.</summary>
    public long ServerGapMs;

    /// <summary>How long no query was asked, in milliseconds; <see cref="long.MaxValue"/> before the first.</summary>
    public long IdleMs;

    /// <summary>Whether a session waits to be resumed.</summary>
    public bool HasSession;

    /// <summary>When that session expires; <see cref="long.MaxValue"/> where unknown.</summary>
    public long SessionExpiresMs;

    /// <summary>Whether its resumption may carry a query as early data.</summary>
    public bool EarlyData;

    /// <summary>Whether the ClientHello can travel in the SYN.</summary>
    public bool FastOpen;

    /// <summary>Whether the association survives a change of address or port (RFC 9146).</summary>
    public bool SurvivesAddressChange;

    /// <summary>How the association can be probed, one of <see cref="Association.ProbeKind"/>.</summary>
    public int ProbeKind;

    /// <summary>The smoothed round trip time in milliseconds; -1 where unknown.</summary>
    public int SmoothedRttMs;

    /// <summary>How long the server said that it keeps an idle connection (RFC 7828), in milliseconds; -1 where it said nothing.</summary>
    public int ServerIdleTimeoutMs;

    /// <summary>Whether the radio is awake anyway: right after a query, and when it woke for other traffic. A plan whose <see cref="QuietPlan.EarliestMs"/> is not after <see cref="NowMs"/> is then carried out at once.</summary>
    public bool RadioActive;

    /// <summary>What the power-save state permits, one of <see cref="Association.ProbePermission"/>.</summary>
    public int ProbePermission;

    /// <summary>When the application will wake the radio next; <see cref="long.MaxValue"/> where it did not say.</summary>
    public long NextWakeMs;

    /// <summary>How long the device is about to sleep, in milliseconds; 0 where it is not.</summary>
    public long SleepMs;

    /// <summary>Whether memory, and with it the association, survives that sleep.</summary>
    public bool SleepKeepsMemory;

    /// <summary>The battery's level in thousandths; -1 where unknown.</summary>
    public int BatteryPermille;

    /// <summary>Whether the device is charging or on mains.</summary>
    public bool Charging;
}
