using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our client when the connection or the server misbehaves in the middle of lookups, and many lookups at once.</summary>
public sealed class ResolverDisturbedTests
{
    /// <summary>How a connection ends.</summary>
    public enum Cut
    {
        Reset,
        FinWithoutCloseNotify,
        CloseNotify,
    }

    [Theory]
    [InlineData(Cut.Reset)]
    [InlineData(Cut.FinWithoutCloseNotify)]
    [InlineData(Cut.CloseNotify)]
    public async Task Lookups_under_way_when_the_connection_ends_are_sent_again_and_answered(Cut cut)
    {
        await using var server = new OddServer((connection, query) =>
        {
            // The first connection answers one query of three.
            if (connection.Index > 0 || connection.Queries.Count == 1)
            {
                connection.Answer(DnsAnswers.To(query));
                return;
            }

            if (connection.Queries.Count < 3)
                return;
            switch (cut)
            {
                case Cut.Reset:
                    connection.Reset();
                    break;
                case Cut.FinWithoutCloseNotify:
                    connection.Finish();
                    break;
                default:
                    connection.Close();
                    break;
            }
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        Assert.Equal(1, (await resolver.QueryAsync("first.example")).Attempts);
        var lookups = await Task.WhenAll(resolver.QueryAsync("second.example"), resolver.QueryAsync("third.example"));
        Assert.All(lookups, l => Assert.Equal((2, DprivHandshake.Resumed), (l.Attempts, l.Handshake)));
        Assert.All(lookups, l => Assert.Equal($"{l.Message.QuestionName} A 192.0.2.1", Dpriv.Lines(l)[0]));
        Assert.Equal(2, server.Connections.Count);
        Assert.True(server.Last.Tls.Resumed);
        Assert.Equal(2, resolver.Statistics.Retries);
    }

    [Fact]
    public async Task A_cut_between_client_and_unbound_in_the_middle_of_an_answer_is_repaired()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint);
        await resolver.QueryAsync("a.peers.example");
        wire.Last.Stall(WireDirection.Down);
        var lookup = resolver.QueryAsync(PeerZone.BigName, "TXT");
        var seen = wire.Last;
        Assert.True(await Poll.UntilAsync(() => seen.Look(w => w.Records.Count(r => r is { Direction: WireDirection.Down, Type: 23 })) > 5, TimeSpan.FromSeconds(5)));
        seen.Reset();
        var result = await lookup;
        Assert.Equal(PeerZone.Expected(PeerZone.BigName, "TXT"), Dpriv.Lines(result));
        Assert.Equal((2, DprivHandshake.Resumed), (result.Attempts, result.Handshake));
    }

