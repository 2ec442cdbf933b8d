using System;
using System.Collections.Generic;

namespace DprivEmbedded.Harness.Network;

/// <summary>Passes packets on to the neighbour that owns their destination. A route may be set by hand, as for an address that several hosts have (anycast).</summary>
public sealed class SimulatedRouter : NetworkNode
{
    private readonly List<(NetworkNode Neighbour, SimulatedLink Link)> _links = [];
    private readonly Dictionary<Ipv4Address, NetworkNode> _routes = [];

    /// <summary>Makes a router.</summary>
    /// <param name="network">The network.</param>
    /// <param name="name">What it is called.</param>
    public SimulatedRouter(SimulatedNetwork network, string name = "router")
        : base(network, name)
    {
    }

    /// <summary>Packets that went nowhere.</summary>
    public int Unroutable { get; private set; }

    /// <inheritdoc/>
    public override bool Owns(Ipv4Address address)
    {
        // A router beyond a router is asked for what it leads to.
        return false;
    }

    /// <summary>Sends the packets to an address to a neighbour from now on, whoever else has it.</summary>
    /// <param name="address">The address.</param>
    /// <param name="neighbour">The neighbour.</param>
    /// <exception cref="ArgumentException">It is no neighbour.</exception>
    public void SetRoute(Ipv4Address address, NetworkNode neighbour)
    {
        if (!_links.Exists(l => l.Neighbour == neighbour))
            throw new ArgumentException(neighbour.Name + " is no neighbour of " + Name + ".", nameof(neighbour));

        _routes[address] = neighbour;
    }

    internal override void Attach(SimulatedPath path, bool first)
    {
        _links.Add(first ? (path.Second, path.Up) : (path.First, path.Down));
    }

    internal override void Receive(Packet packet, SimulatedLink link)
    {
        Ipv4Address to = packet.Destination.Address;
        _routes.TryGetValue(to, out NetworkNode? neighbour);
        SimulatedLink? outgoing = _links.Find(l => neighbour != null ? l.Neighbour == neighbour : l.Neighbour.Owns(to)).Link;
        if (outgoing == null || packet.TimeToLive <= 1)
        {
            Unroutable++;
            return;
        }

        outgoing.Send(packet with { TimeToLive = packet.TimeToLive - 1 });
    }
}
