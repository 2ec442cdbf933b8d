using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Forging;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>Somebody on the access link floods the client with forged alerts, ICMP and resets, by raw sockets: lookups go on, and what it costs is bounded.</summary>
public sealed class ForgeryTests(ITestOutputHelper output)
{
    private const int Rate = 2000;
    private const int Lookups = 20;

    [Theory]
    [InlineData(ForgeryKind.Alert)]
    [InlineData(ForgeryKind.Unreachable)]
    public async Task Over_DTLS_lookups_go_on(ForgeryKind kind)
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        await LabServe.StartAsync(network, "--no-cookie");
        await GoOnAsync(network, kind, Figure.OverDtls(LabServe.Dtls));
    }

    [Fact]
    public async Task Over_TCP_guessed_resets_do_nothing()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 10 });
        await LabServe.StartAsync(network);
        Assert.Equal(0, await GoOnAsync(network, ForgeryKind.BlindReset, Figure.Options(LabServe.Tls)));
    }

    private async Task<int> GoOnAsync(LabNetwork network, ForgeryKind kind, LabClientOptions options)
    {
        var capture = await network.CaptureAtClientAsync();
        var client = await LabClient.StartAsync(network, options);
        await Figure.PrepareAsync(network, client);
        var forger = await Forger.StartAsync(network, kind, Rate, options.Dtls ? LabServe.Dtls : LabServe.Tls);

        var first = await client.QueryAsync();
        for (var i = 1; i < Lookups; i++)
            await client.QueryAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        var last = await client.QueryAsync();

        var packets = (await capture.ReadAsync()).Where(p => p.TimeUs >= first.StartUs && p.TimeUs <= last.EndUs).ToArray();
        var hellos = packets.Count(p => p.IsUp && p.Labels.Any(label => label.StartsWith("ClientHello", StringComparison.Ordinal)));
        output.WriteLine($"{kind}: {forger.Sent} forged packets, {Lookups + 1} lookups, {hellos} handshakes, {packets.Where(p => p.IsUp).Sum(p => p.IpBytes)} bytes up, {(last.EndUs - first.StartUs) / 1000} ms");
        Assert.True(forger.Sent > 500);
        return hellos;
    }
}
