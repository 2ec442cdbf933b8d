using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our client against the special peers: psk_ke, pre-shared keys, session ids alone, early data.</summary>
public sealed class ResolverAgainstFrontsTests
{
    [Theory]
    [InlineData(nameof(UnboundNoDhe), true)]
    [InlineData(nameof(Unbound), false)]
    public async Task Resumes_without_key_exchange_where_the_server_does(string name, bool resumes)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.PskDheKe = false))
            Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.peers.example")).Handshake);
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.PskDheKe = false))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            Assert.Equal(resumes ? DprivHandshake.Resumed : DprivHandshake.Full, lookup.Handshake);
        }

        var second = await wire.ConnectionAsync(1);
        Assert.Equal([1, 0], second.Look(w => w.ClientHello!.Extension(WireHello.PskKeyExchangeModes)));
        Assert.Equal(resumes, second.Look(w => w.PskWithoutKeyShare));
        Assert.Equal(resumes, !second.Look(w => w.ServerHello!.Has(WireHello.KeyShare)));
        // Without a key share at first, a server that cannot do without asks for one.
        Assert.Equal(!resumes, second.Look(w => w.SawRetryRequest));
    }

    [Theory]
    [InlineData(CipherSuite.PskAes128GcmSha256)]
    [InlineData(CipherSuite.PskAes128Ccm8)]
    [InlineData(CipherSuite.EcdhePskChaCha20Poly1305Sha256)]
    public async Task Stunnel_and_a_preshared_key_in_TLS_12(int suite)
    {
        var peer = await SharedPeers.StunnelAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();
        var before = Count(peer.Log, "previous session reused");
        await using (var resolver = PskResolver(wire, ProtocolVersion.Tls12, store, suite))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            Assert.Equal((DprivHandshake.Full, suite, true), (lookup.Handshake, lookup.CipherSuite, lookup.IsAuthenticated));
        }

        Assert.Equal(suite, wire.Last.Look(w => w.CipherSuite));
        Assert.False(wire.Last.Look(w => w.ServerSentCertificate));
        Assert.False(wire.Last.Look(w => w.IsResumption));
        await using (var resolver = PskResolver(wire, ProtocolVersion.Tls12, store, suite))
            Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("a.peers.example")).Handshake);
        Assert.True(wire.Last.Look(w => w.IsResumption));
        await peer.WaitForLogAsync(log => Count(log, "previous session reused") > before, "a resumption");
    }

    [Theory]
    [InlineData(CipherSuite.Aes128GcmSha256, true)]
    [InlineData(CipherSuite.Aes128GcmSha256, false)]
    [InlineData(CipherSuite.Aes128Ccm8Sha256, true)]
    [InlineData(CipherSuite.Aes128Ccm8Sha256, false)]
    [InlineData(CipherSuite.Aes128CcmSha256, true)]
    [InlineData(CipherSuite.ChaCha20Poly1305Sha256, false)]
    public async Task Stunnel_and_an_external_preshared_key_in_TLS_13(int suite, bool withoutKeyShare)
    {
        var peer = await SharedPeers.StunnelAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = PskResolver(wire, ProtocolVersion.Tls13, null, suite, o =>
        {
            o.PskDheKe = !withoutKeyShare;
            o.PskKe = withoutKeyShare;
        });
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal((suite, true, ProtocolVersion.Tls13), (lookup.CipherSuite, lookup.IsAuthenticated, lookup.Version));
        // An external PSK is no resumption, though it looks like one from outside.
        Assert.Equal(DprivHandshake.Full, lookup.Handshake);
        Assert.True(wire.Last.Look(w => w.PreSharedKeyAccepted));
        Assert.Equal(withoutKeyShare, wire.Last.Look(w => w.PskWithoutKeyShare));
        Assert.Equal(suite, wire.Last.Look(w => w.CipherSuite));
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_wrong_preshared_key_is_an_error_of_its_own(int version)
    {
        var peer = await SharedPeers.StunnelAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = PskResolver(wire, version, null, 0, o => o.Servers[0].Psk = new byte[16]);
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.peers.example"));
        // bad_record_mac or decrypt_error, or illegal_parameter of OpenSSL for a binder.
        Assert.Contains(error.ErrorCode - TlsError.AlertReceived, new[] { 20, 51, 47 });
        Assert.Contains("the server sent the fatal alert", error.Message);
    }

    [Fact]
    public async Task Nginx_resumes_by_session_id_alone()
    {
        var peer = await SharedPeers.NginxAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls12, store))
            Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.peers.example")).Handshake);
        var full = wire.Last;
        Assert.DoesNotContain((WireDirection.Down, 4), full.Look(w => w.Messages.ToArray()));
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls12, store))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            Assert.Equal(DprivHandshake.Resumed, lookup.Handshake);
        }

        Assert.True(wire.Last.Look(w => w.SessionIdEchoed));
        Assert.True(wire.Last.Look(w => w.IsResumption));
        Assert.DoesNotContain((WireDirection.Down, 4), wire.Last.Look(w => w.Messages.ToArray()));
        Assert.Contains(" reused=. alpn=dot", await peer.ConnectionLineAsync(full.ServerSidePort));
        Assert.Contains(" reused=r alpn=dot", await peer.ConnectionLineAsync(wire.Last.ServerSidePort));
    }

    [Fact]
    public async Task Haproxy_takes_the_query_as_early_data()
    {
        var peer = await SharedPeers.HaproxyAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.EarlyData = true))
            Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.peers.example")).Handshake);
        Assert.False(wire.Last.Look(w => w.SawEarlyData));
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.EarlyData = true))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            // haproxy 2.6 asks its backend only after our Finished, so early data saves nothing here: TCP's round trip, TLS's, and one more for the Finished.
            Assert.Equal((DprivHandshake.Early, 3, 1), (lookup.Handshake, lookup.RoundTrips, lookup.Attempts));
            Assert.Equal(1, resolver.Statistics.EarlyDataAccepted);
        }

        Assert.True(wire.Last.Look(w => w.SawEarlyData));
        Assert.True(wire.Last.Look(w => w.IsResumption));
        Assert.Contains(" resumed=1 alpn=dot up=130 ", await peer.ConnectionLineAsync(wire.Last.ServerSidePort));
    }

    [Fact]
    public async Task The_answer_to_early_data_arrives_in_the_first_round_trip()
    {
        await using var peer = await EarlyAnswerServer.StartAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.EarlyData = true))
            Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.peers.example")).Handshake);

        // Our ClientHello and early data pass; whatever we send after them does not, until the answer is there.
        wire.StallUpAfterRecords = 2;
        await using (var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, store, o => o.EarlyData = true))
        {
            var lookup = await resolver.QueryAsync("a.peers.example");
            var connection = await wire.ConnectionAsync(1);
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
            // TCP's round trip, and one for all the rest.
            Assert.Equal((DprivHandshake.Early, 2, 1), (lookup.Handshake, lookup.RoundTrips, lookup.Attempts));
            Assert.Equal(1, peer.EarlyAnswers);
            // On the wire: all that came before our second flight.
            Assert.Equal([22, 23], connection.Look(w => w.Records.TakeWhile(r => r.Direction == WireDirection.Up).Select(r => r.Type).ToArray()));
            Assert.True(connection.Look(w => w.SawEarlyData));
            connection.Resume(WireDirection.Up);
            Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("aaaa.peers.example", "AAAA")).Handshake);
        }

        Assert.Equal(1, peer.EarlyAnswers);
        Assert.True(peer.LateAnswers >= 1);
    }

    [Fact]
    public async Task Refused_early_data_is_sent_again_after_the_handshake_and_answered()
    {
        // A restarted server knows no ticket, so it cannot read early data either.
        await using var peer = await HaproxyEarlyData.StartAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, change: o => o.EarlyData = true);
        Assert.Equal(DprivHandshake.Full, (await resolver.QueryAsync("a.peers.example")).Handshake);
        await peer.RestartAsync();
        Assert.True(await wire.Last.WaitForCloseAsync());
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal((DprivHandshake.Full, 3), (lookup.Handshake, lookup.RoundTrips));
        Assert.True(wire.Last.Look(w => w.SawEarlyData));
        Assert.False(wire.Last.Look(w => w.IsResumption));
        Assert.Equal(2, wire.Connections.Count);
    }

    private static DprivResolver PskResolver(TlsWireLog wire, int version, MemoryStore? store, int suite, Action<DprivResolverOptions>? change = null) =>
        Dpriv.Resolver(wire.EndPoint, version, store, o =>
        {
            o.Servers[0] = new DprivServer(wire.EndPoint.Address, wire.EndPoint.Port) { PskIdentity = Encoding.ASCII.GetBytes(StunnelPsk.Identity), Psk = StunnelPsk.Key };
            if (suite != 0)
                o.CipherSuites = [suite];
            change?.Invoke(o);
        });

    private static int Count(string text, string what) => text.Split(what).Length - 1;
}
