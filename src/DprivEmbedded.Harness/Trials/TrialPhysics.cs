using System;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>What each step costs in one world, and what comes of it. The simulation, the clairvoyant optimum and brute force all step through this.</summary>
/// <remarks>
/// <para>The model's conventions: a path and a server count their idle time from the moment that an exchange begins; jitter and loss touch queries, not quiet time; the conditions of a quiet time are those of the query before it;
/// quiet time acts at whole seconds of the device's clock, when the radio wakes for other traffic, or right after a query.</para>
/// <para>Energy is what would not have been spent without DNS: tails overlap with those of other traffic, and a wake of other traffic that finds the radio on spares its promotion.</para>
/// </remarks>
internal sealed class TrialPhysics
{
    private const int HandshakeRetryMs = 1000;

    private readonly World _world;
    private readonly bool _connectionId;
    private readonly bool _keepalive;
    private int _window;
    private int _reset;

    public TrialPhysics(World world)
    {
        _world = world;
        Scenario scenario = world.Scenario;
        Costs = CostModel.Create(scenario.Device, scenario.Protocol, scenario.LatencyMicroWatts);
        _connectionId = scenario.ConnectionId;
        _keepalive = scenario.Probe == ProbeKind.Keepalive;
    }

    public CostModel Costs { get; }

    public World World => _world;

    public Conditions PhaseOf(int query) => _world.Scenario.Phases[_world.Phase[Math.Max(0, query)]];

    /// <summary>The state before the first query.</summary>
    public static TrialState Start() => new() { Ticket = -1, Heard = 0, Served = 0, Query = -1 };

    public long TicketEnd(in TrialState state) => state.Ticket < 0 ? -1 : state.Ticket + (long)(PhaseOf(state.Query).TicketSeconds * 1000);

    public bool HasTicket(in TrialState state, long now) => state.Ticket >= 0 && now < TicketEnd(state);

    /// <summary>Whether other traffic keeps the radio on.</summary>
    public bool OthersOn(long now) => WindowAt(now) >= 0;

    /// <summary>When the radio is on for others next.</summary>
    public long NextOthers(long now)
    {
        int next = LastWindow(now) + 1;
        return next < _world.WindowStarts.Length ? _world.WindowStarts[next] : long.MaxValue;
    }

    /// <summary>When the server's close arrives and wakes the radio; <see cref="long.MaxValue"/> for never.</summary>
    public long CloseArrives(in TrialState state)
    {
        if (!state.Has || !Costs.ServerCloseWakes || PhaseOf(state.Query).End != ServerEnd.Fin)
            return long.MaxValue;

        long at = state.Served + _world.ServerMs[state.Query];
        if (at > state.Heard + _world.PathMs[state.Query] || ResetBetween(state.Heard, at, false) >= 0)
            return long.MaxValue;

        return Math.Max(at, state.End) + 1;
    }

    /// <summary>Brings what the device knows up to date: a change of network, a sleep that lost the association.</summary>
    /// <returns>Whether the network has changed since.</returns>
    public bool Forget(ref TrialState state, long now)
    {
        if (!state.Has)
            return false;
        if (Costs.SleepLosesMemory && now >= state.OnUntil)
        {
            state.Has = false;
            return false;
        }

        if (!_connectionId && ResetBetween(state.Heard, now, true) >= 0)
        {
            state.Has = false;
            return true;
        }

        return false;
    }

    /// <summary>Whether the association lives, and if not, whether its loss shows fast.</summary>
    public bool Alive(in TrialState state, long now, out bool silent)
    {
        silent = false;
        if (!state.Has)
            return false;

        bool pathDead = now > state.Heard + _world.PathMs[state.Query];
        bool serverDead = now > state.Served + _world.ServerMs[state.Query];
        int reset = ResetBetween(state.Heard, now, false);
        if (!pathDead && !serverDead && reset < 0)
            return true;

        silent = pathDead ? _world.PathSilent[state.Query] : reset < 0 && PhaseOf(state.Query).End == ServerEnd.Silent;
        return false;
    }

