namespace DprivEmbedded.Lab.Network;

/// <summary>What the NAT does with a flow that it does not know.</summary>
public enum NatKind
{
    /// <summary>The outer port is the inner one: after a loss of state the mapping is the same (figure 6).</summary>
    KeepsPort,

    /// <summary>The outer port is any of 20000 to 20999: after a loss of state the mapping is another (figure 7).</summary>
    RandomPort,
}
