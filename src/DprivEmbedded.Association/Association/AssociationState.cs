namespace DprivEmbedded.Association;

/// <summary>The life of a client-server association, in the order of its flows.</summary>
public static class AssociationState
{
    /// <summary>There is none: the next query makes one.</summary>
    public const int Closed = 0;

    /// <summary>A handshake is under way: full, resumed (figure 3: DTLS false start; figure 5: in the SYN), or with early data.</summary>
    public const int Connecting = 1;

    /// <summary>Queries are in flight.</summary>
    public const int Active = 2;

    /// <summary>No query is in flight; server, NAT and firewall may forget.</summary>
    public const int Quiet = 3;

    /// <summary>A probe is under way (section 4 of the message flows).</summary>
    public const int Probing = 4;

    /// <summary>The other side may have lost the association: an alert or a reset that nobody authenticated, or silence. No resumption is under way.</summary>
    public const int Suspect = 5;

    /// <summary>A resumption is under way, beside the association where that is not known to be dead (figures 1, 2, 4, 5, 7, 8, 9).</summary>
    public const int Recovering = 6;

    /// <summary>The server asked to end the connection; answers under way are awaited.</summary>
    public const int Draining = 7;

    /// <summary>The device sleeps.</summary>
    public const int Asleep = 8;
}