    /// <summary>Does a query.</summary>
    public StepResult Ask(ref TrialState state, int query, int action)
    {
        long now = _world.Queries[query];
        int rtt = _world.Rtt[query];
        var result = new StepResult { GapMs = now - state.Heard };
        Forget(ref state, now);
        bool waiting = state.Blocking && state.End > now;
        bool alive = Alive(state, now, out bool silent);
        int before = On(state, now) ? 0 : Costs.PromotionMs;
        int latency = before;
        int on = before;
        long energy = 0;
        bool handshake = true;
        if (waiting)
        {
            result.Action = QueryAction.Reuse;
            latency += (int)(state.End - now) + Costs.DurationMs(ExchangeKind.Reuse, rtt);
            on += Costs.OnMs(ExchangeKind.Reuse, rtt);
            energy += Costs.ExtraNanoJoules(ExchangeKind.Reuse, rtt);
            handshake = false;
        }
        else
        {
            if (!state.Has && (action == QueryAction.Reuse || action == QueryAction.Hedge))
                action = QueryAction.Resume;
            if (action == QueryAction.Resume && !HasTicket(state, now))
                action = QueryAction.Reconnect;

            result.Action = action;
            if (action == QueryAction.Reuse || action == QueryAction.Hedge)
            {
                result.Shown = alive ? AssociationObservation.Survived : silent ? AssociationObservation.LostSilently : AssociationObservation.LostFast;
                if (alive)
                {
                    int losses = _world.QueryLosses[query];
                    energy += Costs.ExtraNanoJoules(ExchangeKind.Reuse, rtt) + losses * Costs.NanoJoules[ExchangeKind.Vain];
                    latency += Costs.DurationMs(ExchangeKind.Reuse, rtt) + losses * Costs.SilenceMs(rtt);
                    on += Costs.OnMs(ExchangeKind.Reuse, rtt) + losses * Costs.OnSilenceMs(rtt);
                    handshake = false;
                    if (action == QueryAction.Hedge)
                        energy += Costs.RidingNanoJoules(ExchangeKind.HedgeExtra, rtt);
                }
                else
                {
                    energy += Costs.NanoJoules[ExchangeKind.Vain];
                    latency += Costs.Ms[ExchangeKind.Vain];
                    on += Costs.Ms[ExchangeKind.Vain];
                    if (action == QueryAction.Reuse && silent)
                    {
                        energy += Costs.NanoJoules[ExchangeKind.Vain];
                        latency += Costs.SilenceMs(rtt);
                        on += Costs.OnSilenceMs(rtt);
                    }
                    else if (action == QueryAction.Reuse)
                    {
                        latency += Costs.RoundTripMs(rtt);
                        on += Costs.OnRoundTripMs(rtt);
                    }
                }
            }

            if (handshake)
                latency += Handshake(ref state, now, rtt, action == QueryAction.Reconnect, false, _world.HandshakeLosses[query], ref energy, ref on, ref result);
        }

        long end = now + latency;
        energy += Cover(ref state, now, end - on, end + Costs.TailMs);
        state.Blocking = handshake || (waiting && state.End > now);
        state.End = Math.Max(waiting ? state.End : 0, Math.Max(end, handshake ? 0 : state.End));
        state.Heard = now;
        state.Served = now;
        state.Query = query;
        state.Has = true;
        result.EnergyNanoJoules = energy;
        result.LatencyMs = latency;
        state.Cost += energy + (long)latency * Costs.LatencyMicroWatts;
        return result;
    }

    /// <summary>Acts in quiet time.</summary>
    public StepResult Quiet(ref TrialState state, long now, int action)
    {
        int rtt = PhaseOf(state.Query).RttMs;
        var result = new StepResult { GapMs = now - state.Heard, Action = action };
        long energy = 0;
        int duration = On(state, now) ? 0 : Costs.PromotionMs;
        int on = duration;
        bool alive = Alive(state, now, out bool silent);
        state.Blocking = false;
        if (action == QuietAction.Probe)
        {
            result.Shown = alive ? AssociationObservation.Survived : silent ? AssociationObservation.LostSilently : AssociationObservation.LostFast;
            if (alive)
            {
                energy += Costs.ExtraNanoJoules(ExchangeKind.Probe, rtt);
                duration += Costs.DurationMs(ExchangeKind.Probe, rtt);
                on += Costs.OnMs(ExchangeKind.Probe, rtt);
                state.Heard = now;
                if (!_keepalive)
                    state.Served = now;
            }
            else
            {
                energy += Costs.NanoJoules[ExchangeKind.Vain] * (silent ? 2 : 1);
                duration += silent ? Costs.SilenceMs(rtt) : Costs.RoundTripMs(rtt);
                on += silent ? Costs.OnSilenceMs(rtt) : Costs.OnRoundTripMs(rtt);
                state.Has = false;
            }
        }
        else if (action == QuietAction.Close)
        {
            energy += Costs.ExtraNanoJoules(ExchangeKind.Close, rtt);
            duration += Costs.DurationMs(ExchangeKind.Close, rtt);
            on += Costs.OnMs(ExchangeKind.Close, rtt);
            state.Has = false;
        }
        else
        {
            duration += Handshake(ref state, now, rtt, !HasTicket(state, now), true, 0, ref energy, ref on, ref result);
            state.Heard = now;
            state.Served = now;
            state.Has = true;
            state.Blocking = true;
        }

        energy += Cover(ref state, now, now + duration - on, now + duration + Costs.TailMs);
        state.End = now + duration;
        result.EnergyNanoJoules = energy;
        result.LatencyMs = duration;
        state.Cost += energy;
        return result;
    }

