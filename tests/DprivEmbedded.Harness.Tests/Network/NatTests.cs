using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>What NATs and firewalls do to flows: section 5 of the seed.</summary>
public class NatTests
{
    [Fact]
    public void ADatagramIsSeenFromTheNatAndItsAnswerComesBack()
    {
        UdpRig rig = new(new NatSettings());
        rig.Ask();
        Assert.Equal("answer", Assert.Single(rig.Answers));
        Ipv4EndPoint seen = Assert.Single(rig.Seen);
        Assert.Equal(NetRig.NatAddress, seen.Address);
        Assert.Equal(rig.Socket.Local.Port, seen.Port);
        Assert.Equal(62, rig.Net.AtServer.Packets[0].Packet.TimeToLive);
    }

    [Theory]
    [InlineData(NatPortPolicy.Same)]
    [InlineData(NatPortPolicy.NextPort)]
    [InlineData(NatPortPolicy.RandomPort)]
    [InlineData(NatPortPolicy.OtherAddress)]
    public void AfterALossTheMappingIsAsThePolicySays(NatPortPolicy policy)
    {
        UdpRig rig = new(new NatSettings { PortPolicy = policy });
        rig.Ask();
        rig.Net.Nat!.LoseState();
        rig.Ask();

        Assert.Equal(2, rig.Answers.Count);
        Ipv4EndPoint before = rig.Seen[0];
        Ipv4EndPoint after = rig.Seen[1];
        switch (policy)
        {
            case NatPortPolicy.Same:
                Assert.Equal(before, after);
                break;
            case NatPortPolicy.NextPort:
                Assert.Equal(before with { Port = before.Port + 1 }, after);
                break;
            case NatPortPolicy.RandomPort:
                Assert.NotEqual(before, after);
                Assert.Equal(before.Address, after.Address);
                break;
            case NatPortPolicy.OtherAddress:
                Assert.Equal(new Ipv4EndPoint(NetRig.OtherNatAddress, before.Port), after);
                break;
        }
    }

    [Fact]
    public void AUdpMappingEndsAfterItsTimeoutAndTrafficKeepsIt()
    {
        UdpRig rig = new(new NatSettings { PortPolicy = NatPortPolicy.NextPort, UdpTimeoutMs = 30_000 });
        rig.Ask();
        for (int i = 0; i < 5; i++)
        {
            rig.Net.Network.RunFor(29_000);
            rig.Ask();
        }

        Assert.Single(rig.Seen.Distinct());
        Assert.Single(rig.Net.Nat!.Mappings);
        rig.Net.Network.RunFor(30_000);
        Assert.Empty(rig.Net.Nat.Mappings);
        rig.Ask();
        Assert.Equal(2, rig.Seen.Distinct().Count());
    }

    [Fact]
    public void AStreamMayLiveLonger()
    {
        UdpRig rig = new(new NatSettings { UdpTimeoutMs = 30_000, UdpStreamTimeoutMs = 120_000 });
        rig.Ask();
        rig.Ask();
        rig.Net.Network.RunFor(100_000);
        Assert.Single(rig.Net.Nat!.Mappings);
    }

    [Fact]
    public void WhatComesFromOutsideWithoutAMappingIsDropped()
    {
        UdpRig rig = new(new NatSettings());
        rig.Ask();
        rig.Net.Nat!.LoseState();
        rig.Service.SendTo(rig.Seen[0], "late"u8);
        rig.Service.SendTo(new Ipv4EndPoint(NetRig.NatAddress, 40000), "scan"u8);
        rig.Net.Network.RunFor(200);
        Assert.Equal(2, rig.Net.Nat.Dropped);
        Assert.Single(rig.Answers);
    }

    [Fact]
    public void AnotherServerCannotUseTheMapping()
    {
        UdpRig rig = new(new NatSettings());
        rig.Ask();
        UdpSocket other = rig.Net.Server.OpenUdp(9999);
        other.SendTo(rig.Seen[0], "forged"u8);
        rig.Net.Network.RunFor(200);
        Assert.Single(rig.Answers);
    }

