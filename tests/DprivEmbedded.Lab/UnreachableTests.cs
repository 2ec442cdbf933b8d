using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>A server whose program is gone while its machine lives: the kernel says so by ICMP, or by RST.</summary>
public sealed class UnreachableTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Over_DTLS_a_lookup_that_meets_ICMP_is_answered_once_the_program_is_back()
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await Figure.PrepareAsync(network, client);
        await serve.StopAsync();
        await network.SettleAsync();

        var asking = client.SayAsync("query a." + PeerZone.Origin);
        await LabServe.StartAsync(network, "--no-cookie");
        var reply = await asking;

        var packets = (await capture.ReadAsync()).Where(p => p.TimeUs >= reply.StartUs && p.TimeUs <= reply.EndUs).ToArray();
        output.WriteLine(Exchange.Between(packets, 0, long.MaxValue).Listing);
        Assert.Equal("answer", reply.Event);
        Assert.Contains(packets, p => !p.IsUp && p.Labels.Contains("unreachable"));
    }

    /// <summary>gnutls-serv answers heartbeats and knows no DNS: what a probe shows does not depend on what is asked.</summary>
    [Fact]
    public async Task A_heartbeat_tells_whether_gnutls_serv_still_has_the_association()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        var server = network.Own(await GnutlsDtlsServer.StartAsync(network.PeerOptions));
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(server.Tls) with { QueryTimeoutMs = 2000, Policy = new LabPolicy(ReuseUpToMs: 60000) });
        // The echo of a query is no answer.
        Assert.Equal("failed", (await client.SayAsync("query a." + PeerZone.Origin)).Event);

        var before = await client.SayAsync("probe");
        await network.LoseNatStateAsync();
        var same = await client.SayAsync("probe");
        await server.RestartAsync();
        var after = await client.SayAsync("probe");

        output.WriteLine(Exchange.Between(await capture.ReadAsync(), before.StartUs, after.EndUs).Listing);
        Assert.True(before.IsAnswered && same.IsAnswered);
        Assert.Equal(Association.ProbeKind.Heartbeat, before.ProbeKind);
        Assert.False(after.IsAnswered);
    }
}
