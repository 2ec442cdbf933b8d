using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Section 5.2 of the message flows: a NAT or firewall lost its state of a TCP connection.</summary>
public sealed class NatLossTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Figure_8_a_NAT_answers_RST_and_with_Fast_Open_the_lookup_takes_3_round_trips()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { FastOpen = true });
        await network.RefuseUnknownTcpAsync(reset: true);
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var behind = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2", FastOpen = true });
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        var exchange = await Figure.AssertAsync(output, network, capture, reply, "8",
        [
            "--> data", "<-- RST", "--> SYN, ClientHello resuming", "<-- SYN-ACK, ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
        // The server never saw that query: the NAT spoke in its name.
        var old = exchange.Packets[0].NearPort;
        Assert.DoesNotContain(await behind.ReadAsync(), p => p.TimeUs >= reply.StartUs && p.NearPort == old);
    }

    [Fact]
    public async Task Figure_9_a_NAT_answers_RST_and_the_lookup_takes_4_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        await network.RefuseUnknownTcpAsync(reset: true);
        var dnsdist = await LabServers.DnsdistAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var behind = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(dnsdist.Tls) with { Tls = "1.2" });
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        var exchange = await Figure.AssertAsync(output, network, capture, reply, "9",
        [
            "--> data", "<-- RST", "--> SYN", "<-- SYN-ACK",
            "--> ClientHello resuming", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
        var old = exchange.Packets[0].NearPort;
        Assert.DoesNotContain(await behind.ReadAsync(), p => p.TimeUs >= reply.StartUs && p.NearPort == old);
    }

    [Fact]
    public async Task A_NAT_that_makes_state_for_another_port_gets_the_server_s_RST_as_in_figure_1()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { Nat = NatKind.RandomPort });
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var behind = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.3" });
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, 4,
        [
            "--> protected", "<-- RST", "--> SYN", "<-- SYN-ACK",
            "--> ClientHello resuming", "<-- ServerHello, CCS, protected", "--> protected", "<-- protected",
        ]);
        // Here it is the server that answers, to a port that it does not know.
        Assert.Contains(await behind.ReadAsync(), p => p.TimeUs >= reply.StartUs && !p.IsUp && p.Rst);
    }

    [Fact]
    public async Task A_NAT_that_makes_the_same_state_again_costs_nothing()
    {
        await using var network = await LabNetwork.StartAsync();
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2" });
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, 1, ["--> data", "<-- data"]);
    }
}
