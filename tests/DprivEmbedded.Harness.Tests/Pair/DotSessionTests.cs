using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Tls;
using Xunit;
using Happening = DprivEmbedded.Harness.Tests.Pair.DotPair.Happening;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>The DNS conversation: frames, IDs, pipelining, loss, retries, times, drain.</summary>
public class DotSessionTests
{
    private static DotPair Pair(int version = ProtocolVersion.Tls13, Action<DotSessionOptions>? configure = null, int answerBytes = 65535)
    {
        return new DotPair(new PairSetup().WithVersion(version), configure, answerBytes);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void OneLookup(int version)
    {
        DotPair pair = Pair(version);
        Happening answer = pair.Lookup();
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(answer.Answer, 0, answer.Answer.Length));
        Assert.True(reader.IsResponse);
        Assert.Equal(2, reader.AnswerCount);
        Assert.Equal(1, answer.Attempts);
        Assert.Equal(0, pair.Session.InFlight);
        Assert.Equal(1, pair.Session.Connections);
        Assert.True(pair.Session.BytesUp > 300);
        Assert.True(pair.Session.BytesDown > 500);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, false)]
    [InlineData(ProtocolVersion.Tls12, true)]
    [InlineData(ProtocolVersion.Tls13, false)]
    [InlineData(ProtocolVersion.Tls13, true)]
    public void PipelinedAnswersInAnyOrder(int version, bool together)
    {
        foreach (Fragmentation fragmentation in Enum.GetValues<Fragmentation>())
        {
            DotPair pair = Pair(version);
            pair.Setup.Fragmentation = fragmentation;
            pair.Server.Options.OutOfOrder = true;
            pair.Server.Options.AnswerJitterMs = 50;
            pair.Server.Options.CoalesceAnswers = together;
            pair.Lookup();
            string[] names = ["example", "www.example", "mail.example", "mail2.example", "ns.example", "broker.example", "a.things.example", "b.things.example"];
            Dictionary<int, string> asked = names.ToDictionary(n => pair.Ask(n));
            Assert.Equal(8, pair.Session.InFlight);
            pair.Run();
            List<Happening> answers = [.. pair.Answers.Skip(1)];
            Assert.Equal(8, answers.Count);
            Assert.NotEqual(asked.Keys, answers.Select(a => a.Query));
            foreach (Happening answer in answers)
            {
                DnsMessageReader reader = new();
                Assert.True(reader.Reset(answer.Answer, 0, answer.Answer.Length));
                Assert.Equal(DnsName.Parse(asked[answer.Query]), reader.ReadName(reader.QuestionNameOffset));
            }

            Assert.Equal(0, pair.Session.UnmatchedAnswers);
            Assert.Equal(1, pair.Session.Connections);
        }
    }

    [Fact]
    public void MessageIdsAreRandomAndNotInFlight()
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, o => o.MaxQueries = 256);
        pair.Lookup();
        pair.Server.Options.AnswerDelayMs = 10;
        for (int i = 0; i < 256; i++)
            pair.Ask("n" + i + ".things.example");

        Assert.Equal(-1, pair.Session.Query(DotPair.Message("www.example"), 0, DotPair.Message("www.example").Length, pair.Clock.NowMs));
        pair.Run();
        int[] ids = [.. pair.Answers.Skip(1).Select(a => (a.Answer[0] << 8) | a.Answer[1])];
        Assert.Equal(256, ids.Distinct().Count());
        Assert.NotEqual(ids.Order(), ids);
    }

    [Theory]
    [InlineData(AnswerFault.WrongId)]
    [InlineData(AnswerFault.WrongQuestion)]
    [InlineData(AnswerFault.Echo)]
    [InlineData(AnswerFault.Garbage)]
    public void AWrongAnswerIsPassedOverAndTheRightOneTaken(AnswerFault fault)
    {
        DotPair pair = Pair();
        pair.Server.Options.AnswerFault = fault;
        pair.Server.Options.RightAnswerFollows = true;
        pair.Lookup();
        Assert.Equal(1, pair.Session.UnmatchedAnswers);
        Assert.Empty(pair.Failures);
        Assert.Equal(1, pair.Session.Connections);
    }

    [Fact]
    public void AnAnswerTwiceIsTakenOnce()
    {
        DotPair pair = Pair();
        pair.Server.Options.AnswerFault = AnswerFault.Duplicate;
        pair.Lookup();
        Assert.Equal(1, pair.Session.UnmatchedAnswers);
        Assert.Single(pair.Answers);
    }

    [Fact]
    public void ThousandsOfStrayAnswersInARecordAreReadInALoop()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.Drop;
        pair.Ask();
        pair.Run();

        // 1170 frames of 12 bytes a record, and many records: a call a frame on the stack would not end well on a board.
        byte[] frame = [0, 12, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] flood = [.. Enumerable.Repeat(frame, 1170 * 20).SelectMany(f => f)];
        pair.ServerSend(flood);
        int unmatched = -1;
        Exception? thrown = null;
        System.Threading.Thread reader = new(
            () =>
            {
                try
                {
                    pair.Run();
                    unmatched = pair.Session.UnmatchedAnswers;
                }
                catch (Exception e)
                {
                    thrown = e;
                }
            },
            256 * 1024);
        reader.Start();
        reader.Join();
        Assert.Null(thrown);
        Assert.InRange(unmatched, 1170 * 20 - 20, 1170 * 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(11)]
    public void AFrameTooShortForAMessageGivesTheConnectionUp(int length)
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.Drop;
        int query = pair.Ask();
        pair.Run();
        pair.ServerSend([0, (byte)length, .. new byte[length]]);
        pair.Run();
        Happening failure = Assert.Single(pair.Failures);
        Assert.Equal((query, DotError.MalformedFrame), (failure.Query, failure.Error));
        Assert.Equal((DotCloseReason.Failed, DotError.MalformedFrame), (pair.LastClose.Reason, pair.LastClose.Error));
        Assert.Equal(AlertDescription.DecodeError, pair.Connection.Tls.AlertReceived);
        Assert.True(pair.Events.FindIndex(e => e.Event == DotEvent.QueryFailed) < pair.Events.FindIndex(e => e.Event == DotEvent.Closed));

        // The next query makes a new connection.
        pair.Server.Options.AnswerFault = AnswerFault.None;
        pair.Lookup();
        Assert.Equal(2, pair.Session.Connections);
    }

    [Fact]
    public void AnEmptyFrameOfAnotherQueryFailsEveryQueryInFlight()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.EmptyFrame;
        pair.Ask("www.example");
        pair.Ask("mail.example");
        pair.Run();
        Assert.Equal(2, pair.Failures.Count());
        Assert.All(pair.Failures, f => Assert.Equal(DotError.MalformedFrame, f.Error));
    }

    [Fact]
    public void AnAnswerThatDoesNotParseFailsItsQuery()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.HalfMessage;
        int query = pair.Ask();
        pair.Run();
        Happening failure = Assert.Single(pair.Failures);
        Assert.Equal((query, DotError.MalformedAnswer), (failure.Query, failure.Error));
        pair.Server.Options.AnswerFault = AnswerFault.None;
        pair.Lookup();
        Assert.Equal(1, pair.Session.Connections);
    }

    [Theory]
    [InlineData(Fragmentation.Whole)]
    [InlineData(Fragmentation.Bytes)]
    [InlineData(Fragmentation.Random)]
    public void AnAnswerLargerThanTheBufferIsSkippedAndTheNextRead(Fragmentation fragmentation)
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, null, 512);
        pair.Setup.Fragmentation = fragmentation;
        pair.Setup.Server.MaxRecordContentBytes = 700;
        pair.Lookup();
        int large = pair.Ask("large.example", DnsType.Txt);
        int small = pair.Ask("mail.example");
        pair.Run();
        Happening failure = Assert.Single(pair.Failures);
        Assert.Equal((large, DotError.AnswerTooLarge), (failure.Query, failure.Error));
        Assert.Equal(small, pair.LastAnswer.Query);
        Assert.Equal(1, pair.Session.Connections);
    }

    [Fact]
    public void ALargeAnswerInOneRecordNeedsNoBuffer()
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, null, 512);
        Assert.True(pair.Lookup("large.example", DnsType.Txt).Answer.Length > 4096);
    }

    [Theory]
    [InlineData(1, Fragmentation.Whole)]
    [InlineData(1, Fragmentation.Random)]
    [InlineData(2, Fragmentation.Bytes)]
    [InlineData(7, Fragmentation.Whole)]
    [InlineData(100, Fragmentation.Bytes)]
    [InlineData(100, Fragmentation.Coalesced)]
    [InlineData(16384, Fragmentation.Bytes)]
    public void AnswersAcrossRecordsAndRecordsOfManyAnswers(int recordBytes, Fragmentation fragmentation)
    {
        DotPair pair = Pair();
        pair.Setup.Fragmentation = fragmentation;
        pair.Setup.Server.MaxRecordContentBytes = recordBytes;
        pair.Server.Options.CoalesceAnswers = true;
        pair.Server.Options.AnswerDelayMs = 5;
        int[] queries = [pair.Ask("www.example"), pair.Ask("large.example", DnsType.Txt), pair.Ask("mail.example"), pair.Ask("example")];
        pair.Run();
        Assert.Equal(queries, pair.Answers.Select(a => a.Query));
        Assert.Equal(0, pair.Session.UnmatchedAnswers);
    }

    [Fact]
    public void TheLengthPrefixInARecordOfItsOwn()
    {
        DotPair pair = Pair();
        pair.Server.Options.SplitLengthPrefix = true;
        pair.Lookup();
        pair.Lookup("mail.example");
    }

    [Theory]
    [InlineData(AnswerFault.HalfFrame)]
    [InlineData(AnswerFault.OversizeFrame)]
    public void AFrameThatNeverEndsIsSilence(AnswerFault fault)
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerFault = fault;
        long asked = pair.Clock.NowMs;
        pair.Ask();
        pair.Run();
        pair.Server.Options.AnswerFault = AnswerFault.None;
        pair.RunFor(9000);
        Assert.Equal(2, pair.LastAnswer.Attempts);
        Assert.Equal(TlsError.SilentPeer, pair.LastClose.Error);
        Assert.InRange(pair.LastAnswer.Ms - asked, 5000, 5100);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void AServerThatLostItsStateIsMetWithAFullHandshake(int version)
    {
        foreach (CloseManner manner in new[] { CloseManner.Forget, CloseManner.Reset, CloseManner.Fin })
        {
            DotPair pair = Pair(version);
            pair.Lookup();
            pair.Server.LoseState(manner);
            pair.Pump();
            pair.Run();
            Happening answer = pair.Lookup();
            Assert.Equal(manner == CloseManner.Forget ? 2 : 1, answer.Attempts);
            Assert.Equal(2, pair.Session.Connections);
            Assert.Equal(2, pair.Server.Counters.FullHandshakes);
            Assert.Equal(0, pair.Server.Counters.ResumedHandshakes);
            Assert.Empty(pair.Failures);

            // And the one after that is resumed again.
            pair.Session.Close();
            pair.Lookup();
            Assert.Equal(1, pair.Server.Counters.ResumedHandshakes);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AResetWithQueriesInFlightSendsThemAgain(bool reset)
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerDelayMs = 100;
        int[] queries = [pair.Ask("www.example"), pair.Ask("mail.example"), pair.Ask("example")];
        pair.RunFor(30);
        pair.EndConnection(reset ? CloseManner.Reset : CloseManner.Fin);
        pair.Run();
        Assert.Equal(queries, pair.Answers.Skip(1).Select(a => a.Query).Order());
        Assert.All(pair.Answers.Skip(1), a => Assert.Equal(2, a.Attempts));
        Assert.Equal(2, pair.Session.Connections);
        Assert.Equal(1, pair.Server.Counters.ResumedHandshakes);
        Assert.Equal(reset ? TlsError.ConnectionReset : TlsError.Truncated, pair.LastClose.Error);
        Assert.Equal(DotCloseReason.Failed, pair.LastClose.Reason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AQueryIsSentAsOftenAsAllowed(int attempts)
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, o => o.MaxAttempts = attempts);
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.Drop;
        pair.Server.Options.CloseAfterAnswers = 0;
        int query = pair.Ask();
        for (int i = 0; i < attempts; i++)
        {
            pair.RunFor(60);
            pair.EndConnection(CloseManner.Notify);
            pair.Run();
        }

        Happening failure = Assert.Single(pair.Failures);
        Assert.Equal((query, DotError.TooManyAttempts, attempts), (failure.Query, failure.Error, failure.Attempts));
        Assert.Equal(1 + attempts, pair.Server.Counters.Queries);
        Assert.False(pair.Session.NeedsConnection);
    }

    [Fact]
    public void SilenceGivesTheConnectionUpAndTheQueryGoesToTheNext()
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, o => o.SilenceTimeoutMs = 2000);
        pair.Lookup();
        pair.Link.Cut();
        long asked = pair.Clock.NowMs;
        pair.Ask();
        Assert.Equal(asked + 2000, pair.Session.WakeDueMs);
        pair.RunFor(3000);
        Assert.Equal(2, pair.LastAnswer.Attempts);
        Assert.Equal(TlsError.SilentPeer, pair.LastClose.Error);
        Assert.Equal(asked + 2000, pair.LastClose.Ms);
        Assert.Equal(asked + 2000 + (4 * pair.Setup.LatencyMs), pair.LastAnswer.Ms);
    }

    [Fact]
    public void AQueryThatIsNotAnsweredInTimeFails()
    {
        DotPair pair = Pair(ProtocolVersion.Tls13, o => (o.QueryTimeoutMs, o.SilenceTimeoutMs) = (3000, 100_000));
        pair.Lookup();
        pair.Server.Options.AnswerFault = AnswerFault.Drop;
        long asked = pair.Clock.NowMs;
        int query = pair.Ask();
        pair.RunFor(3001);
        Happening failure = Assert.Single(pair.Failures);
        Assert.Equal((query, DotError.QueryTimeout, asked + 3000), (failure.Query, failure.Error, failure.Ms));

        // The slot is free, and the connection still serves.
        pair.Server.Options.AnswerFault = AnswerFault.None;
        Assert.Equal(query, pair.Lookup().Query);
        Assert.Equal(1, pair.Session.Connections);
    }

    [Fact]
    public void AQueryWithoutAConnectionTimesOutToo()
    {
        DotPair pair = Pair();
        pair.AutoConnect = false;
        pair.Ask();
        Assert.True(pair.Session.NeedsConnection);
        pair.RunFor(10_001);
        Assert.Equal(DotError.QueryTimeout, Assert.Single(pair.Failures).Error);
        Assert.False(pair.Session.NeedsConnection);
        Assert.Equal(long.MaxValue, pair.Session.WakeDueMs);
    }

    [Fact]
    public void WaitingQueriesFailTogetherWhereNoConnectionCanBeHad()
    {
        DotPair pair = Pair();
        pair.AutoConnect = false;
        pair.Ask();
        pair.Ask("mail.example");
        pair.Session.FailWaiting(TlsError.ConnectFailed);
        pair.Pump();
        Assert.Equal(2, pair.Failures.Count());
        Assert.All(pair.Failures, f => Assert.Equal(TlsError.ConnectFailed, f.Error));
        Assert.False(pair.Session.NeedsConnection);
    }

    [Fact]
    public void ARefusedConnectionFailsAsOne()
    {
        DotPair pair = Pair();
        pair.Server.Options.RefuseConnections = true;
        pair.AutoConnect = false;
        pair.Ask();
        pair.Connect();
        pair.Pump();
        pair.Run();
        Assert.Equal((DotCloseReason.Failed, TlsError.ConnectionReset), (pair.LastClose.Reason, pair.LastClose.Error));
        Assert.True(pair.Session.NeedsConnection);
        pair.Server.Options.RefuseConnections = false;
        pair.AutoConnect = true;
        pair.Pump();
        pair.Run();
        Assert.Equal(1, pair.LastAnswer.Attempts);
    }

    [Fact]
    public void ACancelledQueryIsForgotten()
    {
        DotPair pair = Pair();
        pair.Lookup();
        pair.Server.Options.AnswerDelayMs = 100;
        int query = pair.Ask();
        pair.RunFor(50);
        pair.Session.Cancel(query);
        Assert.Equal(0, pair.Session.InFlight);
        pair.Run();
        Assert.Single(pair.Answers);
        Assert.Equal(1, pair.Session.UnmatchedAnswers);
        pair.Lookup("mail.example");
    }

    [Fact]
    public void ACancelledQueryThatWaitsNeedsNoConnection()
    {
        DotPair pair = Pair();
        pair.AutoConnect = false;
        int query = pair.Ask();
        pair.Session.Cancel(query);
        Assert.False(pair.Session.NeedsConnection);
    }

    [Fact]
    public void ACertificateThatDoesNotFitFailsTheConnectionAndLeavesTheQuery()
    {
        DotPair pair = Pair();
        pair.Setup.Server.Credentials = [PairKeys.Rsa];
        pair.AutoConnect = false;
        pair.Ask();
        pair.Connect();
        pair.Pump();
        pair.Run();
        Assert.Equal((DotCloseReason.Failed, TlsError.PinMismatch), (pair.LastClose.Reason, pair.LastClose.Error));
        Assert.True(pair.Session.NeedsConnection);
        Assert.Equal(0, pair.Server.Counters.Queries);
    }
}
