using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>The lab measures itself: the delay program keeps its time, so that a count of round trips can be checked by the clock.</summary>
public sealed class DelayTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Each_packet_is_held_back_for_the_delay_to_a_millisecond_or_so()
    {
        await using var network = await LabNetwork.StartAsync(new LabOptions { DelayMs = 20 });
        var unbound = await LabServers.UnboundAsync(network);
        var near = await network.CaptureAtClientAsync();
        var far = await network.CaptureBehindNatAsync();
        var client = await LabClient.StartAsync(network, Figure.Options(unbound.Tls) with { Tls = "1.2" });
        for (var i = 0; i < 10; i++)
            await client.QueryAsync();
        await network.SettleAsync();

        var nearPackets = await near.ReadAsync();
        var farPackets = await far.ReadAsync();
        Assert.Equal(nearPackets.Count, farPackets.Count);
        Assert.True(nearPackets.Count > 20);
        double[] delays = [.. Delays(nearPackets, farPackets, up: true), .. Delays(farPackets, nearPackets, up: false)];
        output.WriteLine($"{delays.Length} packets, {delays.Min():0.00} to {delays.Max():0.00} ms, median {delays.Order().ElementAt(delays.Length / 2):0.00} ms");
        Assert.All(delays, d => Assert.InRange(d, 19.9, 30));
        Assert.InRange(delays.Order().ElementAt(delays.Length / 2), 19.9, 21.5);
    }

    // Nothing overtakes and nothing is lost: the packets of one direction come in the same order.
    private static double[] Delays(System.Collections.Generic.IReadOnlyList<Packet> from, System.Collections.Generic.IReadOnlyList<Packet> to, bool up) =>
        [.. from.Where(p => p.IsUp == up).Zip(to.Where(p => p.IsUp == up), (a, b) => (b.TimeUs - a.TimeUs) / 1000.0)];
}
