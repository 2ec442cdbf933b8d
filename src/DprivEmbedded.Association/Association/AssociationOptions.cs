namespace DprivEmbedded.Association;

/// <summary>How a <see cref="ServerAssociation"/> behaves. Read when it is made.</summary>
public sealed class AssociationOptions
{
    /// <summary>One of <see cref="AssociationTransport"/>.</summary>
    public int Transport;

    /// <summary>What sessions are kept under: the server and how it is authenticated.</summary>
    public string SessionKey;

    /// <summary>How many queries may wait or be in flight at once, 1..255. The conversations have one slot more, for probes.</summary>
    public int MaxQueries = 16;

    /// <summary>The largest query in bytes, 17..16384.</summary>
    public int MaxQueryBytes = 512;

    /// <summary>How long a query may take in all, in milliseconds.</summary>
    public int QueryTimeoutMs = 10000;

    /// <summary>How many connections or associations may be lost under a query without bringing anything meanwhile, 1..16, before it fails. Time is limited by <see cref="QueryTimeoutMs"/> besides.</summary>
    public int MaxAttempts = 5;

    /// <summary>Whether queries fail as soon as the first handshake for them is broken off by the transport, so that another server can be asked; else that is tried again like a loss. A recovery is tried again in any case.</summary>
    public bool FailFast;

    /// <summary>How long a server that refuses connections while queries wait for a recovery is tried again, in milliseconds: it may be restarting. 0 fails them at once, so that another server can be asked.</summary>
    public int RestartPatienceMs = 4000;

    /// <summary>How many paths there may be at once: 2 (default) lets a resumption run beside a suspect association and lets queries hedge; 1 spares its memory, and abandons the association instead.</summary>
    public int MaxPaths = 2;

    /// <summary>Whether paths are opened with TCP Fast Open, the ClientHello in the SYN (figures 5 and 8).</summary>
    public bool FastOpen;

    /// <summary>The shortest silence in milliseconds after which a resumption starts: silence counts as a loss after 3 smoothed round trip times, but not earlier than this.</summary>
    public int MinSilenceMs = 100;

    /// <summary>That silence in milliseconds while no round trip time is known.</summary>
    public int InitialSilenceMs = 1000;

    /// <summary>How many resumptions an hour may be started by signals that nobody authenticated (reset, alert, ICMP) while the association could still answer. It bounds the energy that forgers can cost.</summary>
    public int SignalBudgetPerHour = 12;

    /// <summary>Whether the system has TCP keepalive: then it probes paths over TCP.</summary>
    public bool Keepalive;

    /// <summary>Says what is wrong with the options.</summary>
    /// <returns>A sentence for the programmer, or null where nothing is.</returns>
    public string Validate()
    {
        if (Transport != AssociationTransport.Dot && Transport != AssociationTransport.Dodtls)
            return "Transport must be AssociationTransport.Dot or Dodtls.";
        if (SessionKey == null || SessionKey.Length == 0 || SessionKey.Length > 255)
            return "SessionKey must have 1 to 255 characters.";
        if (MaxQueries < 1 || MaxQueries > 255)
            return "MaxQueries must be 1 to 255.";
        if (MaxQueryBytes < QueryStore.MinQueryBytes || MaxQueryBytes > 16384)
            return "MaxQueryBytes must be 17 to 16384.";
        if (MaxAttempts < 1 || MaxAttempts > 16)
            return "MaxAttempts must be 1 to 16.";
        if (RestartPatienceMs < 0)
            return "RestartPatienceMs must be 0 or more.";
        if (MaxPaths < 1 || MaxPaths > 2)
            return "MaxPaths must be 1 or 2.";
        if (QueryTimeoutMs < 1 || MinSilenceMs < 1 || InitialSilenceMs < MinSilenceMs)
            return "QueryTimeoutMs and MinSilenceMs must be 1 or more, and InitialSilenceMs not below MinSilenceMs.";
        if (SignalBudgetPerHour < 0 || SignalBudgetPerHour > 3600)
            return "SignalBudgetPerHour must be 0 to 3600.";

        return null;
    }
}
