using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Harness.Flows;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Harness.Tests.Network;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>What the simulated network writes as pcapng opens in Wireshark's tshark, has right checksums, and decrypts to DNS with the secrets in the file.</summary>
public class SimulatedCaptureTests
{
    [Theory]
    [InlineData("TLS 1.2", "tls")]
    [InlineData("TLS 1.3", "tls")]
    [InlineData("TLS 1.2 in the SYN", "tls")]
    [InlineData("DTLS 1.2", "dtls")]
    public async Task DecryptsToDns(string what, string layer)
    {
        var tshark = Requires.Program("tshark");
        using var folder = new TempDirectory("simulated");
        var rig = Lookups(what);
        var file = folder.File("simulated.pcapng");
        await File.WriteAllBytesAsync(file, rig.Capture());

        var dns = await Read(tshark, file, "dns", "ip.src", "dns.qry.name", "dns.flags.response", "dns.a", "frame.protocols");
        Assert.Equal(8, dns.Count);
        Assert.All(dns, fields => Assert.Equal("www.example", fields[1]));
        Assert.Equal(["0", "1", "0", "1", "0", "1", "0", "1"], dns.Select(fields => fields[2] is "1" or "True" ? "1" : "0"));
        Assert.All(dns.Where((_, i) => i % 2 == 1), fields => Assert.Equal("192.0.2.53", fields[0]));
        Assert.All(dns.Where((_, i) => i % 2 == 1), fields => Assert.NotEqual("", fields[3]));
        Assert.All(dns, fields => Assert.Contains(":" + layer + ":dns", fields[4], StringComparison.Ordinal));
        Assert.All(dns, fields => Assert.StartsWith("raw:ip:", fields[4], StringComparison.Ordinal));
    }

    [Fact]
    public async Task EveryPacketIsWhole()
    {
        var tshark = Requires.Program("tshark");
        using var folder = new TempDirectory("simulated");
        foreach (var what in new[] { "TLS 1.2", "TLS 1.3", "TLS 1.2 in the SYN", "DTLS 1.2" })
        {
            var rig = Lookups(what);
            var client = rig.Net.Client.OpenUdp();
            client.Connect(new Ipv4EndPoint(NetRig.ServerAddress, 9));
            client.Send("to a closed port"u8);
            rig.Net.Network.RunFor(1000);
            var file = folder.File("simulated.pcapng");
            await File.WriteAllBytesAsync(file, rig.Capture());

            var all = await Read(tshark, file, "ip", "frame.number", "frame.time_epoch");
            Assert.Equal(rig.Net.Trace.Packets.Count, all.Count);
            var firstUs = rig.Net.Trace.Packets[0].TimeUs + (rig.Net.Network.Clock.UtcOffsetMs * 1000);
            Assert.Equal(firstUs / 1e6, double.Parse(all[0][1], System.Globalization.CultureInfo.InvariantCulture), 6);
            Assert.Empty(await Read(tshark, file, "ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\" || icmp.checksum.status == \"Bad\"", "frame.number"));
            Assert.Empty(await Read(tshark, file, "_ws.malformed || _ws.short || tcp.analysis.lost_segment || tcp.analysis.out_of_order", "frame.number"));
            Assert.Single(await Read(tshark, file, "icmp.type == 3 && icmp.code == 3", "frame.number"));
        }
    }

    [Fact]
    public async Task TheFiguresDecrypt()
    {
        var tshark = Requires.Program("tshark");
        using var folder = new TempDirectory("simulated");
        foreach (var scenario in FlowCatalog.Figures.Concat(FlowCatalog.Beyond))
        {
            var run = FlowCatalog.Run(scenario);
            var file = folder.File("flow.pcapng");
            await using (var stream = File.Create(file))
                PcapngWriter.Write(stream, run.Trace.Packets, run.UtcOffsetUs, run.KeyLog);

            // The first lookup and the one of the figure: both answers, and at least as many queries.
            var dns = await Read(tshark, file, "dns", "dns.flags.response");
            Assert.Equal(2, dns.Count(fields => fields[0] is "1" or "True"));
            Assert.InRange(dns.Count(fields => fields[0] is "0" or "False"), 2, 4);
            Assert.Empty(await Read(tshark, file, "_ws.malformed || ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\"", "frame.number"));
        }
    }

    /// <summary>A lookup, one more, one on a resumed connection, and one more.</summary>
    private static DnsNetRig Lookups(string what)
    {
        var fast = what == "TLS 1.2 in the SYN";
        var rig = new DnsNetRig(3, new NatSettings(), tlsVersion: what == "TLS 1.3" ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12, fastOpen: fast);
        rig.Net.Server.FastOpenKey = [1, 2, 3, 4];
        if (what == "DTLS 1.2")
        {
            var dod = rig.NewDod();
            dod.Lookup();
            dod.Lookup();
            rig.Dod.CrashHost();
            dod.GiveUp();
            dod.Lookup();
            dod.Lookup();
            return rig;
        }

        var dot = rig.NewDot(fast ? new TcpSettings { FastOpen = true } : null);
        dot.Lookup();
        dot.Lookup();
        rig.Dot.Upgrade();
        rig.Net.Network.RunFor(500);
        dot.Lookup();
        dot.Lookup();
        return rig;
    }

    private static async Task<List<string[]>> Read(string tshark, string file, string filter, params string[] fields)
    {
        List<string> command =
        [
            tshark, "-r", file, "-Y", filter, "-T", "fields",
            "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
        ];
        foreach (var field in fields)
            command.AddRange(["-e", field]);

        var result = await ClientProgram.RunAsync(command, limit: TimeSpan.FromSeconds(60));
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToList();
    }
}
