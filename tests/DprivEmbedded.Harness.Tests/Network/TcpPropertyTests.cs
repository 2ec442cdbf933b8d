using System.Linq;
using System.Text;
using System.Threading;
using CsCheck;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A byte stream through loss, bursts, reordering, duplication, rates and NATs that forget arrives intact, or both ends know that it did not.</summary>
public class TcpPropertyTests
{
    private static readonly Gen<Case> s_case = Gen.Select(
        Gen.Int[1, 1_000_000],
        Gen.Int[0, 30],
        Gen.Bool,
        Gen.Bool,
        Gen.Int[0, 20],
        Gen.Int[0, 4],
        Gen.Int[1, 40_000],
        Gen.Int[1, 12],
        (seed, loss, bursts, reorders, duplicates, nat, bytes, writes) => new Case(seed, loss, bursts, reorders, duplicates, nat, bytes, writes));

    [Fact]
    public void ABadLinkLosesNoByte()
    {
        // Without a NAT that forgets, all bytes arrive: the retransmissions last longer than any of these losses.
        s_case.Sample(
            c =>
            {
                Run run = new(c with { Nat = 0 });
                run.Go(3_600_000);
                return run.Up.Intact && run.Down.Intact && run.Up.AllAcknowledged && run.Down.AllAcknowledged;
            },
            iter: 600,
            print: c => c.ToString());
    }

    [Fact]
    public void ANatThatForgetsBreaksAStreamOnlyWithTheKnowledgeOfBothEnds()
    {
        int broken = 0;
        s_case.Sample(
            c =>
            {
                Run run = new(c with { Nat = 1 + (c.Nat % 4) });
                run.Network.Schedule(run.Network.NowMs + (c.Seed % 3000), () => run.Rig.Nat!.LoseState());
                run.Go(7_200_000);
                bool whole = run.Up.Intact && run.Down.Intact;
                Interlocked.Add(ref broken, run.BothKnow ? 1 : 0);
                return run.Up.IsPrefix && run.Down.IsPrefix && (whole || run.BothKnow);
            },
            iter: 600,
            print: c => c.ToString());
        Assert.InRange(broken, 50, 500);
    }

    [Fact]
    public void AServerThatCrashesIsNoticed()
    {
        s_case.Sample(
            c =>
            {
                Run run = new(c with { Nat = 0 });
                run.Network.Schedule(run.Network.NowMs + (c.Seed % 2000), () =>
                {
                    run.Rig.Server.Crash();
                    run.Rig.Server.Restart();
                    run.ServerGone = true;
                });
                run.Go(7_200_000);
                return run.Up.IsPrefix && run.Down.IsPrefix && ((run.Up.Intact && run.Down.Intact && run.Up.AllAcknowledged) || run.BothKnow);
            },
            iter: 600,
            print: c => c.ToString());
    }

    private sealed record Case(int Seed, int LossPercent, bool Bursts, bool Reorders, int DuplicatePercent, int Nat, int Bytes, int Writes);

    private sealed class Direction(string sent)
    {
        public string Sent { get; } = sent;

        public StringBuilder Received { get; } = new();

        public bool AllAcknowledged { get; set; }

        public bool Intact => Received.ToString() == Sent;

        public bool IsPrefix => Sent.StartsWith(Received.ToString(), System.StringComparison.Ordinal);
    }

    private sealed class Run
    {
        private readonly TcpEndpointLog _client;
        private TcpEndpointLog? _server;

        public Run(Case c)
        {
            LinkSettings link = new()
            {
                Delay = c.Reorders ? DelayDistribution.Uniform(5, 120) : DelayDistribution.LogNormal(40, 0.4),
                KeepsOrder = !c.Reorders,
                Loss = c.Bursts ? LossModel.GilbertElliott(0.05, 0.4, c.LossPercent / 40.0) : LossModel.Independent(c.LossPercent / 100.0),
                DuplicateProbability = c.DuplicatePercent / 100.0,
                RateBitsPerSecond = c.Seed % 3 == 0 ? 256_000 : 0,
            };
            NatSettings? nat = c.Nat switch
            {
                1 => new NatSettings { TcpWithoutState = NatTcpPolicy.Reset },
                2 => new NatSettings { TcpWithoutState = NatTcpPolicy.Silence },
                3 => new NatSettings { TcpWithoutState = NatTcpPolicy.SameMapping },
                4 => new NatSettings { TcpWithoutState = NatTcpPolicy.OtherMapping, PortPolicy = NatPortPolicy.RandomPort },
                _ => null,
            };

            // Without keepalive an end with nothing on its way would never know.
            TcpSettings tcp = new() { KeepaliveIdleMs = 60_000, KeepaliveIntervalMs = 10_000, KeepaliveCount = 8, SynRetries = 12, SynAckRetries = 12 };
            Rig = new NetRig(c.Seed, nat, link, tcp, tcp);
            System.Random random = new(c.Seed);
            Up = new Direction(Text(random, c.Bytes));
            Down = new Direction(Text(random, c.Bytes / 2));
            Rig.Server.ListenTcp(853, connection =>
            {
                _server = new TcpEndpointLog(connection) { OnText = text => Up.Received.Append(text) };
                Write(_server, Down, 3);
            });
            _client = Rig.Connect();
            _client.OnText = text => Down.Received.Append(text);
            Write(_client, Up, c.Writes);
        }

        public NetRig Rig { get; }

        public SimulatedNetwork Network => Rig.Network;

        public Direction Up { get; }

        public Direction Down { get; }

        public bool ServerGone { get; set; }

        public bool BothKnow => Knows(_client) && (ServerGone || _server == null || Knows(_server));

        public void Go(long limitMs)
        {
            Network.RunUntil(() => (Up.Intact && Down.Intact && _client.Connection.IsAllAcknowledged && (ServerGone || _server!.Connection.IsAllAcknowledged)) || BothKnow, limitMs);
            Up.AllAcknowledged = _client.Connection.IsAllAcknowledged;
            Down.AllAcknowledged = _server?.Connection.IsAllAcknowledged ?? false;
        }

        private static bool Knows(TcpEndpointLog end) => end.Events.Any(e => e is "Reset" or "Timeout" or "Refused");

        private void Write(TcpEndpointLog end, Direction direction, int writes)
        {
            int size = (direction.Sent.Length / writes) + 1;
            for (int i = 0; i < writes; i++)
            {
                string piece = new(direction.Sent.Skip(i * size).Take(size).ToArray());
                Network.Schedule(Network.NowMs + (i * 137), () => end.Write(piece));
            }
        }

        private static string Text(System.Random random, int bytes) => new(Enumerable.Range(0, bytes).Select(_ => (char)('a' + random.Next(26))).ToArray());
    }
}
