namespace DprivEmbedded.Harness;

/// <summary>How a server ends a connection on its own account.</summary>
public enum CloseManner
{
    /// <summary>close_notify, then FIN.</summary>
    Notify,

    /// <summary>FIN alone.</summary>
    Fin,

    /// <summary>RST.</summary>
    Reset,

    /// <summary>Says nothing; answers the next bytes with a RST, as a restarted server or a NAT box that forgot does.</summary>
    Forget,

    /// <summary>Says nothing, and nothing ever more.</summary>
    Silence,
}
