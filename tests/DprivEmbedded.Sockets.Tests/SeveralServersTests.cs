using System;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Sockets.Tests.Support;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>Several servers in order, and the memory of those that failed.</summary>
public class SeveralServersTests
{
    [Fact]
    public async Task The_first_server_answers_while_it_can()
    {
        await using TestServer first = TestServer.Start();
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options => options.Servers.Add(second.Pinned()));

        for (int i = 0; i < 3; i++)
            Assert.Equal(first.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);

        Assert.Equal(0, second.Counters.Connections);
    }

    [Fact]
    public async Task A_server_that_failed_is_passed_over_for_a_while()
    {
        await using TestServer first = TestServer.Start(options => options.RefuseConnections = true);
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options => options.Servers.Add(second.Pinned()));

        for (int i = 0; i < 3; i++)
            Assert.Equal(second.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);

        Assert.Equal(1, first.Counters.Refused);
    }

    [Fact]
    public async Task Where_the_while_is_nothing_it_is_asked_each_time_and_preferred_again()
    {
        await using TestServer first = TestServer.Start(options => options.RefuseConnections = true);
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options =>
        {
            options.Servers.Add(second.Pinned());
            options.FailedServerRetryMs = 0;
            options.RefusedServerRetryMs = 0;
        });

        await resolver.QueryAsync("www.example");
        await resolver.QueryAsync("www.example");
        Assert.Equal(2, first.Counters.Refused);

        first.Change(options => options.RefuseConnections = false);
        Assert.Equal(first.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);
    }

    [Fact]
    public async Task A_server_that_is_passed_over_is_asked_when_no_other_is_left()
    {
        await using TestServer first = TestServer.Start(options => options.RefuseConnections = true);
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options => options.Servers.Add(second.Pinned()));
        await resolver.QueryAsync("www.example");

        first.Change(options => options.RefuseConnections = false);
        second.Change(options => options.RefuseConnections = true);
        second.Host.LoseState();

        Assert.Equal(first.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);
    }

    [Fact]
    public async Task A_failure_of_all_names_each_server_once()
    {
        await using TestServer first = TestServer.Start(options => options.RefuseConnections = true);
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options =>
            options.Servers.Add(new DprivServer(IPAddress.Loopback, second.Host.Port) { Pins = { new byte[32] } }));

        DprivException error = await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("www.example"));

        Assert.Equal(TlsError.PinMismatch, error.ErrorCode);
        Assert.True(error.IsAuthenticationFailure);
        Assert.Equal($"127.0.0.1:{first.Host.Port}: the connection was reset; 127.0.0.1:{second.Host.Port}: no SPKI pin matches", error.Message);
        Assert.Equal(1, first.Counters.Refused);
        Assert.Equal(1, second.Counters.Connections);
    }

    [Fact]
    public async Task A_server_that_cannot_be_authenticated_gets_no_query_and_the_next_is_asked()
    {
        await using TestServer first = TestServer.Start();
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = second.Resolver(options =>
            options.Servers.Insert(0, new DprivServer(IPAddress.Loopback, first.Host.Port) { Pins = { new byte[32] } }));

        Assert.Equal(second.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);
        Assert.Equal(0, first.Counters.Queries);
    }

    [Fact]
    public async Task An_answer_at_fault_is_no_fault_of_the_server()
    {
        await using TestServer first = TestServer.Start();
        await using TestServer second = TestServer.Start();
        await using DprivResolver resolver = first.Resolver(options =>
        {
            options.Servers.Add(second.Pinned());
            options.AnswerBufferBytes = 512;
            options.ReceiveBufferBytes = 2048;
        });

        Assert.Equal(DotError.AnswerTooLarge, (await Assert.ThrowsAsync<DprivException>(() => resolver.QueryAsync("large.example", "TXT"))).ErrorCode);
        Assert.Equal(first.Host.Port, (await resolver.QueryAsync("www.example")).Server.Port);
    }
}
