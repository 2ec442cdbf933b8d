using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>DprivResolver over DTLS with real servers: unbound behind socat, and servers that do not speak DTLS.</summary>
public sealed class ResolverOverDtlsTests
{
    private static readonly (string Name, string Type)[] s_questions =
    [
        ("a.peers.example.", "A"), ("aaaa.peers.example.", "AAAA"), ("txt.peers.example.", "TXT"), ("cname.peers.example.", "A"), ("mx.peers.example.", "MX"), ("srv.peers.example.", "SRV"),
        ("https.peers.example.", "HTTPS"), (PeerZone.MissingName, "A"), (PeerZone.ForeignName, "A"),
    ];

    [Fact]
    public async Task Unbound_behind_socat_full_then_resumed_by_ticket_with_the_answers_of_kdig()
    {
        var unbound = await SharedPeers.UnboundAsync();
        await using var peer = await SocatDtls.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls);
        var kdig = await Kdig.QueryAsync(unbound.Tls, TlsVersion.Tls13, s_questions);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, unbound.Tls, store))
        {
            for (var i = 0; i < s_questions.Length; i++)
            {
                var lookup = await resolver.QueryAsync(s_questions[i].Name, s_questions[i].Type);
                Assert.Equal((kdig[i].Rcode, "dodtls", ProtocolVersion.Dtls12, true), (Dpriv.Rcode(lookup), lookup.Transport, lookup.Version, lookup.IsAuthenticated));
                Assert.Equal(kdig[i].Answers, Dpriv.Lines(lookup));
                Assert.Equal(i == 0 ? DprivHandshake.Full : DprivHandshake.None, lookup.Handshake);
            }
        }

        var full = Assert.Single(wire.Handshakes);
        Assert.True(full.SawCertificate && full.SawNewSessionTicket && !full.SawHelloVerifyRequest && !full.IsResumption, full.ToString());
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, unbound.Tls, store))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            Assert.Equal((DprivHandshake.Resumed, "dodtls"), (lookup.Handshake, lookup.Transport));
            Assert.Equal(1, resolver.Statistics.ResumedHandshakes);
        }

        Assert.Equal(2, wire.Handshakes.Count);
        Assert.True(wire.Last.IsResumption && wire.Last.OfferedTicketBytes > 0, wire.Last.ToString());
    }

    [Fact]
    public async Task Socat_sees_a_query_behind_the_Finished_only_with_the_next_datagram_and_that_costs_the_resending_time()
    {
        await using var peer = await SocatDtls.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
            await resolver.QueryAsync("a.peers.example");
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
        {
            var first = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(DprivHandshake.Resumed, first.Handshake);
            // The query is one datagram with our Finished; 250 ms later, at half of MinSilenceMs, it is sent again, and then socat sees both.
            Assert.Equal(2, first.Attempts);
            Assert.InRange(first.Elapsed.TotalMilliseconds, 200, 2500);
            var second = await resolver.QueryAsync("aaaa.peers.example", "AAAA");
            Assert.Equal((DprivHandshake.None, 1), (second.Handshake, second.Attempts));
        }
    }

    [Fact]
    public async Task What_does_not_fit_into_a_datagram_is_asked_for_over_TLS()
    {
        var unbound = await SharedPeers.UnboundAsync();
        await using var peer = await SocatDtls.StartAsync();
        await using var datagrams = new DtlsWireLog(peer.Tls);
        await using var stream = new TlsWireLog(unbound.Tls);
        await using var resolver = Dpriv.DtlsResolver(datagrams.EndPoint, stream.EndPoint);
        Assert.Equal("dodtls", (await resolver.QueryAsync("a.peers.example")).Transport);
        Assert.Empty(stream.Connections);
        var before = datagrams.Protected(WireDirection.Down, DtlsWireRecord.ApplicationData);
        var lookup = await resolver.QueryAsync(PeerZone.BigName, "TXT");
        Assert.Equal(PeerZone.Expected(PeerZone.BigName, "TXT"), Dpriv.Lines(lookup));
        Assert.Equal("dot", lookup.Transport);
        Assert.True(datagrams.Protected(WireDirection.Down, DtlsWireRecord.ApplicationData) > before);
        Assert.Single(stream.Connections);
        // The association is still there for what fits.
        Assert.Equal(("dodtls", DprivHandshake.None), await KindAsync(resolver, "a.peers.example"));
    }

    [Fact]
    public async Task A_hundred_lookups_at_once_over_one_association()
    {
        await using var peer = await SocatDtls.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await resolver.QueryAsync("a.peers.example");
        var lookups = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => resolver.QueryAsync(s_questions[i % 7].Name, s_questions[i % 7].Type)));
        for (var i = 0; i < lookups.Length; i++)
            Assert.Equal(PeerZone.Expected(s_questions[i % 7].Name, s_questions[i % 7].Type), Dpriv.Lines(lookups[i]));
        Assert.All(lookups, l => Assert.Equal("dodtls", l.Transport));
        Assert.Single(wire.Handshakes);
    }

    [Fact]
    public async Task Where_datagrams_meet_silence_the_handshake_ends_in_its_time_and_TLS_is_used()
    {
        var unbound = await SharedPeers.UnboundAsync();
        using var hole = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        hole.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var wire = new DtlsWireLog((IPEndPoint)hole.LocalEndPoint!);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, unbound.Tls, change: o => o.DatagramHandshakeTimeoutMs = 3500);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal("dot", lookup.Transport);
        Assert.InRange(lookup.Elapsed.TotalMilliseconds, 3400, 6000);
        // At 0, 1 and 3 s.
        Assert.Equal(3, wire.Datagrams.Count);
        // From now on nothing is sent there.
        Assert.Equal(("dot", DprivHandshake.None), await KindAsync(resolver, "a.peers.example"));
        Assert.Equal(3, wire.Datagrams.Count);
    }

    [Fact]
    public async Task An_unreachable_port_is_believed_after_one_round()
    {
        var unbound = await SharedPeers.UnboundAsync();
        await using var resolver = Dpriv.DtlsResolver(new IPEndPoint(IPAddress.Loopback, Ports.Free()), unbound.Tls);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal("dot", lookup.Transport);
        // Not at once, for anybody can forge ICMP, and not after the 15 s of the handshake's limit.
        Assert.InRange(lookup.Elapsed.TotalMilliseconds, 900, 4000);
    }

    [Fact]
    public async Task A_server_that_speaks_DTLS_but_is_not_authenticated_is_not_asked_over_TLS_either()
    {
        var unbound = await SharedPeers.UnboundAsync();
        await using var peer = await SocatDtls.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.UnknownCa });
        await using var resolver = Dpriv.DtlsResolver(peer.Tls, unbound.Tls);
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.peers.example"));
        Assert.True(error.IsAuthenticationFailure, error.ToString());
    }

    [Fact]
    public async Task A_front_that_has_ended_its_association_in_silence_is_asked_over_a_new_one()
    {
        // socat ends the child after two seconds without traffic; OpenSSL sends close_notify then, so the relay keeps it back.
        await using var peer = await SocatDtls.StartAsync(new PeerOptions { IdleTimeout = TimeSpan.FromSeconds(1) });
        await using var wire = new DtlsWireLog(peer.Tls);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await resolver.QueryAsync("a.peers.example");
        wire.Drop = (direction, datagram) => direction == WireDirection.Down && datagram[0] == DtlsWireRecord.Alert;
        await peer.WaitForLogAsync(log => log.Contains("exiting with status", StringComparison.Ordinal), "the end of the child");
        var clock = Stopwatch.StartNew();
        var lookup = await resolver.QueryAsync("aaaa.peers.example", "AAAA");
        Assert.Equal(["aaaa.peers.example. AAAA 2001:db8::1"], Dpriv.Lines(lookup));
        Assert.Equal("dodtls", lookup.Transport);
        Assert.Equal(2, wire.Handshakes.Count);
        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
        // The port is closed: ICMP starts the resumption at once, where it gets through, and silence after MinSilenceMs, where not.
        Assert.InRange(clock.ElapsedMilliseconds, 0, 6000);
    }

    private static async Task<(string Transport, DprivHandshake Handshake)> KindAsync(DprivResolver resolver, string name)
    {
        var lookup = await resolver.QueryAsync(name);
        return (lookup.Transport, lookup.Handshake);
    }
}
