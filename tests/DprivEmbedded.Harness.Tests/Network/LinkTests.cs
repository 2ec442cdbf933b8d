using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>Delay, loss, rate, order and cuts of simulated links; time itself.</summary>
public class LinkTests
{
    [Fact]
    public void DelaysAreDrawnFromTheirDistribution()
    {
        Assert.All(Delays(DelayDistribution.Constant(12.5)), us => Assert.Equal(12_500, us));

        List<long> uniform = Delays(DelayDistribution.Uniform(10, 20));
        Assert.All(uniform, us => Assert.InRange(us, 10_000, 20_000));
        Assert.InRange(uniform.Average(), 14_500, 15_500);

        List<long> lognormal = Delays(DelayDistribution.LogNormal(100, 0.5, 20));
        lognormal.Sort();
        Assert.InRange(lognormal[lognormal.Count / 2], 115_000, 125_000);
        Assert.InRange(lognormal[lognormal.Count * 95 / 100], 220_000, 280_000);
        Assert.All(lognormal, us => Assert.True(us > 20_000));

        List<long> empirical = Delays(DelayDistribution.Empirical([1, 2, 30]));
        Assert.Equal([1000, 2000, 30_000], empirical.Distinct().Order());
    }

    [Fact]
    public void LossIsIndependentOrComesInBursts()
    {
        List<bool> independent = Losses(LossModel.Independent(0.2));
        Assert.InRange(Rate(independent), 0.18, 0.22);
        Assert.InRange(MeanBurst(independent), 1.15, 1.35);

        // Bad for 1 / 0.25 packets, good for 1 / 0.0625: a fifth is bad.
        List<bool> bursts = Losses(LossModel.GilbertElliott(0.0625, 0.25));
        Assert.InRange(Rate(bursts), 0.17, 0.23);
        Assert.InRange(MeanBurst(bursts), 3.5, 4.5);

        Assert.DoesNotContain(true, Losses(LossModel.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => LossModel.Independent(1.5));
    }

    [Fact]
    public void ARateSpacesPacketsAndItsQueueIsFinite()
    {
        // 8000 bit/s is one byte a millisecond; a datagram of 72 bytes is one of 100 on IP.
        UdpPair pair = new(new LinkSettings { RateBitsPerSecond = 8000, QueueBytes = 350, Delay = DelayDistribution.Constant(10) });
        for (int i = 0; i < 5; i++)
            pair.Send(72);

        pair.Network.RunUntilIdle();
        Assert.Equal([110_000, 210_000, 310_000], pair.Arrivals);
        Assert.Equal(2, pair.Path.Up.QueueDrops);
        Assert.Equal(5, pair.Path.Up.Sent);
        pair.Send(72);
        pair.Network.RunUntilIdle();
        Assert.Equal(4, pair.Arrivals.Count);
    }

    [Fact]
    public void JitterReordersOnlyWhereTheLinkKeepsNoOrder()
    {
        foreach (bool keeps in new[] { true, false })
        {
            UdpPair pair = new(new LinkSettings { Delay = DelayDistribution.Uniform(1, 50), KeepsOrder = keeps });
            for (int i = 0; i < 50; i++)
                pair.Send(i);

            pair.Network.RunUntilIdle();
            Assert.Equal(50, pair.Sizes.Count);
            Assert.Equal(keeps, pair.Sizes.SequenceEqual(pair.Sizes.Order()));
        }
    }

    [Fact]
    public void DuplicatesArriveTwice()
    {
        UdpPair pair = new(new LinkSettings { DuplicateProbability = 1 });
        pair.Send(5);
        pair.Network.RunUntilIdle();
        Assert.Equal([5, 5], pair.Sizes);
    }

    [Fact]
    public void ACutSwallowsAlsoWhatIsOnItsWay()
    {
        UdpPair pair = new(LinkSettings.WithDelay(10));
        pair.Send(1);
        pair.Network.RunFor(5);
        pair.Path.IsCut = true;
        pair.Network.RunFor(20);
        pair.Send(2);
        pair.Network.RunFor(20);
        pair.Path.IsCut = false;
        pair.Send(3);
        pair.Network.RunFor(20);
        Assert.Equal([3], pair.Sizes);
        Assert.Equal(2, pair.Path.Up.Lost);
    }

    [Fact]
    public void ADatagramToAClosedPortIsAnsweredWithIcmpToTheConnectedSocketAlone()
    {
        UdpPair pair = new(LinkSettings.WithDelay(10));
        int codes = 0;
        UdpSocket connected = pair.Client.OpenUdp();
        connected.Connect(new Ipv4EndPoint(pair.Server.Address, 9));
        connected.Unreachable = code => codes += code == IcmpMessage.PortUnreachable ? 1 : 100;
        UdpSocket loose = pair.Client.OpenUdp();
        loose.Unreachable = _ => codes += 100;
        connected.Send("x"u8);
        loose.SendTo(new Ipv4EndPoint(pair.Server.Address, 9), "x"u8);
        pair.Network.RunUntilIdle();
        Assert.Equal(1, codes);

        pair.Server.DropsUnknownDatagrams = true;
        connected.Send("x"u8);
        pair.Network.RunUntilIdle();
        Assert.Equal(1, codes);
    }

    [Fact]
    public void AConnectedSocketTakesNothingFromOthers()
    {
        UdpPair pair = new(LinkSettings.WithDelay(10));
        UdpSocket socket = pair.Client.OpenUdp();
        int received = 0;
        socket.Received = (_, _) => received++;
        socket.Connect(new Ipv4EndPoint(pair.Server.Address, 853));
        pair.Server.OpenUdp(853).SendTo(socket.Local, "x"u8);
        pair.Server.OpenUdp(854).SendTo(socket.Local, "x"u8);
        pair.Network.RunUntilIdle();
        Assert.Equal(1, received);
        Assert.Throws<InvalidOperationException>(() => pair.Client.OpenUdp(socket.Local.Port));
    }

    [Fact]
    public void AHostThatMovesLosesWhatBelongsToItsOldAddress()
    {
        SimulatedNetwork network = new(1);
        SimulatedHost client = new(network, "client", Ipv4Address.Parse("10.0.0.2"));
        SimulatedHost server = new(network, "server", NetRig.ServerAddress);
        SimulatedRouter router = new(network);
        network.Connect(client, router, LinkSettings.WithDelay(10));
        SimulatedPath cellular = network.Connect(client, router, LinkSettings.WithDelay(40));
        network.Connect(router, server, new LinkSettings());
        List<Ipv4EndPoint> seen = [];
        UdpSocket service = server.OpenUdp(853);
        service.Received = (from, _) => seen.Add(from);
        UdpSocket old = client.OpenUdp();
        old.SendTo(service.Local, "x"u8);
        network.RunUntilIdle();
        client.MoveTo(cellular, Ipv4Address.Parse("10.9.9.9"));
        old.SendTo(service.Local, "x"u8);
        client.OpenUdp().SendTo(service.Local, "x"u8);
        network.RunUntilIdle();

        Assert.Equal(["10.0.0.2", "10.9.9.9"], seen.Select(s => s.Address.ToString()));
        Assert.Equal(1, client.Unsendable);
        service.SendTo(old.Local, "late"u8);
        network.RunUntilIdle();
        Assert.Equal(1, router.Unroutable);
    }

    [Fact]
    public void ARouteMayLeadToAnotherHostOfTheSameAddress()
    {
        SimulatedNetwork network = new(1);
        SimulatedHost client = new(network, "client", NetRig.ClientAddress);
        SimulatedHost near = new(network, "near", NetRig.ServerAddress);
        SimulatedHost far = new(network, "far", NetRig.ServerAddress);
        SimulatedRouter router = new(network);
        network.Connect(client, router, new LinkSettings());
        network.Connect(router, near, new LinkSettings());
        network.Connect(router, far, new LinkSettings());
        near.ListenTcp(853, _ => { });
        far.ListenTcp(853, _ => { });
        TcpEndpointLog end = new(client.ConnectTcp(new Ipv4EndPoint(NetRig.ServerAddress, 853)));
        network.RunUntilIdle();
        Assert.Single(near.Connections);
        router.SetRoute(NetRig.ServerAddress, far);
        end.Write("query");
        network.RunUntilIdle();
        Assert.Equal(["established", "Reset"], end.Events);
        Assert.Equal(1, far.ResetsSent);
        Assert.Throws<ArgumentException>(() => router.SetRoute(NetRig.ServerAddress, new SimulatedHost(network, "stranger", NetRig.ServerAddress)));
    }

    [Fact]
    public void EventsHappenInOrderAndCanBeCalledOff()
    {
        SimulatedNetwork network = new(1, new VirtualClock(500));
        List<string> happened = [];
        network.Schedule(700, () => happened.Add("b"));
        network.Schedule(600, () => happened.Add("a"));
        network.Schedule(700, () => happened.Add("c"));
        network.Schedule(100, () => happened.Add("past"));
        ScheduledEvent off = network.Schedule(650, () => happened.Add("off"));
        off.Cancel();
        off.Cancel();
        network.Schedule(90_000, () => happened.Add("watch"), true);
        Assert.Equal(500, network.NextDueMs);
        Assert.True(network.RunUntilIdle());
        Assert.Equal(["past", "a", "b", "c"], happened);
        Assert.Equal(700, network.Clock.NowMs);
        Assert.Equal(90_000, network.NextDueMs);
        network.RunUntil(100_000);
        Assert.Equal("watch", happened[^1]);
        Assert.Equal(100_000, network.NowMs);
        Assert.Equal(long.MaxValue, network.NextDueMs);
    }

    [Fact]
    public void ANetworkThatNeverRestsSaysSo()
    {
        SimulatedNetwork network = new(1);
        void Again() => network.Schedule(0, Again);
        Again();
        Assert.Throws<InvalidOperationException>(() => network.RunFor(1));
    }

    private static List<long> Delays(DelayDistribution delay)
    {
        List<long> delays = [];
        UdpPair pair = new(new LinkSettings { Delay = delay });
        for (int i = 0; i < 2000; i++)
        {
            pair.Send(1);
            long sent = pair.Network.NowUs;
            pair.Network.RunUntilIdle();
            delays.Add(pair.Arrivals[^1] - sent);
        }

        return delays;
    }

    private static List<bool> Losses(LossModel model)
    {
        List<bool> losses = [];
        UdpPair pair = new(new LinkSettings { Loss = model });
        for (int i = 0; i < 10_000; i++)
        {
            int before = pair.Path.Up.Lost;
            pair.Send(1);
            losses.Add(pair.Path.Up.Lost > before);
        }

        return losses;
    }

    private static double Rate(List<bool> losses) => losses.Count(l => l) / (double)losses.Count;

    private static double MeanBurst(List<bool> losses)
    {
        int bursts = Enumerable.Range(0, losses.Count).Count(i => losses[i] && (i == 0 || !losses[i - 1]));
        return losses.Count(l => l) / (double)bursts;
    }

    private sealed class UdpPair
    {
        private readonly UdpSocket _socket;

        public UdpPair(LinkSettings settings)
        {
            Client = new SimulatedHost(Network, "client", NetRig.ClientAddress);
            Server = new SimulatedHost(Network, "server", NetRig.ServerAddress);
            Path = Network.Connect(Client, Server, settings);
            _socket = Client.OpenUdp();
            Server.OpenUdp(53).Received = (_, data) =>
            {
                Arrivals.Add(Network.NowUs);
                Sizes.Add(data.Length);
            };
        }

        public SimulatedNetwork Network { get; } = new(7);

        public SimulatedHost Client { get; }

        public SimulatedHost Server { get; }

        public SimulatedPath Path { get; }

        public List<long> Arrivals { get; } = [];

        public List<int> Sizes { get; } = [];

        public void Send(int bytes)
        {
            _socket.SendTo(new Ipv4EndPoint(Server.Address, 53), new byte[bytes]);
        }
    }
}
