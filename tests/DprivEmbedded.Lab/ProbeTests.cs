using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Lab.Client;
using DprivEmbedded.Lab.Network;
using DprivEmbedded.Lab.Support;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>
/// Section 4 of the message flows: probes in quiet time keep the NAT's state, and stop where the power-save state forbids them. The NAT forgets after 2 s of quiet here and the policy probes after 1 s; it stands for one of
/// 30 s and probes every 15 s. (A simulation runs that for an hour.)
/// </summary>
public sealed class ProbeTests(ITestOutputHelper output)
{
    private const int NatTimeoutS = 2;
    private const int ProbeAfterMs = 1000;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2 * NatTimeoutS);

    [Fact]
    public Task Heartbeats_keep_a_binding() => KeepAsync(ProbeKind.Heartbeat, "heartbeat", "<-- data", "--no-cookie", "--unknown", "alert");

    [Fact]
    public Task Padded_queries_keep_a_binding_where_the_server_answers_no_heartbeats() => KeepAsync(ProbeKind.Query, "data", "<-- data", "--no-cookie", "--unknown", "alert", "--no-heartbeat");

    [Fact]
    public Task Keepalive_segments_keep_a_TCP_connection() => KeepAsync(ProbeKind.Keepalive, "", "<-- data", "--tls", "1.2");

    [Fact]
    public async Task Without_probes_the_binding_is_lost()
    {
        await using var network = await StartAsync();
        await LabServe.StartAsync(network, "--no-cookie", "--unknown", "alert");
        var client = await LabClient.StartAsync(network, Figure.OverDtls(LabServe.Dtls) with { Policy = new LabPolicy(ReuseUpToMs: 60000) });
        await client.QueryAsync();

        await Task.Delay(s_quiet);
        Assert.Equal(3, (await client.QueryAsync()).RoundTrips);
    }

    private static Task<LabNetwork> StartAsync() => LabNetwork.StartAsync(new LabOptions
    {
        DelayMs = 10,
        Nat = NatKind.RandomPort,
        NatSettings =
        [
            $"net.netfilter.nf_conntrack_udp_timeout={NatTimeoutS}", $"net.netfilter.nf_conntrack_udp_timeout_stream={NatTimeoutS}", $"net.netfilter.nf_conntrack_tcp_timeout_established={NatTimeoutS}",
        ],
    });

    private async Task KeepAsync(int kind, string label, string answer, params string[] serverOptions)
    {
        await using var network = await StartAsync();
        await LabServe.StartAsync(network, serverOptions);
        var capture = await network.CaptureAtClientAsync();
        var policy = new LabPolicy(ReuseUpToMs: 60000, ProbeAfterMs: ProbeAfterMs);
        var client = await LabClient.StartAsync(network, (kind == ProbeKind.Keepalive ? Figure.Options(LabServe.Tls) : Figure.OverDtls(LabServe.Dtls)) with { Policy = policy });
        var before = await client.QueryAsync();

        await Task.Delay(s_quiet);
        var after = await client.QueryAsync();
        var probes = await client.SayAsync("status");

        // Nothing more may be sent from now on, and the NAT forgets.
        await client.SayAsync("power " + ProbePermission.Never);
        await network.SettleAsync();
        var forbidden = DateTime.UtcNow;
        await Task.Delay(s_quiet);
        var late = DateTime.UtcNow;
        var lost = await client.QueryAsync();

        var packets = await capture.ReadAsync();
        var quiet = packets.Where(p => p.TimeUs > before.EndUs && p.TimeUs < after.StartUs).ToArray();
        output.WriteLine(Exchange.Between(quiet, 0, long.MaxValue).Listing);
        Assert.Equal(1, after.RoundTrips);
        Assert.Equal("--> data", Exchange.Between(packets, after.StartUs, after.EndUs).Ladder[0]);
        Assert.InRange(probes.ProbesSent, 2, 6);
        Assert.Equal(probes.ProbesSent, probes.ProbesAnswered);
        Assert.InRange(quiet.Count(p => p.IsUp && (label.Length == 0 ? p.Labels.Count == 0 : p.Labels.Contains(label))), 2, 8);
        Assert.DoesNotContain(packets, p => p.TimeUs > Us(forbidden) && p.TimeUs < Us(late));
        Assert.True(lost.RoundTrips > 1, lost.ToString());
        Assert.Equal(answer, Exchange.Between(packets, lost.StartUs, lost.EndUs).Ladder[^1]);
    }

    private static long Us(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
