using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>State that is lost, and addresses that change, while queries wait: none is lost, none is answered twice.</summary>
public sealed class QueriesInFlightTests(ITestOutputHelper output)
{
    private const int Queries = 50;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_is_restarted_under_50_queries_loses_none(bool dtls)
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 20 });
        var serve = await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var client = await LabClient.StartAsync(network, dtls ? Figure.OverDtls(LabServe.Dtls) : Figure.Options(LabServe.Tls));
        await Figure.PrepareAsync(network, client);
        await serve.SayAsync("delay 500", "answers are delayed");

        var asking = client.QueriesAsync(Queries);
        await network.SettleAsync();
        await serve.LoseAssociationsAsync();
        var reply = await asking;

        output.WriteLine($"{reply.Answers} answers after {reply.ElapsedMs} ms");
        Assert.Equal((Queries, 0, ""), (reply.Answers, reply.Failures, reply.Error));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_gets_another_address_under_50_queries_loses_none(bool dtls)
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 20 });
        var serve = await LabServe.StartAsync(network, "--no-cookie");
        var client = await LabClient.StartAsync(network, dtls ? Figure.OverDtls(LabServe.Dtls) : Figure.Options(LabServe.Tls));
        await Figure.PrepareAsync(network, client);
        await serve.SayAsync("delay 500", "answers are delayed");

        var asking = client.QueriesAsync(Queries);
        await network.SettleAsync();
        await network.RoamAsync();
        await client.SayAsync("moved");
        var reply = await asking;

        output.WriteLine($"{reply.Answers} answers after {reply.ElapsedMs} ms");
        Assert.Equal((Queries, 0, ""), (reply.Answers, reply.Failures, reply.Error));
    }
}
