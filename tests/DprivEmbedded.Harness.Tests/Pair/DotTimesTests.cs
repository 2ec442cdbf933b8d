using System;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;
using Happening = DprivEmbedded.Harness.Tests.Pair.DotPair.Happening;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Round trips of a lookup, idle times, edns-tcp-keepalive (RFC 7828), drain, early data.</summary>
public class DotTimesTests
{
    public enum Kind
    {
        Full13,
        Resumed13,
        Early13,
        EarlyRejected13,
        Retried13,
        Full12FalseStart,
        Full12,
        Resumed12Ticket,
        Resumed12Id,
        Psk13,
    }

    private static DotPair Pair(int version = ProtocolVersion.Tls13, Action<DotSessionOptions>? configure = null)
    {
        return new DotPair(new PairSetup().WithVersion(version), configure);
    }

    [Theory]
    [InlineData(Kind.Full13, 2)]
    [InlineData(Kind.Resumed13, 2)]
    [InlineData(Kind.Early13, 1)]
    [InlineData(Kind.EarlyRejected13, 2)]
    [InlineData(Kind.Retried13, 3)]
    [InlineData(Kind.Full12FalseStart, 2)]
    [InlineData(Kind.Full12, 3)]
    [InlineData(Kind.Resumed12Ticket, 2)]
    [InlineData(Kind.Resumed12Id, 2)]
    [InlineData(Kind.Psk13, 2)]
    public void RoundTripsOfALookup(Kind kind, int roundTrips)
    {
        foreach (Fragmentation fragmentation in Enum.GetValues<Fragmentation>())
        {
            bool tls12 = kind is Kind.Full12 or Kind.Full12FalseStart or Kind.Resumed12Id or Kind.Resumed12Ticket;
            PairSetup setup = new PairSetup().WithVersion(tls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13);
            setup.Fragmentation = fragmentation;
            setup.Client.FalseStart = kind == Kind.Full12FalseStart;
            setup.Client.EarlyData = kind is Kind.Early13 or Kind.EarlyRejected13;
            setup.Server.EarlyData = kind == Kind.EarlyRejected13 ? EarlyDataMode.Reject : EarlyDataMode.Accept;
            setup.Server.Tickets = kind != Kind.Resumed12Id;
            if (kind == Kind.Retried13)
                setup.Server.HelloRetry = HelloRetryMode.Cookie;
            if (kind == Kind.Psk13)
                setup.WithPsk();

            DotPair pair = new(setup);
            bool resumes = kind is Kind.Resumed13 or Kind.Early13 or Kind.EarlyRejected13 or Kind.Resumed12Id or Kind.Resumed12Ticket;
            if (resumes)
            {
                pair.Lookup();
                pair.Session.Close();
                pair.Run();
            }

            long asked = pair.Clock.NowMs;
            Happening answer = pair.Lookup();
            Assert.Equal(roundTrips, answer.RoundTrips);
            Assert.Equal(asked + (2 * roundTrips * setup.LatencyMs), answer.Ms);
            Assert.True(pair.Session.EventWaitedForHandshake);
            Assert.Equal(resumes, pair.Session.Tls.IsResumed);
            Assert.Equal(1, answer.Attempts);
            Assert.Equal(1, pair.Session.EventTransports);
            Assert.Equal(kind == Kind.Early13, pair.Session.EventWasEarly);
            Assert.Equal(kind == Kind.Early13 ? 1 : 0, pair.Session.EarlyQueries);

            // Reused: one.
            asked = pair.Clock.NowMs;
            answer = pair.Lookup();
            Assert.Equal(1, answer.RoundTrips);
            Assert.Equal(asked + (2 * setup.LatencyMs), answer.Ms);
            Assert.False(pair.Session.EventWaitedForHandshake);
            Assert.Equal(0, pair.Session.EventTransports);
            Assert.False(pair.Session.EventWasEarly);
            Assert.Equal(resumes ? 3 : 2, pair.Server.Counters.Queries);
        }
    }

    [Fact]
    public void QueriesBetweenAnswersTakeOneRoundTripEach()
    {
        DotPair pair = Pair();
        pair.Lookup();
        for (int i = 0; i < 20; i++)
        {
            pair.Ask("n" + i + ".things.example");
            pair.RunFor(7);
        }

        pair.Run();
        Assert.Equal(21, pair.Answers.Count());
        Assert.All(pair.Answers.Skip(1), a => Assert.Equal(1, a.RoundTrips));
    }

