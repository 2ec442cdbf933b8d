using System;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>One policy in one world, event by event.</summary>
internal sealed class TrialRun
{
    private readonly TrialPhysics _physics;
    private readonly World _world;
    private readonly Scenario _scenario;
    private readonly IAssociationPolicy _policy;
    private readonly AssociationFacts _facts = new();
    private readonly QuietPlan _plan = new();
    private readonly BatteryState _battery;
    private readonly double _baseNanoJoulesPerMs;
    private int _wake;
    private long _lastQuery = -1;

    public TrialRun(World world, IAssociationPolicy policy)
    {
        _world = world;
        _scenario = world.Scenario;
        _policy = policy;
        _physics = new TrialPhysics(world);
        DeviceProfile device = _scenario.Device;
        _battery = new BatteryState(device.BatteryJoules);
        _baseNanoJoulesPerMs = BaseNanoJoulesPerMs(world);
    }

    /// <summary>Told of each event; null for speed.</summary>
    public Action<TrialEvent>? OnEvent { get; set; }

    /// <summary>Explains the policy's last decision; null where it cannot.</summary>
    public Func<string>? Explain { get; set; }

    /// <summary>Told of the conditions whenever they change: what an informed policy knows.</summary>
    public Action<int>? OnPhase { get; set; }

    /// <summary>What the device takes in any case, in nanojoules a millisecond.</summary>
    public static double BaseNanoJoulesPerMs(World world)
    {
        DeviceProfile device = world.Scenario.Device;
        double total = device.BaseMicroWatts + device.Radio.IdleMicroWatts;
        double others = 0;
        for (int i = 0; i < world.WindowStarts.Length; i++)
            others += (double)(world.WindowEnds[i] - world.WindowStarts[i]) * device.Radio.TailMicroWatts + RadioMeter.PromotionExtra(device.Radio);

        return total + others / Math.Max(1, world.EndMs);
    }

    public TrialResult Run(string policyName, int seed)
    {
        long[] queries = _world.Queries;
        var result = new TrialResult { Scenario = _scenario.Name, Policy = policyName, Seed = seed, Days = _world.EndMs / 86400e3, Queries = queries.Length };
        TrialState state = TrialPhysics.Start();
        var latencies = new int[queries.Length];
        int phase = -1;
        for (int i = 0; i < queries.Length; i++)
        {
            if (_world.Phase[i] != phase)
            {
                phase = _world.Phase[i];
                OnPhase?.Invoke(i);
            }

            long now = queries[i];
            WakesUntil(ref state, now);
            bool changed = _physics.Forget(ref state, now);
            Facts(state, now, false);
            if (changed)
                _policy.Observe(AssociationObservation.NetworkChanged, _facts);

            _policy.Observe(AssociationObservation.Query, _facts);
            bool waits = state.Blocking && state.End > now;
            int action = waits ? QueryAction.Reuse : _policy.DecideQuery(_facts);
            string why = OnEvent != null && Explain != null && !waits ? Explain() : "";
            long pathGap = _facts.GapMs;
            long serverGap = _facts.ServerGapMs;
            StepResult step = _physics.Ask(ref state, i, action);
            _lastQuery = now;
            latencies[i] = step.LatencyMs;
            result.EnergyNanoJoules += step.EnergyNanoJoules;
            result.LatencyMs += step.LatencyMs;
            if (!waits)
                result.Actions[step.Action - 1]++;

            Tell(state, step, now, pathGap, serverGap, result);
            if (OnEvent != null)
                Report(now, "query", step, waits ? "waited" : ActionWord(step.Action), why);

            Quiet(ref state, i + 1 < queries.Length ? queries[i + 1] : _world.EndMs, result);
        }

        result.CostNanoJoules = state.Cost;
        Array.Sort(latencies);
        result.LatencyMsP50 = latencies.Length == 0 ? 0 : latencies[latencies.Length / 2];
        result.LatencyMsP95 = latencies.Length == 0 ? 0 : latencies[latencies.Length * 95 / 100];
        if (_scenario.Device.BatteryJoules > 0)
            result.BatteryDays = _scenario.Device.BatteryJoules / ((_baseNanoJoulesPerMs + (double)result.EnergyNanoJoules / _world.EndMs) * 86400e3 / 1e9);

        return result;
    }

