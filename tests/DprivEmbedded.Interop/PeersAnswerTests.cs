using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>
/// The peers as independent clients see them: each answers, and each resumes as docs/interop.md says. When a test of our client fails and these pass, the fault is ours.
/// </summary>
public sealed class PeersAnswerTests
{
    private static readonly (string Name, string Type)[] s_questions =
    [
        ("a.peers.example.", "A"),
        ("aaaa.peers.example.", "AAAA"),
        ("txt.peers.example.", "TXT"),
        ("cname.peers.example.", "A"),
        ("mx.peers.example.", "MX"),
        ("srv.peers.example.", "SRV"),
        ("https.peers.example.", "HTTPS"),
        (PeerZone.BigName, "TXT"),
        (PeerZone.MissingName, "A"),
        (PeerZone.ForeignName, "A"),
    ];

    [Theory]
    [InlineData(nameof(Unbound), true)]
    [InlineData(nameof(Bind), false)]
    [InlineData(nameof(KnotResolver), true)]
    [InlineData(nameof(Dnsdist), false)]
    [InlineData(nameof(HaproxyEarlyData), false)]
    [InlineData(nameof(NginxSessionId), false)]
    public async Task Gives_kdig_the_whole_zone_over_both_versions(string name, bool pads)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        foreach (var version in new[] { TlsVersion.Tls12, TlsVersion.Tls13 })
        {
            var answers = await Kdig.QueryAsync(peer.Tls, version, s_questions);
            for (var i = 0; i < s_questions.Length; i++)
            {
                Assert.StartsWith(version == TlsVersion.Tls12 ? "(TLS1.2)" : "(TLS1.3)", answers[i].Session);
                var rcode = s_questions[i].Name switch { PeerZone.MissingName => "NXDOMAIN", PeerZone.ForeignName => "REFUSED", _ => "NOERROR" };
                Assert.Equal(rcode, answers[i].Rcode);
                Assert.Equal(PeerZone.Expected(s_questions[i].Name, s_questions[i].Type), answers[i].Answers);
                Assert.Equal(rcode == "NOERROR", answers[i].Answers.Count > 0);
                Assert.Equal(pads, answers[i].HasPadding);
            }
        }
    }

    [Theory]
    [InlineData(nameof(Unbound))]
    [InlineData(nameof(Bind))]
    [InlineData(nameof(KnotResolver))]
    [InlineData(nameof(Dnsdist))]
    [InlineData(nameof(HaproxyEarlyData))]
    [InlineData(nameof(NginxSessionId))]
    public async Task Answers_on_IPv6(string name)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        var answer = await Kdig.QueryAsync(peer.Tls6!, TlsVersion.Tls13, "a.peers.example.", "A");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], answer.Answers);
    }

    public static TheoryData<string, TlsVersion, bool, bool> Resumptions()
    {
        // Peer, TLS 1.2 by ticket, TLS 1.2 by session ID, TLS 1.3.
        (string Name, bool Ticket12, bool Id12, bool Ticket13)[] table =
        [
            (nameof(Unbound), true, true, true),
            (nameof(Bind), true, true, true),
            (nameof(KnotResolver), false, false, true),
            (nameof(Dnsdist), true, true, true),
            (nameof(HaproxyEarlyData), true, true, true),
            (nameof(NginxSessionId), false, true, true),
        ];
        var data = new TheoryData<string, TlsVersion, bool, bool>();
        foreach (var (name, ticket12, id12, ticket13) in table)
        {
            // nginx answers a client that takes tickets with a session ID all the same.
            data.Add(name, TlsVersion.Tls12, true, ticket12 || id12);
            data.Add(name, TlsVersion.Tls12, false, id12);
            data.Add(name, TlsVersion.Tls13, true, ticket13);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Resumptions))]
    public async Task Resumes_with_openssl_as_documented(string name, TlsVersion version, bool tickets, bool resumes)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        string[] extra = tickets ? [] : ["-no_ticket"];

        var first = await client.QueryAsync(wire.EndPoint, version, extra: extra);
        Assert.False(first.Reused);
        Assert.Equal(1, DnsBytes.AnswerCount(first.Answer));
        var full = wire.Last;
        Assert.Equal((int)version, full.Look(w => w.Version));
        Assert.False(full.Look(w => w.IsResumption));
        Assert.True(version == TlsVersion.Tls13 || full.Look(w => w.ServerSentCertificate));
        var newSessionTicket = full.Look(w => w.Messages.Contains((WireDirection.Down, 4)));
        var givesTickets = name is nameof(Unbound) or nameof(Bind) or nameof(Dnsdist) or nameof(HaproxyEarlyData);
        Assert.Equal(version == TlsVersion.Tls12 && tickets && givesTickets, newSessionTicket);

        var second = await client.QueryAsync(wire.EndPoint, version, resume: true, extra: extra);
        var again = wire.Last;
        Assert.NotSame(full, again);
        Assert.Equal(resumes, second.Reused);
        Assert.Equal(resumes, again.Look(w => w.IsResumption));
        Assert.Equal(1, DnsBytes.AnswerCount(second.Answer));
        if (version == TlsVersion.Tls12)
        {
            Assert.Equal(resumes, again.Look(w => w.SessionIdEchoed));
            Assert.Equal(!resumes, again.Look(w => w.ServerSentCertificate));
        }

        if (resumes)
        {
            Assert.InRange(again.Look(w => w.HandshakeBytes(WireDirection.Down)), 1, full.Look(w => w.HandshakeBytes(WireDirection.Down)) - 1);
            await AssertServerSaysSoAsync(peer, full.ServerSidePort, again.ServerSidePort);
        }
    }

    [Fact]
    public async Task A_restarted_server_has_lost_its_sessions()
    {
        await using var peer = await Unbound.StartAsync();
        using var client = new OpensslClient();
        foreach (var version in new[] { TlsVersion.Tls12, TlsVersion.Tls13 })
        {
            await client.QueryAsync(peer.Tls, version);
            Assert.True((await client.QueryAsync(peer.Tls, version, resume: true)).Reused);
            await peer.RestartAsync();
            var after = await client.QueryAsync(peer.Tls, version, resume: true);
            Assert.False(after.Reused);
            Assert.Equal(1, DnsBytes.AnswerCount(after.Answer));
        }
    }

    [Fact]
    public async Task A_server_that_cannot_start_shows_its_log()
    {
        var error = await Assert.ThrowsAsync<PeerStartException>(() => Unbound.StartAsync(new PeerOptions { ExtraConfiguration = "  no-such-option: yes" }));
        Assert.Contains("no-such-option", error.Message);
    }

    // What a peer itself says about its handshakes; unbound, named and kresd say nothing, and the wire alone speaks for them.
    private static async Task AssertServerSaysSoAsync(Peer peer, int fullPort, int resumedPort)
    {
        switch (peer)
        {
            case HaproxyEarlyData haproxy:
                Assert.Contains(" resumed=0 ", await haproxy.ConnectionLineAsync(fullPort));
                Assert.Contains(" resumed=1 ", await haproxy.ConnectionLineAsync(resumedPort));
                break;
            case NginxSessionId nginx:
                Assert.Contains(" reused=. ", await nginx.ConnectionLineAsync(fullPort));
                Assert.Contains(" reused=r ", await nginx.ConnectionLineAsync(resumedPort));
                break;
            case Dnsdist dnsdist:
                Assert.True(await dnsdist.WaitForResumptionsAsync(1));
                break;
            default:
                break;
        }
    }
}
