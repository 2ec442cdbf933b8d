using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Datagrams that no peer sent, 65,536 of each kind: the association stays, nothing is allocated, and what is sent in response is bounded.</summary>
[Collection(nameof(Alone))]
public class DtlsAttackTests(ITestOutputHelper output)
{
    private const int Flood = 1 << 16;

    // DtlsClient's MaxTriggered and ClientHandshake's MaxHelloVerifyRequests: what forged datagrams can make a client send in each of its flights.
    private const int MaxTriggered = 8;
    private const int MaxHellos = 3;

    public enum Forgery
    {
        /// <summary>Alerts in the clear, every level and description.</summary>
        PlainAlert,
        ChangeCipherSpec,
        HelloVerifyRequest,
        ServerHello,

        /// <summary>Every other handshake message, with every number near.</summary>
        PlainHandshake,
        Garbage,

        /// <summary>True records, cut off.</summary>
        Truncated,

        /// <summary>True records, once more.</summary>
        Replayed,

        /// <summary>Records of the right epoch with any number and content.</summary>
        ProtectedGarbage,
        AlertUnderWrongKeys,
        OtherEpochs,

        /// <summary>Records with a connection id that was not agreed on, or is another.</summary>
        WrongConnectionId,
        ConnectionIdInEpoch0,
        PlainApplicationData,
        PlainHeartbeat,
        Empty,
    }

