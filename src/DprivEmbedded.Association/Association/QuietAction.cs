namespace DprivEmbedded.Association;

/// <summary>What quiet time may do.</summary>
public static class QuietAction
{
    /// <summary>Nothing: the radio sleeps.</summary>
    public const int Nothing = 0;

    /// <summary>Asks whether the association lives, which also keeps bindings on the path: <see cref="ProbeKind"/>.</summary>
    public const int Probe = 1;

    /// <summary>Closes it in an orderly way: before a sleep that would outlast the state, or before the server's close would wake the radio.</summary>
    public const int Close = 2;

    /// <summary>Makes a new association by handshake, for a fresh ticket: where the old one is about to expire.</summary>
    public const int Renew = 3;
}
