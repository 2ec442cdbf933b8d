using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Section 5.1 of the message flows: a NAT or firewall lost its binding of a UDP flow.</summary>
public sealed class NatLossOverDtlsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Figure_6_the_same_mapping_comes_back_and_the_lookup_takes_1_round_trip()
    {
        await using var network = await LabNetwork.StartAsync();
        var socat = await LabServers.SocatAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(socat.Tls));
        // No resumption before: socat holds a query back that comes with Finished.
        await client.QueryAsync();
        await client.QueryAsync();
        await network.SettleAsync();

        await network.LoseNatStateAsync();
        Assert.Empty(await network.NatFlowsAsync());
        var reply = await client.QueryAsync();

        var exchange = await Figure.AssertAsync(output, network, capture, reply, "6", ["--> data", "<-- data"]);
        var port = exchange.Packets[0].NearPort;
        Assert.Equal(port, await network.OuterPortAsync(port));
    }

    [Fact]
    public async Task Figure_7_another_mapping_brings_an_alert_and_the_lookup_takes_3_round_trips()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { Nat = NatKind.RandomPort });
        await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        var behind = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await Figure.PrepareAsync(network, client);

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "7",
        [
            "--> data", "<-- alert", "--> ClientHello resuming", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
        var ports = (await behind.ReadAsync()).Where(p => p.IsUp && p.TimeUs >= reply.StartUs).Select(p => p.NearPort).Distinct().ToArray();
        Assert.All(ports, p => Assert.InRange(p, 20000, 20999));
    }

    [Fact]
    public async Task Another_mapping_before_socat_brings_silence_and_the_lookup_is_answered_nevertheless()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { Nat = NatKind.RandomPort });
        var socat = await LabServers.SocatAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(socat.Tls));
        await client.QueryAsync();
        await client.QueryAsync();
        await network.SettleAsync();

        await network.LoseNatStateAsync();
        var reply = await client.QueryAsync();

        var exchange = Wire.Exchange.Between(await capture.ReadAsync(), reply.StartUs, reply.EndUs);
        output.WriteLine(exchange + "\n" + exchange.Listing);
        Assert.DoesNotContain(exchange.Packets, p => !p.IsUp && (p.Labels.Contains("alert") || p.Labels.Contains("unreachable")));
        Assert.Contains(exchange.Ladder, line => line.Contains("ClientHello resuming"));
        Assert.Equal("Resumed", reply.Handshake);
    }
}
