using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using DprivEmbedded.Sockets.Tests.Support;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Lookups with a server in the same process: many at a time, withdrawn, interrupted, failing.</summary>
public class DprivResolverTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(1)]
    public async Task Two_hundred_lookups_share_a_connection_and_find_their_answers(int pipelined)
    {
        await using TestServer server = TestServer.Start(options =>
        {
            options.OutOfOrder = true;
            options.AnswerJitterMs = 3;
        });
        await using DprivResolver resolver = server.Resolver(options => options.MaxPipelined = pipelined);

        DprivLookup[] lookups = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => resolver.QueryAsync($"n{i}.things.example")));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"n{i}.things.example."), lookups.Select(lookup => Assert.Single(lookup.Message.Answers).Name.ToString()));
        Assert.All(lookups, lookup => Assert.Equal(1, lookup.Attempts));
        Assert.Equal((200, 200, 0), (resolver.Statistics.Lookups, resolver.Statistics.Answers, resolver.Statistics.Failures));
        Assert.Equal((1, 1, 0), (resolver.Statistics.Connections, resolver.Statistics.FullHandshakes, resolver.Statistics.ResumedHandshakes));
        Assert.Equal((1, 200), (server.Counters.Connections, server.Counters.Queries));
    }

    [Fact]
    public async Task A_server_that_is_changed_all_the_while_loses_no_query()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        using var end = new CancellationTokenSource();
        Task changes = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
                server.Change(_ => { });
        });

        for (int i = 0; i < 300; i++)
            Assert.Equal(1, (await resolver.QueryAsync("mail.example")).Attempts);

        await end.CancelAsync();
        await changes;
        Assert.Equal(1, server.Counters.Connections);
    }

    [Fact]
    public async Task The_first_lookup_pays_for_the_handshake_and_those_after_it_do_not()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();

        DprivLookup first = await resolver.QueryAsync("www.example", "AAAA");
        DprivLookup second = await resolver.QueryAsync(DnsName.Parse("www.example"), DnsType.Aaaa);

        Assert.Equal((DprivHandshake.Full, 3, true), (first.Handshake, first.RoundTrips, first.IsAuthenticated));
        Assert.Equal((DprivHandshake.None, 1, true), (second.Handshake, second.RoundTrips, second.IsAuthenticated));
        Assert.Equal((ProtocolVersion.Tls13, CipherSuite.Aes128GcmSha256, "dot"), (first.Version, first.CipherSuite, first.Transport));
        Assert.Equal("2001:db8::80", Assert.Single(second.Message.Answers).RdataText);
        Assert.Equal(first.BytesUp + second.BytesUp, resolver.Statistics.BytesUp);
        Assert.Equal(first.BytesDown + second.BytesDown, resolver.Statistics.BytesDown);
        Assert.Equal(second.MessageBytes.Length, second.BytesDown - 2 - 5 - 17);
    }

    [Fact]
    public async Task A_withdrawn_lookup_ends_at_once_and_disturbs_nobody()
    {
        await using TestServer server = TestServer.Start(options => options.AnswerDelayMs = 60000);
        await using DprivResolver resolver = server.Resolver(options => options.MaxPipelined = 1);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        Task<DprivLookup> sent = resolver.QueryAsync("www.example", "A", first.Token);
        Task<DprivLookup> queued = resolver.QueryAsync("mail.example", "A", second.Token);
        await server.QueriedAsync(1);

        await second.CancelAsync();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Assert.Equal(second.Token, cancelled.CancellationToken);
        Assert.False(sent.IsCompleted);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);

        server.Change(options => options.AnswerDelayMs = 0);
        await using DprivResolver other = server.Resolver();
        Assert.Equal(DprivHandshake.Full, (await other.QueryAsync("www.example")).Handshake);
        Assert.Equal((2, 0, 0), (resolver.Statistics.Lookups, resolver.Statistics.Answers, resolver.Statistics.Failures));
        Assert.Equal(1, resolver.Statistics.Connections);
    }

    [Fact]
    public async Task The_connection_serves_on_after_a_withdrawal()
    {
        await using TestServer server = TestServer.Start(options =>
        {
            // The first query of the connection gets no answer.
            options.AnswerFault = AnswerFault.Drop;
            options.AnswerFaultEvery = 1000;
        });
        await using DprivResolver resolver = server.Resolver();
        using var source = new CancellationTokenSource();
        Task<DprivLookup> lost = resolver.QueryAsync("www.example", "A", source.Token);
        await server.QueriedAsync(1);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);

        Assert.Equal(DprivHandshake.None, (await resolver.QueryAsync("www.example")).Handshake);
        Assert.Equal(1, server.Counters.Connections);
    }

    [Fact]
    public async Task A_token_that_is_used_up_sends_nothing()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolver.QueryAsync("www.example", "A", new CancellationToken(true)));

        Assert.Equal((0, 0), (resolver.Statistics.Connections, server.Counters.Connections));
    }

    [Fact]
    public async Task Disposal_ends_lookups_under_way_and_refuses_new_ones()
    {
        await using TestServer server = TestServer.Start(options => options.AnswerDelayMs = 60000);
        DprivResolver resolver = server.Resolver(options => options.MaxPipelined = 2);
        List<Task<DprivLookup>> lookups = Enumerable.Range(0, 5).Select(i => resolver.QueryAsync($"n{i}.things.example")).ToList();
        await server.QueriedAsync(2);

        await resolver.DisposeAsync();

        foreach (Task<DprivLookup> lookup in lookups)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => lookup.WaitAsync(TimeSpan.FromSeconds(30)));

        await Assert.ThrowsAsync<ObjectDisposedException>(() => resolver.QueryAsync("www.example"));
        resolver.Dispose();
    }

    [Fact]
    public async Task Disposal_while_connecting_ends_the_lookup()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var resolver = new DprivResolver(new DprivResolverOptions { Servers = { new DprivServer(IPAddress.Loopback, ((IPEndPoint)silent.LocalEndPoint!).Port) { Pins = { new byte[32] } } } });

        Task<DprivLookup> lookup = resolver.QueryAsync("www.example");
        resolver.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => lookup.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Closing_connections_sends_lookups_under_way_again()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");
        server.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = [resolver.QueryAsync("n1.things.example"), resolver.QueryAsync("n2.things.example")];
        await server.QueriedAsync(3);

        server.Change(options => options.AnswerDelayMs = 0);
        resolver.CloseConnections();

        foreach (DprivLookup lookup in await Task.WhenAll(lookups))
            Assert.Equal((2, DprivHandshake.Resumed), (lookup.Attempts, lookup.Handshake));

        Assert.Equal((2, 1, 1, 2), (resolver.Statistics.Connections, resolver.Statistics.FullHandshakes, resolver.Statistics.ResumedHandshakes, resolver.Statistics.Retries));
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task After_a_close_the_next_lookup_resumes(int version)
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver(options => options.MinVersion = options.MaxVersion = version);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(i == 0 ? DprivHandshake.Full : DprivHandshake.Resumed, (await resolver.QueryAsync("www.example")).Handshake);
            resolver.CloseConnections();
        }

        Assert.Equal((1, 2), (server.Counters.FullHandshakes, server.Counters.ResumedHandshakes));
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_a_timeout()
    {
        await using TestServer server = TestServer.Start(options => options.AnswerFault = AnswerFault.Drop);
        await using DprivResolver resolver = server.Resolver(options => options.QueryTimeoutMs = 200);

        DprivException error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal(DotError.QueryTimeout, error.ErrorCode);
        Assert.Equal($"127.0.0.1:{server.Host.Port}: no answer came in time", error.Message);
        Assert.False(error.IsAuthenticationFailure);
        Assert.Equal(1, resolver.Statistics.Failures);
    }

    [Fact]
    public async Task A_silent_server_gets_the_query_again_on_another_connection()
    {
        await using TestServer server = TestServer.Start(options =>
        {
            // Every connection swallows its first query, so that as many attempts are made as may be.
            options.AnswerFault = AnswerFault.Drop;
            options.AnswerFaultEvery = 1000;
        });
        await using DprivResolver resolver = server.Resolver(options => options.SilenceTimeoutMs = 50);

        DprivException error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal(TlsError.SilentPeer, error.ErrorCode);
        Assert.Equal(3, server.Counters.Queries);
        Assert.Equal(3, resolver.Statistics.Connections);
    }

    [Fact]
    public async Task An_answer_larger_than_its_buffer_fails_alone()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver(options =>
        {
            options.AnswerBufferBytes = 512;
            options.ReceiveBufferBytes = 2048;
        });

        Assert.Equal(DotError.AnswerTooLarge, (await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("large.example", "TXT"))).ErrorCode);
        DprivLookup next = await resolver.QueryAsync("www.example");
        Assert.Equal((DprivHandshake.None, 2), (next.Handshake, next.Message.Answers.Length));
    }

    [Fact]
    public async Task Duplicate_and_strange_answers_are_passed_over()
    {
        await using TestServer server = TestServer.Start(options =>
        {
            options.AnswerFault = AnswerFault.WrongId;
            options.RightAnswerFollows = true;
        });
        await using DprivResolver resolver = server.Resolver();
        Assert.Equal(2, (await resolver.QueryAsync("www.example")).Message.Answers.Length);

        server.Change(options => options.AnswerFault = AnswerFault.WrongQuestion);
        Assert.Equal(2, (await resolver.QueryAsync("www.example")).Message.Answers.Length);

        server.Change(options =>
        {
            options.AnswerFault = AnswerFault.Duplicate;
            options.RightAnswerFollows = false;
        });
        Assert.Equal(2, (await resolver.QueryAsync("www.example")).Message.Answers.Length);
        Assert.Equal("192.0.2.25", Assert.Single((await resolver.QueryAsync("mail.example")).Message.Answers).RdataText);
        Assert.Equal(1, server.Counters.Connections);
    }

    [Fact]
    public async Task A_server_that_forgets_costs_one_round_trip_more()
    {
        await using TestServer server = TestServer.Start(options =>
        {
            options.CloseAfterAnswers = 1;
            options.CloseAfterAnswersManner = CloseManner.Forget;
        });
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        Assert.Equal((DprivHandshake.Resumed, 2, 4), (lookup.Handshake, lookup.Attempts, lookup.RoundTrips));
        Assert.Equal(1, resolver.Statistics.Retries);
    }

    [Theory]
    [InlineData(CloseManner.Notify)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Reset)]
    public async Task However_a_server_closes_after_an_answer_the_next_lookup_is_answered(CloseManner manner)
    {
        await using TestServer server = TestServer.Start(options =>
        {
            options.CloseAfterAnswers = 1;
            options.CloseAfterAnswersManner = manner == CloseManner.Reset ? CloseManner.Forget : manner;
        });
        await using DprivResolver resolver = server.Resolver();

        for (int i = 0; i < 4; i++)
            Assert.Equal(2, (await resolver.QueryAsync("www.example")).Message.Answers.Length);

        Assert.Equal((1, 3), (resolver.Statistics.FullHandshakes, resolver.Statistics.ResumedHandshakes));
    }

    [Fact]
    public async Task Early_data_is_used_when_asked_for()
    {
        await using TestServer server = TestServer.Start(options => options.Tls.EarlyData = EarlyDataMode.Accept);
        await using DprivResolver resolver = server.Resolver(options => options.EarlyData = true);
        await resolver.QueryAsync("www.example");
        resolver.CloseConnections();

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        Assert.Equal((DprivHandshake.Early, 2), (lookup.Handshake, lookup.RoundTrips));
        Assert.Equal(1, resolver.Statistics.EarlyDataAccepted);
        Assert.Equal(1, server.Counters.EarlyQueries);
    }

    [Fact]
    public async Task IPv6_serves_as_well()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Skip("this system has no IPv6");

        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver(options =>
        {
            options.Servers.Clear();
            options.Servers.Add(server.Pinned(IPAddress.IPv6Loopback));
        });

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        Assert.Equal($"[::1]:{server.Host.Port}", lookup.Server.ToString());
    }

    [Fact]
    public async Task What_cannot_be_looked_up_is_a_programmers_error()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();

        Assert.Contains("'XX' is no record type", (await Assert.ThrowsAsync<ArgumentException>(() => resolver.QueryAsync("www.example", "XX"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => resolver.QueryAsync("www..example"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => resolver.QueryAsync("www.example", null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => resolver.QueryAsync((DnsName)null!, DnsType.A));
        Assert.Equal(0, resolver.Statistics.Lookups);
        Assert.Equal(0, server.Counters.Connections);
    }
}
