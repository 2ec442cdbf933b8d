using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>Section 4 of the message flows: probes of three kinds, wake windows, permission, close, renew.</summary>
public class QuietTests
{
    /// <summary>Every 25 s for an hour: what a NAT with 30 s needs. No query of the application is among them.</summary>
    [Theory]
    [InlineData(ProbeKind.Heartbeat)]
    [InlineData(ProbeKind.Keepalive)]
    [InlineData(ProbeKind.Query)]
    public void Probes_keep_the_association_for_an_hour(int kind)
    {
        AssociationRig rig = Make(kind);
        rig.Policy = new ThresholdPolicy { ProbeAfterMs = 25_000 };
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        long last = rig.Clock.NowMs;
        long widest = 0;
        OnUp(rig, ms =>
        {
            widest = System.Math.Max(widest, ms - last);
            last = ms;
        });
        rig.RunFor(3_600_000);
        Assert.Equal(1, rig.Opens);
        int probes = rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered);
        Assert.InRange(probes, 142, 144);
        Assert.DoesNotContain(rig.Events, e => e.Event == AssociationEvent.ProbeFailed);
        Assert.Equal(probes, policy.Observations.Count(o => o.Observation == AssociationObservation.Survived && o.GapMs > 20_000));
        if (kind != ProbeKind.Keepalive)
            Assert.InRange(widest, 1, 25_200);