    [Fact]
    public async Task A_silent_server_is_given_up_after_the_silence_timeout()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o => o.SilenceTimeoutMs = 300);
        await resolver.QueryAsync("a.peers.example");
        wire.Last.Stall(WireDirection.Up);
        var clock = Stopwatch.StartNew();
        var result = await resolver.QueryAsync("aaaa.peers.example", "AAAA");
        Assert.Equal(["aaaa.peers.example. AAAA 2001:db8::1"], Dpriv.Lines(result));
        Assert.InRange(clock.ElapsedMilliseconds, 290, 1500);
        Assert.Equal((2, DprivHandshake.Resumed), (result.Attempts, result.Handshake));
    }

    [Fact]
    public async Task A_server_that_is_silent_on_every_connection_is_an_error()
    {
        await using var server = new OddServer((_, _) => { });
        await using var resolver = Dpriv.Resolver(server.Tls, change: o => o.SilenceTimeoutMs = 200);
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.example"));
        Assert.Equal(TlsError.SilentPeer, error.ErrorCode);
        Assert.Equal(3, server.Connections.Count);
    }

    [Theory]
    [InlineData("handshake")]
    [InlineData("query")]
    public async Task A_callers_token_ends_a_lookup_at_once(string when)
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint);
        if (when == "handshake")
        {
            wire.StallDownAfterRecords = 0;
            wire.StallUpAfterRecords = 0;
        }
        else
        {
            await resolver.QueryAsync("a.peers.example");
            wire.Last.Stall(WireDirection.Up);
        }

        using var timer = new CancellationTokenSource(200);
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolver.QueryAsync("aaaa.peers.example", "AAAA", timer.Token));
        Assert.InRange(clock.ElapsedMilliseconds, 150, 800);
    }

    [Fact]
    public async Task A_cancelled_lookup_does_not_disturb_the_others()
    {
        OddConnection? held = null;
        byte[]? heldQuery = null;
        await using var server = new OddServer((connection, query) =>
        {
            if (DnsAnswers.Name(query) == "slow.example.")
                (held, heldQuery) = (connection, query);
            else
                connection.Answer(DnsAnswers.To(query, 7));
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        using var timer = new CancellationTokenSource();
        var slow = resolver.QueryAsync("slow.example", "A", timer.Token);
        Assert.True(await Poll.UntilAsync(() => heldQuery is not null, TimeSpan.FromSeconds(5)));
        await timer.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        // Its answer comes late, and is nobody's.
        held!.Answer(DnsAnswers.To(heldQuery!, 1));
        var other = await resolver.QueryAsync("other.example");
        Assert.Equal(["other.example. A 192.0.2.7"], Dpriv.Lines(other));
        Assert.Single(server.Connections);
    }

    [Theory]
    [InlineData(nameof(Unbound))]
    [InlineData(nameof(Bind))]
    [InlineData(nameof(KnotResolver))]
    [InlineData(nameof(Dnsdist))]
    public async Task A_hundred_lookups_at_once_share_one_connection(string name)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint);
        var lookups = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 4) switch
        {
            0 => resolver.QueryAsync("a.peers.example"),
            1 => resolver.QueryAsync("aaaa.peers.example", "AAAA"),
            2 => resolver.QueryAsync($"n{i}.peers.example"),
            _ => resolver.QueryAsync("mx.peers.example", "MX"),
        }));
        for (var i = 0; i < lookups.Length; i++)
        {
            var expected = (i % 4) switch
            {
                0 => "a.peers.example. A 192.0.2.1",
                1 => "aaaa.peers.example. AAAA 2001:db8::1",
                2 => $"n{i}.peers.example. NXDOMAIN",
                _ => "mx.peers.example. MX 10 a.peers.example.",
            };
            Assert.Equal(expected, i % 4 == 2 ? $"{lookups[i].Message.QuestionName} {Dpriv.Rcode(lookups[i])}" : Dpriv.Lines(lookups[i]).Single());
        }

        Assert.Single(wire.Connections);
        Assert.Equal((1, 0), (resolver.Statistics.Connections, resolver.Statistics.Retries));
        Assert.Equal(100, lookups.Select(l => l.Attempts).Sum());
    }

    [Fact]
    public async Task Answers_out_of_order_find_their_lookups()
    {
        const int Batch = 50;
        var waiting = new System.Collections.Generic.List<byte[]>();
        await using var server = new OddServer((connection, query) =>
        {
            waiting.Add(query);
            if (waiting.Count < Batch)
                return;
            for (var i = waiting.Count - 1; i >= 0; i--)
                connection.Answer(DnsAnswers.To(waiting[i], byte.Parse(DnsAnswers.Name(waiting[i]).Split('.')[0][1..])));
            waiting.Clear();
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        var lookups = await Task.WhenAll(Enumerable.Range(0, 2 * Batch).Select(i => resolver.QueryAsync($"n{i}.example")));
        for (var i = 0; i < lookups.Length; i++)
            Assert.Equal([$"n{i}.example. A 192.0.2.{i}"], Dpriv.Lines(lookups[i]));
        Assert.Single(server.Connections);
        // No ID was in use twice at a time.
        Assert.Equal(Batch, server.Queries.Take(Batch).Select(q => (q[0] << 8) | q[1]).Distinct().Count());
    }

    [Fact]
    public async Task A_refused_server_is_passed_over_from_the_second_lookup_on()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls, change: o => o.Servers.Insert(0, Dpriv.Server(new IPEndPoint(IPAddress.Loopback, Ports.Free()))));
        var first = await resolver.QueryAsync("a.example");
        Assert.Equal(server.Tls.Port, first.Server.Port);
        Assert.Equal(2, resolver.Statistics.Connections);
        resolver.CloseConnections();
        var second = await resolver.QueryAsync("a.example");
        Assert.Equal(server.Tls.Port, second.Server.Port);
        // One more connection, and that to the second server.
        Assert.Equal(3, resolver.Statistics.Connections);
        Assert.Equal(2, server.Connections.Count);
    }

    [Fact]
    public async Task A_failed_server_is_asked_again_after_its_time_and_when_no_other_is_left()
    {
        await using var plain = new PlainTcpServer("SSH-2.0-OpenSSH_9.2p1\r\n"u8.ToArray(), [], closes: false);
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls, change: o =>
        {
            o.Servers.Insert(0, Dpriv.Server(plain.EndPoint));
            o.RefusedServerRetryMs = 1000;
        });
        for (var i = 0; i < 3; i++)
            Assert.Equal(server.Tls.Port, (await resolver.QueryAsync("a.example")).Server.Port);
        Assert.Equal(1, plain.Accepted);
        await Task.Delay(1100); // RefusedServerRetryMs
        Assert.Equal(server.Tls.Port, (await resolver.QueryAsync("a.example")).Server.Port);
        Assert.Equal(2, plain.Accepted);

        await server.DisposeAsync();
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.example"));
        Assert.Equal(3, plain.Accepted);
        Assert.Contains("does not speak TLS", error.Message);
        Assert.Contains("nothing listens on that port", error.Message);
    }

    [Fact]
    public async Task A_server_that_asks_for_new_keys_gets_them()
    {
        await using var server = new OddServer((connection, query) =>
        {
            connection.Tls.SendKeyUpdate(true);
            connection.Answer(DnsAnswers.To(query));
        });
        await using var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13);
        // The new keys go with the next query, not before: so many requests at once cost nothing.
        for (var i = 0; i < 6; i++)
            await resolver.QueryAsync($"n{i}.example");
        Assert.Single(server.Connections);
        Assert.True(await Poll.UntilAsync(() => server.Last.Tls.KeyUpdatesReceived == 5, TimeSpan.FromSeconds(5)));
    }
}
