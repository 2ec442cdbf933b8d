namespace DprivEmbedded.Harness;

/// <summary>What a path does with a datagram.</summary>
public enum DatagramFate
{
    /// <summary>It arrives after the latency.</summary>
    Deliver,

    /// <summary>It never arrives.</summary>
    Lose,

    /// <summary>It arrives twice, the second behind the first.</summary>
    Duplicate,

    /// <summary>It arrives later than others of its time, by <see cref="DatagramLink.DelayMs"/>: what was sent behind it overtakes it.</summary>
    Delay,

    /// <summary>It arrives with one bit changed, see <see cref="DatagramLink.Corrupt"/>.</summary>
    Corrupt,
}
