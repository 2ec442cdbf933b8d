using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>The nine figures of the message flows, and what goes beyond them: round trips from the query to its answer, by the association's own count and by the clock.</summary>
public class FigureTests
{
    private const int RttMs = 100;

    [Fact]
    public void Figure_1_server_lost_its_state_TLS_1_2()
    {
        TlsRig rig = new(ProtocolVersion.Tls12);
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 4, QueryAction.Reuse);
        Assert.Equal(1, rig.Server.Counters.ResumedHandshakes);
    }

    [Fact]
    public void Figure_2_server_lost_its_state_DTLS()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 3, QueryAction.Reuse);
        Assert.True(rig.Core.Conversation(rig.Core.MainPath) is DodSession dod && dod.Dtls.IsResumed);
    }

    [Fact]
    public void Figure_3_DTLS_false_start()
    {
        DtlsRig rig = new() { Policy = new ThresholdPolicy { ReuseUpToMs = 30_000 } };
        rig.Connect();
        rig.RunFor(60_000);
        rig.Forget();
        AssertLookup(rig, 2, QueryAction.Resume);
    }

    [Fact]
    public void Figure_4_server_lost_its_state_TLS_1_3_PSK()
    {
        TlsRig rig = new(ProtocolVersion.Tls13);
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 4, QueryAction.Reuse);
        Assert.Equal(1, rig.Server.Counters.ResumedHandshakes);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void Figure_5_as_1_with_TCP_Fast_Open(int version)
    {
        TlsRig rig = new(version);
        rig.Options.FastOpen = true;
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 3, QueryAction.Reuse);
    }

    [Fact]
    public void Figure_5_where_the_peer_has_no_Fast_Open()
    {
        TlsRig rig = new(ProtocolVersion.Tls12) { FastOpenWorks = false };
        rig.Options.FastOpen = true;
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 4, QueryAction.Reuse);
    }

    [Fact]
    public void Figure_6_NAT_makes_the_same_mapping_again()
    {
        // The server sees no difference, so nothing is to be simulated here: the lab makes a NAT forget.
        DtlsRig rig = new();
        rig.Connect();
        rig.RunFor(60_000);
        AssertLookup(rig, 1, QueryAction.Reuse);
        Assert.Equal(1, rig.Opens);
    }

    [Fact]
    public void Figure_7_NAT_makes_another_mapping()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Rebind();
        AssertLookup(rig, 3, QueryAction.Reuse);
    }

    [Fact]
    public void Figure_8_NAT_answers_RST_with_Fast_Open()
    {
        TlsRig rig = new(ProtocolVersion.Tls13);
        rig.Options.FastOpen = true;
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 3, QueryAction.Reuse);
    }

    [Fact]
    public void Figure_9_NAT_answers_RST()
    {
        TlsRig rig = new(ProtocolVersion.Tls13);
        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 4, QueryAction.Reuse);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hedge_is_two_round_trips_where_the_association_is_gone(bool silently)
    {
        DtlsRig rig = new() { Policy = new ThresholdPolicy { ReuseUpToMs = 100, HedgeUpToMs = 100_000 } };
        if (silently)
            rig.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;

        rig.Connect();
        rig.Forget();
        AssertLookup(rig, 2, QueryAction.Hedge);
        rig.RunFor(1000);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
    }

    [Fact]
    public void Hedge_is_one_round_trip_where_the_association_lives()
    {
        DtlsRig rig = new() { Policy = new ThresholdPolicy { ReuseUpToMs = 100, HedgeUpToMs = 100_000 } };
        rig.Connect();
        AssertLookup(rig, 1, QueryAction.Hedge);
        rig.RunFor(1000);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.Equal(1, rig.Cache.Count);
    }

    [Fact]
    public void Connection_id_makes_figure_7_one_round_trip()
    {
        DtlsRig rig = new();
        rig.Setup.Client.ConnectionId = [];
        rig.Setup.Dtls.ConnectionIdBytes = 4;
        rig.Connect();
        rig.Rebind();
        AssertLookup(rig, 1, QueryAction.Reuse);
        Assert.Equal(1, rig.Opens);
    }

    [Fact]
    public void Fast_Open_and_early_data_are_one_round_trip_where_the_loss_is_foreseen()
    {
        TlsRig rig = new(ProtocolVersion.Tls13) { Policy = new ThresholdPolicy { ReuseUpToMs = 5_000 } };
        rig.Options.FastOpen = true;
        rig.Setup.Client.EarlyData = true;
        rig.Setup.Server.EarlyData = EarlyDataMode.Accept;
        rig.Connect();
        rig.RunFor(60_000);
        AssertLookup(rig, 1, QueryAction.Resume);
        Assert.True(rig.LastAnswer.Early);
    }

    private static void AssertLookup(AssociationRig rig, int roundTrips, int action)
    {
        long start = rig.Clock.NowMs;
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(action, answer.Action);
        Assert.Equal(roundTrips, answer.RoundTrips);
        Assert.Equal((long)roundTrips * RttMs, answer.Ms - start);
        rig.AssertAllAnsweredOnce();
    }
}
