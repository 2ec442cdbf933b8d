namespace DprivEmbedded.Harness.Network;

/// <summary>Which address and port a NAT gives a flow that it had a mapping for and lost.</summary>
public enum NatPortPolicy
{
    /// <summary>The same as before (figure 6 of the seed).</summary>
    Same,

    /// <summary>The next port (figure 7).</summary>
    NextPort,

    /// <summary>A random port (figure 7).</summary>
    RandomPort,

    /// <summary>The next of its addresses (figure 7).</summary>
    OtherAddress,
}
