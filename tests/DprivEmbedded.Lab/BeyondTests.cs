using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>The table "Beyond the seed": one round trip is the physical limit.</summary>
public sealed class BeyondTests(ITestOutputHelper output)
{
    private static readonly LabPolicy s_hedge = new(ReuseUpToMs: 0, HedgeUpToMs: 60000);

    private static readonly string[] s_hedged =
    [
        "--> data, ClientHello resuming", "<-- alert, ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
    ];

    [Fact]
    public async Task Beyond_hedge_of_figure_2_takes_2_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls) with { Policy = s_hedge });
        await Figure.PrepareAsync(network, client);

        await serve.LoseAssociationsAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "hedge", s_hedged);
    }

    [Fact]
    public async Task Beyond_hedge_of_figure_7_takes_2_round_trips()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { Nat = NatKind.RandomPort });
        await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls) with { Policy = s_hedge });
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "hedge", s_hedged);
    }

    [Fact]
    public async Task A_hedge_that_was_not_needed_takes_1_round_trip_and_the_association_stays()
    {
        await using var network = await LabNetwork.StartAsync();
        await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls) with { Policy = s_hedge });
        await Figure.PrepareAsync(network, client);

        var first = await client.QueryAsync();
        var second = await client.QueryAsync();

        Assert.Equal((1, 1), (first.RoundTrips, second.RoundTrips));
        var answers = (await capture.ReadAsync()).Where(p => p.TimeUs >= first.StartUs && !p.IsUp && p.Labels.Contains("data")).ToArray();
        Assert.Equal(2, answers.Length);
        Assert.Equal(answers[0].NearPort, answers[1].NearPort);
    }

    [Fact]
    public async Task Beyond_CID_another_mapping_does_not_matter_and_the_lookup_takes_1_round_trip()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { Nat = NatKind.RandomPort });
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert", "--cid-length", "4");
        var capture = await network.CaptureAtClientAsync();
        var behind = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "connection-id", ["--> CID record", "<-- data"]);
        // It was another mapping: the server saw the association's records from two ports.
        var records = (await behind.ReadAsync()).Where(p => p.IsUp && p.Labels.Contains("CID record")).ToArray();
        Assert.NotEqual(records[^2].NearPort, records[^1].NearPort);
        Assert.Contains("moved 1,", await serve.DtlsStatusAsync());
    }

    [Fact]
    public async Task Beyond_early_data_in_the_SYN_when_foreseen_takes_1_round_trip()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { FastOpen = true });
        await LabServe.StartAsync(network, "--fast-open", "--early-data", "4096");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(LabServe.Tls) with { Tls = "1.3", FastOpen = true, EarlyData = true, Policy = new LabPolicy(ReuseUpToMs: 0) });
        await client.QueryAsync();
        await client.QueryAsync();
        await network.SettleAsync();

        var reply = await client.QueryAsync();

        Assert.Equal("Early", reply.Handshake);
        await Figure.AssertAsync(output, network, capture, reply, "early-data",
        [
            "--> SYN, ClientHello resuming with early data, data", "<-- SYN-ACK, ServerHello, protected",
        ]);
    }
}