    private static long RoundUp(long ms) => ms >= long.MaxValue - 1000 ? long.MaxValue : (ms + 999) / 1000 * 1000;

    private static string ActionWord(int action) => action switch
    {
        QueryAction.Reuse => "reuse",
        QueryAction.Hedge => "hedge",
        QueryAction.Resume => "resume",
        _ => "reconnect",
    };

    private static string ShownWord(in StepResult step) => (step.Shown, step.Handshake) switch
    {
        (AssociationObservation.Survived, 0) => "alive",
        (AssociationObservation.LostFast, _) => "lost, fast",
        (AssociationObservation.LostSilently, _) => "lost, silent",
        (AssociationObservation.ClosedByServer, _) => "closed by server",
        (_, AssociationObservation.ConnectedFull) => "full handshake",
        (_, AssociationObservation.ConnectedResumed) => "resumed",
        (_, AssociationObservation.SessionRefused) => "session refused",
        _ => "",
    };

    private void Quiet(ref TrialState state, long until, TrialResult result)
    {
        WakesUntil(ref state, Math.Min(state.End + 1, until));
        long now = state.End;
        if (now >= until)
            return;

        int perm = _scenario.Permission;
        Plan(state, now, true);
        while (_plan.Action != QuietAction.Nothing && _plan.EarliestMs <= now && Act(ref state, now, true, result))
        {
            now = state.End;
            if (now >= until)
                return;

            // Only a handshake is followed at once by another action, and that is a close.
            bool renewed = _plan.Action == QuietAction.Renew;
            Plan(state, now, renewed);
            if (!renewed || _plan.Action != QuietAction.Close)
                break;
        }

        while (true)
        {
            bool possible = Possible(state);
            long due = possible && (perm == ProbePermission.StandAlone || _plan.Action == QuietAction.Close) && _plan.DueMs != long.MaxValue ? RoundUp(Math.Max(_plan.DueMs, Math.Max(now, state.End))) : long.MaxValue;
            long closed = _physics.CloseArrives(state);
            long wake = _wake < _world.Wakes.Length ? _world.Wakes[_wake] : long.MaxValue;
            long next = Math.Min(due, Math.Min(closed, wake));
            if (next >= until)
                break;

            now = next;
            if (_physics.Forget(ref state, now))
            {
                Facts(state, now, false);
                _policy.Observe(AssociationObservation.NetworkChanged, _facts);
                Plan(state, now, false);
                if (next != wake)
                    continue;
            }

            if (next == closed && state.Has)
            {
                long pathGap = now - state.Heard;
                long serverGap = now - state.Served;
                StepResult step = _physics.ServerCloses(ref state, now);
                result.EnergyNanoJoules += step.EnergyNanoJoules;
                result.ServerCloses++;
                Tell(state, step, now, pathGap, serverGap, result);
                if (OnEvent != null)
                    Report(now, "server-close", step, "", "");

                Plan(state, now, false);
                continue;
            }

            if (next == wake)
            {
                _wake++;
                Facts(state, now, true);
                _policy.Observe(AssociationObservation.RadioAwake, _facts);
                if (now < state.End)
                    continue;

                Plan(state, now, true);
                if (OnEvent != null)
                    Report(now, "wake", default, "", Explain?.Invoke() ?? "");

                if (_plan.Action == QuietAction.Nothing || _plan.EarliestMs > now || !Act(ref state, now, true, result))
                    continue;
            }
            else if (!Act(ref state, now, false, result))
            {
                _plan.Clear();
                continue;
            }

            bool fresh = _plan.Action == QuietAction.Renew;
            now = state.End;
            if (now >= until)
                return;

            Plan(state, now, fresh);
            if (fresh && _plan.Action == QuietAction.Close && _plan.EarliestMs <= now && Act(ref state, now, true, result))
                Plan(state, state.End, false);
        }

        WakesUntil(ref state, until);
    }

    private bool Possible(in TrialState state) => _plan.Action == QuietAction.Renew || (_plan.Action != QuietAction.Nothing && state.Has && (_plan.Action != QuietAction.Probe || _scenario.Probe != ProbeKind.None));

