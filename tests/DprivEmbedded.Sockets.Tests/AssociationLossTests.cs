using System;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Harness;
using DprivEmbedded.Sockets.Tests.Storage;
using DprivEmbedded.Sockets.Tests.Support;
using Xunit;

namespace DprivEmbedded.Sockets.Tests;

/// <summary>The other side loses its state while lookups are under way, over real sockets: each is answered, and answered once.</summary>
public class AssociationLossTests
{
    private const int Many = 50;

    private static readonly Func<DprivServer, IAssociationPolicy> AlwaysHedge = _ => new ThresholdPolicy { ReuseUpToMs = -1, HedgeUpToMs = long.MaxValue };

    [Theory]
    [InlineData(CloseManner.Reset)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Silence)]
    public async Task Fifty_lookups_outlive_a_server_that_loses_its_state_over_TLS(CloseManner manner)
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver(options => options.SilenceTimeoutMs = manner == CloseManner.Silence ? 500 : 60000);
        await resolver.QueryAsync("www.example");
        server.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await server.QueriedAsync(1 + Many);

        server.Change(options => options.AnswerDelayMs = 0);
        server.Host.LoseState(manner);

        await AnsweredAsync(lookups);
        // The tickets' key is lost, too.
        Assert.Equal((2, 2), (resolver.Statistics.Connections, resolver.Statistics.FullHandshakes));
        Assert.Equal(manner == CloseManner.Silence ? 1 : 0, resolver.Statistics.SilenceRecoveries);
        Assert.Equal(manner == CloseManner.Silence ? 0 : 1, resolver.Statistics.ResetRecoveries);
        Assert.Equal(1 + Many, resolver.Statistics.Answers);
    }

    [Theory]
    [InlineData(UnknownRecordPolicy.Alert)]
    [InlineData(UnknownRecordPolicy.Silence)]
    public async Task Fifty_lookups_outlive_a_server_that_loses_its_state_over_DTLS(UnknownRecordPolicy unknown)
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.UnknownRecord = unknown);
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");
        server.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await server.QueriedAsync(1 + Many);

        server.Change(options => options.AnswerDelayMs = 0);
        server.Host.LoseState();

        await AnsweredAsync(lookups);
        Assert.Equal(2, resolver.Statistics.FullHandshakes);
        Assert.True(resolver.Statistics.SilenceRecoveries + resolver.Statistics.SignalRecoveries >= 1);
        Assert.Equal(1 + Many, resolver.Statistics.Answers);
    }

    [Fact]
    public async Task Fifty_lookups_outlive_a_restart_with_a_closed_port_over_TLS()
    {
        TestServer first = TestServer.Start();
        int port = first.Host.Port;
        await using DprivResolver resolver = first.Resolver();
        await resolver.QueryAsync("www.example");
        first.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await first.QueriedAsync(1 + Many);

        await first.DisposeAsync();
        await using TestServer second = TestServer.Start(port: port);

        await AnsweredAsync(lookups);
        Assert.Equal(1 + Many, resolver.Statistics.Answers);
        Assert.Equal(1, second.Counters.FullHandshakes);
        Assert.Equal(Many, second.Counters.Queries);
    }

    [Fact]
    public async Task Fifty_lookups_outlive_a_restart_with_a_closed_port_over_DTLS()
    {
        TestDtlsServer first = TestDtlsServer.Start();
        int port = first.Host.Port;
        await using DprivResolver resolver = first.Resolver();
        await resolver.QueryAsync("www.example");
        first.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await first.QueriedAsync(1 + Many);

        first.ForgetAssociations();
        await first.DisposeAsync();
        await using TestDtlsServer second = TestDtlsServer.Start(port: port);

        await AnsweredAsync(lookups);
        Assert.Equal(1 + Many, resolver.Statistics.Answers);
        Assert.Equal(1, second.Host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task A_host_that_falls_silent_over_DTLS_costs_the_least_silence_and_a_resumption()
    {
        await using TestDtlsServer server = TestDtlsServer.Start();
        await using DprivResolver resolver = server.Resolver(options => options.MinSilenceMs = 200);
        await resolver.QueryAsync("www.example");
        server.ForgetAssociations();

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        // The bound is 3 smoothed round trip times, here 200 ms, and a resumption; the rest is room for a busy machine.
        Assert.InRange(lookup.Elapsed.TotalMilliseconds, 180, 2500);
        Assert.Equal((DprivHandshake.Resumed, QueryAction.Reuse), (lookup.Handshake, lookup.Action));
        Assert.Equal((1, 1), (resolver.Statistics.SilenceRecoveries, resolver.Statistics.ResumedHandshakes));
        Assert.Equal(["path 1: open", "path 1: connected: resumed"], lookup.PathEvents.Take(2).Select(one => one.ToString()));
    }

    [Fact]
    public async Task A_server_that_falls_silent_over_TLS_while_its_host_acknowledges_is_given_the_time_of_the_options()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver(options =>
        {
            options.MinSilenceMs = 100;
            options.SilenceTimeoutMs = 1000;
        });
        await resolver.QueryAsync("www.example");
        server.Host.Change(dot =>
        {
            foreach (DotConnection connection in dot.Connections.ToArray())
                connection.End(CloseManner.Silence);
        });

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        if (OperatingSystem.IsLinux())
            Assert.InRange(lookup.Elapsed.TotalMilliseconds, 900, 8000);

        Assert.Equal((DprivHandshake.Resumed, 2), (lookup.Handshake, lookup.Attempts));
        Assert.Equal(1, resolver.Statistics.SilenceRecoveries);
    }

    [Fact]
    public async Task A_hedge_with_a_server_that_lives_is_answered_over_the_association()
    {
        await using TestDtlsServer server = TestDtlsServer.Start();
        await using DprivResolver resolver = server.Resolver(options => options.Policy = AlwaysHedge);
        await resolver.QueryAsync("www.example");

        DprivLookup lookup = await resolver.QueryAsync("mail.example");

        Assert.Equal((QueryAction.Hedge, DprivHandshake.None, 1), (lookup.Action, lookup.Handshake, lookup.RoundTrips));
        Assert.Equal(("path 1: open", 1L), (lookup.PathEvents[0].ToString(), resolver.Statistics.Hedges));
        Assert.Equal(0, resolver.Statistics.Retries);
        // The session of the resumption that was not needed is there again.
        Assert.True(resolver.SessionCount > 0);
    }

    [Fact]
    public async Task A_hedge_with_a_server_that_lost_its_state_takes_two_round_trips()
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.Cookie = false);
        await using DprivResolver resolver = server.Resolver(options => options.Policy = AlwaysHedge);
        await resolver.QueryAsync("www.example");
        server.ForgetAssociations();

        DprivLookup lookup = await resolver.QueryAsync("mail.example");

        Assert.Equal((QueryAction.Hedge, DprivHandshake.Resumed, 2), (lookup.Action, lookup.Handshake, lookup.RoundTrips));
        Assert.Equal((0, 1), (resolver.Statistics.SilenceRecoveries, resolver.Statistics.ResumedHandshakes));
    }

    [Fact]
    public async Task With_one_path_the_association_is_given_up_instead()
    {
        await using TestDtlsServer server = TestDtlsServer.Start();
        await using DprivResolver resolver = server.Resolver(options =>
        {
            options.MaxPaths = 1;
            options.MinSilenceMs = 100;
        });
        await resolver.QueryAsync("www.example");
        server.ForgetAssociations();

        DprivLookup lookup = await resolver.QueryAsync("www.example");

        Assert.Equal(DprivHandshake.Resumed, lookup.Handshake);
        Assert.All(lookup.PathEvents, one => Assert.Equal(0, one.Path));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    public async Task Lookups_outlive_a_change_of_address(int connectionIdBytes)
    {
        await using TestDtlsServer server = TestDtlsServer.Start(options => options.Dtls.ConnectionIdBytes = connectionIdBytes);
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");
        server.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await server.QueriedAsync(1 + Many);

        server.Change(options => options.AnswerDelayMs = 0);
        resolver.NetworkChanged();

        await AnsweredAsync(lookups);
        bool moves = connectionIdBytes >= 0;
        Assert.Equal(moves ? (1L, 0L) : (1L, 1L), (resolver.Statistics.FullHandshakes, resolver.Statistics.ResumedHandshakes));
        Assert.Contains((await lookups[0]).PathEvents, one => one.What == (moves ? "move" : "open"));
        Assert.Equal(moves ? 1 : 0, server.Host.DtlsCounters.AddressChanges);
    }

    [Fact]
    public async Task Lookups_over_TLS_resume_after_a_change_of_address()
    {
        await using TestServer server = TestServer.Start();
        await using DprivResolver resolver = server.Resolver();
        await resolver.QueryAsync("www.example");
        server.Change(options => options.AnswerDelayMs = 60000);
        Task<DprivLookup>[] lookups = Launch(resolver);
        await server.QueriedAsync(1 + Many);

        server.Change(options => options.AnswerDelayMs = 0);
        resolver.NetworkChanged();

        await AnsweredAsync(lookups);
        Assert.Equal((1, 1), (resolver.Statistics.FullHandshakes, resolver.Statistics.ResumedHandshakes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tickets_in_a_file_resume_after_a_deep_sleep(bool datagrams)
    {
        using var folder = new TempFolder();
        await using TestServer stream = TestServer.Start();
        await using TestDtlsServer dtls = TestDtlsServer.Start();
        DprivResolver Make()
        {
            Action<DprivResolverOptions> change = options =>
            {
                options.SessionStore = new Sockets.Storage.FileBlobStore(folder["tickets"]);
                options.SessionStoreKey = new byte[16];
            };
            return datagrams ? dtls.Resolver(change) : stream.Resolver(change);
        }

        DprivResolver before = Make();
        Assert.Equal(DprivHandshake.Full, (await before.QueryAsync("www.example")).Handshake);
        await before.PrepareSleepAsync(TimeSpan.FromHours(1), keepsMemory: false);

        // The one before is not disposed of: its memory is lost with the sleep.
        await using DprivResolver after = Make();
        Assert.Equal(DprivHandshake.Resumed, (await after.QueryAsync("www.example")).Handshake);
        before.Dispose();
    }

    private static Task<DprivLookup>[] Launch(DprivResolver resolver) => [.. Enumerable.Range(0, Many).Select(i => resolver.QueryAsync($"n{i}.things.example"))];

    private static async Task AnsweredAsync(Task<DprivLookup>[] lookups)
    {
        DprivLookup[] all = await Task.WhenAll(lookups).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"n{i}.things.example."), all.Select(lookup => Assert.Single(lookup.Message.Answers).Name.ToString()));
        Assert.All(all, lookup => Assert.True(lookup.Attempts >= 2));
    }
}