        Assert.Equal(1, rig.Lookup().RoundTrips);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(ProbeKind.Heartbeat)]
    [InlineData(ProbeKind.Keepalive)]
    [InlineData(ProbeKind.Query)]
    public void Probing_stops_where_the_power_save_state_forbids_it(int kind)
    {
        AssociationRig rig = Make(kind);
        rig.Policy = new ThresholdPolicy { ProbeAfterMs = 25_000 };
        rig.Connect();
        rig.RunFor(60_000);
        int probes = rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered);
        Assert.Equal(2, probes);
        rig.Core.SetPower(ProbePermission.Never, 500, false, long.MaxValue, rig.Clock.NowMs);
        Assert.Equal(long.MaxValue, rig.Core.WakeDueMs);
        Assert.Equal(long.MaxValue, rig.Core.WakeEarliestMs);
        rig.RunFor(300_000);
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(1000);
        Assert.Equal(probes, rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered));

        // Only with other traffic: nothing by itself, then at once.
        rig.Core.SetPower(ProbePermission.RideAlong, 500, false, long.MaxValue, rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(long.MaxValue, rig.Core.WakeDueMs);
        Assert.True(rig.Core.WakeEarliestMs <= rig.Clock.NowMs);
        rig.RunFor(60_000);
        Assert.Equal(probes, rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered));
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(1000);
        Assert.Equal(probes + 1, rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered));
    }

    [Fact]
    public void Wake_times_are_a_window()
    {
        DtlsRig rig = new() { Policy = new ThresholdPolicy { ProbeAfterMs = 20_000, RideAlongPercent = 50 } };
        rig.Connect();
        long heard = rig.Answers.First().Ms;
        Assert.Equal(heard + 10_000, rig.Core.WakeEarliestMs);
        Assert.Equal(heard + 20_000, rig.Core.WakeDueMs);
        Assert.Equal(heard + 20_000, rig.Core.WakeLatestMs);
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        rig.RunFor(heard + 10_000 - rig.Clock.NowMs);
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(AssociationState.Probing, rig.Core.State);
        rig.RunFor(200);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.Single(rig.Events, e => e.Event == AssociationEvent.ProbeAnswered);
    }

    /// <summary>A probe shows the loss; nothing is sent until a query comes, which then needs no round trip to find out.</summary>
    [Theory]
    [InlineData(ProbeKind.Heartbeat, true)]
    [InlineData(ProbeKind.Query, true)]
    [InlineData(ProbeKind.Keepalive, true)]
    [InlineData(ProbeKind.Heartbeat, false)]
    [InlineData(ProbeKind.Query, false)]
    [InlineData(ProbeKind.Keepalive, false)]
    public void Probe_that_fails_reconnects_nothing(int kind, bool signal)
    {
        AssociationRig rig = Make(kind);
        rig.KnowsAcknowledgements = true;
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        if (!signal && rig is DtlsRig dtls)
            dtls.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
        if (!signal && rig is TlsRig tls)
            tls.DropSilently();
        else
            LossTests.Forget(rig);

        Assert.True(rig.Core.Probe(rig.Clock.NowMs));
        rig.Drive();
        Assert.Equal(AssociationState.Probing, rig.Core.State);
        rig.RunFor(10_000);
        Assert.Single(rig.Events, e => e.Event == AssociationEvent.ProbeFailed);
        Assert.Equal(1, rig.Opens);
        Assert.True(rig.Core.State is AssociationState.Closed or AssociationState.Suspect);
        Assert.Equal(1, policy.Count(signal ? AssociationObservation.LostFast : AssociationObservation.LostSilently));
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(rig is DtlsRig ? 2 : 3, answer.RoundTrips);
        Assert.Empty(rig.Failures);
    }

    /// <summary>A keepalive whose answer the system does not show tells nothing where the system shows nothing else either.</summary>
    [Fact]
    public void Keepalive_without_any_word_is_no_loss()
    {
        TlsRig rig = new();
        rig.Options.Keepalive = true;
        rig.Policy = new ThresholdPolicy { ProbeAfterMs = 20_000 };
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        rig.DropSilently();
        rig.RunFor(100_000);
        Assert.InRange(rig.Probes, 4, 6);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.DoesNotContain(policy.Observations, o => o.Observation >= AssociationObservation.Survived && o.GapMs > 1000);
    }

    /// <summary>A server that promises to answer heartbeats and does not is probed by queries from then on.</summary>
    [Fact]
    public void Unanswered_heartbeats_are_learned()
    {
        DtlsRig rig = new() { Policy = new ThresholdPolicy { ProbeAfterMs = 20_000 } };
        rig.Connect();
        bool swallow = true;
        rig.Up.Script = datagram => swallow && datagram[0] == ContentType.Heartbeat ? DatagramFate.Lose : DatagramFate.Deliver;
        rig.RunFor(25_000);
        Assert.Single(rig.Events, e => e.Event == AssociationEvent.ProbeFailed);
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        rig.Lookup();
        rig.RunFor(100_000);
        Assert.Equal(2, rig.Opens);
        Assert.InRange(rig.Events.Count(e => e.Event == AssociationEvent.ProbeAnswered), 4, 5);
        swallow = false;
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Policy_closes(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Policy = new ThresholdPolicy { CloseAfterMs = 5000 };
        rig.Connect();
        Assert.Equal(6000, rig.Core.WakeDueMs);
        rig.RunFor(10_000);
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(AssociationCommand.ClosePath, rig.Commands.Last().Command);
        Assert.Equal(6000, rig.Commands.Last().Ms);
        if (rig is TlsRig tls)
            Assert.Equal(1, tls.Server.Counters.ClosedByClient);

        Assert.Equal(QueryAction.Resume, rig.Lookup().Action);
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>The radio is awake right behind a query: what may be done while it is awake is done then.</summary>
    [Fact]
    public void Plan_that_may_ride_along_is_carried_out_behind_a_query()
    {
        DtlsRig rig = new() { Policy = new ClosingPolicy() };
        rig.Start();
        rig.Lookup();
        rig.Drive();
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(rig.LastAnswer.Ms, rig.Commands.Last().Ms);
        Assert.Equal(AssociationCommand.ClosePath, rig.Commands.Last().Command);
    }

    [Fact]
    public void Policy_hears_of_natural_wakes()
    {
        DtlsRig rig = new();
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        int plans = policy.Plans;
        rig.Core.RadioActive(rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(1, policy.Count(AssociationObservation.RadioAwake));
        Assert.Equal(plans + 1, policy.Plans);
    }

    [Theory]
    [InlineData(AssociationTransport.Dot, 2)]
    [InlineData(AssociationTransport.Dodtls, 2)]
    [InlineData(AssociationTransport.Dot, 1)]
    public void Renewal_makes_a_new_association_in_quiet_time(int transport, int paths)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Options.MaxPaths = paths;
        if (rig is TlsRig tls)
            tls.Session.IdleTimeoutMs = 60_000;

        RenewingPolicy policy = new() { RenewAtMs = 10_000 };
        rig.Policy = policy;
        rig.Connect();
        int before = rig.Core.MainPath;
        rig.RunFor(20_000);
        Assert.Equal(2, rig.Opens);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.True(paths == 1 || rig.Core.MainPath != before);
        Assert.Equal(1, rig.Lookup().RoundTrips);
        rig.AssertAllAnsweredOnce();
    }

    [Fact]
    public void Query_during_a_renewal_uses_what_answers_first()
    {
        DtlsRig rig = new();
        RenewingPolicy policy = new() { RenewAtMs = 10_000 };
        rig.Policy = policy;
        rig.Connect();
        rig.RunFor(10_000 - rig.Clock.NowMs + 30);
        Assert.Equal(AssociationState.Recovering, rig.Core.State);
        Assert.Equal(1, rig.Lookup().RoundTrips);
        rig.RunFor(5000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Session_that_comes_behind_the_handshake_is_planned_with(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        if (rig is TlsRig tls)
            tls.Session.IdleTimeoutMs = 600_000;

        rig.Policy = new SessionRenewingPolicy();
        rig.Connect();
        rig.RunFor(100_000);

        // One renewal after 10 s, and the next not earlier than a minute behind it.
        Assert.Equal(3, rig.Opens);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
    }

    internal static AssociationRig Make(int kind)
    {
        AssociationRig rig = kind == ProbeKind.Heartbeat ? new DtlsRig() : new TlsRig();
        rig.Options.Keepalive = kind == ProbeKind.Keepalive;
        return rig;
    }

    private static void OnUp(AssociationRig rig, System.Action<long> sent)
    {
        if (rig is DtlsRig dtls)
            dtls.Up.Observer = (ms, _) => sent(ms);
        else
            ((TlsRig)rig).OnSend = sent;
    }

    private sealed class ClosingPolicy : IAssociationPolicy
    {
        public int DecideQuery(AssociationFacts facts) => QueryAction.Resume;

        public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
        {
            plan.Clear();
            if (!facts.HasAssociation)
                return;

            plan.Action = QuietAction.Close;
            plan.EarliestMs = facts.RadioActive ? facts.NowMs : facts.NowMs + 1;
        }

        public void Observe(int observation, AssociationFacts facts)
        {
        }
    }

    private sealed class RenewingPolicy : IAssociationPolicy
    {
        private readonly ThresholdPolicy _inner = new();

        public long RenewAtMs { get; init; }

        public int DecideQuery(AssociationFacts facts) => _inner.DecideQuery(facts);

        public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
        {
            plan.Clear();
            if (facts.NowMs > RenewAtMs)
                return;

            plan.Action = QuietAction.Renew;
            plan.EarliestMs = plan.DueMs = plan.LatestMs = RenewAtMs;
        }

        public void Observe(int observation, AssociationFacts facts)
        {
        }
    }

    private sealed class SessionRenewingPolicy : IAssociationPolicy
    {
        private readonly ThresholdPolicy _inner = new();

        public int DecideQuery(AssociationFacts facts) => _inner.DecideQuery(facts);

        public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
        {
            plan.Clear();
            if (!facts.HasSession)
                return;

            plan.Action = QuietAction.Renew;
            plan.EarliestMs = plan.DueMs = plan.LatestMs = facts.NowMs - facts.GapMs + 10_000;
        }

        public void Observe(int observation, AssociationFacts facts)
        {
        }
    }
}
