namespace DprivEmbedded.Lab.Forging;

/// <summary>What somebody on the client's access link forges in the server's name.</summary>
public enum ForgeryKind
{
    /// <summary>A plain DTLS alert.</summary>
    Alert,

    /// <summary>ICMP: the server's port is unreachable.</summary>
    Unreachable,

    /// <summary>A TCP RST whose sequence number is guessed.</summary>
    BlindReset,

    /// <summary>A TCP RST that the client's kernel must take: its sequence number was read on the wire.</summary>
    ExactReset,
}
