using System;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Harness;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>DprivResolver over DTLS when datagrams are lost, doubled or forged, the server goes away, or its flights are large.</summary>
public sealed class ResolverOverDtlsDisturbedTests
{
    private static readonly byte[] s_forgedAlert = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 10];

    [Fact]
    public async Task Each_lost_datagram_of_a_full_and_of_a_resumed_lookup_with_BouncyCastle_is_made_good()
    {
        for (var lost = 0; lost < 14; lost++)
        {
            await using var peer = new BouncyCastleDtlsServer();
            await using var wire = new DtlsWireLog(peer.EndPoint);
            var index = 0;
            var drop = lost;
            wire.Drop = (_, _) => index++ == drop;
            await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.DatagramRetransmitMs = 200);
            Assert.Equal((DprivHandshake.Full, "dodtls"), await KindAsync(resolver));
            resolver.CloseConnections();
            Assert.Equal((DprivHandshake.Resumed, "dodtls"), await KindAsync(resolver));
            Assert.True(wire.Last.IsResumption, $"{lost}: {wire.Last}");
            Assert.True(index > drop, $"only {index} datagrams");
        }
    }

    [Theory]
    [InlineData(DtlsWireRecord.ChangeCipherSpec)]
    [InlineData(DtlsWireRecord.Handshake)]
    public async Task A_server_that_never_repeats_a_lost_last_flight_after_a_false_start_is_asked_without_one(int lostType)
    {
        // BouncyCastle takes the query that came in the false start for the proof that the client has its Finished.
        await using var peer = new BouncyCastleDtlsServer();
        await using var wire = new DtlsWireLog(peer.EndPoint);
        var lost = 0;
        wire.Drop = (direction, datagram) =>
        {
            var epoch = (datagram[3] << 8) | datagram[4];
            var last = datagram[0] == lostType && (lostType == DtlsWireRecord.ChangeCipherSpec || epoch == 1);
            return direction == WireDirection.Down && last && lost++ == 0;
        };
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal((DprivHandshake.Full, "dodtls"), (lookup.Handshake, lookup.Transport));
        Assert.True(lost > 0);
        Assert.Equal(2, wire.Handshakes.Count);
        Assert.InRange(lookup.Elapsed.TotalMilliseconds, 1000, 8000);
        // The second handshake waited for the server's Finished.
        var records = wire.Records;
        var finished = records.Select((r, i) => (r, i)).Last(x => x.r is { Direction: WireDirection.Down, Type: DtlsWireRecord.Handshake, Epoch: 1 }).i;
        var query = records.Select((r, i) => (r, i)).Last(x => x.r is { Direction: WireDirection.Up, Type: DtlsWireRecord.ApplicationData }).i;
        Assert.True(query > finished);
        Assert.Equal((DprivHandshake.None, "dodtls"), await KindAsync(resolver));
    }

    [Fact]
    public async Task Each_lost_datagram_with_socat_is_made_good()
    {
        await using var peer = await SocatDtls.StartAsync();
        for (var lost = 0; lost < 10; lost++)
        {
            await using var wire = new DtlsWireLog(peer.Tls);
            var index = 0;
            var drop = lost;
            wire.Drop = (_, _) => index++ == drop;
            await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.DatagramRetransmitMs = 200);
            // socat sees a query behind the Finished only with the next datagram; where that is the lost one, silence is over before the third, and the resumption beside brings the answer.
            var first = await KindAsync(resolver);
            Assert.Equal("dodtls", first.Transport);
            Assert.True(first.Handshake is DprivHandshake.Full or DprivHandshake.Resumed, $"{lost}: {first.Handshake}");
            resolver.CloseConnections();
            Assert.Equal((DprivHandshake.Resumed, "dodtls"), await KindAsync(resolver));
            Assert.True(index > drop, $"only {index} datagrams");
        }
    }

    [Theory]
    [InlineData("large")]
    [InlineData("intermediate")]
    public async Task A_flight_of_many_datagrams_with_one_lost_is_put_together(string certificate)
    {
        var shown = certificate == "large" ? PeerCertificates.Shared.Large : PeerCertificates.Shared.Intermediate;
        await using var peer = new BouncyCastleDtlsServer(shown);
        await using var wire = new DtlsWireLog(peer.EndPoint);
        var down = 0;
        wire.Drop = (direction, _) => direction == WireDirection.Down && ++down == 3;
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.DatagramRetransmitMs = 300);
        Assert.Equal((DprivHandshake.Full, "dodtls"), await KindAsync(resolver));
        Assert.All(wire.Datagrams, d => Assert.InRange(d.Bytes, 1, 1232));
        Assert.Single(wire.Handshakes);
    }

    [Fact]
    public async Task A_flood_of_forged_alerts_while_a_lookup_is_under_way_costs_what_the_budget_allows()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(host.EndPoints[0]);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.SignalBudgetPerHour = 1);
        await KindAsync(resolver);
        host.Change(server => server.Options.AnswerDelayMs = 400);
        var waiting = resolver.QueryAsync("a.peers.example");
        await wire.WaitAsync(w => w.Protected(WireDirection.Up, DtlsWireRecord.ApplicationData) >= 2);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 300)
        {
            wire.ForgeToClient(s_forgedAlert);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(await waiting));
        Assert.InRange(wire.Handshakes.Count, 1, 2);
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
        Assert.Equal(1, resolver.Statistics.SignalRecoveries);
        Assert.True(resolver.Statistics.SignalsIgnored > 0);
        host.Change(server => server.Options.AnswerDelayMs = 0);
        Assert.Equal((DprivHandshake.None, "dodtls"), await KindAsync(resolver));
    }

    [Fact]
    public async Task A_flood_of_forged_alerts_to_an_idle_association_costs_nothing()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(host.EndPoints[0]);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await KindAsync(resolver);
        var up = wire.Datagrams.Count(d => d.Direction == WireDirection.Up);
        for (var i = 0; i < 500; i++)
        {
            wire.ForgeToClient(s_forgedAlert);
            if (i % 10 == 0)
                await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await Task.Delay(300, TestContext.Current.CancellationToken);
        var spent = wire.Datagrams.Count(d => d.Direction == WireDirection.Up) - up;
        Assert.True(spent == 0, $"{spent} datagrams, {wire.Handshakes.Count} handshakes");
        // The next lookup tries the association and a resumption beside it.
        Assert.Equal("dodtls", (await KindAsync(resolver)).Transport);
        Assert.InRange(wire.Handshakes.Count, 1, 2);
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task Unreachable_for_a_moment_is_no_end_of_an_association()
    {
        await using var host = DodtlsHost.Start(o => o.Dtls.ConnectionIdBytes = 4);
        var port = Ports.Free();
        var wire = new DtlsWireLog(host.EndPoints[0], port: port);
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await KindAsync(resolver);
        await wire.DisposeAsync();
        // The query meets ICMP port unreachable, and so does the resumption that starts beside; the way is back before it is sent again.
        var waiting = resolver.QueryAsync("a.peers.example");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        await using var again = new DtlsWireLog(host.EndPoints[0], port: port);
        var lookup = await waiting;
        Assert.Equal((DprivHandshake.None, "dodtls"), (lookup.Handshake, lookup.Transport));
        Assert.InRange(lookup.Attempts, 2, 4);
        Assert.Contains(lookup.PathEvents, e => e.What == "unreachable");
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task Doubled_datagrams_are_taken_once()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(host.EndPoints[0]);
        // Every datagram to the client comes twice, the second one first.
        wire.Drop = (direction, datagram) =>
        {
            if (direction == WireDirection.Down)
                wire.ForgeToClient(datagram);
            return false;
        };
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        Assert.Equal((DprivHandshake.Full, "dodtls"), await KindAsync(resolver));
        for (var i = 0; i < 5; i++)
            Assert.Equal((DprivHandshake.None, "dodtls"), await KindAsync(resolver));
        resolver.CloseConnections();
        Assert.Equal((DprivHandshake.Resumed, "dodtls"), await KindAsync(resolver));
        Assert.Equal(2, wire.Handshakes.Count);
    }

    private static async Task<(DprivHandshake Handshake, string Transport)> KindAsync(DprivResolver resolver)
    {
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        return (lookup.Handshake, lookup.Transport);
    }
}
