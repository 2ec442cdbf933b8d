using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>
/// Every datagram of a handshake, and every pair of them, lost, duplicated, overtaken, late or corrupted, repetitions included: the handshake completes, the query is answered once, and
/// times and repetitions are those of <see cref="FlightModel"/>.
/// </summary>
public class FlightFaultTests(ITestOutputHelper output)
{
    private const int LatencyMs = 100;

    public enum Kind
    {
        /// <summary>A certificate, with False Start.</summary>
        Full,

        /// <summary>The same in datagrams of 300 bytes from the server.</summary>
        FullSmallDatagrams,

        /// <summary>A PSK: the query comes after the server's Finished.</summary>
        FullPsk,
        ResumedById,
        ResumedByTicket,

        /// <summary>The server sends a new ticket.</summary>
        ResumedRenewed,
    }

    public static IEnumerable<TheoryDataRow<Kind, bool>> Rows()
    {
        return from kind in Enum.GetValues<Kind>() from cookie in new[] { false, true } select new TheoryDataRow<Kind, bool>(kind, cookie);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void EveryOne(Kind kind, bool cookie)
    {
        Rig rig = new(kind, cookie);
        output.WriteLine("What goes wrong | connected, answered (ms) | client's repetitions | server's by timer, on request | queries again | datagrams");
        output.WriteLine("nothing | " + Line(rig.Base));
        for (int position = 0; position < rig.Layout.Datagrams + 3; position++)
        {
            foreach (Trouble trouble in Enum.GetValues<Trouble>())
            {
                (Outcome outcome, int hits) = Check(rig, new Dictionary<int, Trouble> { [position] = trouble });
                if (hits == 0)
                {
                    // A repetition, and nothing is repeated.
                    Assert.True(position >= rig.Layout.Datagrams);
                    Assert.Equal(rig.Base, outcome);
                    continue;
                }

                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{position} {trouble} | ") + Line(outcome));
                CheckSingle(rig, trouble, outcome);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void EveryPair(Kind kind, bool cookie)
    {
        Rig rig = new(kind, cookie);
        int cases = 0;
        long worst = 0;
        int[] repetitions = new int[20];
        int count = rig.Layout.Datagrams + 3;
        for (int first = 0; first < count; first++)
        {
            for (int second = first + 1; second < count; second++)
            {
                foreach (Trouble one in Enum.GetValues<Trouble>())
                {
                    foreach (Trouble other in Enum.GetValues<Trouble>())
                    {
                        (Outcome outcome, int hits) = Check(rig, new Dictionary<int, Trouble> { [first] = one, [second] = other });
                        if (hits < 2)
                            continue;

                        cases++;
                        worst = Math.Max(worst, outcome.AnswerMs);
                        repetitions[outcome.ClientRetransmissions + outcome.ServerTimers + outcome.ServerRequested]++;

                        // Two troubles cost a timer of 1 s and its double at most before the handshake is over.
                        Assert.InRange(outcome.ConnectedMs, 0, rig.Base.ConnectedMs + 3000 + 2 * FlightLayout.LateMs);
                    }
                }
            }
        }

        Assert.True(cases > 300);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}, {(cookie ? "cookie" : "no cookie")}: {cases} pairs; the answer after {worst} ms at the latest ({rig.Base.AnswerMs} without faults); flights repeated: ")
            + string.Join(", ", repetitions.Select((n, i) => (n, i)).Where(e => e.n > 0).Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.i} in {e.n}"))));
    }

    /// <summary>A chain of more than 4 KiB and the least reassembly buffer: what comes out of order may have to be sent again, but every handshake completes.</summary>
    [Theory]
    [InlineData(1232)]
    [InlineData(600)]
    public void LargeChainAndLittleMemory(int datagramBytes)
    {
        DodSetup setup = new DodSetup().WithCredential(PairKeys.Large);
        setup.Dtls.MaxDatagramBytes = datagramBytes;
        setup.ReassemblyBytes = 512;
        int count = setup.Connect().Path.Down.Sent + 4;
        long worst = 0;
        for (int first = 0; first < count; first++)
        {
            for (int second = first; second < count; second++)
            {
                foreach (DatagramFate fate in new[] { DatagramFate.Lose, DatagramFate.Duplicate, DatagramFate.Delay })
                {
                    setup.ForgetAssociations();
                    DodPair pair = new(setup);
                    int number = 0;
                    pair.Path.Down.Script = _ => number++ is int n && (n == first || n == second) ? fate : DatagramFate.Deliver;
                    pair.Ask();
                    pair.Open(null);
                    pair.RunFor(14_000);
                    pair.AssertConnected().AssertAnswered(1);
                    worst = Math.Max(worst, pair.Answers.Single().Ms - pair.StartedMs);
                }
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{datagramBytes}: {count} datagrams; the answer after {worst} ms at the latest."));
        Assert.InRange(worst, 1000, 4500);
    }

    /// <summary>What the RFC's text says of one trouble, without the model: a loss costs one timer of 1 s at most, the network's copies and disorder cost none.</summary>
    private static void CheckSingle(Rig rig, Trouble trouble, Outcome outcome)
    {
        long extra = outcome.ConnectedMs - rig.Base.ConnectedMs;
        int repeated = outcome.ClientRetransmissions + outcome.ServerTimers + outcome.ServerRequested;
        switch (trouble)
        {
            case Trouble.Lost:
            case Trouble.Corrupted:
            case Trouble.CorruptedTail:
                Assert.True(extra is 0 or 1000, "A loss costs a timer of 1 s, or nothing where the handshake was over.");
                Assert.InRange(repeated, 0, 2);
                Assert.InRange(outcome.AnswerMs - rig.Base.AnswerMs, 0, 2000);
                break;
            case Trouble.Duplicated:
                Assert.Equal(rig.Base with { Datagrams = outcome.Datagrams }, outcome);
                break;
            case Trouble.Overtaken:
                Assert.InRange(extra, 0, FlightLayout.OvertakenMs);
                Assert.InRange(outcome.AnswerMs - rig.Base.AnswerMs, 0, FlightLayout.OvertakenMs);
                Assert.Equal(0, repeated + outcome.Resends);
                break;
            case Trouble.Late:
                Assert.True(extra is 0 or 1000);
                break;
        }
    }

    private static (Outcome Outcome, int Hits) Check(Rig rig, Dictionary<int, Trouble> troubles)
    {
        FlightModel model = new(rig.Layout, troubles, LatencyMs);
        Outcome predicted = model.Run();
        Outcome outcome = rig.Run(troubles, out List<string> log);
        if (predicted != outcome)
        {
            Assert.Fail(string.Join(", ", troubles.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key} {t.Value}"))) + "\npredicted " + predicted + "\nhappened  " + outcome
                + "\n" + string.Join('\n', log));
        }

        return (outcome, model.Hits);
    }

    private static string Line(Outcome o)
    {
        return string.Create(CultureInfo.InvariantCulture, $"{o.ConnectedMs}, {o.AnswerMs} | {o.ClientRetransmissions} | {o.ServerTimers}, {o.ServerRequested} | {o.Resends} | {o.Datagrams}");
    }

    /// <summary>Runs the same handshake again and again, with the same server.</summary>
    private sealed class Rig
    {
        private readonly DodSetup _setup = new();
        private readonly TlsSession? _session;

        public Rig(Kind kind, bool cookie)
        {
            _setup.LatencyMs = LatencyMs;
            _setup.ReassemblyBytes = 8192;
            if (kind == Kind.FullPsk)
                _setup.WithPsk();

            _setup.Dtls.Tickets = kind != Kind.ResumedById;
            _setup.Dtls.RenewTickets = kind == Kind.ResumedRenewed;
            _setup.Dtls.TicketLifetimeSeconds = 604_800;
            if (kind >= Kind.ResumedById)
                _session = _setup.Connect().Sessions[0];

            _setup.Dtls.Cookie = cookie;
            if (kind == Kind.FullSmallDatagrams)
                _setup.Dtls.MaxDatagramBytes = 300;

            List<(bool Up, byte[] Bytes)> datagrams = [];
            Base = Run([], out _, datagrams);
            Layout = FlightLayout.Of(datagrams);
            Assert.Equal(kind == Kind.FullSmallDatagrams, Layout.Server2.Count > 1);
            Assert.Equal(cookie, Layout.Server1.Count == 1);
            Assert.Equal(kind >= Kind.ResumedById, Layout.Server3.Count == 0);
        }

        public FlightLayout Layout { get; }

        public Outcome Base { get; }

        public Outcome Run(Dictionary<int, Trouble> troubles, out List<string> log, List<(bool Up, byte[] Bytes)>? datagrams = null)
        {
            _setup.ForgetAssociations();
            DtlsServerCounters before = _setup.Counters.Snapshot();
            DodPair pair = new(_setup);
            int number = 0;
            List<string> lines = [];
            pair.Path.Up.Script = bytes => Decide(true, pair.Path.Up, bytes);
            pair.Path.Down.Script = bytes => Decide(false, pair.Path.Down, bytes);
            pair.Ask();
            pair.Open(Copy(_session));
            pair.RunFor(14_000);
            log = lines;
            string all = string.Join('\n', lines);
            Assert.True(pair.Dtls.IsConnected, "Not connected.\n" + all);
            Assert.Equal(_session != null, pair.Dtls.IsResumed);
            pair.AssertAnswered(1);
            Assert.Equal(1, pair.Events.Count(e => e.Event == DodEvent.Connected));
            return new Outcome
            {
                ConnectedMs = pair.Events.Single(e => e.Event == DodEvent.Connected).Ms - pair.StartedMs,
                AnswerMs = pair.Answers.Single().Ms - pair.StartedMs,
                ClientRetransmissions = pair.Dtls.Retransmissions,
                ServerTimers = _setup.Counters.TimerRetransmissions - before.TimerRetransmissions,
                ServerRequested = _setup.Counters.RequestedRetransmissions - before.RequestedRetransmissions,
                Resends = pair.Session.Resends,
                Datagrams = number,
            };

            DatagramFate Decide(bool up, DatagramLink link, byte[] bytes)
            {
                bool hit = troubles.TryGetValue(number, out Trouble trouble);
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{number,3} {bytes.Length,5} B {pair.Clock.NowMs - pair.StartedMs,6} {(up ? "->" : "<-")} {string.Join(' ', FlightLayout.Pieces(bytes))} {(hit ? trouble.ToString() : "")}"));
                number++;
                datagrams?.Add((up, bytes));
                if (!hit)
                    return DatagramFate.Deliver;

                switch (trouble)
                {
                    case Trouble.Lost:
                        return DatagramFate.Lose;
                    case Trouble.Duplicated:
                        return DatagramFate.Duplicate;
                    case Trouble.Overtaken:
                    case Trouble.Late:
                        link.DelayMs = trouble == Trouble.Late ? FlightLayout.LateMs : FlightLayout.OvertakenMs;
                        return DatagramFate.Delay;
                    default:
                        // A tail in the clear could not be told from a true one: then it is the head.
                        bool tail = trouble == Trouble.CorruptedTail && FlightLayout.IsProtected(FlightLayout.Pieces(bytes)[^1]);
                        link.Corrupt = tail ? b => b[^1] ^= 1 : b => b[1] ^= 1;
                        return DatagramFate.Corrupt;
                }
            }
        }

        private static TlsSession? Copy(TlsSession? session)
        {
            if (session == null)
                return null;

            return new TlsSession
            {
                Version = session.Version,
                CipherSuite = session.CipherSuite,
                Secret = (byte[])session.Secret.Clone(),
                Ticket = (byte[])session.Ticket?.Clone()!,
                SessionId = (byte[])session.SessionId?.Clone()!,
                ServerName = session.ServerName,
                ApplicationProtocol = session.ApplicationProtocol,
                ReceivedUtcMs = session.ReceivedUtcMs,
                LifetimeSeconds = session.LifetimeSeconds,
                ExtendedMasterSecret = session.ExtendedMasterSecret,
                MaxFragmentLengthCode = session.MaxFragmentLengthCode,
                Authenticated = session.Authenticated,
                PeerKeyHash = session.PeerKeyHash,
                Group = session.Group,
            };
        }
    }
}
