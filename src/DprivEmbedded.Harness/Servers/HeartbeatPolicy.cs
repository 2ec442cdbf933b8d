namespace DprivEmbedded.Harness;

/// <summary>What a DTLS server says about heartbeats. Source: RFC 6520 section 2.</summary>
public enum HeartbeatPolicy
{
    /// <summary>It does not know the extension.</summary>
    Off,

    /// <summary>It answers requests (peer_allowed_to_send).</summary>
    Answer,

    /// <summary>It wants no requests and discards them (peer_not_allowed_to_send).</summary>
    Refuse,
}