    [Fact]
    public void WithoutRoomTheQuietestMappingGivesWay()
    {
        UdpRig rig = new(new NatSettings { MaxMappings = 2, PortPolicy = NatPortPolicy.NextPort });
        rig.Ask();
        for (int i = 0; i < 2; i++)
            rig.Net.Client.OpenUdp().SendTo(rig.Net.Service, "other"u8);

        rig.Net.Network.RunFor(200);
        rig.Ask();
        Assert.NotEqual(rig.Seen[0], rig.Seen[^1]);
        Assert.Equal(2, rig.Net.Nat!.Mappings.Count());
    }

    [Fact]
    public void AnIcmpMessageFindsItsWayThroughTheNat()
    {
        UdpRig rig = new(new NatSettings { PortPolicy = NatPortPolicy.NextPort });
        rig.Ask();
        rig.Net.Nat!.LoseState();
        rig.Service.Close();
        int code = -1;
        rig.Socket.Unreachable = c => code = c;
        rig.Ask();

        Assert.Equal(IcmpMessage.PortUnreachable, code);
        IcmpMessage message = Assert.IsType<IcmpMessage>(rig.Net.Trace.Packets[^1].Packet);
        Assert.Equal(rig.Socket.Local, message.Original.Source);
        Assert.Equal(rig.Socket.Local.Address, message.Destination.Address);
    }

    [Fact]
    public void AFirewallKeepsStateAndTranslatesNothing()
    {
        UdpRig rig = new(new NatSettings { Translates = false });
        rig.Ask();
        Assert.Equal(rig.Socket.Local, Assert.Single(rig.Seen));
        Assert.Single(rig.Answers);
        rig.Net.Nat!.LoseState();
        rig.Service.SendTo(rig.Seen[0], "late"u8);
        rig.Net.Network.RunFor(200);
        Assert.Single(rig.Answers);
        rig.Ask();
        Assert.Equal(2, rig.Answers.Count);
    }

