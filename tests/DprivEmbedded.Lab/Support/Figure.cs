using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab.Support;

/// <summary>What the tests of the figures have in common.</summary>
internal static class Figure
{
    /// <summary>Round trips from the query to its answer, as the message flows have them.</summary>
    private static readonly Dictionary<string, int> s_roundTrips = new()
    {
        ["1"] = 4, ["2"] = 3, ["3"] = 2, ["4"] = 4, ["5"] = 3, ["6"] = 1, ["7"] = 3, ["8"] = 3, ["9"] = 4, ["hedge"] = 2, ["connection-id"] = 1, ["early-data"] = 1,
    };

    /// <summary>A full handshake, and a resumption that leaves the client with a fresh session, a Fast Open cookie and compiled code.</summary>
    public static async Task PrepareAsync(LabNetwork network, LabClient client)
    {
        Assert.Equal("Full", (await client.QueryAsync()).Handshake);
        await client.SayAsync("close");
        Assert.Equal("Resumed", (await client.QueryAsync()).Handshake);
        await network.SettleAsync();
    }

    public static LabClientOptions Options(IPEndPoint server) => new() { Server = server.Address.ToString(), Port = server.Port };

    public static LabClientOptions OverDtls(IPEndPoint server) => Options(server) with { Dtls = true };

    /// <summary>
    /// Compares the capture with the figure: its flights, its round trips, the time that so many take on this path, and what the simulator counts: its round trips, and over DTLS, where no kernel acknowledges, its packets.
    /// </summary>
    /// <param name="figure">A figure's number, or a row beyond them: "hedge", "connection-id", "early-data".</param>
    public static async Task<Exchange> AssertAsync(ITestOutputHelper output, LabNetwork network, LabCapture capture, LabReply reply, string figure, IReadOnlyList<string> ladder)
    {
        var exchange = await AssertAsync(output, network, capture, reply, s_roundTrips[figure], ladder).ConfigureAwait(false);
        var simulated = await Simulated.CountAsync(figure).ConfigureAwait(false);
        Assert.Equal(simulated.RoundTrips, exchange.RoundTrips);
        if (exchange.Packets.All(p => p.Protocol == ProtocolType.Udp))
            Assert.Equal(simulated.Packets, exchange.Packets.Count);
        return exchange;
    }

    /// <summary>The same for a situation that has no figure.</summary>
    public static async Task<Exchange> AssertAsync(ITestOutputHelper output, LabNetwork network, LabCapture capture, LabReply reply, int roundTrips, IReadOnlyList<string> ladder)
    {
        var exchange = Exchange.Between(await capture.ReadAsync(), reply.StartUs, reply.EndUs);
        output.WriteLine(exchange + "\n" + exchange.Listing);
        Assert.Equal(ladder, exchange.Ladder.Select(Once));
        Assert.Equal(roundTrips, exchange.RoundTrips);
        Assert.Equal(roundTrips, reply.RoundTrips);
        // An independent count: the time in round trip times of the path.
        Assert.InRange(exchange.ElapsedMs, (roundTrips * network.RttMs) - 1, (roundTrips + 1) * network.RttMs);
        return exchange;
    }

    // How many records or segments a flight has is the server's matter.
    private static string Once(string flight)
    {
        var direction = flight[..4];
        var labels = flight[4..].Split(", ");
        return direction + string.Join(", ", labels.Where((label, i) => label != "part" && (i == 0 || labels[i - 1] != label)));
    }
}
