namespace DprivEmbedded.Harness.Trials;

/// <summary>How a server ends an idle association.</summary>
public enum ServerEnd
{
    /// <summary>It says so at once: close_notify and FIN.</summary>
    Fin,

    /// <summary>It forgets, and answers what comes later with a reset or an alert.</summary>
    Reset,

    /// <summary>It forgets, and answers nothing.</summary>
    Silent,
}
