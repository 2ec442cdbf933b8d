namespace DprivEmbedded.Harness.Hostile;

/// <summary>What comes of a hostile act.</summary>
public enum HostileOutcomeKind
{
    /// <summary>The query is answered rightly.</summary>
    Answered,

    /// <summary>The connection ends.</summary>
    Ends,

    /// <summary>The query fails by itself.</summary>
    QueryFails,
}