    /// <summary>Receives the server's close.</summary>
    public StepResult ServerCloses(ref TrialState state, long now)
    {
        int rtt = PhaseOf(state.Query).RttMs;
        var result = new StepResult { GapMs = now - state.Served, Shown = AssociationObservation.ClosedByServer };
        int before = On(state, now) ? 0 : Costs.PromotionMs;
        int duration = before + Costs.DurationMs(ExchangeKind.ServerClose, rtt);
        int on = before + Costs.OnMs(ExchangeKind.ServerClose, rtt);
        long energy = Costs.ExtraNanoJoules(ExchangeKind.ServerClose, rtt) + Cover(ref state, now, now + duration - on, now + duration + Costs.TailMs);
        state.Has = false;
        state.Blocking = false;
        state.End = Math.Max(state.End, now + duration);
        result.EnergyNanoJoules = energy;
        state.Cost += energy;
        return result;
    }

    /// <summary>Whether the radio is on, for us or for others.</summary>
    public bool On(in TrialState state, long now) => state.OnUntil > now || WindowAt(now) >= 0;

    private int Handshake(ref TrialState state, long now, int rtt, bool full, bool quiet, int losses, ref long energy, ref int on, ref StepResult result)
    {
        bool has = HasTicket(state, now);
        bool refused = !full && has && !_world.Scenario.RestartKeepsTickets && RestartBetween(state.Ticket, now);
        if (!has)
            full = true;

        int kind = full || refused ? quiet ? ExchangeKind.QuietReconnect : ExchangeKind.Reconnect : quiet ? ExchangeKind.QuietResume : ExchangeKind.Resume;
        energy += Costs.ExtraNanoJoules(kind, rtt) + losses * Costs.NanoJoules[ExchangeKind.Vain];
        int duration = Costs.DurationMs(kind, rtt) + losses * HandshakeRetryMs;
        on += Costs.OnMs(kind, rtt) + losses * (Costs.DozeDelayMs > 0 ? 2 * Costs.DozeAfterMs : HandshakeRetryMs);
        if (refused)
        {
            energy += Costs.ExtraNanoJoules(ExchangeKind.Refused, rtt);
            duration += Costs.DurationMs(ExchangeKind.Refused, rtt);
            on += Costs.OnMs(ExchangeKind.Refused, rtt);
        }

        state.Ticket = now;
        result.Handshake = refused ? AssociationObservation.SessionRefused : full ? AssociationObservation.ConnectedFull : AssociationObservation.ConnectedResumed;
        return duration;
    }

    private bool RestartBetween(long after, long until)
    {
        long[] times = _world.ResetTimes;
        for (int i = FirstReset(after); i < times.Length && times[i] <= until; i++)
        {
            if (!_world.ResetIsNetwork[i])
                return true;
        }

        return false;
    }

    /// <summary>The first reset after one moment and not after another; -1 for none. A change of network does no harm with a connection id.</summary>
    private int ResetBetween(long after, long until, bool networkOnly)
    {
        long[] times = _world.ResetTimes;
        for (int i = FirstReset(after); i < times.Length && times[i] <= until; i++)
        {
            if (_world.ResetIsNetwork[i] ? !_connectionId : !networkOnly)
                return i;
        }

        return -1;
    }

    private int FirstReset(long after)
    {
        long[] times = _world.ResetTimes;
        while (_reset > 0 && times[_reset - 1] > after)
            _reset--;
        while (_reset < times.Length && times[_reset] <= after)
            _reset++;

        return _reset;
    }

    /// <summary>The window of other traffic that holds a moment; -1 for none.</summary>
    private int WindowAt(long now)
    {
        int last = LastWindow(now);
        return last >= 0 && _world.WindowEnds[last] > now ? last : -1;
    }

    private int LastWindow(long now)
    {
        long[] starts = _world.WindowStarts;
        while (_window > 0 && starts[_window - 1] > now)
            _window--;
        while (_window < starts.Length && starts[_window] <= now)
            _window++;

        return _window - 1;
    }

    /// <summary>Keeps the radio on until a moment.</summary>
    /// <returns>What that takes beyond what was on anyway.</returns>
    public long Cover(ref TrialState state, long now, long from, long until)
    {
        bool on = On(state, now);
        long start = Math.Max(from, state.OnUntil);
        long cost = on ? 0 : Costs.PromotionNanoJoules;
        if (until <= start)
            return cost;

        long[] starts = _world.WindowStarts;
        long[] ends = _world.WindowEnds;
        long uncovered = until - start;
        int window = Math.Max(0, LastWindow(start));
        for (; window < starts.Length && starts[window] <= until; window++)
        {
            long left = Math.Max(start, starts[window]);
            long right = Math.Min(until, ends[window]);
            if (right > left)
                uncovered -= right - left;
            if (starts[window] > start)
                cost -= Costs.PromotionNanoJoules;
        }

        state.OnUntil = until;
        return cost + uncovered * Costs.TailMicroWatts;
    }
}
