using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>State that was lost without a word: recovered within three smoothed round trip times and one resumption.</summary>
public sealed class SilenceTests(ITestOutputHelper output)
{
    private const int SilenceRoundTrips = 3;
    private const int ResumptionOverTcp = 3;
    private const int ResumptionOverDtls = 2;

    /// <summary>What is left of the first handshake in the smoothed time, and what the machine needs, in milliseconds.</summary>
    private const int AllowanceMs = 90;

    /// <summary>Answers before the loss, so that the smoothed round trip time is that of this path.</summary>
    private const int Samples = 32;

    private double _rttMs;

    [Theory]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task A_NAT_that_drops_TCP_in_silence_costs_3_smoothed_round_trips_and_a_resumption(string tls)
    {
        await using var network = await LabNetwork.StartAsync();
        await network.RefuseUnknownTcpAsync(reset: false);
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = tls });
        await PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await AssertBoundAsync(network, capture, reply, ResumptionOverTcp);
    }

    [Fact]
    public async Task A_NAT_that_drops_UDP_in_silence_costs_3_smoothed_round_trips_and_a_resumption()
    {
        await using var network = await LabNetwork.StartAsync();
        await LabServe.StartAsync(network, "--no-cookie");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await PrepareAsync(network, client);

        await network.LoseUdpBindingsInSilenceAsync();
        var reply = await client.QueryAsync();

        await AssertBoundAsync(network, capture, reply, ResumptionOverDtls);
    }

    [Fact]
    public async Task A_server_that_lost_an_association_and_does_not_say_so_costs_no_more()
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "silence");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await PrepareAsync(network, client);

        await serve.LoseAssociationsAsync();
        var reply = await client.QueryAsync();

        await AssertBoundAsync(network, capture, reply, ResumptionOverDtls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slow_server_is_not_a_lost_one(bool dtls)
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, dtls ? Figure.OverDtls(LabServe.Dtls) : Figure.Options(LabServe.Tls));
        await PrepareAsync(network, client);

        await serve.SayAsync("delay 1200", "answers are delayed");
        var reply = await client.QueryAsync();

        var packets = (await capture.ReadAsync()).Where(p => p.TimeUs >= reply.StartUs && p.TimeUs <= reply.EndUs).ToArray();
        output.WriteLine(Exchange.Between(packets, reply.StartUs, reply.EndUs).Listing);
        Assert.Single(packets.Select(p => p.NearPort).Distinct());
        Assert.InRange(reply.ElapsedMs, 1200, 1200 + (2 * network.RttMs) + AllowanceMs);
    }

    private async Task PrepareAsync(LabNetwork network, LabClient client)
    {
        await Figure.PrepareAsync(network, client);
        Assert.Equal(Samples, (await client.QueriesAsync(Samples)).Answers);
        var replies = new List<LabReply>();
        for (var i = 0; i < 8; i++)
            replies.Add(await client.QueryAsync());
        // As the application sees it: on a busy machine it is more than that of the wire.
        _rttMs = replies.Average(r => r.ElapsedMs);
        await network.SettleAsync();
    }

    private async Task AssertBoundAsync(LabNetwork network, LabCapture capture, LabReply reply, int resumption)
    {
        var exchange = Exchange.Between(await capture.ReadAsync(), reply.StartUs, reply.EndUs);
        output.WriteLine(exchange + "\n" + exchange.Listing + $"\na round trip took {_rttMs:0.0} ms before");
        Assert.InRange(exchange.ElapsedMs, (SilenceRoundTrips + resumption) * network.RttMs, ((SilenceRoundTrips + resumption) * _rttMs) + AllowanceMs);
        // The session was resumed, and what went over the old path got no answer.
        Assert.Contains(exchange.Ladder, line => line.Contains("ClientHello resuming"));
        Assert.DoesNotContain(exchange.Packets, p => !p.IsUp && p.NearPort == exchange.Packets[0].NearPort);
    }
}
