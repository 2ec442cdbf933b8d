using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using CsCheck;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Harness.Tests.Network;
using DprivEmbedded.Harness.Tests.Pair;
using DprivEmbedded.Harness.Tests.PairDtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>The same property over the simulated network: TCP to the segment, a NAT with timeouts of its own, lost packets, a host that crashes and is away for a while, a second network to roam to.</summary>
public class NetworkScheduleTests
{
    private const int Schedules = 10_000;

    private enum Act
    {
        Ask,
        AskThree,
        Wait,
        WaitLong,
        Crash,
        CrashWithoutKeys,
        CrashForAWhile,
        Upgrade,
        LoseNatState,
        Sleep,
        SleepAndLoseNatState,
        Roam,
        Slow,
        Fast,
    }

    [Fact]
    public void No_query_is_lost_and_none_answered_twice()
    {
        Gen<(Act Act, int Number)> step = Gen.Select(Gen.Int[0, 13].Select(i => (Act)i), Gen.Int[0, 1000]);
        int answers = 0;
        Gen.Select(Gen.Int[0, 5], Gen.Int[1, 1_000_000], step.Array[1, 12]).Sample(
            (variant, seed, steps) =>
            {
                World world = new(variant, seed);
                foreach ((Act act, int number) in steps)
                    world.Do(act, number);

                world.Finish();
                world.Net.Network.RunFor(3000);
                Assert.True(world.Failed.Count == 0, "Failed: " + string.Join(", ", world.Failed.Select(f => f.Query + " by " + DotError.Describe(f.Error))));
                Assert.Equal(Enumerable.Range(0, world.Asked), world.Answered.Order());
                Interlocked.Add(ref answers, world.Answered.Count);
            },
            iter: Schedules,
            print: t => "variant " + t.Item1 + ", seed " + t.Item2 + ": " + string.Join(" ", t.Item3.Select(s => s.Act + "(" + s.Number + ")")));
        Assert.True(answers > Schedules, answers + " answers.");
    }

    /// <summary>A device behind a NAT, with a second network at hand, and a server.</summary>
    private sealed class World : IConversationFactory
    {
        private static readonly Ipv4Address s_roaming = Ipv4Address.Parse("198.51.100.7");

        private readonly bool _dtls;
        private readonly PairSetup _tls;
        private readonly DodSetup _dod;
        private readonly SimulatedDotService? _dotService;
        private readonly SimulatedDodtlsService? _dodService;
        private readonly SimulatedDevice _device;
        private readonly SimulatedPath _other;
        private readonly Dictionary<int, int> _slots = [];
        private readonly byte[] _message = AssociationRig.Message();
        private bool _roamed;

        public World(int variant, int seed)
        {
            _dtls = variant >= 4;
            NatSettings nat = new() { UdpTimeoutMs = 30_000, TcpTimeoutMs = 60_000, PortPolicy = (NatPortPolicy)(seed % 4), TcpWithoutState = (NatTcpPolicy)(seed / 4 % 4) };
            LinkSettings link = new() { Delay = DelayDistribution.Uniform(20, 60), Loss = seed % 4 == 0 ? LossModel.None : LossModel.Independent(0.02) };
            Net = new NetRig(seed, nat, link);
            Net.Trace.IsRunning = false;
            Net.AtServer.IsRunning = false;
            _other = Net.Network.Connect(Net.Client, Net.Router, link);
            _tls = new PairSetup(seed, "SS").WithVersion(variant % 2 == 0 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12).WithPsk();
            if (variant % 2 != 0)
                _tls.Client.CipherSuites = [CipherSuite.PskAes128Ccm8];

            _dod = new DodSetup(seed).WithPsk();
            _dod.Dtls.UnknownRecord = seed % 2 == 0 ? UnknownRecordPolicy.Alert : UnknownRecordPolicy.Silence;
            if (variant == 5)
            {
                _dod.Client.ConnectionId = [];
                _dod.Dtls.ConnectionIdBytes = 4;
            }

            AssociationOptions options = new()
            {
                SessionKey = "server",
                Transport = _dtls ? AssociationTransport.Dodtls : AssociationTransport.Dot,
                MaxQueries = 48,
                QueryTimeoutMs = 25_000,
                MaxAttempts = 16,
                SignalBudgetPerHour = 120,
                RestartPatienceMs = 10_000,
                MaxPaths = seed % 5 == 0 ? 1 : 2,
                FastOpen = variant is 2 or 3,
                Keepalive = true,
            };
            IAssociationPolicy policy = seed % 3 == 0 ? new ThresholdPolicy { ReuseUpToMs = 5000, HedgeUpToMs = 25_000, ProbeAfterMs = 20_000 } : new ThresholdPolicy();
            if (_dtls)
                _dodService = new SimulatedDodtlsService(Net.Server, _dod.Server);
            else
            {
                DotServer server = new(_tls.ServerCrypto, new ZoneResponder(DemoZone.Create()), new DotServerOptions { Tls = _tls.Server, IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1, Seed = seed });
                server.State.Psks.AddRange(_tls.State.Psks);
                _dotService = new SimulatedDotService(Net.Server, server, fastOpen: variant is 2 or 3);
            }

            _device = new SimulatedDevice(Net.Client, Net.Service, options.Transport, facts => new ServerAssociation(options, this, new SessionCache(4, 4, 4096), policy, _tls.ClientCrypto, facts)) { Happened = Note };
        }

