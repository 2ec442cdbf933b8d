using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>The conversation: resends, suspicion, time limits, framing, several queries in flight. Source: RFC 8094.</summary>
public class DodSessionTests
{
    private static readonly string[] s_names = ["www.example", "mail.example", "shop.example", "sensor.example", "broker.example"];

    /// <summary>An alert that nobody authenticated makes the association suspect, once until something authentic comes; it is not torn down, and its queries are answered (RFC 8094 section 6).</summary>
    [Fact]
    public void PlaintextAlertMakesSuspectOnce()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        pair.Ask();
        for (int i = 0; i < 50; i++)
            pair.GiveClient(DtlsAttackTests.Plain(ContentType.Alert, (ulong)i, [2, AlertDescription.UnexpectedMessage]));

        Assert.Single(pair.Events, e => e.Event == DodEvent.Suspect);
        Assert.True(pair.Session.IsSuspect);
        pair.RunFor(1000);
        pair.AssertAnswered(2);
        Assert.False(pair.Session.IsSuspect);
        Assert.Equal(1, pair.Session.Associations);
        pair.GiveClient(DtlsAttackTests.Plain(ContentType.Alert, 99, [1, AlertDescription.CloseNotify]));
        Assert.Equal(2, pair.Events.Count(e => e.Event == DodEvent.Suspect));
        Assert.True(pair.Dtls.IsConnected);
    }

    /// <summary>A server that lost its state says so with an alert in the clear: suspect after one round trip, and the query goes on being sent until the caller acts.</summary>
    [Fact]
    public void StateLossIsSeenInOneRoundTrip()
    {
        DodSetup setup = new();
        setup.Dtls.UnknownRecord = UnknownRecordPolicy.Alert;
        DodPair pair = setup.Connect();
        TlsSession session = pair.Sessions[0];
        setup.Server.LoseState();
        long start = pair.Clock.NowMs;
        pair.Ask();
        pair.RunFor(300);
        Assert.Equal(200, Assert.Single(pair.Events, e => e.Event == DodEvent.Suspect).Ms - start);
        Assert.True(pair.Session.IsOpen);
        Assert.Equal(1, pair.Session.InFlight);

        // The caller gives it up: the query waits, and the next association answers it.
        pair.Session.Close();
        pair.Pump();
        Assert.True(pair.Session.NeedsConnection);
        pair.Path.Rebind();
        pair.Open(session);
        pair.RunFor(2000);
        pair.AssertAnswered(2);
        Assert.False(pair.Dtls.IsResumed);
    }

    /// <summary>Silence: suspect with the second resend after a quiet time, ended when the last wait is over.</summary>
    [Fact]
    public void SilenceMakesSuspectAndEndsTheAssociation()
    {
        DodSetup setup = new();
        setup.Session.QueryTimeoutMs = 60_000;
        DodPair pair = setup.Connect();
        setup.Server.LoseState();
        long start = pair.Clock.NowMs;
        pair.Ask();
        pair.RunFor(59_000);
        Assert.Equal(1500, Assert.Single(pair.Events, e => e.Event == DodEvent.Suspect).Ms - start);
        DodPair.Happening closed = Assert.Single(pair.Events, e => e.Event == DodEvent.Closed);
        Assert.Equal(TlsError.SilentPeer, closed.Error);
        Assert.Equal(15_500, closed.Ms - start);
        Assert.True(pair.Session.NeedsConnection);
    }

    /// <summary>Where the query's time is over before, the association is given up with it, so that the next query does not meet the same silence.</summary>
    [Fact]
    public void TimeLimitOfTheQueryEndsTheAssociationToo()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        setup.Server.LoseState();
        long start = pair.Clock.NowMs;
        pair.Ask();
        pair.RunFor(20_000);
        DodPair.Happening failed = Assert.Single(pair.Events, e => e.Event == DodEvent.QueryFailed);
        Assert.Equal(DotError.QueryTimeout, failed.Error);
        Assert.Equal(15_000, failed.Ms - start);
        DodPair.Happening closed = Assert.Single(pair.Events, e => e.Event == DodEvent.Closed);
        Assert.Equal(TlsError.SilentPeer, closed.Error);
        Assert.Equal(15_000, closed.Ms - start);
    }

    /// <summary>One query that never gets an answer, beside others that do, ends nothing: the silence is about it.</summary>
    [Fact]
    public void OneUnansweredQueryEndsNothing()
    {
        DodSetup setup = new();
        setup.Session.QueryTimeoutMs = 40_000;
        DodPair pair = setup.Connect();

        // The first query is as large as no other: that is how the path tells it.
        byte[] message = DodPair.Message("a-long-name-that-makes-the-query-larger.and-larger.and-larger.and-larger.and-larger.and-larger.than-the-others.example");
        int size = message.Length + pair.Dtls.RecordOverheadBytes;
        int sends = 0;
        pair.Path.Up.Script = bytes =>
        {
            sends += bytes.Length == size ? 1 : 0;
            return bytes.Length == size ? DatagramFate.Lose : DatagramFate.Deliver;
        };
        pair.Session.Query(message, 0, message.Length, pair.Clock.NowMs);
        pair.Pump();
        for (int i = 0; i < 39; i++)
        {
            pair.Ask();
            pair.RunFor(1000);
        }

        Assert.Equal(40, pair.Answers.Count());
        Assert.DoesNotContain(pair.Events, e => e.Event is DodEvent.Closed or DodEvent.Suspect);

        // At 0, 0.5, 1.5, 3.5 and 7.5 s, then every 8 s.
        Assert.Equal(8, sends);
        pair.RunFor(2000);
        Assert.Single(pair.Events, e => e.Event == DodEvent.QueryFailed);
        Assert.True(pair.Session.IsOpen);
    }

    /// <summary>A lost query is sent again with the same ID: after twice the round trip time and 500 ms at least, or 2 s where it is unknown, doubling each time.</summary>
    [Theory]
    [InlineData(100, 500)]
    [InlineData(250, 1000)]
    [InlineData(400, 1600)]
    public void ResendTimes(int latencyMs, int firstMs)
    {
        DodSetup setup = new() { LatencyMs = latencyMs };
        setup.Session.QueryTimeoutMs = 120_000;
        DodPair pair = setup.Connect();
        Assert.Equal(2 * latencyMs, pair.Dtls.RttMs);
        long start = pair.Clock.NowMs;
        List<long> sends = [];
        pair.Path.Up.Observer = (now, _) => sends.Add(now - start);
        pair.Path.Down.IsCut = true;
        List<int> ids = [];
        setup.Server.Options.AnswerDelayMs = 0;
        pair.Ask();
        pair.RunFor(14L * firstMs);
        Assert.Equal([0, firstMs, 3L * firstMs, 7L * firstMs], sends);
        Assert.Equal(3, pair.Session.Resends);
        pair.Path.Down.IsCut = false;
        pair.RunFor(firstMs + 2 * latencyMs);
        DodPair.Happening answer = pair.Answers.Last();
        Assert.Equal(15L * firstMs + 2 * latencyMs, answer.Ms - start);
        Assert.Equal(5, answer.Attempts);

        // The server saw one ID five times.
        Assert.Equal(6, setup.Server.Counters.Queries);
    }

    [Fact]
    public void ResendTimeWithoutRoundTripTime()
    {
        DodSetup setup = new DodSetup().WithPsk();
        DodPair pair = new(setup);

        // Each flight is repeated, so that none tells the round trip time.
        int number = 0;
        pair.Path.Up.Script = _ => number++ is 0 or 2 ? DatagramFate.Lose : DatagramFate.Deliver;
        pair.Open(null);
        pair.RunFor(4000);
        pair.AssertConnected();
        Assert.Equal(-1, pair.Dtls.RttMs);
        pair.Path.Up.Script = null;
        pair.Path.Up.IsCut = true;
        long start = pair.Clock.NowMs;
        List<long> sends = [];
        pair.Path.Up.Observer = (now, _) => sends.Add(now - start);
        pair.Ask();
        pair.RunFor(14_000);
        Assert.Equal([0L, 2000, 6000, 14_000], sends);
    }

    /// <summary>Queries share the association and their answers may come in any order.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void SeveralInFlight(bool outOfOrder, bool prefix)
    {
        DodSetup setup = new();
        setup.Session.LengthPrefix = prefix;
        setup.Dod.OutOfOrder = outOfOrder;
        setup.Dod.AnswerJitterMs = outOfOrder ? 200 : 0;
        DodPair pair = setup.Connect();
        Dictionary<int, string> asked = [];
        for (int round = 0; round < 3; round++)
        {
            foreach (string name in s_names)
                asked.Add(pair.Ask(name), name);

            Assert.Equal(s_names.Length, pair.Session.InFlight);
            pair.RunFor(1000);
            foreach (DodPair.Happening answer in pair.Answers.Skip(1 + round * s_names.Length))
                Assert.Contains(DnsName.Parse(asked[answer.Query]).ToString(), Question(answer.Answer), StringComparison.Ordinal);

            asked.Clear();
        }

        pair.AssertAnswered(1 + 3 * s_names.Length);
        Assert.Equal(0, pair.Session.UnmatchedAnswers);
        if (outOfOrder)
            Assert.NotEqual(pair.Answers.Skip(1).Take(5).Select(a => a.Query).Order(), pair.Answers.Skip(1).Take(5).Select(a => a.Query));
    }

    /// <summary>More queries than the send buffer holds leave one by one.</summary>
    [Fact]
    public void SmallSendBuffer()
    {
        DodSetup setup = new() { SendBytes = 256 };
        DodPair pair = setup.Connect();
        for (int i = 0; i < 16; i++)
        {
            byte[] message = DodPair.Message(s_names[i % s_names.Length]);
            Assert.True(pair.Session.Query(message, 0, message.Length, pair.Clock.NowMs) >= 0);
        }

        byte[] more = DodPair.Message();
        Assert.Equal(-1, pair.Session.Query(more, 0, more.Length, pair.Clock.NowMs));
        pair.Pump();
        pair.RunFor(400);
        pair.AssertAnswered(17);
        Assert.Equal(0, pair.Session.Resends);
    }

    /// <summary>What does not fit the send buffer or the datagram fails at once and says so.</summary>
    [Theory]
    [InlineData(256, 300)]
    [InlineData(2048, 1300)]
    public void QueryTooLarge(int sendBytes, int queryBytes)
    {
        DodSetup setup = new() { SendBytes = sendBytes };
        setup.Session.MaxQueryBytes = 2000;
        DodPair pair = setup.Connect();
        byte[] message = new byte[queryBytes];
        DodPair.Message().CopyTo(message, 0);
        pair.Session.Query(message, 0, message.Length, pair.Clock.NowMs);
        pair.Pump();
        Assert.Equal(DotError.QueryTooLarge, Assert.Single(pair.Events, e => e.Event == DodEvent.QueryFailed).Error);
        pair.Ask();
        pair.RunFor(500);
        Assert.Equal(2, pair.Answers.Count());
    }

    /// <summary>The 2-byte prefix in both directions, each of which may have it without the other.</summary>
    [Theory]
    [InlineData(false, PrefixMode.Raw, true)]
    [InlineData(true, PrefixMode.Prefix, true)]
    [InlineData(true, PrefixMode.Mirror, true)]
    [InlineData(false, PrefixMode.Mirror, true)]
    [InlineData(true, PrefixMode.Raw, false)]
    [InlineData(false, PrefixMode.Prefix, false)]
    public void Prefix(bool client, PrefixMode server, bool understood)
    {
        DodSetup setup = new();
        setup.Session.LengthPrefix = client;
        setup.Dod.Prefix = server;
        DodPair pair = setup.Start();
        pair.RunFor(2000);
        Assert.Equal(understood, pair.Answers.Any());
        if (understood)
            pair.AssertAnswered(1);
        else
            Assert.True(setup.Server.Counters.MalformedMessages > 0);
    }

    /// <summary>An answer with a prefix to a query without one is understood (RFC 8094 has none, two servers have).</summary>
    [Fact]
    public void PrefixedAnswerToRawQuery()
    {
        DodSetup setup = new() { Responder = new PrefixingResponder() };
        setup.Dod.Prefix = PrefixMode.Raw;
        DodPair pair = setup.Connect();
        Assert.Equal(0, setup.Server.Counters.PrefixedQueries);
        Assert.Equal(0, pair.Session.UnmatchedAnswers);
    }

    [Theory]
    [InlineData(AnswerFault.WrongId)]
    [InlineData(AnswerFault.WrongQuestion)]
    [InlineData(AnswerFault.Echo)]
    [InlineData(AnswerFault.Garbage)]
    [InlineData(AnswerFault.EmptyFrame)]
    [InlineData(AnswerFault.OversizeFrame)]
    public void UnmatchedAnswersAreIgnored(AnswerFault fault)
    {
        DodSetup setup = new();
        setup.Dod.AnswerFault = fault;
        setup.Dod.AnswerFaultEvery = 1;
        DodPair pair = setup.Start();
        pair.RunFor(600);
        Assert.Empty(pair.Answers);
        Assert.True(pair.Dtls.IsConnected);
        setup.Dod.AnswerFault = AnswerFault.None;
        pair.RunFor(2000);
        pair.AssertAnswered(1);
        Assert.True(fault is AnswerFault.EmptyFrame || pair.Session.UnmatchedAnswers > 0);
    }

    /// <summary>An answer that does not fit comes with TC, which the event says: it is to be asked for again over TLS (RFC 8094 section 5).</summary>
    [Fact]
    public void TruncatedAnswersSaySo()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        bool truncated = false;
        pair.OnEvent = happened => truncated |= happened == DodEvent.Answer && pair.Session.EventTruncated;
        pair.Ask("mail.example");
        pair.RunFor(500);
        Assert.False(truncated);
        pair.Ask("large.example", DnsType.Txt);
        pair.RunFor(500);
        Assert.True(truncated);
        pair.AssertAnswered(3);
    }

    /// <summary>Without a server the handshake ends after 15 s (RFC 8094 section 3.1), its ClientHello having been sent at 0, 1, 3 and 7 s.</summary>
    [Fact]
    public void HandshakeTimesOutAfterFifteenSeconds()
    {
        CheckSilentServer(new DodSetup(), [0, 1000, 3000, 7000], 15_000);
    }

    /// <summary>The profile for constrained devices begins with 9 s (RFC 7925 section 11).</summary>
    [Fact]
    public void SlowTimerProfile()
    {
        DodSetup setup = new();
        setup.Client.InitialRetransmitMs = 9000;
        setup.Client.HandshakeTimeoutMs = 120_000;
        setup.Session.QueryTimeoutMs = 200_000;

        // Doubling up to 60 s.
        CheckSilentServer(setup, [0, 9000, 27_000, 63_000], 120_000);
    }

    /// <summary>A known round trip time makes the first timer one and a half of it (RFC 9147 section 5.8.2), and 50 ms at least.</summary>
    [Theory]
    [InlineData(400, 600)]
    [InlineData(10, 50)]
    public void KnownRoundTripTime(int rttMs, int firstMs)
    {
        DodSetup setup = new();
        setup.Client.KnownRttMs = rttMs;
        setup.Client.HandshakeTimeoutMs = 16 * firstMs;
        CheckSilentServer(setup, [0, firstMs, 3 * firstMs, 7 * firstMs, 15 * firstMs], 16 * firstMs);
    }

    [Fact]
    public void TimersDoNotExceedSixtySeconds()
    {
        DodSetup setup = new();
        setup.Client.HandshakeTimeoutMs = 300_000;
        setup.Session.QueryTimeoutMs = 400_000;
        CheckSilentServer(setup, [0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000, 243_000], 300_000);
    }

    /// <summary>With a connection id the association goes on from another address at once; without one the server does not know it any more.</summary>
    [Theory]
    [InlineData(4, false, true)]
    [InlineData(4, true, true)]
    [InlineData(-1, false, false)]
    [InlineData(0, true, false)]
    public void ChangeOfAddress(int connectionIdBytes, bool rebind, bool survives)
    {
        DodSetup setup = new();
        setup.Client.ConnectionId = [];
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        DodPair pair = setup.Connect();
        Assert.Equal(survives, pair.Dtls.SurvivesAddressChange);
        if (rebind)
            pair.Path.Rebind();
        else
            pair.Path.ChangeAddress();

        pair.Ask();
        pair.RunFor(250);
        Assert.Equal(survives ? 2 : 1, pair.Answers.Count());
        Assert.Equal(survives ? 1 : 0, setup.Counters.AddressChanges);
    }

    /// <summary>A handshake beside the suspect association, from the same server's point of view at another port, leaves it alone; whoever answers first wins.</summary>
    [Fact]
    public void ResumptionBesideTheOldAssociation()
    {
        DodSetup setup = new();
        DodPair old = setup.Connect();
        DodPair next = setup.Connect(old.Sessions[0]);
        Assert.True(next.Dtls.IsResumed);
        old.Ask();
        old.RunFor(300);
        old.AssertAnswered(2);
    }

    /// <summary>Records are numbered over 2^32, and the window of 64 refuses what is older and what was seen.</summary>
    [Fact]
    public void NumbersOverFourBillion()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        System.Reflection.FieldInfo field = typeof(DtlsServer).GetField("_writeSequence", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        foreach (ulong number in new[] { (1UL << 32) - 2, (1UL << 40) - 1, (1UL << 48) - 10 })
        {
            field.SetValue(pair.Association, number);
            int before = pair.Answers.Count();
            for (int i = 0; i < 4; i++)
            {
                pair.Ask();
                pair.RunFor(300);
            }

            Assert.Equal(before + 4, pair.Answers.Count());
        }

        // What is far older is refused from now on.
        field.SetValue(pair.Association, 100UL);
        int discarded = pair.Dtls.DiscardedRecords;
        pair.Ask();
        pair.RunFor(300);
        Assert.Equal(discarded + 1, pair.Dtls.DiscardedRecords);
        Assert.Equal(1, pair.Session.InFlight);
    }

    [Fact]
    public void EdgesOfTheReplayWindow()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        List<byte[]> records = [];
        pair.Path.Down.Script = bytes =>
        {
            records.Add(bytes);
            return DatagramFate.Lose;
        };
        for (int i = 0; i < 130; i++)
        {
            byte[] data = [1, 2, 3, (byte)i];
            pair.Association.Send(data, 0, 4);
        }

        pair.PumpServer();
        Assert.Equal(130, records.Count);
        (int Record, bool Taken)[] order =
        [
            (70, true), (70, false), (7, true), (6, false), (7, false), (69, true), (71, true), (8, true), (7, false), (129, true), (66, true), (65, false), (128, true), (128, false), (70, false), (71, false), (72, true),
        ];
        int unmatched = 0;
        foreach ((int record, bool taken) in order)
        {
            pair.GiveClient(records[record]);
            unmatched += taken ? 1 : 0;
            Assert.Equal(unmatched, pair.Session.UnmatchedAnswers);
        }
    }

    /// <summary>After so many records the keys are used up: the association ends, and the query is answered over the next.</summary>
    [Fact]
    public void UsedUpKeys()
    {
        DodSetup setup = new();
        setup.Client.RekeyAfterRecords = 12;
        DodPair pair = new(setup) { AutoOpen = true };
        for (int i = 0; i < 30; i++)
        {
            pair.Ask();
            pair.RunFor(1000);
        }

        pair.AssertAnswered(30);
        Assert.True(pair.Session.Associations >= 3);
        Assert.All(pair.Events.Where(e => e.Event == DodEvent.Closed), e => Assert.Equal(TlsError.KeyExhausted, e.Error));
    }

    [Fact]
    public void WrongFinishedEndsTheHandshake()
    {
        DodSetup setup = new();
        setup.Dtls.Faults.WrongFinished = true;
        DodPair pair = setup.Start();
        pair.RunFor(2000);
        Assert.Equal(TlsError.BadFinished, Assert.Single(pair.Events, e => e.Event == DodEvent.Closed).Error);
        Assert.Empty(pair.Answers);
        Assert.Empty(pair.Sessions);
    }

    private static void CheckSilentServer(DodSetup setup, long[] sends, long endMs)
    {
        DodPair pair = new(setup);
        pair.Path.Up.IsCut = true;
        List<long> seen = [];
        pair.Path.Up.Observer = (now, _) => seen.Add(now - pair.StartedMs);
        pair.Ask();
        pair.Open(null);
        pair.RunFor(endMs + 1000);
        Assert.Equal(sends, seen);
        DodPair.Happening closed = Assert.Single(pair.Events, e => e.Event == DodEvent.Closed);
        Assert.Equal(TlsError.HandshakeTimeout, closed.Error);
        Assert.Equal(endMs, closed.Ms - pair.StartedMs);
        Assert.Equal(sends.Length - 1, pair.Dtls.Retransmissions);
    }

    private static string Question(byte[] message)
    {
        List<string> labels = [];
        for (int at = 12; message[at] != 0; at += 1 + message[at])
            labels.Add(System.Text.Encoding.ASCII.GetString(message, at + 1, message[at]));

        return string.Join('.', labels) + ".";
    }

    private sealed class PrefixingResponder : IDnsResponder
    {
        private readonly ZoneResponder _inner = new(DemoZone.Create());

        public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs)
        {
            int bytes = _inner.Respond(query, offset, count, response, responseOffset + 2, capacity - 2, keepaliveTimeoutMs);
            response[responseOffset] = (byte)(bytes >> 8);
            response[responseOffset + 1] = (byte)bytes;
            return bytes + 2;
        }
    }
}