    [Theory]
    [InlineData("reset on the query", 1 + 2)]
    [InlineData("silence", 2)]
    [InlineData("failed handshake", 1 + 2)]
    public void RoundTripsLostWithAConnectionCount(string how, int roundTrips)
    {
        DotPair pair = Pair();
        pair.UseTickets = false;
        if (how == "failed handshake")
        {
            pair.Setup.Server.Faults.At = TlsStage.Finished;
            pair.Setup.Server.Faults.Action = TlsFaultAction.Close;
            pair.Ask();
            while (pair.Session.Connections < 2)
                pair.Step(true, long.MaxValue);

            pair.Setup.Server.Faults.At = TlsStage.None;
        }
        else
        {
            pair.Lookup();
            pair.Server.LoseState(how == "silence" ? CloseManner.Silence : CloseManner.Forget);
            pair.Ask("mail.example");
        }

        pair.RunFor(8000);
        Assert.Equal(roundTrips, pair.LastAnswer.RoundTrips);
        Assert.Empty(pair.Failures);
    }

    [Fact]
    public void LostRoundTripsAreThoseOfTheQueryAlone()
    {
        DotPair pair = Pair();
        pair.UseTickets = false;
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.Drop;
        pair.Ask("www.example");
        pair.RunFor(15);
        pair.Server.Options.AnswerFault = AnswerFault.None;
        for (int i = 0; i < 10; i++)
            pair.Lookup("n" + i + ".things.example");

        pair.EndConnection(CloseManner.Reset);
        pair.Run();

        // One for the connection that was reset, two for the next, whatever the others did in between.
        Assert.Equal((2, 1 + 2), (pair.LastAnswer.Attempts, pair.LastAnswer.RoundTrips));
    }

    [Fact]
    public void EarlyQueriesAreAnsweredOnceEachAndNotSentEarlyTwice()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        DotPair pair = new(setup);
        pair.Lookup();
        pair.Session.Close();
        pair.Run();
        pair.Server.Options.AnswerDelayMs = 50;
        pair.AutoConnect = false;
        int[] queries = [pair.Ask("www.example"), pair.Ask("mail.example"), pair.Ask("example")];
        pair.AutoConnect = true;
        pair.Pump();
        pair.RunFor(15);
        Assert.Equal(3, pair.Server.Counters.EarlyQueries);
        pair.EndConnection(CloseManner.Reset);
        pair.Run();

