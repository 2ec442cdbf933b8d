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

/// <summary>DprivResolver over DTLS with the server of <c>dpriv serve --dodtls</c>, on real sockets: heartbeat, connection ids, lost state, forged alerts, framing.</summary>
public sealed class ResolverAgainstDodtlsTests
{
    // Records as anybody on the network can send them: alert, fatal, unexpected_message (10) or close_notify (0), in the clear.
    private static readonly byte[] s_forgedAlert = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 10];
    private static readonly byte[] s_forgedClose = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 1, 0];

    [Fact]
    public async Task Full_then_resumed()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(Address(host));
        var store = new MemoryStore();
        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
        {
            var lookup = await AskAsync(resolver, DprivHandshake.Full);
            Assert.Equal((1, true), (lookup.Attempts, lookup.IsAuthenticated));
            // Cookie, ServerHello and the rest, the query behind our Finished: three round trips.
            Assert.Equal(3, lookup.RoundTrips);
            await AskAsync(resolver, DprivHandshake.None);
        }

        await using (var resolver = Dpriv.DtlsResolver(wire.EndPoint, store: store))
        {
            var lookup = await AskAsync(resolver, DprivHandshake.Resumed);
            Assert.Equal((1, 3), (lookup.Attempts, lookup.RoundTrips));
        }

        Assert.Equal(2, wire.Handshakes.Count);
        Assert.True(wire.Handshakes[0].SawHelloVerifyRequest && wire.Handshakes[0].SawCertificate);
        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
        Assert.Equal((1, 1), (host.DtlsCounters.FullHandshakes, host.DtlsCounters.ResumedHandshakes));
    }

    [Fact]
    public async Task Heartbeats_in_both_directions()
    {
        await using var host = DodtlsHost.Start();
        await using var resolver = Dpriv.DtlsResolver(Address(host));
        var idle = Assert.Single(await resolver.ProbeAsync());
        Assert.False(idle.IsSupported);
        await AskAsync(resolver, DprivHandshake.Full);
        var probe = Assert.Single(await resolver.ProbeAsync());
        Assert.True(probe.IsSupported && probe.IsAnswered);
        Assert.Equal(1, host.DtlsCounters.HeartbeatsAnswered);
        host.Change(server => Assert.True(server.Socket.Associations[0].SendHeartbeat()));
        Assert.True(await Poll.UntilAsync(() => host.DtlsCounters.HeartbeatsConfirmed == 1, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_probe_of_a_server_that_lost_the_association_is_not_answered()
    {
        await using var host = DodtlsHost.Start();
        await using var resolver = Dpriv.DtlsResolver(Address(host));
        await AskAsync(resolver, DprivHandshake.Full);
        host.LoseState();
        var probe = Assert.Single(await resolver.ProbeAsync());
        Assert.True(probe.IsSupported && !probe.IsAnswered);
        await AskAsync(resolver, DprivHandshake.Full);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public async Task Under_a_connection_id_the_association_survives_a_change_of_address(int idBytes)
    {
        await using var host = DodtlsHost.Start(o => o.Dtls.ConnectionIdBytes = idBytes);
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        for (var move = 1; move <= 3; move++)
        {
            resolver.NetworkChanged();
            Assert.Equal(1, (await AskAsync(resolver, DprivHandshake.None)).Attempts);
            Assert.Equal(1 + move, wire.Clients.Count);
            Assert.Equal(move, host.DtlsCounters.AddressChanges);
        }

        Assert.Single(wire.Handshakes);
        Assert.True(wire.Records.Count(r => r.Type == DtlsWireRecord.WithConnectionId && r.Direction == WireDirection.Up) >= 4);
        // We asked for no id in our direction.
        Assert.DoesNotContain(wire.Records, r => r.Type == DtlsWireRecord.WithConnectionId && r.Direction == WireDirection.Down);
        Assert.True(Assert.Single(await resolver.ProbeAsync()).IsAnswered);
    }

    [Fact]
    public async Task Connection_ids_in_both_directions()
    {
        await using var host = DodtlsHost.Start(o => o.Dtls.ConnectionIdBytes = 3);
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.ConnectionId = [1, 2, 3, 4, 5]);
        await AskAsync(resolver, DprivHandshake.Full);
        resolver.NetworkChanged();
        await AskAsync(resolver, DprivHandshake.None);
        Assert.Contains(wire.Records, r => r.Type == DtlsWireRecord.WithConnectionId && r.Direction == WireDirection.Down);
        Assert.DoesNotContain(wire.Records, r => r.Type == DtlsWireRecord.ApplicationData);
        Assert.Single(wire.Handshakes);
    }

    [Fact]
    public async Task Without_a_connection_id_a_change_of_address_costs_a_resumption()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        resolver.NetworkChanged();
        await AskAsync(resolver, DprivHandshake.Resumed);
        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
    }

    [Theory]
    [InlineData(UnknownRecordPolicy.Alert, 0, 2500)]
    [InlineData(UnknownRecordPolicy.Silence, 450, 6000)]
    public async Task A_server_that_lost_its_state_is_recovered_beside_the_old_association(UnknownRecordPolicy policy, int atLeastMs, int atMostMs)
    {
        await using var host = DodtlsHost.Start(o => o.Dtls.UnknownRecord = policy);
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        // Silence is believed after three round trip times, but not before MinSilenceMs.
        host.LoseState();
        var lookup = await AskAsync(resolver, null);
        Assert.InRange(lookup.Elapsed.TotalMilliseconds, atLeastMs, atMostMs);
        // The session was offered from another socket, and the server knew it no more.
        Assert.Equal(2, wire.Clients.Count);
        Assert.Equal(2, wire.Handshakes.Count);
        Assert.True(wire.Last.OfferedTicketBytes > 0 && wire.Last.SawCertificate, wire.Last.ToString());
        Assert.Equal(policy == UnknownRecordPolicy.Alert, host.DtlsCounters.UnknownRecordAlerts > 0);
        await AskAsync(resolver, DprivHandshake.None);
    }

    [Fact]
    public async Task A_server_that_lost_its_associations_but_not_its_ticket_key_is_resumed()
    {
        await using var host = DodtlsHost.Start(o => o.Dtls.UnknownRecord = UnknownRecordPolicy.Alert);
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        host.Change(server =>
        {
            foreach (var association in server.Socket.Associations.ToArray())
                association.Forget();
        });
        await AskAsync(resolver, null);
        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_forged_alert_ends_nothing(bool close)
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(Address(host));
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        // While a lookup is under way: the answer is late, the forgery comes first.
        host.Change(server => server.Options.AnswerDelayMs = 300);
        var before = host.Counters.Answers;
        var waiting = resolver.QueryAsync("a.peers.example");
        Assert.True(await wire.WaitAsync(w => w.Protected(WireDirection.Up, DtlsWireRecord.ApplicationData) >= 2));
        wire.ForgeToClient(close ? s_forgedClose : s_forgedAlert);
        var lookup = await waiting;
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        // At most one resumption was tried beside it, however it went.
        host.Change(server => server.Options.AnswerDelayMs = 0);
        await AskAsync(resolver, DprivHandshake.None);
        Assert.InRange(wire.Handshakes.Count, 1, 2);
        Assert.True(host.Counters.Answers > before);
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task Forged_and_replayed_datagrams_change_nothing()
    {
        await using var host = DodtlsHost.Start();
        await using var wire = new DtlsWireLog(Address(host));
        byte[]? answer = null;
        wire.Drop = (direction, datagram) =>
        {
            if (direction == WireDirection.Down && datagram[0] == DtlsWireRecord.ApplicationData)
                answer = datagram;
            return false;
        };
        await using var resolver = Dpriv.DtlsResolver(wire.EndPoint);
        await AskAsync(resolver, DprivHandshake.Full);
        await AskAsync(resolver, DprivHandshake.None);
        var up = wire.Datagrams.Count(d => d.Direction == WireDirection.Up);
        var forged = (byte[])answer!.Clone();
        forged[10] += 100;
        for (var i = 0; i < 100; i++)
        {
            wire.ForgeToClient(answer);
            wire.ForgeToClient(forged);
            wire.ForgeToClient([22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 7, 0, 12, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0]);
            wire.ForgeToClient([(byte)i]);
        }

        var again = resolver.Statistics.Retries;
        await AskAsync(resolver, DprivHandshake.None);
        // The query alone (and its repetition, on a machine too busy to answer within half a second).
        Assert.Equal(up + 1 + (int)(resolver.Statistics.Retries - again), wire.Datagrams.Count(d => d.Direction == WireDirection.Up));
        Assert.Single(wire.Handshakes);
    }

    [Theory]
    [InlineData(true, PrefixMode.Prefix)]
    [InlineData(true, PrefixMode.Mirror)]
    [InlineData(false, PrefixMode.Raw)]
    [InlineData(false, PrefixMode.Mirror)]
    public async Task With_and_without_the_two_byte_length(bool prefix, PrefixMode mode)
    {
        await using var host = DodtlsHost.Start(o => o.Prefix = mode);
        await using var resolver = Dpriv.DtlsResolver(Address(host), change: o => o.Servers[0].LengthPrefix = prefix);
        await AskAsync(resolver, DprivHandshake.Full);
        await AskAsync(resolver, DprivHandshake.None);
        Assert.Equal(prefix ? 2 : 0, host.Counters.PrefixedQueries);
        Assert.Equal(0, host.Counters.MalformedMessages);
    }

    [Fact]
    public async Task Each_lost_datagram_of_a_full_and_of_a_resumed_lookup_is_made_good()
    {
        for (var lost = 0; lost < 13; lost++)
        {
            await using var host = DodtlsHost.Start(o => o.Dtls.InitialRetransmitMs = 150);
            await using var wire = new DtlsWireLog(Address(host));
            var index = 0;
            var drop = lost;
            wire.Drop = (_, _) => index++ == drop;
            await using var resolver = Dpriv.DtlsResolver(wire.EndPoint, change: o => o.DatagramRetransmitMs = 150);
            await AskAsync(resolver, DprivHandshake.Full);
            resolver.CloseConnections();
            await AskAsync(resolver, DprivHandshake.Resumed);
            Assert.True(index > drop, $"only {index} datagrams");
            Assert.Equal(2, wire.Handshakes.Count);
        }
    }

    [Fact]
    public async Task Over_IPv6()
    {
        if (!System.Net.Sockets.Socket.OSSupportsIPv6)
            Assert.Skip("no IPv6");
        await using var host = DodtlsHost.Start(address: IPAddress.IPv6Loopback, configure: o => o.Dtls.ConnectionIdBytes = 2);
        await using var resolver = Dpriv.DtlsResolver(Address(host));
        await AskAsync(resolver, DprivHandshake.Full);
        resolver.NetworkChanged();
        await AskAsync(resolver, DprivHandshake.None);
        Assert.Equal(1, host.DtlsCounters.AddressChanges);
    }

    private static async Task<DprivLookup> AskAsync(DprivResolver resolver, DprivHandshake? handshake)
    {
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal("dodtls", lookup.Transport);
        if (handshake is { } expected)
            Assert.Equal(expected, lookup.Handshake);
        return lookup;
    }

    private static IPEndPoint Address(DodtlsServerHost host) => host.EndPoints[0];
}
