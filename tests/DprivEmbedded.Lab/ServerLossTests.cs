using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Section 2 and 3 of the message flows: the server lost its state.</summary>
public sealed class ServerLossTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Figure_1_a_restarted_server_answers_RST_and_the_lookup_takes_4_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2" });
        await Figure.PrepareAsync(network, client);

        await network.CrashServerAsync(unbound.StopAsync, unbound.RestartAsync);
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "1",
        [
            "--> data", "<-- RST", "--> SYN", "<-- SYN-ACK",
            "--> ClientHello resuming", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
    }

    [Fact]
    public async Task Figure_4_the_same_with_TLS_1_3_takes_4_round_trips()
    {
        await using var network = await LabNetwork.StartAsync();
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.3" });
        await Figure.PrepareAsync(network, client);

        await network.CrashServerAsync(unbound.StopAsync, unbound.RestartAsync);
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "4",
        [
            "--> protected", "<-- RST", "--> SYN", "<-- SYN-ACK",
            "--> ClientHello resuming", "<-- ServerHello, CCS, protected", "--> protected", "<-- protected",
        ]);
    }

    [Fact]
    public async Task Figure_5_with_Fast_Open_on_both_sides_it_takes_3_round_trips()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { FastOpen = true });
        var unbound = await LabServers.UnboundAsync(network);
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2", FastOpen = true });
        await Figure.PrepareAsync(network, client);

        await network.CrashServerAsync(unbound.StopAsync, unbound.RestartAsync);
        var reply = await client.QueryAsync();

        await Figure.AssertAsync(output, network, capture, reply, "5",
        [
            "--> data", "<-- RST", "--> SYN, ClientHello resuming", "<-- SYN-ACK, ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data",
        ]);
    }
}
