using System;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>One policy in one world, every byte through the engines.</summary>
internal sealed class WireRun
{
    private const int SlackMs = 3_600_000;

    private readonly World _world;
    private readonly Scenario _scenario;
    private readonly TrialResult _result;
    private readonly WirePolicy _policy;
    private readonly WireWorld _wire;
    private readonly SimulatedNetwork _network;
    private readonly WireMeter _meter;
    private readonly CostModel _costs;
    private readonly int[] _latencies;
    private readonly long[] _askedUs;
    private readonly int[] _queryOfSlot = new int[256];
    private readonly byte[] _message;
    private readonly bool[] _hello = new bool[2];
    private readonly BatteryState _battery;
    private long _pathDeath = long.MaxValue;
    private long _serverDeath = long.MaxValue;
    private int _query = -1;
    private int _wake;
    private int _reset;
    private int _pending;
    private int _probes;
    private int _lossesLeft;
    private bool _busy;
    private bool _riding;
    private bool _vain;
    private int _rebootedFor = -1;
    private long _handshakeEndUs;

    public WireRun(World world, IAssociationPolicy policy, string policyName, int seed)
    {
        _world = world;
        _scenario = world.Scenario;
        _result = new TrialResult { Scenario = _scenario.Name, Policy = policyName, Seed = seed, Days = world.EndMs / 86400e3, Queries = world.Queries.Length };
        TrialPhysics physics = new(world);
        _costs = physics.Costs;
        _meter = new WireMeter(physics);
        _policy = new WirePolicy(policy, !_costs.SleepLosesMemory, _result);
        _wire = new WireWorld(_scenario, seed, _policy);
        _network = _wire.Network;
        _battery = new BatteryState(_scenario.Device.BatteryJoules);
        _latencies = new int[world.Queries.Length];
        _askedUs = new long[world.Queries.Length];
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { TcpKeepalive = _scenario.Protocol.Transport == AssociationTransport.Dot });
        _message = buffer[..count];
        _policy.Observed = Observed;
        _wire.Device.Happened = Happened;
        _wire.Device.Commanded = Commanded;
        _wire.Access.Up.Filter = _ => _lossesLeft <= 0 || --_lossesLeft < 0;
        if (!_scenario.Device.Radio.Reachable)
            _wire.Access.Down.Filter = _ => _busy || _pending > 0 || Now <= _meter.OnUntilMs;

