namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>What somebody beside the path floods a device with.</summary>
public enum FloodKind
{
    /// <summary>Nothing: the control.</summary>
    None,

    /// <summary>DTLS alerts in the clear, in the server's name.</summary>
    Alert,

    /// <summary>Records that claim to be protected application data, in the server's name.</summary>
    Record,

    /// <summary>ICMP: the server's port is unreachable.</summary>
    Unreachable,

    /// <summary>TCP resets to the right ports with guessed sequence numbers.</summary>
    GuessedReset,

    /// <summary>TCP resets one beside the exact number: RFC 5961 answers with a challenge.</summary>
    NearReset,

    /// <summary>TCP resets with the exact number of whichever connection there is.</summary>
    ExactReset,
}
