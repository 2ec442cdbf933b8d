namespace DprivEmbedded.Policy;

/// <summary>What latency is worth, by name: microwatts, that is nanojoules for each millisecond that an answer comes later.</summary>
public static class LatencyPreset
{
    /// <summary>The battery's life comes first: a second of waiting is worth 20 mJ.</summary>
    public const int LongestLife = 20000;

    /// <summary>A second is worth 200 mJ.</summary>
    public const int Balanced = 200000;

    /// <summary>Answers come first: a second is worth 2 J.</summary>
    public const int Fastest = 2000000;
}