        _wire.Access.Up.OnSent += packet => Packet(true, packet.IpBytes);
        _wire.Access.Down.OnArrived += packet => Packet(false, packet.IpBytes);
    }

    private long Now => _network.NowMs - WireWorld.StartMs;

    private long NowUs => _network.NowUs - WireWorld.StartMs * 1000;

    public TrialResult Run()
    {
        _wire.Set(_scenario.Phases[0]);
        SetPower();
        for (int i = 0; i < _world.Queries.Length; i++)
        {
            RunTo(_world.Queries[i]);
            Ask(i);
        }

        RunTo(_world.EndMs);
        _network.RunUntil(() => _pending == 0, SlackMs);
        _result.Failed += _pending;
        _result.EnergyNanoJoules = _meter.NanoJoules;
        foreach (int latency in _latencies)
            _result.LatencyMs += latency;

        _result.CostNanoJoules = _result.EnergyNanoJoules + _result.LatencyMs * _scenario.LatencyMicroWatts;
        Array.Sort(_latencies);
        int count = _latencies.Length;
        _result.LatencyMsP50 = count == 0 ? 0 : _latencies[count / 2];
        _result.LatencyMsP95 = count == 0 ? 0 : _latencies[count * 95 / 100];
        if (_scenario.Device.BatteryJoules > 0)
            _result.BatteryDays = _scenario.Device.BatteryJoules / ((TrialRun.BaseNanoJoulesPerMs(_world) + (double)_result.EnergyNanoJoules / _world.EndMs) * 86400e3 / 1e9);

        return _result;
    }

    private static long Next(long[] times, int index) => index < times.Length ? times[index] : long.MaxValue;

    /// <summary>Lets time go by, and what it brings happen.</summary>
    private void RunTo(long until)
    {
        while (true)
        {
            long slept = _costs.SleepLosesMemory && !_busy && _pending == 0 && _rebootedFor != _query ? Math.Max(_meter.OnUntilMs, Now) : long.MaxValue;
            long next = Math.Min(until, Math.Min(Math.Min(Next(_world.Wakes, _wake), Next(_world.ResetTimes, _reset)), Math.Min(slept, Math.Min(_pathDeath, _serverDeath))));
            next = Math.Max(next, Now);
            if (_network.Step((next + WireWorld.StartMs) * 1000))
            {
                _busy = IsBusy();
                _riding = _pending > 0;
                continue;
            }

            _network.RunUntil(next + WireWorld.StartMs);
            if (next == slept && !(next == until))
            {
                _rebootedFor = _query;
                _pathDeath = _serverDeath = long.MaxValue;
                _wire.Reboot();
                _probes = 0;
                SetPower();
            }
            else if (next == Next(_world.ResetTimes, _reset))
                Reset();
            else if (next == _pathDeath)
                LosePath();
            else if (next == _serverDeath)
                LoseServer();
            else if (next == Next(_world.Wakes, _wake) && next < until)
                Wake();
            else
                return;
        }
    }

    private void Ask(int query)
    {
        long now = Now;
        if (_costs.SleepLosesMemory && _rebootedFor != _query && _query >= 0 && now >= _meter.OnUntilMs)
        {
            _wire.Reboot();
            _probes = 0;
            SetPower();
        }

        bool phase = _query < 0 || _world.Phase[query] != _world.Phase[_query];
        if (phase)
            _wire.Set(_scenario.Phases[_world.Phase[query]]);

        _query = query;
        _askedUs[query] = NowUs;
        Touch(now, true);
        if (!_busy && _pending == 0 && _handshakeEndUs <= NowUs)
        {
            long ready = _meter.Begin(NowUs, false);
            _pending++;
            _network.RunUntil(ready / 1000 + WireWorld.StartMs);
            _pending--;
        }

        _policy.Waits = _handshakeEndUs > NowUs;
        if (_policy.Waits)
        {
            _busy = true;
            _network.RunUntil(_handshakeEndUs / 1000 + WireWorld.StartMs);
        }

        int rtt = _costs.RoundTripMs(_world.Rtt[query]);
        _wire.SetRtt(rtt);
        _busy = true;
        _vain = false;
        _riding = true;
        _pending++;
        _policy.Decided = false;
        _lossesLeft = _world.QueryLosses[query];
        int slot = _wire.Device.Query(_message);
        if (slot < 0)
        {
            _pending--;
            _result.Failed++;
            return;
        }

        _queryOfSlot[slot] = query;
        _latencies[query] = -1;
        _busy = IsBusy();
    }

    private void Touch(long now, bool served)
    {
        if (_query < 0)
            return;

        _pathDeath = now + _world.PathMs[_query] + 1;
        if (served)
            _serverDeath = now + _world.ServerMs[_query] + 1;
    }

    private void LosePath()
    {
        _pathDeath = long.MaxValue;
        _wire.LosePath(_world.PathSilent[_query]);
        if (!_scenario.ConnectionId)
            _serverDeath = long.MaxValue;
    }

    private void LoseServer()
    {
        _pathDeath = _serverDeath = long.MaxValue;
        _wire.LoseServer(_scenario.Phases[_world.Phase[_query]].End, _costs.ServerCloseWakes);
    }

    private void Reset()
    {
        bool network = _world.ResetIsNetwork[_reset++];
        if (network)
            _wire.Move();
        else
            _wire.Restart(_scenario.RestartKeepsTickets);

        if (!network || !_scenario.ConnectionId)
            _pathDeath = _serverDeath = long.MaxValue;
    }

    private void Wake()
    {
        _wake++;
        SetPower();
        _riding = true;
        _wire.Device.Do((association, now) => association.RadioActive(now));
        _busy = IsBusy();
        _riding = false;
    }

    private void SetPower()
    {
        long next = _scenario.TellsNextWake && _wake < _world.Wakes.Length ? _world.Wakes[_wake] + WireWorld.StartMs : long.MaxValue;
        _wire.Device.Do((association, now) => association.SetPower(_scenario.Permission, _battery.Permille, _scenario.Device.BatteryJoules == 0, next, now));
    }

    private bool IsBusy()
    {
        if (_pending > 0)
            return true;

        int state = _wire.Device.Association.State;
        return state is not (AssociationState.Quiet or AssociationState.Closed or AssociationState.Asleep or AssociationState.Suspect);
    }

    private void Packet(bool up, int bytes)
    {
        long now = NowUs;
        int probes = _wire.Device.Association.ProbesSent;
        if (probes != _probes)
        {
            _probes = probes;
            if (_riding)
                _result.RideAlongProbes++;
            else
                _result.StandAloneProbes++;

            _wire.SetRtt(_costs.RoundTripMs(_scenario.Phases[_world.Phase[_query]].RttMs));
            _meter.Begin(now, true);
            _meter.Compute(now, HandshakeKind.None);
            _busy = true;
            Touch(now / 1000, _wire.Device.Association.LastProbeKind != ProbeKind.Keepalive);
        }
        else if (!_busy && now / 1000 >= _meter.OnUntilMs - _costs.TailMs + 1)
            _meter.Begin(now, true);

        _meter.Packet(now, up, bytes, _pending > 0 || _hello[0] || _hello[1]);
    }

    private void Commanded(int command, int path)
    {
        if (command == AssociationCommand.OpenPath)
        {
            EndHello(path);
            if (_pending == 0)
            {
                _wire.SetRtt(_costs.RoundTripMs(_scenario.Phases[_world.Phase[_query]].RttMs));
                if (!_busy)
                    _meter.Begin(NowUs, true);

                _busy = true;
                Touch(Now, true);
            }
            else
                _lossesLeft = _world.HandshakeLosses[_query];

            _hello[path] = true;
        }
        else if (command == AssociationCommand.ClosePath)
            EndHello(path);
    }

    private void EndHello(int path)
    {
        if (_hello[path])
            _meter.Compute(NowUs, _scenario.Protocol.Handshake[ExchangeKind.HedgeExtra]);

        _hello[path] = false;
    }

    private void Observed(int observation)
    {
        if (observation is AssociationObservation.LostFast or AssociationObservation.LostSilently && _pending > 0)
            _vain = true;
    }

    private void Happened(int happened)
    {
        ServerAssociation association = _wire.Device.Association;
        switch (happened)
        {
            case AssociationEvent.Connected:
                DnsConversation conversation = association.Conversation(association.EventPath);
                bool resumed = conversation is DotSession dot ? dot.Tls.IsResumed : ((DodSession)conversation).Dtls.IsResumed;
                if (!resumed)
                    _result.FullHandshakes++;
                if (_pending == 0)
                    _result.Renewals++;

                _hello[association.EventPath] = false;
                _handshakeEndUs = long.MinValue;
                _meter.Compute(NowUs, _scenario.Protocol.Handshake[resumed ? ExchangeKind.Resume : ExchangeKind.Reconnect]);
                break;
            case AssociationEvent.Answer:
                int query = _queryOfSlot[association.EventQuery];
                if (!association.EventWaitedForHandshake || _vain)
                    _meter.Compute(NowUs, HandshakeKind.None);

                _vain = false;
                _latencies[query] = (int)((NowUs - _askedUs[query] + _meter.ShiftUs) / 1000);
                _pending--;
                if (_handshakeEndUs == long.MinValue)
                    _handshakeEndUs = NowUs + _meter.ShiftUs;
                if (_policy.Decided)
                    _result.Actions[association.EventAction - 1]++;

                _policy.Decided = false;
                break;
            case AssociationEvent.QueryFailed:
                int failed = _queryOfSlot[association.EventQuery];
                _latencies[failed] = (int)((NowUs - _askedUs[failed]) / 1000);
                _result.Failed++;
                _pending--;
                break;
        }
    }
}