        // Lost early: sent again on the next connection, which resumes with early data for others but not for them.
        Assert.Equal(queries, pair.Answers.Skip(1).Select(a => a.Query).Order());
        Assert.All(pair.Answers.Skip(1), a => Assert.Equal(2, a.Attempts));
        Assert.Equal(3, pair.Server.Counters.EarlyQueries);
    }

    [Fact]
    public void RejectedEarlyQueriesReachTheServerOnce()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        DotPair pair = new(setup);
        pair.Lookup();
        pair.Session.Close();
        pair.Run();
        pair.Server.LoseState(CloseManner.Forget);
        pair.AutoConnect = false;
        int[] queries = [pair.Ask("www.example"), pair.Ask("mail.example")];
        pair.AutoConnect = true;
        pair.Pump();
        pair.Run();
        Assert.Equal(queries, pair.Answers.Skip(1).Select(a => a.Query).Order());
        Assert.All(pair.Answers.Skip(1), a => Assert.Equal((1, 2), (a.Attempts, a.RoundTrips)));
        Assert.Equal(3, pair.Server.Counters.Queries);
        Assert.Equal(0, pair.Server.Counters.EarlyQueries);
        Assert.Equal(1, pair.Server.Counters.EarlyDataOffered);
    }

    [Theory]
    [InlineData(3000, 3000)]
    [InlineData(3050, 3000)]
    [InlineData(100, 100)]
    [InlineData(6553500, 600000)]
    public void TheServersIdleTimeIsKept(int advertisedMs, int closesAfterMs)
    {
        DotPair pair = Pair();
        pair.Server.Options.AdvertisedKeepaliveMs = advertisedMs;
        Happening answer = pair.Lookup();
        Assert.Equal(advertisedMs / 100 * 100, pair.Session.ServerIdleTimeoutMs);
        Assert.Equal(closesAfterMs, pair.Session.IdleTimeoutMs);
        Assert.Equal(answer.Ms + closesAfterMs, pair.Session.WakeDueMs);
        pair.RunToEnd();
        Assert.Equal((DotCloseReason.Idle, TlsError.None, answer.Ms + closesAfterMs), (pair.LastClose.Reason, pair.LastClose.Error, pair.LastClose.Ms));
        Assert.True(pair.Connection.Tls.PeerClosed);
        Assert.Equal(1, pair.Server.Counters.ClosedByClient);
        Assert.False(pair.Session.NeedsConnection);
        Assert.Equal(long.MaxValue, pair.Session.WakeDueMs);
    }

    [Theory]
    [InlineData(10000)]
    [InlineData(0)]
    public void WithoutAWordOfTheServerTheOwnIdleTimeIsKept(int idleMs)
    {
        DotPair pair = Pair(ProtocolVersion.Tls12, o => o.IdleTimeoutMs = idleMs);
        pair.Lookup();
        long answered = pair.LastAnswer.Ms;
        Assert.Equal(-1, pair.Session.ServerIdleTimeoutMs);
        pair.RunToEnd();
        Assert.Equal((DotCloseReason.Idle, answered + idleMs), (pair.LastClose.Reason, pair.LastClose.Ms));
    }

    [Fact]
    public void AQueryInTheIdleTimePutsTheCloseOff()
    {
        DotPair pair = Pair();
        pair.Server.Options.AdvertisedKeepaliveMs = 1000;
        pair.Lookup();
        for (int i = 0; i < 10; i++)
        {
            pair.RunFor(900);
            pair.Lookup();
        }

        Assert.Equal(1, pair.Session.Connections);
        long answered = pair.LastAnswer.Ms;
        pair.RunToEnd();
        Assert.Equal(answered + 1000, pair.LastClose.Ms);
    }

    [Fact]
    public void AnIdleTimeDoesNotRunWhileAnAnswerIsDue()
    {
        DotPair pair = Pair();
        pair.Server.Options.AdvertisedKeepaliveMs = 1000;
        pair.Lookup();
        pair.Server.Options.AnswerDelayMs = 4000;
        pair.Ask();
        pair.RunFor(4500);
        Assert.Equal(2, pair.Answers.Count());
        Assert.Equal(1, pair.Session.Connections);
    }

    [Fact]
    public void AKeepaliveOf0DrainsTheConnection()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.OutOfOrder = true;
        pair.Server.Options.AnswerDelayMs = 100;
        int slow = pair.Ask("www.example");
        pair.RunFor(15);
        pair.Server.Options.AnswerDelayMs = 0;
        pair.Server.Options.Draining = true;
        int fast = pair.Ask("mail.example");
        while (!pair.Session.IsDraining)
            Assert.True(pair.Step(true, long.MaxValue));

        Assert.Equal(fast, pair.LastAnswer.Query);
        Assert.Equal(1, pair.Session.InFlight);
        pair.Server.Options.Draining = false;

        // New queries wait for the next connection; the one in flight is still answered on this one.
        int late = pair.Ask("example");
        Assert.Equal(1, pair.Session.InFlight);
        Assert.Equal(1, pair.Session.Connections);
        pair.Run();
        Assert.Equal([fast, slow, late], pair.Answers.Skip(1).Select(a => a.Query));
        Assert.All(pair.Answers, a => Assert.Equal(1, a.Attempts));
        Assert.Equal(DotCloseReason.Drained, pair.LastClose.Reason);
        Assert.Equal(2, pair.Session.Connections);
        Assert.Equal(1, pair.Server.Counters.ResumedHandshakes);
        Assert.False(pair.Session.IsDraining);
    }

    [Fact]
    public void AKeepaliveOf0WithNothingInFlightClosesAtOnce()
    {
        DotPair pair = Pair();
        pair.Server.Options.Draining = true;
        long answered = pair.Lookup().Ms;
        Assert.Equal((DotCloseReason.Drained, answered), (pair.LastClose.Reason, pair.LastClose.Ms));
        Assert.Empty(pair.Failures);
        pair.Lookup();
        Assert.Equal(2, pair.Session.Connections);
    }

    [Theory]
    [InlineData(CloseManner.Notify)]
    [InlineData(CloseManner.Fin)]
    public void AServerThatClosesBeforeItsTimeIsBelievedByItsDeeds(CloseManner manner)
    {
        DotPair pair = Pair();
        pair.Server.Options.AdvertisedKeepaliveMs = 30000;
        pair.Server.Options.IdleTimeoutMs = 4000;
        pair.Server.Options.IdleClose = manner;
        pair.Lookup();
        Assert.Equal(30000, pair.Session.IdleTimeoutMs);
        pair.RunToEnd();
        Assert.Equal((DotCloseReason.Server, TlsError.None), (pair.LastClose.Reason, pair.LastClose.Error));
        Assert.InRange(pair.Session.IdleTimeoutMs, 3000, 3999);

        // The second time the client is the first to close.
        pair.Lookup();
        Assert.InRange(pair.Session.IdleTimeoutMs, 3000, 3999);
        pair.RunToEnd();
        Assert.Equal(DotCloseReason.Idle, pair.LastClose.Reason);
        Assert.Equal(1, pair.Server.Counters.IdleCloses);
        Assert.Empty(pair.Failures);
    }

    /// <summary>One forged segment would otherwise make the client close every connection after it too early, and resume for each lookup.</summary>
    [Fact]
    public void AResetTeachesNothing()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.RunFor(100);
        pair.EndConnection(CloseManner.Reset);
        pair.RunToEnd();
        Assert.Equal(DotCloseReason.Server, pair.LastClose.Reason);
        Assert.Equal(10000, pair.Session.IdleTimeoutMs);
        pair.Lookup();
        pair.RunFor(5000);
        pair.Lookup();
        Assert.Equal(2, pair.Session.Connections);
    }

    [Fact]
    public void OneEarlyCloseDoesNotCountForEver()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.RunFor(100);
        pair.EndConnection(CloseManner.Fin);
        pair.RunToEnd();
        Assert.InRange(pair.Session.IdleTimeoutMs, 50, 120);
        for (int i = 0; i < 40; i++)
        {
            pair.Lookup();
            pair.RunToEnd();
            Assert.Equal(DotCloseReason.Idle, pair.LastClose.Reason);
        }

        Assert.Equal(10000, pair.Session.IdleTimeoutMs);
    }

    [Fact]
    public void AServerThatClosesAfterEachAnswerServesEveryQuery()
    {
        DotPair pair = Pair();
        pair.Server.Options.CloseAfterAnswers = 1;
        for (int i = 0; i < 5; i++)
            Assert.Equal(1, pair.Lookup().Attempts);

        Assert.Equal(5, pair.Session.Connections);
        Assert.Equal(4, pair.Server.Counters.ResumedHandshakes);
        Assert.Empty(pair.Failures);
    }

    [Fact]
    public void APipelineOnAServerThatClosesAfterEachAnswerComesToItsEnd()
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, o => o.MaxAttempts = 8);
        pair.Server.Options.CloseAfterAnswers = 1;
        int[] queries = [pair.Ask("www.example"), pair.Ask("mail.example"), pair.Ask("example"), pair.Ask("ns.example")];
        pair.Run();
        Assert.Equal(queries, pair.Answers.Select(a => a.Query).Order());
        Assert.Empty(pair.Failures);
    }

    [Fact]
    public void TheCallerClosesInOrder()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Session.Close();
        pair.Session.Close();
        pair.Pump();
        pair.Run();
        Assert.Equal((DotCloseReason.Caller, TlsError.None), (pair.LastClose.Reason, pair.LastClose.Error));
        Assert.True(pair.Connection.Tls.PeerClosed);
        Assert.Single(pair.Events, e => e.Event == DotEvent.Closed);
    }

    [Fact]
    public void ATicketThatComesLaterResumesTheNextConnection()
    {
        DotPair pair = Pair();
        pair.Setup.Server.TicketCount = 0;
        pair.Lookup();
        Assert.Empty(pair.Tickets);
        pair.Connection.Tls.SendTicket();
        pair.Pump();
        pair.Run();
        Assert.Single(pair.Tickets);
        pair.Session.Close();
        pair.Lookup();
        Assert.Equal(1, pair.Server.Counters.ResumedHandshakes);
    }

    [Fact]
    public void AllIsZeroedByClear()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerDelayMs = 1000;
        pair.Ask();
        pair.Session.Clear();
        Assert.Equal(0, pair.Session.InFlight);
        Assert.False(pair.Session.IsOpen);
        Assert.False(pair.Session.NeedsConnection);
        Assert.All(pair.Session.Tls.DataBuffer, b => Assert.Equal(0, b));
        Assert.All(pair.Session.Tls.SendBuffer, b => Assert.Equal(0, b));
    }

    [Fact]
    public void AQueryLargerThanTheServersRecordsIsSentInPieces()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.ReceiveBufferBytes = 4096;
        setup.Server.RecordSizeLimit = 64;
        DotPair pair = new(setup);
        pair.Lookup();
        pair.Lookup("mail.example");
        Assert.Equal(1, pair.Session.Connections);
        Assert.Equal(NamedGroup.X25519, pair.Session.Tls.Group);
    }

    [Fact]
    public void AFullSendBufferHoldsQueriesBackAndLosesNone()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.SendBufferBytes = 1024;
        DotPair pair = new(setup, o => o.MaxQueries = 32);
        pair.Lookup();
        byte[] message = DotPair.Message("www.example");
        for (int i = 0; i < 32; i++)
            Assert.Equal(i, pair.Session.Query(message, 0, message.Length, pair.Clock.NowMs));

        Assert.InRange(pair.Session.InFlight, 1, 10);
        pair.Pump();
        pair.Run();
        Assert.Equal(33, pair.Answers.Count());
        Assert.Equal(1, pair.Session.Connections);
    }
}
