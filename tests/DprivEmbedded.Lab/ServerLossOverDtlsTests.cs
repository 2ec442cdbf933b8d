using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Section 2.2 of the message flows: a DTLS server lost its associations.</summary>
public sealed class ServerLossOverDtlsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Figure_2_a_restarted_server_answers_with_an_alert_and_the_lookup_takes_3_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls));
        await Figure.PrepareAsync(network, client);

        await serve.LoseAssociationsAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "2",
        [
            "--> data", "<-- alert", "--> ClientHello resuming", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
    }

    [Fact]
    public async Task Figure_3_a_client_that_believes_it_starts_with_the_handshake_and_takes_2_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var capture = await network.CaptureAtClientAsync();
        // "A long time ago" is here any time at all.
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls) with { Policy = new LabPolicy(ReuseUpToMs: 0) });
        await Figure.PrepareAsync(network, client);

        await serve.LoseAssociationsAsync();
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "3",
        [
            "--> ClientHello resuming", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
    }
}
