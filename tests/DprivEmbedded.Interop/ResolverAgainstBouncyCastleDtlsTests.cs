using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>DprivResolver over DTLS against BouncyCastle's DtlsServerProtocol, a server that shares no code with our engine: session ids, heartbeat, connection ids, pre-shared keys.</summary>
public sealed class ResolverAgainstBouncyCastleDtlsTests
{
    [Fact]
    public async Task Full_then_resumed_by_session_id()
    {
        await using var peer = new BouncyCastleDtlsServer();
        await using var wire = new DtlsWireLog(peer.EndPoint);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
        {
            Assert.True((await AskAsync(resolver, DprivHandshake.Full)).IsAuthenticated);
            await AskAsync(resolver, DprivHandshake.None);
        }

        Assert.True(await Poll.UntilAsync(() => peer.Associations[0].ClosedByClient, TimeSpan.FromSeconds(5)));
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
        {
            var lookup = await AskAsync(resolver, DprivHandshake.Resumed);
            Assert.Equal(1, lookup.Attempts);
        }

        Assert.True(wire.Handshakes[0].SawHelloVerifyRequest && wire.Handshakes[0].SawCertificate, wire.Handshakes[0].ToString());
        Assert.True(wire.Last.IsResumptionById, wire.Last.ToString());
        Assert.Equal([false, true], peer.Associations.Select(a => a.IsResumed));
        Assert.All(peer.Associations, a => Assert.Null(a.Failure));
    }

    [Fact]
    public async Task Heartbeats_in_both_directions()
    {
        await using var peer = new BouncyCastleDtlsServer { HeartbeatIdleMs = 300 };
        await using var wire = new DtlsWireLog(peer.EndPoint);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        // The server asks after each 300 ms of idleness; were it not answered for 5 s it would end the association.
        Assert.True(await wire.WaitAsync(w => w.Protected(WireDirection.Up, DtlsWireRecord.Heartbeat) >= 3));
        var requests = wire.Protected(WireDirection.Down, DtlsWireRecord.Heartbeat);
        var answers = wire.Protected(WireDirection.Up, DtlsWireRecord.Heartbeat);
        Assert.InRange(requests - answers, 0, 1);
        peer.HeartbeatIdleMs = null;
        var probe = Assert.Single(await resolver.ProbeAsync());
        Assert.True(probe.IsSupported && probe.IsAnswered);
        await AskAsync(resolver, DprivHandshake.None);
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 3)]
    [InlineData(0, 3)]
    public async Task Connection_ids_in_either_direction_and_a_change_of_address(int serverBytes, int clientBytes)
    {
        await using var peer = new BouncyCastleDtlsServer { ConnectionIdBytes = serverBytes };
        await using var wire = new DtlsWireLog(peer.EndPoint);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.ConnectionId = new byte[clientBytes]);
        await AskAsync(resolver, DprivHandshake.Full);
        resolver.NetworkChanged();
        var survives = serverBytes > 0;
        await AskAsync(resolver, survives ? DprivHandshake.None : DprivHandshake.Resumed);
        Assert.Equal(2, wire.Clients.Count);
        Assert.Equal(survives ? 1 : 2, wire.Handshakes.Count);
        Assert.Equal(survives ? 1 : 2, peer.Associations.Count);
        Assert.Equal(serverBytes > 0, wire.Records.Any(r => r.Direction == WireDirection.Up && r.Type == DtlsWireRecord.WithConnectionId));
        Assert.Equal(clientBytes > 0, wire.Records.Any(r => r.Direction == WireDirection.Down && r.Type == DtlsWireRecord.WithConnectionId));
        Assert.True(Assert.Single(await resolver.ProbeAsync()).IsAnswered);
        Assert.All(peer.Associations, a => Assert.Null(a.Failure));
    }

    [Theory]
    [InlineData(CipherSuite.PskAes128Ccm8)]
    [InlineData(CipherSuite.EcdhePskAes128Ccm8Sha256)]
    [InlineData(CipherSuite.EcdhePskAes128GcmSha256)]
    public async Task A_preshared_key_full_and_resumed(int suite)
    {
        byte[] key = Convert.FromHexString("00112233445566778899aabbccddeeff");
        await using var peer = new BouncyCastleDtlsServer { Suites = [suite], Psk = key };
        await using var wire = new DtlsWireLog(peer.EndPoint);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o =>
        {
            o.Servers[0] = new DprivServer(wire.EndPoint.Address, wire.EndPoint.Port)
            {
                Transport = DprivTransport.Dodtls,
                PskIdentity = Encoding.ASCII.GetBytes("sensor-1"),
                Psk = key,
            };
            o.CipherSuites = [suite];
        });
        Assert.Equal(suite, (await AskAsync(resolver, DprivHandshake.Full)).CipherSuite);
        Assert.False(wire.Last.SawCertificate);
        resolver.CloseConnections();
        await AskAsync(resolver, DprivHandshake.Resumed);
        Assert.True(wire.Last.IsResumptionById, wire.Last.ToString());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task The_two_byte_length_in_queries_and_in_answers(bool inQueries, bool inAnswers)
    {
        await using var peer = new BouncyCastleDtlsServer();
        var answer = peer.Answer;
        var wrong = 0;
        peer.Answer = record =>
        {
            var prefixed = ((record[0] << 8) | record[1]) == record.Length - 2;
            if (prefixed != inQueries)
                wrong++;
            var message = answer(prefixed ? record[2..] : record)!;
            return inAnswers ? DnsBytes.Framed(message) : message;
        };
        await using var resolver = Dpriv.DtlsResolver(peer.EndPoint, change: o => o.Servers[0].LengthPrefix = inQueries);
        Assert.Equal(1, (await AskAsync(resolver, DprivHandshake.Full)).Attempts);
        Assert.Equal(1, (await AskAsync(resolver, DprivHandshake.None)).Attempts);
        Assert.Equal(0, wrong);
    }

    [Fact]
    public async Task A_lost_query_is_sent_again_with_the_same_id()
    {
        await using var peer = new BouncyCastleDtlsServer();
        var answer = peer.Answer;
        var ids = new System.Collections.Concurrent.ConcurrentQueue<int>();
        peer.Answer = query =>
        {
            ids.Enqueue((query[0] << 8) | query[1]);
            return ids.Count == 1 ? null : answer(query);
        };
        await using var resolver = Dpriv.DtlsResolver(peer.EndPoint);
        Assert.Equal(2, (await AskAsync(resolver, DprivHandshake.Full)).Attempts);
        Assert.Equal(2, ids.Count);
        Assert.Single(ids.Distinct());
    }

    private static async Task<DprivLookup> AskAsync(DprivResolver resolver, DprivHandshake handshake)
    {
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal(("dodtls", handshake), (lookup.Transport, lookup.Handshake));
        return lookup;
    }
}
