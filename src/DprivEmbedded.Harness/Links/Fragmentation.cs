namespace DprivEmbedded.Harness;

/// <summary>In which pieces a stream link hands over what was sent. TCP keeps no boundaries, so a receiver must bear every one of these.</summary>
public enum Fragmentation
{
    /// <summary>Each send is one piece.</summary>
    Whole,

    /// <summary>One byte at a time.</summary>
    Bytes,

    /// <summary>Pieces of random size, cut and joined across sends; reproducible by the link's seed.</summary>
    Random,

    /// <summary>All that has arrived is one piece.</summary>
    Coalesced,
}
