using System;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>Losses: what each signal means, how long each takes to be seen, what strangers can cause.</summary>
public class LossTests
{
    internal static byte[] Alert => [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 10];

    /// <summary>Silence is a loss after three smoothed round trip times; then follows one resumption: 2 round trips with the query over DTLS, 3 over TLS with TCP's own.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(200)]
    public void Silence_over_DTLS_is_recovered_within_the_bound(int latencyMs)
    {
        DtlsRig rig = new(1, new PairDtls.DodSetup { LatencyMs = latencyMs });
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        rig.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
        rig.Forget();
        long start = rig.Clock.NowMs;
        int silence = Math.Max(3 * rig.Core.SmoothedRttMs, 100);
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(silence + 4 * latencyMs, answer.Ms - start);
        Assert.Equal(2, answer.RoundTrips);
        rig.AssertAllAnsweredOnce();
        rig.RunFor(2000);
        Assert.Equal(1, policy.Count(AssociationObservation.LostSilently));
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.Equal(0, rig.Core.SignalRecoveries);
    }

    [Theory]
    [InlineData(10, ProtocolVersion.Tls12, 2)]
    [InlineData(50, ProtocolVersion.Tls12, 2)]
    [InlineData(50, ProtocolVersion.Tls13, 2)]
    [InlineData(200, ProtocolVersion.Tls13, 2)]
    [InlineData(50, ProtocolVersion.Tls13, 1)]
    public void Silence_over_TLS_is_recovered_within_the_bound(int latencyMs, int version, int paths)
    {
        TlsRig rig = new(version) { LatencyMs = latencyMs };
        rig.Options.MaxPaths = paths;
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        rig.DropSilently();
        long start = rig.Clock.NowMs;
        int silence = Math.Max(3 * rig.Core.SmoothedRttMs, 100);
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(silence + 6 * latencyMs, answer.Ms - start);
        Assert.Equal(3, answer.RoundTrips);
        rig.AssertAllAnsweredOnce();
        rig.RunFor(2000);
        Assert.Equal(1, policy.Count(AssociationObservation.LostSilently));
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
    }