    public static IEnumerable<TheoryDataRow<Forgery, int>> Rows()
    {
        return from forgery in Enum.GetValues<Forgery>() from id in new[] { -1, 4 } select new TheoryDataRow<Forgery, int>(forgery, id);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void AfterTheHandshake(Forgery forgery, int connectionIdBytes)
    {
        DeafCrypto? crypto = null;
        DodSetup setup = new(1, BackEnds.UsualDtls, inner => crypto = new DeafCrypto(inner));
        setup.Client.ConnectionId = DtlsMatrixTests.Id(connectionIdBytes);
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        DodPair pair = setup.Connect();
        byte[] answer = [];
        pair.Path.Down.Observer = (_, bytes) => answer = bytes;
        pair.Ask();
        pair.RunFor(1000);
        pair.AssertAnswered(2);
        pair.Path.Down.Observer = null;

        Random random = new(3);
        byte[][] forged = [.. Enumerable.Range(0, 512).Select(i => Forge(forgery, i, random, answer, setup.Client.ConnectionId ?? []))];
        byte[] buffer = new byte[2048];
        byte[] wire = new byte[2048];
        int sent = 0;
        int suspects = 0;
        int other = 0;
        int allocating = 0;
        long now = pair.Clock.NowMs;
        crypto!.IsDeaf = true;
        for (int i = 0; i < Flood; i++)
        {
            byte[] datagram = forged[i % forged.Length];
            Array.Copy(datagram, buffer, datagram.Length);
            now += i % 64 == 0 ? 1 : 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            pair.Session.Receive(buffer, 0, datagram.Length, now);
            int happened;
            while ((happened = pair.Session.NextEvent()) != DodEvent.None)
            {
                if (happened == DodEvent.Suspect)
                    suspects++;
                else
                    other++;
            }

            sent += pair.Session.Transmit(wire, 0, wire.Length);
            pair.Session.HandleTimeout(now);
            if (i >= 512 && GC.GetAllocatedBytesForCurrentThread() != before)
                allocating++;
        }

        crypto.IsDeaf = false;
        // The runtime's own bookkeeping shows once or twice in a run; what a datagram costs would show in all.
        Assert.InRange(allocating, 0, 2);
        Assert.Equal(0, sent);
        Assert.Equal(0, other);
        Assert.Equal(forgery == Forgery.PlainAlert ? 1 : 0, suspects);
        Assert.Equal(forgery == Forgery.PlainAlert, pair.Session.IsSuspect);
        Assert.True(pair.Dtls.IsConnected);

        // The old association still answers, and the answer clears the suspicion.
        pair.Clock.AdvanceTo(now);
        pair.Ask("mail.example");
        pair.RunFor(1000);
        pair.AssertAnswered(3);
        Assert.False(pair.Session.IsSuspect);
        Assert.Equal(1, pair.Session.Associations);
        Assert.Equal(1, setup.Counters.Handshakes);
    }

    /// <summary>Somebody who holds the keys' other end cannot be told from the server; but records from before that are repeated can (RFC 6347 section 4.1.2.6).</summary>
    [Fact]
    public void EveryRecordOfAnAssociationReplayed()
    {
        DodSetup setup = new();
        List<byte[]> all = [];
        DodPair pair = new(setup);
        pair.Path.Down.Observer = (_, bytes) => all.Add(bytes);
        pair.Ask();
        pair.Open(null);
        pair.RunFor(2000);
        for (int i = 0; i < 100; i++)
        {
            pair.Ask();
            pair.RunFor(300);
        }

        pair.AssertAnswered(101);
        pair.Path.Down.Observer = null;
        int up = pair.Path.Up.Sent;
        for (int i = 0; i < Flood; i++)
            pair.GiveClient(all[i % all.Count]);

        Assert.Equal(up, pair.Path.Up.Sent);
        Assert.Equal(0, pair.Session.UnmatchedAnswers);
        pair.Ask();
        pair.RunFor(300);
        pair.AssertAnswered(102);
    }

    /// <summary>
    /// In every state of the handshake: it completes, or it ends and the next one completes; what the client sends in response is bounded by <see cref="MaxTriggered"/> repetitions of a flight
    /// and <see cref="MaxHellos"/> further ClientHellos.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void InTheHandshake(bool resumed, bool cookie)
    {
        int worst = 0;
        List<string> ended = [];
        foreach (Forgery forgery in Enum.GetValues<Forgery>())
        {
            for (int state = 0; state < (cookie ? 4 : 3); state++)
            {
                DodSetup setup = new();
                setup.Dtls.Cookie = cookie;
                Sessions.TlsSession? session = resumed ? setup.Connect().Sessions[0] : null;
                setup.Session.QueryTimeoutMs = 60_000;
                DodPair pair = new(setup) { UseSessions = false };
                pair.Ask();
                pair.Open(session);
                pair.AutoOpen = true;
                for (int i = 0; i < state; i++)
                    pair.Step(long.MaxValue);

                if (pair.Dtls.IsConnected)
                    continue;

                int before = pair.Path.Up.Sent;
                int associations = pair.Session.Associations;
                Random random = new(state);
                byte[] genuine = new byte[300];
                random.NextBytes(genuine);
                for (int i = 0; i < 4096 && pair.Session.Associations == associations && pair.Dtls.Error == TlsError.None; i++)
                {
                    // At one moment, so that no timer of the true handshake joins in.
                    pair.GiveClient(Forge(forgery, i, random, genuine, []));
                }

                int sent = pair.Path.Up.Sent - before;
                if (pair.Session.Associations == associations)
                    Assert.InRange(sent, 0, MaxTriggered + MaxHellos);

                worst = Math.Max(worst, sent);
                pair.RunFor(50_000);
                Assert.True(pair.Answers.Any(), string.Create(CultureInfo.InvariantCulture, $"{forgery} in state {state}: no answer\n") + string.Join('\n', pair.Events.Take(20)));
                pair.AssertAnswered(1);
                Assert.True(pair.Dtls.IsConnected);
                if (pair.Session.Associations > 1)
                    ended.Add(string.Create(CultureInfo.InvariantCulture, $"{forgery} in state {state}: {TlsError.Describe(pair.Events.First(e => e.Event == DodEvent.Closed).Error)}"));
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(resumed ? "resumed" : "full")}, {(cookie ? "cookie" : "no cookie")}: at most {worst} datagrams in response; handshakes that were ended and made again:"));
        foreach (string line in ended)
            output.WriteLine(line);

        // Only what looks like the server's own next message in the clear can do harm; DTLS 1.2 cannot tell it from the true one.
        Assert.DoesNotContain(ended, e => !e.StartsWith("PlainHandshake", StringComparison.Ordinal) && !e.StartsWith("ServerHello", StringComparison.Ordinal)
            && !e.StartsWith("HelloVerifyRequest", StringComparison.Ordinal) && !e.StartsWith("ChangeCipherSpec", StringComparison.Ordinal));
    }

    /// <summary>A forged repetition of the server's flight makes the client repeat its own: eight times a flight at most, and once a round trip at most.</summary>
    [Fact]
    public void ForgedRepetitionsAreAnsweredEightTimes()
    {
        DodSetup setup = new();
        DodPair pair = new(setup);
        byte[] flight = [];
        pair.Path.Down.Observer = (_, bytes) => flight = bytes;
        pair.Ask();
        pair.Open(null);
        pair.RunUntil(() => pair.Path.Up.Sent == 2);
        pair.Path.Up.IsCut = true;
        for (int i = 0; i < 500; i++)
            pair.GiveClient(flight);

        Assert.Equal(2, pair.Path.Up.Sent);
        int before = pair.Dtls.Retransmissions;
        for (int i = 0; i < 500; i++)
        {
            // Without the client's own timers.
            pair.Clock.Advance(201);
            pair.GiveClient(flight);
        }

        Assert.Equal(MaxTriggered, pair.Dtls.Retransmissions - before);
    }

    /// <summary>A fatal alert in the clear, in a handshake, is believed at the end of its round when nothing better came: the true flight makes it void, silence makes it count.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AlertInTheHandshake(bool serverAnswers)
    {
        DodSetup setup = new();
        DodPair pair = new(setup);
        pair.Path.Up.IsCut = !serverAnswers;
        pair.Ask();
        pair.Open(null);
        pair.Clock.Advance(50);
        pair.GiveClient(Plain(ContentType.Alert, 7, [2, AlertDescription.HandshakeFailure]));
        pair.RunFor(900);
        Assert.Equal(serverAnswers, pair.Dtls.IsConnected);
        Assert.Equal(TlsError.None, pair.Dtls.Error);
        pair.RunFor(100);
        Assert.Equal(serverAnswers ? TlsError.None : TlsError.AlertReceived + AlertDescription.HandshakeFailure, pair.Dtls.Error);
        Assert.Equal(serverAnswers, pair.Answers.Any());
    }

    /// <summary>A server that refuses the handshake is believed after the first round already, not after 15 s.</summary>
    [Fact]
    public void RefusalIsBelievedAfterOneRound()
    {
        DodSetup setup = new();
        setup.Client.CipherSuites = [CipherSuite.EcdheEcdsaAes128Ccm];
        setup.Dtls.CipherSuites = [CipherSuite.EcdheEcdsaAes128GcmSha256];
        DodPair pair = setup.Start();
        pair.RunFor(5000);
        DodPair.Happening closed = Assert.Single(pair.Events, e => e.Event == DodEvent.Closed);
        Assert.Equal(TlsError.AlertReceived + AlertDescription.HandshakeFailure, closed.Error);
        Assert.Equal(1000, closed.Ms - pair.StartedMs);
    }

    internal static byte[] Plain(int type, ulong sequence, byte[] content, int epoch = 0)
    {
        byte[] record = new byte[DtlsRecordProtection.HeaderBytes + content.Length];
        DtlsRecordProtection.WriteHeader(record, 0, type, epoch, sequence, [], content.Length);
        content.CopyTo(record, DtlsRecordProtection.HeaderBytes);
        return record;
    }

    internal static byte[] Handshake(int type, int sequence, byte[] body)
    {
        byte[] message = new byte[DtlsHandshakeHeader.Bytes + body.Length];
        DtlsHandshakeHeader.Write(message, 0, type, body.Length, sequence, 0, body.Length);
        body.CopyTo(message, DtlsHandshakeHeader.Bytes);
        return message;
    }

    private static byte[] Forge(Forgery forgery, int i, Random random, byte[] genuine, byte[] connectionId)
    {
        ulong sequence = (ulong)random.NextInt64(0, i % 2 == 0 ? 100 : 1L << 48);
        byte[] noise = new byte[random.Next(1, 200)];
        random.NextBytes(noise);
        switch (forgery)
        {
            case Forgery.PlainAlert:
                return Plain(ContentType.Alert, sequence, [(byte)(1 + i / 256 % 2), (byte)i]);
            case Forgery.ChangeCipherSpec:
                return Plain(ContentType.ChangeCipherSpec, sequence, [1]);
            case Forgery.HelloVerifyRequest:
                return Plain(ContentType.Handshake, sequence, Handshake(HandshakeType.HelloVerifyRequest, i % 8, [0xFE, 0xFF, 4, 1, 2, 3, (byte)i]));
            case Forgery.ServerHello:
                byte[] hello = [0xFE, 0xFD, .. new byte[32], 0, 0xC0, 0x2B, 0, 0, 9, 0xFF, 1, 0, 1, 0, 0, 23, 0, 0];
                random.NextBytes(hello.AsSpan(2, 32));
                return Plain(ContentType.Handshake, sequence, Handshake(HandshakeType.ServerHello, i % 8, hello));
            case Forgery.PlainHandshake:
                int[] types =
                [
                    HandshakeType.HelloRequest, HandshakeType.ClientHello, HandshakeType.NewSessionTicket, HandshakeType.Certificate, HandshakeType.ServerKeyExchange, HandshakeType.CertificateRequest,
                    HandshakeType.ServerHelloDone, HandshakeType.ClientKeyExchange, HandshakeType.Finished, random.Next(256),
                ];
                return Plain(ContentType.Handshake, sequence, Handshake(types[i % types.Length], random.Next(12), random.Next(3) == 0 ? [] : noise));
            case Forgery.Garbage:
                return noise;
            case Forgery.Truncated:
                return genuine[..random.Next(1, genuine.Length)];
            case Forgery.Replayed:
                return genuine;
            case Forgery.ProtectedGarbage:
                return connectionId.Length == 0 ? Plain(random.Next(20, 25), sequence, noise, 1) : WithId(connectionId, sequence, noise, 1);
            case Forgery.AlertUnderWrongKeys:
                return connectionId.Length == 0 ? Plain(ContentType.Alert, sequence, noise[..Math.Min(26, noise.Length)], 1) : WithId(connectionId, sequence, noise, 1);
            case Forgery.OtherEpochs:
                return Plain(random.Next(20, 26), sequence, noise, random.Next(2, 65536));
            case Forgery.WrongConnectionId:
                byte[] id = connectionId.Length == 0 ? [1, 2, 3, 4] : [.. connectionId.Select(b => (byte)(b ^ (1 << random.Next(8))))];
                return WithId(id, sequence, noise, 1);
            case Forgery.ConnectionIdInEpoch0:
                return WithId(connectionId, sequence, noise, 0);
            case Forgery.PlainApplicationData:
                return Plain(ContentType.ApplicationData, sequence, noise);
            case Forgery.PlainHeartbeat:
                return Plain(ContentType.Heartbeat, sequence, [1, 0, 2, 3, 4, .. new byte[16]]);
            default:
                return Plain(random.Next(20, 26), sequence, [], random.Next(2));
        }
    }

    private static byte[] WithId(byte[] id, ulong sequence, byte[] content, int epoch)
    {
        byte[] record = new byte[DtlsRecordProtection.HeaderBytes + id.Length + content.Length];
        DtlsRecordProtection.WriteHeader(record, 0, ContentType.Tls12Cid, epoch, sequence, id, content.Length);
        content.CopyTo(record, DtlsRecordProtection.HeaderBytes + id.Length);
        return record;
    }
}
