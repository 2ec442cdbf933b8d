using System.Collections.Generic;
using System.IO;
using System.Linq;
using DprivEmbedded.Harness.Flows;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Flows;

/// <summary>The nine figures and the rows beyond, on the simulated network: round trips by the packets, by the association's own count and by the clock.</summary>
public class FlowTests
{
    public static IEnumerable<TheoryDataRow<string>> Names()
    {
        return FlowCatalog.Figures.Concat(FlowCatalog.Beyond).Select(s => new TheoryDataRow<string>(s.Name));
    }

    [Fact]
    public void The_round_trips_are_those_of_the_seed()
    {
        Assert.Equal([4, 3, 2, 4, 3, 1, 3, 3, 4], FlowCatalog.Figures.Select(s => FlowCatalog.Run(s).Counts.RoundTrips));
        Assert.Equal([("hedge", 2), ("connection-id", 1), ("early-data", 1)], FlowCatalog.Beyond.Select(s => (s.Name, FlowCatalog.Run(s).Counts.RoundTrips)));
        Assert.Equal(Enumerable.Range(1, 9), FlowCatalog.Figures.Select(s => s.Figure));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packets_association_and_clock_agree(string name)
    {
        foreach (int rttMs in new[] { 20, 100, 500 })
        {
            FlowRun run = FlowCatalog.Run(FlowCatalog.Find(name)!, rttMs);
            Assert.Equal(run.Scenario.RoundTrips, run.Counts.RoundTrips);
            Assert.Equal(run.Scenario.RoundTrips, run.AssociationRoundTrips);
            Assert.Equal(run.Scenario.Action, run.Action);

            // A RST of the NAT comes from half-way.
            double trips = name is "8" or "9" ? run.Scenario.RoundTrips - 0.5 : run.Scenario.RoundTrips;
            Assert.Equal(trips * rttMs * 1000, run.ElapsedUs);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_flow_gives_the_same_capture(string name)
    {
        Assert.Equal(Capture(name), Capture(name));
    }

    private static byte[] Capture(string name)
    {
        FlowRun run = FlowCatalog.Run(FlowCatalog.Find(name)!);
        using MemoryStream stream = new();
        PcapngWriter.Write(stream, run.Trace.Packets, run.UtcOffsetUs, run.KeyLog);
        return stream.ToArray();
    }

    [Fact]
    public void A_ladder_stops_at_the_NAT_and_says_what_the_hellos_hold()
    {
        string[] ladder = Ladder("8");
        Assert.StartsWith("Figure 8: ", ladder[0], System.StringComparison.Ordinal);
        Assert.StartsWith("|--DNS query (199 B) ------------>X ", ladder[4], System.StringComparison.Ordinal);
        Assert.StartsWith("|<-TCP RST (40 B) ----------------| ", ladder[5], System.StringComparison.Ordinal);
        Assert.StartsWith("|--TCP SYN, ClientHello w/ resumption (", ladder[6], System.StringComparison.Ordinal);
        Assert.StartsWith("3 round trips (as the seed says), 8 packets, ", ladder[^2], System.StringComparison.Ordinal);
        Assert.Contains(Ladder("4"), line => line.Contains("ClientHello + key_share + pre_shared_key", System.StringComparison.Ordinal));
    }

    [Fact]
    public void A_drawing_is_well_formed_and_has_an_arrow_for_each_step()
    {
        foreach (FlowScenario scenario in FlowCatalog.Figures.Concat(FlowCatalog.Beyond))
        {
            FlowRun run = FlowCatalog.Run(scenario);
            System.Xml.Linq.XDocument svg = System.Xml.Linq.XDocument.Parse(FlowDrawing.Draw(run));
            Assert.Equal(run.Steps.Count, svg.Descendants().Count(e => e.Attribute("marker-end") != null));
        }
    }

    private static string[] Ladder(string name)
    {
        using StringWriter output = new() { NewLine = "\n" };
        FlowLadder.Write(output, FlowCatalog.Run(FlowCatalog.Find(name)!));
        return output.ToString().Split('\n');
    }
}
