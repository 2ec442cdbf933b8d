using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Datagrams of the server damaged at random: the client never throws, never hangs, its memory stays bounded, and where it connects both sides saw the same handshake.</summary>
public class DtlsMutationTests(ITestOutputHelper output)
{
    private const int Runs = 1500;
    private const long MaxBytesARun = 6_000_000;

    public static IEnumerable<TheoryDataRow<FlightFaultTests.Kind, bool, int>> Rows()
    {
        return from kind in Enum.GetValues<FlightFaultTests.Kind>()
               from cookie in new[] { false, true }
               select new TheoryDataRow<FlightFaultTests.Kind, bool, int>(kind, cookie, (int)kind * 2 + (cookie ? 1 : 0));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void DamagedDatagrams(FlightFaultTests.Kind kind, bool cookie, int seed)
    {
        Random random = new(seed);
        DodSetup setup = new(seed);
        if (kind == FlightFaultTests.Kind.FullPsk)
            setup.WithPsk();

        setup.Client.ConnectionId = seed % 3 == 0 ? [1, 2, 3] : null;
        setup.Dtls.ConnectionIdBytes = seed % 4 == 0 ? 2 : 0;
        setup.Dtls.Tickets = kind != FlightFaultTests.Kind.ResumedById;
        setup.Dtls.RenewTickets = kind == FlightFaultTests.Kind.ResumedRenewed;
        setup.Dtls.Cookie = cookie;
        setup.Dtls.TicketLifetimeSeconds = 604_800;
        setup.Dtls.CloseLingerMs = 0;
        if (kind == FlightFaultTests.Kind.FullSmallDatagrams)
            setup.Dtls.MaxDatagramBytes = 300;

        Stack<TlsSession> sessions = new();
        Dictionary<int, int> errors = [];
        int connected = 0;
        for (int run = 0; run < Runs; run++)
        {
            setup.ForgetAssociations();
            if (kind >= FlightFaultTests.Kind.ResumedById && sessions.Count == 0)
            {
                sessions.Push(setup.Connect().Sessions[0]);
                setup.ForgetAssociations();
            }

            DodPair pair = new(setup);
            int number = 0;
            int first = random.Next(5);
            bool many = random.Next(3) == 0;
            pair.Path.Down.Script = bytes =>
            {
                bool hit = many ? random.Next(3) == 0 : number == first;
                number++;
                if (!hit)
                    return DatagramFate.Deliver;

                byte[] damaged = Damage(bytes, random);
                pair.Path.Down.Inject(pair.Path.ClientAddress, damaged);
                return random.Next(2) == 0 ? DatagramFate.Lose : DatagramFate.Deliver;
            };
            pair.Path.Up.Script = _ => many && random.Next(10) == 0 ? DatagramFate.Lose : DatagramFate.Deliver;
            long before = GC.GetAllocatedBytesForCurrentThread();
            pair.Ask();
            pair.Open(kind >= FlightFaultTests.Kind.ResumedById ? sessions.Pop() : null);
            pair.RunFor(16_000);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytesARun);
            errors[pair.Dtls.Error] = errors.GetValueOrDefault(pair.Dtls.Error) + 1;
            foreach (TlsSession session in pair.Sessions)
                sessions.Push(session);

            if (!pair.Events.Any(e => e.Event == DodEvent.Connected))
            {
                Assert.Empty(pair.Answers);
                Assert.Empty(pair.Sessions);
                continue;
            }

            connected++;
            if (pair.Dtls.Error == TlsError.None)
                Assert.True(pair.Answers.Count() <= 1);

            // Both sides proved the transcript, or the record keys would differ: a query goes through as soon as the path is whole.
            if (pair.Session.IsOpen && pair.Server.Socket.Find(pair.Path.ClientAddress) is { HandshakeComplete: true } association)
            {
                Assert.Equal(association.CipherSuite, pair.Dtls.Suite);
                Assert.Equal(association.Resumed, pair.Dtls.IsResumed);
                pair.Path.Down.Script = null;
                pair.Path.Up.Script = null;
                int answers = pair.Answers.Count();
                pair.Ask();
                pair.RunFor(9000);
                Assert.True(pair.Answers.Count() > answers, "Connected, and no answer.");
            }
        }

        output.WriteLine(kind + (cookie ? ", cookie: " : ": ") + connected + " of " + Runs + " connected; " + string.Join(", ", errors.OrderByDescending(e => e.Value).Select(e => e.Value + " x " + TlsError.Describe(e.Key))));
        Assert.InRange(connected, Runs / 10, Runs);
        Assert.True(errors.Count >= 3);
    }

