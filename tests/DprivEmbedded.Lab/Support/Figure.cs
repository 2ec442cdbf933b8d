using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab.Support;

/// <summary>What the tests of the figures have in common.</summary>
internal static class Figure
{
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

    /// <summary>Compares the capture with the figure: its flights, its round trips, and the time that so many take on this path.</summary>
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
