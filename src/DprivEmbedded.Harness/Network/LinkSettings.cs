namespace DprivEmbedded.Harness.Network;

/// <summary>How packets fare on a link. Not to be changed once a link has it: give the link another one.</summary>
public sealed class LinkSettings
{
    /// <summary>How long a packet travels, besides the time that the rate takes.</summary>
    public DelayDistribution Delay { get; init; } = DelayDistribution.Constant(0);

    /// <summary>Which packets are lost.</summary>
    public LossModel Loss { get; init; } = LossModel.None;

    /// <summary>The rate in bits per second, of IP packets without the link's own framing; 0 for no limit.</summary>
    public long RateBitsPerSecond { get; init; }

    /// <summary>How many bytes may wait before the rate; what comes then is dropped.</summary>
    public int QueueBytes { get; init; } = 65536;

    /// <summary>Whether nothing overtakes, however the delay varies. Where false, jitter reorders.</summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>Which part of the packets arrives twice, 0..1.</summary>
    public double DuplicateProbability { get; init; }

    /// <summary>A link with a constant delay and nothing else.</summary>
    /// <param name="ms">The delay of one direction, in milliseconds.</param>
    /// <returns>The settings.</returns>
    public static LinkSettings WithDelay(double ms)
    {
        return new LinkSettings { Delay = DelayDistribution.Constant(ms) };
    }

    internal LinkSettings Copy()
    {
        return new LinkSettings
        {
            Delay = Delay,
            Loss = Loss,
            RateBitsPerSecond = RateBitsPerSecond,
            QueueBytes = QueueBytes,
            KeepsOrder = KeepsOrder,
            DuplicateProbability = DuplicateProbability,
        };
    }
}