    [Fact]
    public void ANatThatIsDownPassesNothing()
    {
        UdpRig rig = new(new NatSettings());
        rig.Net.Nat!.IsDown = true;
        rig.Ask();
        Assert.Empty(rig.Answers);
        Assert.Empty(rig.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TcpWithoutStateIsAnsweredWithARstInTheServersName(bool translates)
    {
        NetRig rig = new NetRig(nat: new NatSettings { Translates = translates }).Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();
        rig.Nat!.LoseState();
        rig.Trace.Clear();
        rig.AtServer.Clear();
        client.Write("query");
        rig.Network.RunFor(500);

        Assert.Contains("Reset", client.Events);
        Assert.Equal("> Data 5; < Reset", rig.Ladder());
        Assert.Equal(rig.Service, rig.Trace.Packets[1].Packet.Source);
        Assert.Equal(1, rig.Nat.SpoofedResets);
        Assert.Empty(rig.AtServer.Packets);
        Assert.True(rig.Accepted[0].Connection.IsEstablished);
    }

    [Fact]
    public void TcpWithoutStateMayMeetSilence()
    {
        NetRig rig = new NetRig(nat: new NatSettings { TcpWithoutState = NatTcpPolicy.Silence }).Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();
        rig.Nat!.LoseState();
        client.Write("query");
        rig.Network.RunFor(10_000);

        Assert.Equal(["established"], client.Events);
        Assert.True(client.Connection.Retransmissions >= 4);
        Assert.Equal("", rig.Accepted[0].Text);

        // A new connection makes state.
        Assert.True(rig.ConnectNow().Connection.IsEstablished);
    }

    [Fact]
    public void TcpWithoutStateMayGoOnUnderTheSameMapping()
    {
        NetRig rig = new NetRig(nat: new NatSettings { TcpWithoutState = NatTcpPolicy.SameMapping, PortPolicy = NatPortPolicy.RandomPort }).Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();
        rig.Nat!.LoseState();
        client.Write("query");
        rig.Network.RunFor(500);
        Assert.Equal("answer", client.Text);
        Assert.Equal(["established"], client.Events);
    }

    [Theory]
    [InlineData(NatPortPolicy.Same)]
    [InlineData(NatPortPolicy.RandomPort)]
    [InlineData(NatPortPolicy.OtherAddress)]
    public void TcpUnderAnotherMappingIsRejectedByTheServer(NatPortPolicy policy)
    {
        NetRig rig = new NetRig(nat: new NatSettings { TcpWithoutState = NatTcpPolicy.OtherMapping, PortPolicy = policy }).Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();
        rig.Nat!.LoseState();
        rig.Trace.Clear();
        client.Write("query");
        rig.Network.RunFor(500);

        Assert.Contains("Reset", client.Events);
        Assert.Equal("> Data 5; < Reset", rig.Ladder());
        Assert.Equal(1, rig.Server.ResetsSent);
        Assert.Equal(0, rig.Nat.SpoofedResets);
    }

    [Fact]
    public void ATcpMappingEndsAfterItsTimeoutAndKeepaliveKeepsIt()
    {
        foreach (bool keepalive in new[] { false, true })
        {
            NetRig rig = new NetRig(nat: new NatSettings { TcpTimeoutMs = 300_000 }).Listen(_ => "answer");
            TcpEndpointLog client = rig.ConnectNow(new TcpSettings { KeepaliveIdleMs = keepalive ? 200_000 : 0 });
            rig.Network.RunFor(900_000);
            client.Write("query");
            rig.Network.RunFor(500);
            Assert.Equal(keepalive ? "answer" : "", client.Text);
            Assert.Equal(!keepalive, client.Events.Contains("Reset"));
        }
    }

    [Fact]
    public void AHalfOpenOrClosedConnectionIsForgottenSooner()
    {
        NetRig rig = new NetRig(nat: new NatSettings { TcpTransitoryTimeoutMs = 60_000 });
        rig.Server.DropsUnknownSegments = true;
        rig.Connect(new TcpSettings { SynRetries = 0 });
        rig.Network.RunFor(59_000);
        Assert.Single(rig.Nat!.Mappings);
        rig.Network.RunFor(2_000);
        Assert.Empty(rig.Nat.Mappings);

        rig.Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Network.RunFor(100_000);
        Assert.Single(rig.Nat.Mappings);
        client.Connection.Close();
        rig.Accepted[0].Connection.Close();
        rig.Network.RunFor(61_000);
        Assert.Empty(rig.Nat.Mappings);
    }

    [Fact]
    public void OneProtocolMayBeForgottenAlone()
    {
        NetRig rig = new NetRig(nat: new NatSettings()).Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();
        rig.Client.OpenUdp().SendTo(rig.Service, "x"u8);
        rig.Network.RunFor(1);
        Assert.Equal(2, rig.Nat!.Mappings.Count());
        rig.Nat.LoseState(17);
        client.Write("query");
        rig.Network.RunFor(500);
        Assert.Equal("answer", client.Text);
    }

    private sealed class UdpRig
    {
        public UdpRig(NatSettings nat)
        {
            Net = new NetRig(nat: nat);
            Service = Net.Server.OpenUdp(853);
            Service.Received = (from, _) =>
            {
                Seen.Add(from);
                Service.SendTo(from, "answer"u8);
            };
            Socket = Net.Client.OpenUdp();
            Socket.Connect(Net.Service);
            Socket.Received = (_, data) => Answers.Add(Encoding.ASCII.GetString(data));
        }

        public NetRig Net { get; }

        public UdpSocket Service { get; }

        public UdpSocket Socket { get; }

        public List<Ipv4EndPoint> Seen { get; } = [];

        public List<string> Answers { get; } = [];

        public void Ask()
        {
            Socket.Send("query"u8);
            Net.Network.RunFor(200);
        }
    }
}