    /// <summary>Random datagrams of any shape in every state, thousands of them, in one client.</summary>
    [Fact]
    public void RandomDatagrams()
    {
        Random random = new(1);
        DodSetup setup = new();
        setup.Client.ConnectionId = [9];
        setup.Dtls.ConnectionIdBytes = 1;
        for (int run = 0; run < 300; run++)
        {
            setup.ForgetAssociations();
            DodPair pair = setup.Start();
            for (int step = random.Next(6); step > 0; step--)
                pair.Step(long.MaxValue);

            for (int i = 0; i < 200; i++)
            {
                byte[] datagram = new byte[random.Next(1, 600)];
                random.NextBytes(datagram);
                for (int at = 0; at + 13 < datagram.Length;)
                {
                    // Mostly with headers that make sense.
                    int length = random.Next(Math.Min(datagram.Length - at - 12, 120));
                    datagram[at] = (byte)random.Next(19, 27);
                    datagram[at + 1] = 0xFE;
                    datagram[at + 2] = 0xFD;
                    datagram[at + 3] = 0;
                    datagram[at + 4] = (byte)random.Next(2);
                    datagram[at + 11] = (byte)(random.Next(20) == 0 ? 9 : 0);
                    datagram[at + 12] = (byte)length;
                    if (length > 12 && random.Next(2) == 0)
                    {
                        datagram[at + 13] = (byte)(random.Next(4) switch { 0 => 2, 1 => 11, 2 => 14, _ => random.Next(25) });
                        datagram[at + 14] = 0;
                        datagram[at + 15] = (byte)random.Next(3);
                        datagram[at + 17] = 0;
                        datagram[at + 18] = (byte)random.Next(6);
                        datagram[at + 19] = 0;
                        datagram[at + 20] = 0;
                        datagram[at + 22] = 0;
                        datagram[at + 23] = 0;
                        datagram[at + 24] = (byte)(length - 12);
                    }

                    at += 13 + length;
                }

                pair.GiveClient(datagram);
            }

            pair.RunFor(16_000);
            Assert.Equal(1, pair.Answers.Count() + pair.Events.Count(e => e.Event == DodEvent.QueryFailed));
        }
    }

    private static byte[] Damage(byte[] datagram, Random random)
    {
        byte[] copy = (byte[])datagram.Clone();
        switch (random.Next(7))
        {
            case 0:
                copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                for (int i = random.Next(1, 10); i > 0; i--)
                    copy[random.Next(copy.Length)] = (byte)random.Next(256);

                return copy;
            case 2:
                // The headers of the first record and message.
                copy[random.Next(Math.Min(25, copy.Length))] ^= (byte)(1 << random.Next(8));
                return copy;
            case 3:
                return copy[..random.Next(1, copy.Length)];
            case 4:
                return [.. copy, .. copy];
            case 5:
                int cut = random.Next(copy.Length);
                byte[] extra = new byte[random.Next(1, 50)];
                random.NextBytes(extra);
                return [.. copy[..cut], .. extra, .. copy[cut..]];
            default:
                // Two halves change places.
                int at = random.Next(copy.Length);
                return [.. copy[at..], .. copy[..at]];
        }
    }
}
