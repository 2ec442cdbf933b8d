using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
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

/// <summary>Defects of other clients that ours must not share, one test or more each, named after where they were seen. docs/regressions.md lists them.</summary>
public sealed class RegressionTests
{
    private const int OptionClientSubnet = 8;
    private const int OptionTcpKeepalive = 11;
    private const int OptionPadding = 12;

    /// <summary>esp_dns reads once and takes what came for the whole answer.</summary>
    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task Esp_dns_an_answer_that_comes_one_byte_at_a_time_is_put_together(int version)
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls) { PieceUp = 1, PieceDown = 1 };
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version);
        Assert.Equal(PeerZone.Expected(PeerZone.BigName, "TXT"), Dpriv.Lines(await resolver.QueryAsync(PeerZone.BigName, "TXT")));
    }

    /// <summary>The same where the length and the message come in TLS records of their own, and two messages share one.</summary>
    [Fact]
    public async Task Esp_dns_an_answer_split_over_records_and_two_in_one_record_are_read()
    {
        var queries = new List<byte[]>();
        await using var server = new OddServer((connection, query) =>
        {
            queries.Add(query);
            if (queries.Count == 1)
            {
                foreach (var part in DnsBytes.Framed(DnsAnswers.To(query, 1)))
                    connection.Send(part);
            }
            else if (queries.Count == 3)
            {
                byte[] both = [.. DnsBytes.Framed(DnsAnswers.To(queries[1], 2)), .. DnsBytes.Framed(DnsAnswers.To(queries[2], 3))];
                connection.Send(both);
            }
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        Assert.Equal(["first.example. A 192.0.2.1"], Dpriv.Lines(await resolver.QueryAsync("first.example")));
        var lookups = await Task.WhenAll(resolver.QueryAsync("second.example"), resolver.QueryAsync("third.example"));
        Assert.Equal([2, 3], lookups.Select(l => (int)l.MessageBytes[^1]).Order());
    }

    /// <summary>RIOT's sock_dodtls takes any datagram for the answer: neither message ID nor QR are looked at, nor is the question.</summary>
    [Theory]
    [InlineData("other ID")]
    [InlineData("a query")]
    [InlineData("other name")]
    [InlineData("other type")]
    [InlineData("other class")]
    [InlineData("no question")]
    public async Task Riot_a_message_that_does_not_answer_the_question_is_no_answer(string wrong)
    {
        await using var server = new OddServer((connection, query) =>
        {
            var good = DnsAnswers.To(query, 1);
            var end = DnsAnswers.QuestionEnd(query);
            connection.Answer(wrong switch
            {
                "other ID" => DnsAnswers.With(DnsAnswers.To(query, 66), 0, (byte)~query[0], query[1]),
                "a query" => DnsAnswers.With(DnsAnswers.To(query, 66), 2, 0x01),
                "other name" => DnsAnswers.With(DnsAnswers.To(query, 66), 13, (byte)'z'),
                "other type" => DnsAnswers.With(DnsAnswers.To(query, 66), end - 4, 0, 28),
                "other class" => DnsAnswers.With(DnsAnswers.To(query, 66), end - 2, 0, 3),
                _ => [.. DnsAnswers.With(query, 2, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0)[..12]],
            });
            connection.Answer(good);
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        Assert.Equal(["a.example. A 192.0.2.1"], Dpriv.Lines(await resolver.QueryAsync("a.example")));
        Assert.Single(server.Connections);
    }

    /// <summary>RIOT does not look at RCODE.</summary>
    [Fact]
    public async Task Riot_a_response_code_reaches_the_caller()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var resolver = Dpriv.Resolver(peer.Tls);
        Assert.Equal("NXDOMAIN", Dpriv.Rcode(await resolver.QueryAsync(PeerZone.MissingName)));
        Assert.Equal("REFUSED", Dpriv.Rcode(await resolver.QueryAsync(PeerZone.ForeignName)));
    }

    /// <summary>RIOT passes microseconds where milliseconds are expected: a thousand times too long.</summary>
    [Fact]
    public async Task Riot_timeouts_are_in_the_unit_that_they_say()
    {
        await using var server = new OddServer((_, _) => { });
        await using var resolver = Dpriv.Resolver(server.Tls, change: o => o.QueryTimeoutMs = 500);
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.example"));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.example"));
        Assert.InRange(clock.ElapsedMilliseconds, 480, 1500);
    }

    /// <summary>RIOT returns on one path without unlocking: the next call waits for ever.</summary>
    [Fact]
    public async Task Riot_after_any_failure_the_next_lookup_works()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o =>
        {
            o.QueryTimeoutMs = 1200;
            o.SilenceTimeoutMs = 500;
        });
        wire.StallUpAfterRecords = 1;
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.peers.example"));
        await Assert.ThrowsAsync<ArgumentException>(() => resolver.QueryAsync("a.peers.example", "NOTYPE"));
        await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.peers.example"));
        wire.StallUpAfterRecords = null;
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(await resolver.QueryAsync("a.peers.example")));
    }

    /// <summary>Makaretu.Dns accepts pins and never looks at them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Makaretu_a_pin_is_checked_with_or_without_a_name(bool withName)
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var resolver = Dpriv.Resolver(peer.Tls, change: o => o.Servers[0] = new DprivServer(peer.Tls.Address, peer.Tls.Port)
        {
            AuthenticationName = withName ? PeerCertificates.ServerName : null,
            Pins = { Convert.FromBase64String(PeerCertificates.Shared.Rsa.SpkiPin) },
        });
        var error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("a.peers.example"));
        Assert.Equal(TlsError.PinMismatch, error.ErrorCode);
        Assert.True(error.IsAuthenticationFailure);
    }

    /// <summary>Makaretu.Dns counts the two-byte length into the padded size, and sends a TIMEOUT in its edns-tcp-keepalive (RFC 7828 section 3.2.1 forbids it).</summary>
    [Fact]
    public async Task Makaretu_padding_leaves_the_length_prefix_out_and_keepalive_is_empty()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls);
        for (var length = 1; length <= 60; length++)
            await resolver.QueryAsync(new string('a', length) + ".example");
        await resolver.QueryAsync(string.Join('.', Enumerable.Repeat(new string('b', 49), 5)));
        Assert.Equal(61, server.Queries.Count);
        foreach (var query in server.Queries)
        {
            Assert.Equal(0, query.Length % 128);
            var options = DnsAnswers.Options(query);
            Assert.Equal([OptionTcpKeepalive, OptionClientSubnet, OptionPadding], options.Select(o => o.Code).OrderBy(c => c == OptionPadding ? 2 : c == OptionClientSubnet ? 1 : 0));
            Assert.Equal(OptionPadding, options[^1].Code);
            Assert.Empty(options.Single(o => o.Code == OptionTcpKeepalive).Data);
            Assert.All(options[^1].Data, b => Assert.Equal(0, b));
        }

        // R3: length and message in one record, so in one write.
        Assert.All(server.Last.Reads, bytes => Assert.Equal(2, bytes % 128));
    }

    /// <summary>ARSoft.Tools.Net takes a server's keepalive for a reason to set the idle time to zero.</summary>
    [Fact]
    public async Task Arsoft_a_servers_keepalive_is_in_tenths_of_a_second_and_keeps_the_connection()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query, keepaliveTenths: 15)));
        await using var resolver = Dpriv.Resolver(server.Tls, change: o => o.IdleTimeoutMs = 100);
        var lookup = await resolver.QueryAsync("a.example");
        Assert.Equal(1500, lookup.Message.KeepaliveTimeoutMs);
        var clock = Stopwatch.StartNew();
        Assert.True(await Poll.UntilAsync(() => server.Last.IsClosed, TimeSpan.FromSeconds(5)));
        Assert.InRange(clock.ElapsedMilliseconds, 1300, 2500);
    }

    /// <summary>A keepalive of zero means drain and close (RFC 7828 section 3.4): what is under way is still answered, what comes later goes to a new connection.</summary>
    [Fact]
    public async Task Arsoft_a_keepalive_of_zero_drains_and_closes()
    {
        var held = new List<byte[]>();
        await using var server = new OddServer((connection, query) =>
        {
            if (connection.Index > 0)
            {
                connection.Answer(DnsAnswers.To(query, 9));
                return;
            }

            held.Add(query);
            if (held.Count < 3)
                return;
            connection.Answer(DnsAnswers.To(held[0], 1, keepaliveTenths: 0));
        });
        await using var resolver = Dpriv.Resolver(server.Tls);
        var three = Enumerable.Range(0, 3).Select(i => resolver.QueryAsync($"n{i}.example")).ToArray();
        await Task.WhenAny(three);
        var waiting = resolver.QueryAsync("late.example");
        // The rest comes while the client drains.
        server.Connections[0].Answer(DnsAnswers.To(held[1], 1));
        server.Connections[0].Answer(DnsAnswers.To(held[2], 1));
        var late = await waiting;
        Assert.All(await Task.WhenAll(three), l => Assert.Equal((1, "192.0.2.1"), (l.Attempts, l.Message.Answers[0].RdataText)));
        Assert.Equal("192.0.2.9", late.Message.Answers[0].RdataText);
        Assert.Equal((DprivHandshake.Resumed, 1), (late.Handshake, late.Attempts));
        Assert.Equal(2, server.Connections.Count);
        Assert.True(await Poll.UntilAsync(() => server.Connections[0].IsClosed, TimeSpan.FromSeconds(2)));
    }

    /// <summary>dnsproxy waits 10 s for a silent server, whatever the caller's own limit is.</summary>
    [Fact]
    public async Task Dnsproxy_a_silent_server_does_not_outlast_the_callers_limit()
    {
        // Silent in TCP already: its queue is full, so that no SYN is answered.
        using var hole = new BlackHole();
        await using var resolver = Dpriv.Resolver(hole.EndPoint);
        using var timer = new CancellationTokenSource(200);
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolver.QueryAsync("a.example", "A", timer.Token));
        Assert.InRange(clock.ElapsedMilliseconds, 150, 800);
    }

    /// <summary>Whoever saves the session at the end of a TLS 1.3 handshake saves nothing: the ticket comes later, here long after the answer.</summary>
    [Fact]
    public async Task Everyone_a_ticket_that_comes_after_the_handshake_is_kept()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)), o => o.TicketCount = 0);
        var store = new MemoryStore();
        await using (var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store))
        {
            await resolver.QueryAsync("a.example");
            Assert.Equal(0, resolver.SessionCount);
            server.Last.Do(server.Last.Tls.SendTicket);
            Assert.True(await Poll.UntilAsync(() => resolver.SessionCount == 1, TimeSpan.FromSeconds(5)));
            // It is on stable storage at once, not only after an orderly end.
            Assert.False(store.IsEmpty);
        }

        await using (var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store))
            Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("a.example")).Handshake);
        Assert.True(server.Last.Tls.Resumed);
    }

    /// <summary>Particle's device OS keeps a stale session in storage after it failed, and pays for it at each connect. What was restored is gone from storage at once.</summary>
    [Fact]
    public async Task Particle_a_stale_session_costs_one_connection_no_more_than_a_full_handshake_and_is_not_tried_again()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        var store = new MemoryStore();
        DprivLookup full;
        await using (var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store))
            full = await resolver.QueryAsync("a.example");
        Assert.False(store.IsEmpty);
        server.State.LoseState();
        server.Options.TicketCount = 0;

        var dying = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store);
        Assert.True(dying.SessionCount > 0);
        var lookup = await dying.QueryAsync("a.example");
        Assert.Equal((DprivHandshake.Full, full.RoundTrips, 1), (lookup.Handshake, lookup.RoundTrips, lookup.Attempts));
        Assert.Equal(2, server.Connections.Count);
        // The other ticket of the same time is as stale: it is not kept for another try.
        Assert.Equal(0, dying.SessionCount);

        // A device that dies now has not the old sessions again at its next start.
        Assert.True(store.IsEmpty);
        await using (var restarted = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store))
            Assert.Equal(0, restarted.SessionCount);

        server.Last.Do(server.Last.Tls.SendTicket);
        Assert.True(await Poll.UntilAsync(() => dying.SessionCount == 1, TimeSpan.FromSeconds(5)));
        await dying.DisposeAsync();
        await using (var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13, store))
            Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("a.example")).Handshake);
        Assert.True(server.Last.Tls.Resumed);
    }

    /// <summary>The same where the server does not pass over the session but breaks the handshake because of it: one more connection, without it, within the same lookup.</summary>
    [Fact]
    public async Task Particle_a_server_that_stumbles_over_a_session_is_asked_without_it()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls, ProtocolVersion.Tls13);
        await resolver.QueryAsync("a.example");
        resolver.CloseConnections();
        server.Options.Faults.RejectBinder = true;
        var lookup = await resolver.QueryAsync("a.example");
        Assert.Equal(DprivHandshake.Full, lookup.Handshake);
        Assert.Equal(3, server.Connections.Count);
    }

    /// <summary>hickory (#3712), stubby (#205, #219): the first lookup after a quiet time fails, because the server or a NAT on the way has dropped the connection.</summary>
    [Theory]
    [InlineData("RST")]
    [InlineData("FIN")]
    [InlineData("close_notify")]
    [InlineData("RST at the next query")]
    [InlineData("nothing")]
    public async Task Hickory_the_first_lookup_after_a_lost_connection_works(string how)
    {
        await using var server = new OddServer((connection, query) =>
        {
            if (how == "RST at the next query" && connection is { Index: 0, Queries.Count: 2 })
                connection.Reset();
            else
                connection.Answer(DnsAnswers.To(query));
        });
        await using var wire = new TlsWireLog(server.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o => o.SilenceTimeoutMs = 400);
        await resolver.QueryAsync("a.example");
        switch (how)
        {
            case "RST":
                server.Last.Reset();
                break;
            case "FIN":
                server.Last.Finish();
                break;
            case "close_notify":
                server.Last.Close();
                break;
            case "nothing":
                wire.Last.Stall(WireDirection.Up);
                wire.Last.Stall(WireDirection.Down);
                break;
        }

        // Straight away: the end may be on the way still.
        var clock = Stopwatch.StartNew();
        var lookup = await resolver.QueryAsync("b.example");
        Assert.Equal(["b.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal(DprivHandshake.Resumed, lookup.Handshake);
        Assert.InRange(clock.ElapsedMilliseconds, how == "nothing" ? 380 : 0, 1500);
        Assert.Equal(0, resolver.Statistics.Failures);
    }

    /// <summary>stubby (#205, #219): minutes without answers after a wake, for the connection is dead and each query that gives up on it leaves it to the next. Our callers may even give up before the silence timeout.</summary>
    [Fact]
    public async Task Stubby_callers_that_give_up_early_do_not_keep_a_dead_connection_alive()
    {
        var peer = await SharedPeers.UnboundAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, change: o => o.SilenceTimeoutMs = 700);
        await resolver.QueryAsync("a.peers.example");
        wire.Last.Stall(WireDirection.Up);
        var given = 0;
        for (; given < 10; given++)
        {
            using var timer = new CancellationTokenSource(300);
            try
            {
                await resolver.QueryAsync("a.peers.example", "A", timer.Token);
                break;
            }
            catch (OperationCanceledException)
            {
                // The next one.
            }
        }

        // None gives up where a busy unbound closed the connection by itself before it stalled.
        Assert.InRange(given, 0, 3);
        Assert.Equal(2, wire.Connections.Count);
    }

    /// <summary>hickory: reconnect when a lookup needs it, not before; nobody asks, nobody connects.</summary>
    [Fact]
    public async Task Hickory_no_connection_is_made_before_a_lookup_needs_it()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls);
        await Task.Delay(100); // a connection made eagerly would be here
        Assert.Empty(server.Connections);
        await resolver.QueryAsync("a.example");
        server.Last.Close();
        Assert.True(await Poll.UntilAsync(() => server.Last.IsClosed, TimeSpan.FromSeconds(2)));
        await Task.Delay(100); // likewise
        Assert.Single(server.Connections);
    }

    /// <summary>tailscale (#6148): close before a sleep, in order, so that the server keeps the session.</summary>
    [Fact]
    public async Task Tailscale_closing_before_a_sleep_is_orderly_and_keeps_the_session()
    {
        await using var server = new OddServer((connection, query) => connection.Answer(DnsAnswers.To(query)));
        await using var resolver = Dpriv.Resolver(server.Tls);
        await resolver.QueryAsync("a.example");
        resolver.CloseConnections();
        Assert.True(await Poll.UntilAsync(() => server.Last.IsClosed, TimeSpan.FromSeconds(2)));
        Assert.True(server.Last.Tls.PeerClosed);
        Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("a.example")).Handshake);
    }

    /// <summary>esp_dns looks its server's name up in the clear.</summary>
    [Fact]
    public void Esp_dns_a_servers_host_name_is_not_looked_up()
    {
        var error = Assert.Throws<FormatException>(() => DprivServer.Parse("dot.peers.example:853"));
        Assert.Contains("a lookup in the clear", error.Message);
    }
}
