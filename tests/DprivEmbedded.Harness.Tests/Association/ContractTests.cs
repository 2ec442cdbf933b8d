using System;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>What callers may do, and what happens when they do what they may not.</summary>
public class ContractTests
{
    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Cancelled_query_gets_no_answer(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Connect();
        byte[] message = AssociationRig.Message();
        int query = rig.Core.Query(message, 0, message.Length, rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(20);
        rig.Core.Cancel(query, rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(1000);
        Assert.Single(rig.Answers);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.Equal(1, rig.Lookup().RoundTrips);
    }

    /// <summary>Callers that give up early do not keep a dead connection alive: the next query's recovery begins with the silence that there was.</summary>
    [Fact]
    public void Silence_counts_across_cancelled_queries()
    {
        TlsRig rig = new();
        rig.Connect();
        rig.DropSilently();
        byte[] message = AssociationRig.Message();
        int query = rig.Core.Query(message, 0, message.Length, rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(250);
        rig.Core.Cancel(query, rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(250);
        long start = rig.Clock.NowMs;
        Assert.InRange(rig.Lookup().Ms - start, 300, 310);
    }

    [Fact]
    public void Full_table_refuses()
    {
        TlsRig rig = new();
        rig.Options.MaxQueries = 2;
        rig.Start();
        rig.Ask();
        rig.Ask();
        byte[] message = AssociationRig.Message();
        Assert.Equal(-1, rig.Core.Query(message, 0, message.Length, rig.Clock.NowMs));
        rig.RunFor(1000);
        rig.AssertAllAnsweredOnce();
        rig.Ask();
        rig.RunFor(1000);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Close_is_orderly_and_moves_what_is_unanswered(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Connect();
        rig.Ask();
        rig.Core.Close(rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(1000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(2, rig.Opens);
        rig.Core.Close(rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(AssociationState.Closed, rig.Core.State);
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Cleared_association_can_be_used_again(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Connect();
        rig.Ask();
        rig.Core.Clear();
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        rig.Drive();
        Assert.Equal(AssociationCommand.ClosePath, rig.Commands.Last().Command);
        rig.RunFor(1000);
        Assert.Single(rig.Answers);
        rig.Lookup();
        Assert.Equal(2, rig.Answers.Count());
    }

    [Fact]
    public void Failures_that_were_not_fetched_are_gone_with_Clear()
    {
        TlsRig rig = new() { IsUnreachable = true };
        rig.Start();
        byte[] message = AssociationRig.Message();
        rig.Core.Query(message, 0, message.Length, rig.Clock.NowMs);
        Assert.Equal(AssociationCommand.OpenPath, rig.Core.NextCommand());
        rig.Core.PathClosed(0, true, rig.Clock.NowMs);
        rig.Core.Clear();
        Assert.Equal(AssociationEvent.None, rig.Core.NextEvent());
        rig.IsUnreachable = false;
        rig.Lookup();
    }

    [Fact]
    public void Misuse_throws()
    {
        TlsRig rig = new();
        rig.Start();
        Assert.Throws<ArgumentException>(() => rig.Core.Query(new byte[600], 0, 513, 0));
        Assert.Throws<ArgumentException>(() => rig.Core.Query(new byte[600], 0, 16, 0));
        rig.Options.MaxPaths = 3;
        Assert.Throws<ArgumentException>(() => new ServerAssociation(rig.Options, rig, rig.Cache, rig.Policy, rig.Provider, null));
        rig.Options.MaxPaths = 2;
        Assert.Throws<ArgumentException>(() => new ServerAssociation(rig.Options, null, rig.Cache, rig.Policy, rig.Provider, null));
    }

    /// <summary>Inputs for paths that are not open, and calls that come too early, do nothing.</summary>
    [Fact]
    public void Inputs_out_of_place_are_harmless()
    {
        DtlsRig rig = new();
        rig.Start();
        rig.Core.PathOpened(1, rig.Clock.NowMs);
        rig.Core.PathClosed(0, true, rig.Clock.NowMs);
        rig.Core.PathAlive(0, rig.Clock.NowMs);
        rig.Core.PathUnreachable(1, rig.Clock.NowMs);
        Assert.Equal(10, rig.Core.Receive(1, new byte[10], 0, 10, rig.Clock.NowMs));
        Assert.Equal(0, rig.Core.Transmit(1, new byte[10], 0, 10));
        rig.Core.HandleTimeout(rig.Clock.NowMs);
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Core.NetworkChanged(rig.Clock.NowMs);
        rig.Core.PrepareSleep(5, false, rig.Clock.NowMs);
        rig.Core.Wake(rig.Clock.NowMs);
        rig.Core.Close(rig.Clock.NowMs);
        Assert.False(rig.Core.Probe(rig.Clock.NowMs));
        Assert.Equal(AssociationCommand.None, rig.Core.NextCommand());
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(long.MaxValue, rig.Core.WakeDueMs);
        rig.Lookup();
    }

    /// <summary>A session that was taken for a recovery in vain is there again.</summary>
    [Fact]
    public void Unused_session_goes_back()
    {
        DtlsRig rig = new();
        rig.Setup.Dtls.Heartbeat = HeartbeatPolicy.Off;
        rig.Connect();
        int before = rig.Cache.Count;
        LossTests.Delay(rig, 250);
        rig.Lookup();
        Assert.Equal(2, rig.Opens);
        Assert.Equal(before, rig.Cache.Count);
        rig.RunFor(2000);
        rig.AssertAllAnsweredOnce();
    }
}
