using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our client against the stock DNS servers: full and resumed handshakes of both versions as the wire shows them, and the same answers as kdig.</summary>
public sealed class ResolverAgainstDnsServersTests
{
    private static readonly (string Name, string Type)[] s_questions =
    [
        ("a.peers.example.", "A"),
        ("aaaa.peers.example.", "AAAA"),
        ("txt.peers.example.", "TXT"),
        ("cname.peers.example.", "A"),
        ("cname.peers.example.", "CNAME"),
        ("mx.peers.example.", "MX"),
        ("srv.peers.example.", "SRV"),
        ("https.peers.example.", "HTTPS"),
        ("peers.example.", "SOA"),
        ("peers.example.", "NS"),
        ("a.peers.example.", "AAAA"),
        (PeerZone.BigName, "TXT"),
        (PeerZone.MissingName, "A"),
        (PeerZone.ForeignName, "A"),
    ];

    public static TheoryData<string, int> PeersAndVersions()
    {
        var data = new TheoryData<string, int>();
        foreach (var name in new[] { nameof(Unbound), nameof(Bind), nameof(KnotResolver), nameof(Dnsdist) })
        {
            data.Add(name, ProtocolVersion.Tls12);
            data.Add(name, ProtocolVersion.Tls13);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PeersAndVersions))]
    public async Task The_second_connection_resumes(string name, int version)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        var resumes = name != nameof(KnotResolver) || version == ProtocolVersion.Tls13;
        var counted = peer is Dnsdist d ? await d.FrontendMetricAsync("tlsresumptions") : 0;
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();

        DprivLookup first;
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, version, store))
            first = await resolver.QueryAsync("a.peers.example", "A");
        AssertAnswer(first, version, DprivHandshake.Full);
        var full = wire.Last;
        Assert.True(await full.WaitForCloseAsync());
        Assert.Equal(version, full.Look(w => w.Version));
        Assert.Equal(first.CipherSuite, full.Look(w => w.CipherSuite));
        Assert.False(full.Look(w => w.IsResumption));
        Assert.Equal(0, full.Look(w => w.GarbageBytes));
        Assert.Equal(version == ProtocolVersion.Tls12, full.Look(w => w.ServerSentCertificate));

        await using (var resolver = Dpriv.Resolver(wire.EndPoint, version, store))
        {
            Assert.Null(resolver.SessionStoreErrorText);
            // Knot Resolver gives a session id in TLS 1.2, too, and then does not know it.
            Assert.True(resolver.SessionCount > 0);
            var second = await resolver.QueryAsync("a.peers.example", "A");
            AssertAnswer(second, version, resumes ? DprivHandshake.Resumed : DprivHandshake.Full);
            var third = await resolver.QueryAsync("aaaa.peers.example", "AAAA");
            Assert.Equal((DprivHandshake.None, 1), (third.Handshake, third.RoundTrips));
            if (resumes)
                Assert.True(second.BytesDown < first.BytesDown, $"{second.BytesDown} bytes down in a resumption, {first.BytesDown} in a full handshake");
        }

        Assert.Equal(2, wire.Connections.Count);
        Assert.Equal(resumes, wire.Last.Look(w => w.IsResumption));
        Assert.Equal(version, wire.Last.Look(w => w.Version));
        if (version == ProtocolVersion.Tls12)
            Assert.Equal(!resumes, wire.Last.Look(w => w.ServerSentCertificate));
        if (peer is Dnsdist dnsdist)
            Assert.True(await dnsdist.WaitForResumptionsAsync(counted + 1));
    }

    [Theory]
    [MemberData(nameof(PeersAndVersions))]
    public async Task The_whole_zone_is_as_kdig_sees_it(string name, int version)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        var expected = await Kdig.QueryAsync(peer.Tls, (TlsVersion)version, s_questions);
        await using var resolver = Dpriv.Resolver(peer.Tls, version);
        var got = await Task.WhenAll(s_questions.Select(q => resolver.QueryAsync(q.Name, q.Type)));
        for (var i = 0; i < s_questions.Length; i++)
        {
            Assert.Equal(expected[i].Rcode, Dpriv.Rcode(got[i]));
            Assert.Equal(expected[i].Answers, Dpriv.Lines(got[i]));
            Assert.Equal(expected[i].HasPadding, got[i].Message.PaddingBytes >= 0);
            Assert.Equal(version, got[i].Version);
            Assert.Equal(0, got[i].Message.MalformedRecordCount);
        }

        Assert.Equal(1, resolver.Statistics.Connections);
        Assert.Equal(s_questions.Length, resolver.Statistics.Answers);
        Assert.Equal("NXDOMAIN", expected[^2].Rcode);
        Assert.Equal(24, expected[^3].Answers.Count);
        Assert.Equal(2, expected[3].Answers.Count);
    }

    [Theory]
    [InlineData(nameof(Unbound))]
    [InlineData(nameof(Bind))]
    [InlineData(nameof(KnotResolver))]
    [InlineData(nameof(Dnsdist))]
    public async Task Looks_up_over_IPv6(string name)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        await using var resolver = Dpriv.Resolver(peer.Tls6!);
        var lookup = await resolver.QueryAsync("a.peers.example", "A");
        AssertAnswer(lookup, ProtocolVersion.Tls13, DprivHandshake.Full);
        Assert.StartsWith("[::1]:", lookup.Server.ToString());
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_restarted_server_has_lost_its_sessions_and_that_costs_no_second_connection(int version)
    {
        await using var peer = await Unbound.StartAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version);
        AssertAnswer(await resolver.QueryAsync("a.peers.example", "A"), version, DprivHandshake.Full);
        await peer.RestartAsync();
        Assert.True(await wire.Last.WaitForCloseAsync());

        AssertAnswer(await resolver.QueryAsync("a.peers.example", "A"), version, DprivHandshake.Full);
        Assert.Equal(2, wire.Connections.Count);
        // It did offer the session.
        Assert.True(wire.Last.Look(w => w.ClientHello!.Has(version == ProtocolVersion.Tls13 ? WireHello.PreSharedKey : WireHello.SessionTicket)));
        Assert.False(wire.Last.Look(w => w.IsResumption));
    }

    internal static void AssertAnswer(DprivLookup lookup, int version, DprivHandshake handshake)
    {
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal(version, lookup.Version);
        Assert.Equal(handshake, lookup.Handshake);
        Assert.True(lookup.IsAuthenticated);
        // TCP's, TLS's and the query's own. False Start spares TLS 1.2 one in full handshakes; its resumption ends with the server's flight.
        Assert.Equal(3, lookup.RoundTrips);
    }
}