        public NetRig Net { get; }

        public int Asked { get; private set; }

        public List<int> Answered { get; } = [];

        public List<(int Query, int Error)> Failed { get; } = [];

        public DotSession CreateDot(int maxQueries, int maxQueryBytes)
        {
            return new DotSession(new DotSessionOptions { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes, IdleTimeoutMs = 60_000 }, _tls.NewClient(), _tls.ClientCrypto, new byte[4096]);
        }

        public DodSession CreateDod(int maxQueries, int maxQueryBytes)
        {
            DodSessionOptions options = new() { MaxQueries = maxQueries, MaxQueryBytes = maxQueryBytes };
            return new DodSession(options, new DtlsClient(_dod.Client, _dod.ClientCrypto, new byte[4096], new byte[2048], new byte[16384]), _dod.ClientCrypto);
        }

        public void Do(Act act, int number)
        {
            switch (act)
            {
                case Act.Ask:
                    Ask();
                    break;
                case Act.AskThree:
                    for (int i = 0; i < 3; i++)
                        Ask();

                    break;
                case Act.Wait:
                    Net.Network.RunFor(number / 3);
                    break;
                case Act.WaitLong:
                    Net.Network.RunFor(number * 40L);
                    break;
                case Act.Crash:
                    Crash(0, true);
                    break;
                case Act.CrashWithoutKeys:
                    Crash(0, false);
                    break;
                case Act.CrashForAWhile:
                    Crash(number, true);
                    Net.Network.RunFor(number + 1);
                    break;
                case Act.Upgrade:
                    _dotService?.Upgrade((CloseManner)(number % 3), number % 2 == 0);
                    _dodService?.Upgrade(number % 3 == 0, number % 2 == 0);
                    break;
                case Act.LoseNatState:
                    Net.Nat!.LoseState();
                    break;
                case Act.Sleep:
                    Sleep(number, false);
                    break;
                case Act.SleepAndLoseNatState:
                    Sleep(number, true);
                    break;
                case Act.Roam:
                    _roamed = !_roamed;
                    _device.MoveTo(_roamed ? _other : Net.Access, _roamed ? s_roaming : NetRig.ClientAddress);
                    break;
                case Act.Slow:
                    SetDelay(number);
                    break;
                case Act.Fast:
                    SetDelay(0);
                    break;
            }
        }

        /// <summary>Runs until every question is answered or failed, for 30 s at most.</summary>
        public void Finish()
        {
            Net.Network.RunUntil(() => Answered.Count + Failed.Count >= Asked, 30_000);
        }

        private void Ask()
        {
            int query = _device.Association.Query(_message, 0, _message.Length, Net.Network.NowMs);
            Assert.True(query >= 0);
            _slots[query] = Asked++;
            _device.Drive();
        }

        private void Crash(int downMs, bool keepsTickets)
        {
            _dotService?.CrashHost(downMs, keepsTickets);
            _dodService?.CrashHost(downMs, keepsTickets);
        }

        private void Sleep(int number, bool loseState)
        {
            Finish();
            _device.Do((association, nowMs) => association.PrepareSleep(number * 100, true, nowMs));
            _device.IsOff = true;
            Net.Network.RunFor(number * 100L);
            if (loseState)
                Net.Nat!.LoseState();

            _device.IsOff = false;
            _device.Do((association, nowMs) => association.Wake(nowMs));
        }

        private void SetDelay(int ms)
        {
            if (_dotService != null)
                _dotService.Server.Options.AnswerDelayMs = ms;
            else
                _dod.Dod.AnswerDelayMs = ms;
        }

        private void Note(int happened)
        {
            ServerAssociation association = _device.Association;
            if (happened == AssociationEvent.Answer)
                Answered.Add(_slots[association.EventQuery]);
            else if (happened == AssociationEvent.QueryFailed)
                Failed.Add((_slots[association.EventQuery], association.EventError));
        }
    }
}
