using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Harness.Network;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A client, a NAT where asked for, a router and a server in virtual time; the client's packets are traced.</summary>
internal sealed class NetRig
{
    public const int OneWayMs = 50;

    public static readonly Ipv4Address ClientAddress = Ipv4Address.Parse("10.0.0.2");
    public static readonly Ipv4Address ServerAddress = Ipv4Address.Parse("192.0.2.53");
    public static readonly Ipv4Address NatAddress = Ipv4Address.Parse("203.0.113.1");
    public static readonly Ipv4Address OtherNatAddress = Ipv4Address.Parse("203.0.113.2");

    public NetRig(int seed = 1, NatSettings? nat = null, LinkSettings? link = null, TcpSettings? client = null, TcpSettings? server = null)
    {
        Network = new SimulatedNetwork(seed, new VirtualClock(1000));
        Client = new SimulatedHost(Network, "client", ClientAddress, client);
        Server = new SimulatedHost(Network, "server", ServerAddress, server);
        Router = new SimulatedRouter(Network);
        LinkSettings access = link ?? LinkSettings.WithDelay(OneWayMs);
        if (nat != null)
        {
            Nat = nat.Translates ? new SimulatedNat(Network, "nat", nat, NatAddress, OtherNatAddress) : new SimulatedNat(Network, "firewall", nat);
            Access = Network.Connect(Client, Nat, new LinkSettings());
            Middle = Network.Connect(Nat, Router, access);
        }
        else
            Access = Middle = Network.Connect(Client, Router, access);

        Far = Network.Connect(Router, Server, new LinkSettings());
        Trace = PacketTrace.AtFirst(Access);
        AtServer = PacketTrace.AtSecond(Far);
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost Client { get; }

    public SimulatedHost Server { get; }

    public SimulatedRouter Router { get; }

    public SimulatedNat? Nat { get; }

    /// <summary>The path at the client.</summary>
    public SimulatedPath Access { get; }

    /// <summary>The path with the delay and the faults.</summary>
    public SimulatedPath Middle { get; }

    /// <summary>The path at the server.</summary>
    public SimulatedPath Far { get; }

    public PacketTrace Trace { get; }

    public PacketTrace AtServer { get; }

    public Ipv4EndPoint Service => new(ServerAddress, 853);

    /// <summary>The server's ends of the connections, oldest first.</summary>
    public List<TcpEndpointLog> Accepted { get; } = [];

    public TcpListener? Listener { get; private set; }

    /// <summary>Listens and keeps what comes; answers each piece with what the function gives.</summary>
    public NetRig Listen(Func<string, string?>? answer = null, bool fastOpen = false)
    {
        Listener = Server.ListenTcp(853, connection =>
        {
            TcpEndpointLog log = new(connection);
            Accepted.Add(log);
            log.OnText = text =>
            {
                if (answer?.Invoke(text) is { } reply)
                    connection.Write(Encoding.ASCII.GetBytes(reply));
            };
        });
        Listener.FastOpen = fastOpen;
        return this;
    }

    public TcpEndpointLog Connect(TcpSettings? settings = null)
    {
        return new TcpEndpointLog(Client.ConnectTcp(Service, settings));
    }

    /// <summary>Connects and lets the handshake come to its end.</summary>
    public TcpEndpointLog ConnectNow(TcpSettings? settings = null)
    {
        TcpEndpointLog log = Connect(settings);
        Network.RunFor(4 * OneWayMs);
        return log;
    }

    /// <summary>The client's packets as text: direction, kind, data bytes.</summary>
    public string Ladder(bool acks = false)
    {
        return string.Join("; ", Trace.Packets.Where(p => acks || p.Carries || p.Kind == PacketKind.Keepalive).Select(p => (p.Direction == PacketDirection.Up ? "> " : "< ") + p.Kind + (p.Packet.DataBytes > 0 ? " " + p.Packet.DataBytes : "")));
    }
}
