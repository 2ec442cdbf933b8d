using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Links that lose packets, and middleboxes that let some kinds through only.</summary>
public sealed class LossyLinkTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_one_packet_in_ten_is_lost_each_lookup_is_answered(bool dtls)
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10, LossPermille = 100 });
        await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var client = await LabClient.StartAsync(network, dtls ? Figure.OverDtls(LabServe.Dtls) : Figure.Options(LabServe.Tls));

        var slowest = 0.0;
        for (var i = 0; i < 20; i++)
            slowest = Math.Max(slowest, (await client.QueryAsync()).ElapsedMs);
        output.WriteLine($"the slowest of 20 lookups took {slowest:0} ms");
    }

    [Fact]
    public async Task A_middlebox_that_drops_data_in_a_SYN_costs_a_retransmission_of_the_kernel()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { FastOpen = true });
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2", FastOpen = true });
        await Figure.PrepareAsync(network, client);
        await client.SayAsync("close");
        await network.SettleAsync();

        await network.AddNatRuleAsync("meta length > 100 tcp flags & (syn | ack) == syn drop");
        var reply = await client.QueryAsync();

        var exchange = Exchange.Between(await capture.ReadAsync(), reply.StartUs, reply.EndUs);
        output.WriteLine(exchange + "\n" + exchange.Listing);
        Assert.Equal("Resumed", reply.Handshake);
        Assert.False(reply.UsedFastOpen);
        Assert.Contains(exchange.Packets, p => p.IsUp && p.Syn && p.Payload.Length > 0);
        Assert.Contains(exchange.Packets, p => p.IsUp && p.Syn && p.Payload.Length == 0);
        // The kernel waits for a second (RFC 6298), then goes on without Fast Open.
        Assert.InRange(exchange.ElapsedMs, 1000, 1000 + (5 * network.RttMs));
    }
}
