namespace DprivEmbedded.Harness;

/// <summary>What a server does with early data. Source: RFC 8446 section 4.2.10.</summary>
public enum EarlyDataMode
{
    /// <summary>Advertises none in its tickets; skips what comes nevertheless.</summary>
    Off,

    /// <summary>Advertises it and accepts it once per ticket.</summary>
    Accept,

    /// <summary>Advertises it and skips it.</summary>
    Reject,
}