    /// <summary>The old association is not asked again while the resumption that an alert brought is under way; its other end would only say the same again.</summary>
    [Fact]
    public void After_an_alert_the_query_is_sent_once_more_and_not_oftener()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Forget();
        Assert.Equal((3, 2), (rig.Lookup().RoundTrips, rig.LastAnswer.Attempts));
    }

    /// <summary>A resolver that takes its time is no dead association, where TCP acknowledges.</summary>
    [Fact]
    public void Slow_answer_over_TLS_starts_nothing_where_TCP_acknowledges()
    {
        TlsRig rig = new() { KnowsAcknowledgements = true, Acknowledged = _ => true };
        rig.Connect();
        rig.Server.Options.AnswerDelayMs = 3000;
        rig.Lookup();
        Assert.Equal(1, rig.Opens);
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>Nor where the server answers heartbeats.</summary>
    [Fact]
    public void Slow_answer_over_DTLS_starts_nothing_where_heartbeats_are_answered()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Setup.Dod.AnswerDelayMs = 3000;
        rig.Lookup();
        Assert.Equal(1, rig.Opens);
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>Without either the resumption runs in vain, and the first answer counts, whichever side it comes from.</summary>
    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Slow_answer_costs_a_resumption_otherwise(int transport)
    {
        AssociationRig rig = Make(transport);
        if (rig is DtlsRig dtls)
            dtls.Setup.Dtls.Heartbeat = HeartbeatPolicy.Off;

        rig.Connect();
        Delay(rig, 700);
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(2, rig.Opens);
        rig.AssertAllAnsweredOnce();
        rig.RunFor(3000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.InRange(answer.RoundTrips, 1, 3);
    }

    /// <summary>A flood of forged alerts ends nothing, and costs no more resumptions than the budget has.</summary>
    [Fact]
    public void Forged_alerts_never_end_an_association_that_answers()
    {
        DtlsRig rig = new();
        rig.Options.SignalBudgetPerHour = 6;
        rig.Connect();
        int full = rig.Setup.Counters.FullHandshakes;
        for (int i = 0; i < 200; i++)
        {
            rig.Ask();
            for (int k = 0; k < 20; k++)
                rig.GiveClient(rig.Core.MainPath, Alert);

            rig.RunFor(300);
        }

        rig.AssertAllAnsweredOnce();
        Assert.InRange(rig.Core.SignalRecoveries, 1, 4);
        Assert.InRange(rig.Opens, 2, 5);
        Assert.Equal(full, rig.Setup.Counters.FullHandshakes);
        Assert.True(rig.Core.SignalsIgnored > 100);

        // The next hour has a new budget, and not more.
        rig.RunFor(3_600_000);
        int before = rig.Opens;
        for (int i = 0; i < 600; i++)
        {
            rig.Ask();
            rig.GiveClient(rig.Core.MainPath, Alert);
            rig.RunFor(6_000);
        }

        rig.AssertAllAnsweredOnce();
        Assert.InRange(rig.Opens - before, 6, 4 + 6 + 1);
    }

    [Fact]
    public void Forged_alerts_in_quiet_time_start_nothing_and_make_the_next_query_hedge()
    {
        DtlsRig rig = new();
        rig.Connect();
        for (int k = 0; k < 1000; k++)
            rig.GiveClient(rig.Core.MainPath, Alert);

        rig.RunFor(10_000);
        Assert.Equal(1, rig.Opens);
        Assert.Equal(AssociationState.Suspect, rig.Core.State);
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(QueryAction.Hedge, answer.Action);
        Assert.Equal(1, answer.RoundTrips);
        rig.RunFor(1000);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
    }

    [Fact]
    public void Unreachable_is_a_hint_like_an_alert()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Forget();
        rig.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
        rig.Ask();
        rig.Unreachable(rig.Core.MainPath);
        Assert.Equal(AssociationState.Recovering, rig.Core.State);
        rig.RunFor(220);
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>Whoever resets each connection costs tokens while they last, then ever fewer connections, and lookups still succeed where they can.</summary>
    [Fact]
    public void Reset_flood_costs_a_bounded_number_of_connections()
    {
        TlsRig rig = new();
        rig.Options.MaxAttempts = 16;
        rig.Options.QueryTimeoutMs = 60_000;
        rig.KnowsAcknowledgements = true;
        rig.Acknowledged = _ => true;
        rig.Connect();
        rig.Server.Options.AnswerDelayMs = 1000;
        rig.Ask();
        for (int i = 0; i < 66; i++)
        {
            rig.RunFor(490);
            rig.ResetAll();
            rig.RunFor(10);
        }

        // 33 s: 4 tokens, then after 1, 2, 4, 8 and 16 s.
        Assert.InRange(rig.Opens, 6, 1 + 4 + 5);
        rig.RunFor(30_000);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13)]
    [InlineData(AssociationTransport.Dodtls, 0)]
    public void Refused_ticket_is_a_full_handshake_in_the_same_place(int transport, int version)
    {
        AssociationRig rig = Make(transport, version);
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        LoseEverything(rig);
        rig.Lookup();
        rig.RunFor(1000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(2, rig.Opens);
        Assert.Equal(1, policy.Count(AssociationObservation.SessionRefused));
        Assert.Equal(2, policy.Count(AssociationObservation.ConnectedFull));

        // The new session is good.
        Forget(rig);
        rig.Lookup();
        Assert.Equal(1, policy.Count(AssociationObservation.ConnectedResumed));
    }

    [Theory]
    [InlineData(CloseManner.Notify)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Reset)]
    public void Server_closes_an_idle_connection(CloseManner manner)
    {
        TlsRig rig = new();
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Connect();
        rig.Server.Options.IdleClose = manner;
        rig.Server.Options.IdleTimeoutMs = 3000;
        rig.RunFor(5000);
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(1, policy.Count(manner == CloseManner.Reset ? AssociationObservation.LostFast : AssociationObservation.ClosedByServer));
        Assert.Equal(1, rig.Opens);
        Assert.Equal(0, rig.Core.SignalRecoveries);
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(QueryAction.Resume, answer.Action);
        Assert.Equal(3, answer.RoundTrips);
        rig.AssertAllAnsweredOnce();
    }

    [Fact]
    public void Server_closes_an_idle_association()
    {
        DtlsRig rig = new();
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        rig.Setup.Dtls.IdleTimeoutMs = 3000;
        rig.Connect();
        rig.RunFor(5000);
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(1, policy.Count(AssociationObservation.ClosedByServer));
        Assert.Equal(2, rig.Lookup().RoundTrips);
    }

    /// <summary>A server that drains (RFC 7828) answers what it owes; the next query does not wait for that.</summary>
    [Fact]
    public void Draining_does_not_hold_back_the_next_query()
    {
        TlsRig rig = new();
        rig.Connect();
        rig.Server.Options.OutOfOrder = true;
        rig.Server.Options.AnswerDelayMs = 5000;
        rig.Options.MinSilenceMs = 1000;
        rig.Acknowledged = _ => true;
        rig.Ask("mail.example");
        rig.RunFor(100);
        rig.Server.Options.AnswerDelayMs = 0;
        rig.Server.Options.Draining = true;
        rig.Ask();
        rig.RunFor(150);
        rig.Server.Options.Draining = false;
        long start = rig.Clock.NowMs;
        AssociationRig.Happening answer = rig.Lookup();
        Assert.InRange(answer.Ms - start, 0, 300);
        rig.RunFor(6000);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12, false)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13, false)]
    [InlineData(AssociationTransport.Dodtls, 0, false)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12, true)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13, true)]
    [InlineData(AssociationTransport.Dodtls, 0, true)]
    public void Restart_under_fifty_queries_loses_none_and_answers_none_twice(int transport, int version, bool withKeys)
    {
        AssociationRig rig = Make(transport, version);
        rig.Connect();
        Delay(rig, 200);
        for (int i = 0; i < 50; i++)
            rig.Ask();

        rig.RunFor(120);
        if (withKeys)
            LoseEverything(rig);
        else
            Forget(rig);

        rig.RunFor(60);
        Delay(rig, 0);
        rig.RunFor(9000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(51, rig.Answered.Count);
    }

    /// <summary>A server that takes the query of a false start for the proof that its last flight came, and never sends that again: the handshake is made again without.</summary>
    [Fact]
    public void False_start_in_vain_is_made_again_without()
    {
        DtlsRig rig = new();
        rig.Setup.Client.Groups = [NamedGroup.Secp256r1];
        bool first = true;
        rig.Down.Script = datagram => rig.Opens == 1 && first && HasFinished(datagram) ? DatagramFate.Lose : DatagramFate.Deliver;
        rig.Start();
        rig.Ask();
        rig.RunFor(9000);
        Assert.Equal(2, rig.Opens);
        rig.AssertAllAnsweredOnce();
        Assert.True(((DodSession)rig.Core.Conversation(rig.Core.MainPath)).Dtls.NoFalseStart);
        first = false;

        static bool HasFinished(byte[] datagram)
        {
            for (int at = 0; at + 13 <= datagram.Length; at += 13 + ((datagram[at + 11] << 8) | datagram[at + 12]))
            {
                if (datagram[at + 4] == 1)
                    return true;
            }

            return false;
        }
    }

    /// <summary>An alert in a handshake is doubted, as nobody authenticated it; a server that says the same again and again is believed.</summary>
    [Fact]
    public void Alert_in_a_DTLS_handshake_is_doubted()
    {
        DtlsRig rig = new();
        bool lost = false;
        rig.Down.Script = _ => lost ? DatagramFate.Deliver : Lose();
        rig.Start();
        rig.Ask();
        rig.GiveClient(rig.Core.MainPath, Alert);
        rig.RunFor(5000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(1, rig.Core.SignalRecoveries);

        DatagramFate Lose()
        {
            lost = true;
            return DatagramFate.Lose;
        }
    }

    [Fact]
    public void Server_that_refuses_every_handshake_is_believed()
    {
        DtlsRig rig = new();
        rig.Setup.Client.CipherSuites = [CipherSuite.PskAes128Ccm8];
        rig.Setup.Client.Psk = Pair.PairKeys.Psk;
        rig.Setup.Client.PskIdentity = Pair.PairKeys.PskIdentity;
        rig.Start();
        rig.Ask();
        rig.RunFor(9000);
        Assert.True(Assert.Single(rig.Failures).Error >= TlsError.AlertReceived);
        Assert.Equal(3, rig.Opens);
        Assert.Equal(AssociationState.Closed, rig.Core.State);
    }

    /// <summary>What a NAT forgot in the middle of a handshake is made again, long before the handshake's own time limit.</summary>
    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Handshake_that_stands_still_is_made_again(int transport)
    {
        AssociationRig rig = Make(transport);
        rig.Start();
        rig.Ask();
        rig.RunFor(transport == AssociationTransport.Dot ? 120 : 170);
        if (rig is TlsRig tls)
            tls.DropSilently();
        else
        {
            ((DtlsRig)rig).Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
            ((DtlsRig)rig).Rebind();
        }

        rig.RunFor(9000);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(2, rig.Opens);
        Assert.InRange(rig.LastAnswer.Ms, 1000, 9000);
    }

    /// <summary>Nobody listens: the queries fail at once, with that error.</summary>
    [Fact]
    public void Connection_refused_fails_the_queries_that_wait()
    {
        TlsRig rig = new() { IsUnreachable = true };
        rig.Start();
        rig.Ask();
        rig.Ask();
        rig.RunFor(150);
        Assert.Equal(2, rig.Failures.Count());
        Assert.All(rig.Failures, f => Assert.Equal(TlsError.ConnectFailed, f.Error));
        Assert.Equal(AssociationState.Closed, rig.Core.State);
    }

    [Fact]
    public void Query_that_nobody_answers_fails_by_its_own_time_limit()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Up.IsCut = true;
        rig.Ask();
        rig.RunFor(10_001);
        Assert.Equal(DotError.QueryTimeout, Assert.Single(rig.Failures).Error);
        rig.RunFor(30_000);
        rig.Up.IsCut = false;
        rig.Lookup();
        Assert.Equal(2, rig.Answers.Count());
    }

    internal static AssociationRig Make(int transport, int version = ProtocolVersion.Tls13)
    {
        return transport == AssociationTransport.Dot ? new TlsRig(version) : new DtlsRig();
    }

    internal static void Forget(AssociationRig rig)
    {
        if (rig is TlsRig tls)
            tls.Forget();
        else
            ((DtlsRig)rig).Forget();
    }

    internal static void LoseEverything(AssociationRig rig)
    {
        if (rig is TlsRig tls)
            tls.Server.LoseState();
        else
            ((DtlsRig)rig).Setup.Server.LoseState();
    }

    internal static void Delay(AssociationRig rig, int ms)
    {
        if (rig is TlsRig tls)
            tls.Server.Options.AnswerDelayMs = ms;
        else
            ((DtlsRig)rig).Setup.Dod.AnswerDelayMs = ms;
    }
}
