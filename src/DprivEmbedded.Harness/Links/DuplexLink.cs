using System;

namespace DprivEmbedded.Harness;

/// <summary>A byte stream in both directions between a client and a server, in virtual time.</summary>
public sealed class DuplexLink
{
    /// <summary>Makes a link.</summary>
    /// <param name="clock">The simulation's time.</param>
    /// <param name="latencyMs">The one-way latency in milliseconds, half of the round-trip time.</param>
    /// <param name="seed">Seeds random fragmentation.</param>
    public DuplexLink(VirtualClock clock, int latencyMs, int seed = 1)
    {
        Up = new StreamLink(clock, latencyMs, seed);
        Down = new StreamLink(clock, latencyMs, unchecked(seed * 31 + 7));
    }

    /// <summary>From the client to the server.</summary>
    public StreamLink Up { get; }

    /// <summary>From the server to the client.</summary>
    public StreamLink Down { get; }

    /// <summary>When something arrives at either end; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDueMs => Math.Min(Up.NextDueMs, Down.NextDueMs);

    /// <summary>How both directions hand over what was sent.</summary>
    /// <param name="fragmentation">The pieces.</param>
    public void Fragment(Fragmentation fragmentation)
    {
        Up.Fragmentation = fragmentation;
        Down.Fragmentation = fragmentation;
    }

    /// <summary>Swallows everything in both directions from now on, without a word to either end.</summary>
    public void Cut()
    {
        Up.Cut();
        Down.Cut();
    }

    /// <summary>Tears the stream down at both ends at once, as a NAT or firewall that lost its state does.</summary>
    public void Reset()
    {
        Up.InjectReset();
        Down.InjectReset();
    }
}
