namespace DprivEmbedded.Harness.Network;

/// <summary>What stands at the ends of links: a host, a NAT, a router.</summary>
public abstract class NetworkNode
{
    private protected NetworkNode(SimulatedNetwork network, string name)
    {
        Network = network;
        Name = name;
    }

    /// <summary>The network that it belongs to.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>What it is called in traces.</summary>
    public string Name { get; }

    /// <summary>Whether packets to an address go to this node.</summary>
    /// <param name="address">The address.</param>
    public abstract bool Owns(Ipv4Address address);

    /// <inheritdoc/>
    public override string ToString()
    {
        return Name;
    }

    internal abstract void Attach(SimulatedPath path, bool first);

    internal abstract void Receive(Packet packet, SimulatedLink link);
}