    private bool Act(ref TrialState state, long now, bool riding, TrialResult result)
    {
        if (!Possible(state))
            return false;

        // A close that does not wake the radio needs no permission.
        int needed = _plan.Action == QuietAction.Close && (riding || _physics.On(state, now)) ? ProbePermission.Never : riding ? ProbePermission.RideAlong : ProbePermission.StandAlone;
        if (_scenario.Permission < needed)
            return false;

        string why = OnEvent != null && Explain != null ? Explain() : "";
        long pathGap = now - state.Heard;
        long serverGap = now - state.Served;
        StepResult step = _physics.Quiet(ref state, now, _plan.Action);
        result.EnergyNanoJoules += step.EnergyNanoJoules;
        if (_plan.Action == QuietAction.Close)
            result.Closes++;
        else if (_plan.Action == QuietAction.Renew)
            result.Renewals++;
        else if (riding)
            result.RideAlongProbes++;
        else
            result.StandAloneProbes++;

        Tell(state, step, now, pathGap, serverGap, result);
        if (OnEvent != null)
            Report(now, _plan.Action == QuietAction.Close ? "close" : _plan.Action == QuietAction.Renew ? "renew" : "probe", step, riding ? "riding" : "alone", why);

        return true;
    }

    private void Tell(in TrialState state, in StepResult step, long now, long pathGap, long serverGap, TrialResult result)
    {
        if (step.Shown != 0)
        {
            Facts(state, now, false);
            _facts.GapMs = pathGap;
            _facts.ServerGapMs = serverGap;
            _policy.Observe(step.Shown, _facts);
            if (step.Shown == AssociationObservation.LostFast || step.Shown == AssociationObservation.LostSilently)
                result.Lost++;
        }

        if (step.Handshake == 0)
            return;
        if (step.Handshake != AssociationObservation.ConnectedResumed)
            result.FullHandshakes++;

        Facts(state, now, false);
        _policy.Observe(step.Handshake, _facts);
    }

    /// <summary>Tells of wakes that nothing can be done in: queries are under way.</summary>
    private void WakesUntil(ref TrialState state, long until)
    {
        while (_wake < _world.Wakes.Length && _world.Wakes[_wake] < until)
        {
            Facts(state, _world.Wakes[_wake++], true);
            _policy.Observe(AssociationObservation.RadioAwake, _facts);
        }
    }

    private void Plan(in TrialState state, long now, bool radioActive)
    {
        Facts(state, now, radioActive);
        _policy.PlanQuiet(_facts, _plan);
    }

    private void Facts(in TrialState state, long now, bool radioActive)
    {
        AssociationFacts facts = _facts;
        facts.NowMs = now;
        facts.Transport = _scenario.Protocol.Transport;
        facts.HasAssociation = state.Has && !(_physics.Costs.SleepLosesMemory && now >= state.OnUntil);
        facts.GapMs = facts.HasAssociation ? now - state.Heard : 0;
        facts.ServerGapMs = facts.HasAssociation ? now - state.Served : 0;
        facts.IdleMs = _lastQuery < 0 ? long.MaxValue : now - _lastQuery;
        facts.HasSession = _physics.HasTicket(state, now);
        facts.SessionExpiresMs = facts.HasSession ? _physics.TicketEnd(state) : long.MaxValue;
        facts.SurvivesAddressChange = _scenario.ConnectionId;
        facts.ProbeKind = _scenario.Probe;
        Conditions conditions = _physics.PhaseOf(state.Query);
        facts.SmoothedRttMs = state.Query < 0 ? -1 : conditions.RttMs + conditions.JitterMs / 2;
        facts.ServerIdleTimeoutMs = conditions.TellsIdle && state.Query >= 0 ? (int)Math.Min(int.MaxValue, conditions.IdleSeconds * 1000) : -1;
        facts.RadioActive = radioActive;
        facts.ProbePermission = _scenario.Permission;
        facts.NextWakeMs = _scenario.TellsNextWake && _wake < _world.Wakes.Length ? _world.Wakes[_wake] : long.MaxValue;
        facts.SleepMs = 0;
        facts.SleepKeepsMemory = !_physics.Costs.SleepLosesMemory;
        facts.BatteryPermille = _battery.Permille;
        facts.Charging = _scenario.Device.BatteryJoules == 0;
    }

    private void Report(long now, string kind, in StepResult step, string action, string why) =>
        OnEvent!(new TrialEvent(now, kind, action, step.EnergyNanoJoules / 1000, step.LatencyMs, ShownWord(step), why));
}
