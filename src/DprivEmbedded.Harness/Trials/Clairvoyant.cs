using System;
using System.Collections.Generic;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Harness.Trials;

/// <summary>The least that any policy could have spent in one world, all of it known beforehand: a dynamic program over association, session and radio from query to query, exact in the model.</summary>
/// <remarks>
/// <para>A label is a state that some choices lead to, with its cost. A label falls away where another costs no more and leaves no less behind, or where another is cheaper by more than any state can be worth.</para>
/// <para>In quiet time a choice is only worth making at some moments: when the radio is on for others, whole seconds in which it is on anyway, and, where it would have to be woken, the last second before something is lost (the association, the
/// session, the chance before the next query): within an idle stretch the same action costs the same, and later leaves more.</para>
/// </remarks>
internal sealed class Clairvoyant
{
    private readonly World _world;
    private readonly TrialPhysics _physics;
    private readonly int _permission;
    private readonly bool _canProbe;
    private readonly bool _fin;
    private readonly long _closeBound;
    private readonly SortedSet<long> _instants = [];
    private readonly SortedSet<long> _closing = [];
    private readonly List<TrialState> _labels = [];
    private readonly List<TrialState> _next = [];
    private readonly List<TrialState> _made = [];
    private int _wake;
    private int _window;
    private long _now;

    public Clairvoyant(World world)
    {
        _world = world;
        _physics = new TrialPhysics(world);
        _permission = world.Scenario.Permission;
        _canProbe = world.Scenario.Probe != ProbeKind.None;
        _fin = _physics.Costs.ServerCloseWakes && world.Scenario.Phases.Exists(phase => phase.End == ServerEnd.Fin);
        CostModel costs = _physics.Costs;
        _closeBound = costs.WakeNanoJoules() + costs.RidingNanoJoules(ExchangeKind.ServerClose, MaxRtt());
    }

    /// <summary>The largest number of labels at once.</summary>
    public int MostLabels { get; private set; }

    /// <summary>The optimum in nanojoules.</summary>
    public long Cost()
    {
        long[] queries = _world.Queries;
        _labels.Clear();
        _labels.Add(TrialPhysics.Start());
        if (queries.Length == 0)
            return 0;

        for (int i = 0; i < queries.Length; i++)
        {
            Ask(i);
            QuietTime(i, i + 1 < queries.Length ? queries[i + 1] : _world.EndMs);
            MostLabels = Math.Max(MostLabels, _labels.Count);
        }

        long best = long.MaxValue;
        foreach (TrialState label in _labels)
            best = Math.Min(best, label.Cost);

        return best;
    }

    private int MaxRtt()
    {
        int most = 0;
        foreach (Conditions phase in _world.Scenario.Phases)
            most = Math.Max(most, phase.RttMs + phase.JitterMs);

        return most;
    }

    private void Ask(int query)
    {
        long now = _world.Queries[query];
        _next.Clear();
        foreach (TrialState label in _labels)
        {
            TrialState state = label;
            _physics.Forget(ref state, now);
            if (state.Blocking && state.End > now)
            {
                Try(state, query, QueryAction.Reuse, now);
                continue;
            }

            if (state.Has)
            {
                Try(state, query, QueryAction.Reuse, now);
                Try(state, query, QueryAction.Hedge, now);
            }

            if (_physics.HasTicket(state, now))
                Try(state, query, QueryAction.Resume, now);

            Try(state, query, QueryAction.Reconnect, now);
        }

        _labels.Clear();
        _labels.AddRange(_next);
    }

    private void Try(TrialState state, int query, int action, long now)
    {
        _physics.Ask(ref state, query, action);
        Insert(_next, state, now, true);
    }

    private void QuietTime(int query, long until)
    {
        long now = _world.Queries[query];
        while (_wake < _world.Wakes.Length && _world.Wakes[_wake] <= now)
            _wake++;

        _instants.Clear();
        _closing.Clear();
        _now = now;
        bool alone = _permission == ProbePermission.StandAlone;
        if (_permission >= ProbePermission.RideAlong || _fin)
        {
            for (int i = _wake; i < _world.Wakes.Length && _world.Wakes[i] < until; i++)
                _instants.Add(_world.Wakes[i]);
        }

        if (alone || _fin)
        {
            while (_window < _world.WindowEnds.Length && _world.WindowEnds[_window] <= now)
                _window++;
            for (int i = _window; i < _world.WindowStarts.Length && _world.WindowStarts[i] < until; i++)
                Seconds(alone ? _instants : _closing, _world.WindowStarts[i], Math.Min(until, _world.WindowEnds[i]));
        }

        if (alone)
        {
            // Each second that a handshake before the next query may start in.
            int longest = _physics.Costs.PromotionMs + _physics.Costs.DurationMs(ExchangeKind.QuietReconnect, MaxRtt()) + _physics.Costs.DurationMs(ExchangeKind.Refused, MaxRtt());
            Seconds(_instants, Math.Max(now, until - longest - 2000), until);
        }

        foreach (TrialState label in _labels)
            Schedule(label, until, true);

        long bound = Bound(query, until);
        while (_instants.Count > 0 || _closing.Count > 0)
        {
            long at = Math.Min(_instants.Count > 0 ? _instants.Min : long.MaxValue, _closing.Count > 0 ? _closing.Min : long.MaxValue);
            _closing.Remove(at);
            bool full = _instants.Remove(at);
            if (at >= until)
                break;

            _now = at;
            while (_wake < _world.Wakes.Length && _world.Wakes[_wake] < at)
                _wake++;
            Instant(query, at, until, _wake < _world.Wakes.Length && _world.Wakes[_wake] == at, full, bound);
        }

        _next.Clear();
        foreach (TrialState label in _labels)
            Insert(_next, label, until, false);

        _labels.Clear();
        _labels.AddRange(_next);
    }

    private void Instant(int query, long at, long until, bool wake, bool full, long bound)
    {
        bool whole = at % 1000 == 0;
        _made.Clear();
        for (int i = 0; i < _labels.Count; i++)
        {
            TrialState label = _labels[i];
            if (_physics.CloseArrives(label) <= at)
                _physics.ServerCloses(ref label, at);

            _physics.Forget(ref label, at);
            _labels[i] = label;
            if (label.End > at)
                continue;

            bool first = label.End == at && (label.Heard == _world.Queries[query] || label.Blocking);
            bool afterRenewal = first && label.Heard != _world.Queries[query];
            bool permitted = ((first && !afterRenewal) || wake) ? _permission >= ProbePermission.RideAlong : whole && _permission == ProbePermission.StandAlone;
            if (permitted && full)
            {
                if (label.Has && _canProbe)
                    Act(label, at, QuietAction.Probe);

                Act(label, at, QuietAction.Renew);
            }

            if (_fin && label.Has && (wake || first || whole))
                Act(label, at, QuietAction.Close);
        }

        long least = long.MaxValue;
        foreach (TrialState label in _labels)
            least = Math.Min(least, label.Cost);

        _next.Clear();
        foreach (TrialState label in _labels)
        {
            if (label.Cost <= least + bound)
                Insert(_next, label, at, false);
        }

        foreach (TrialState label in _made)
        {
            if (label.Cost <= least + bound && Insert(_next, label, at, false))
                Schedule(label, until, label.Blocking);
        }

        _labels.Clear();
        _labels.AddRange(_next);
    }

    private void Act(TrialState state, long at, int action)
    {
        _physics.Quiet(ref state, at, action);
        _made.Add(state);
    }

    /// <summary>The moments at which something may be worth doing from this state on.</summary>
    private void Schedule(in TrialState label, long until, bool followed)
    {
        long closes = _physics.CloseArrives(label);
        if (closes < until)
            _closing.Add(closes);
        if (followed)
            _instants.Add(label.End);
        if (_fin)
        {
            _closing.Add((label.End + 999) / 1000 * 1000);
            Seconds(_closing, label.End, Math.Min(until, label.OnUntil));
        }

        if (_permission != ProbePermission.StandAlone)
            return;

        Seconds(_instants, label.End, Math.Min(until, label.OnUntil));
        if (label.Has)
        {
            Second(label.Heard + _world.PathMs[label.Query]);
            Second(label.Served + _world.ServerMs[label.Query]);
        }

        if (label.Ticket >= 0)
            Second(_physics.TicketEnd(label) - 1);

        long[] resets = _world.ResetTimes;
        int reset = Array.BinarySearch(resets, label.Heard);
        for (reset = reset < 0 ? ~reset : reset; reset < resets.Length && resets[reset] < until; reset++)
            Second(resets[reset] - 1);
    }

    private void Second(long at)
    {
        at = at / 1000 * 1000;
        if (at > _now)
            _instants.Add(at);
    }

    private void Seconds(SortedSet<long> to, long from, long until)
    {
        for (long at = (Math.Max(from, _now + 1) + 999) / 1000 * 1000; at < until; at += 1000)
            to.Add(at);
    }

    /// <summary>More than what any state can be worth at the next query.</summary>
    private long Bound(int query, long until)
    {
        CostModel costs = _physics.Costs;
        int rtt = MaxRtt();
        long duration = costs.PromotionMs + costs.DurationMs(ExchangeKind.Reconnect, rtt) + costs.DurationMs(ExchangeKind.Refused, rtt) + (query + 1 < _world.Queries.Length ? _world.HandshakeLosses[query + 1] * 1000 : 0) + costs.SilenceMs(rtt);
        long waiting = 1;
        for (int i = query + 2; i < _world.Queries.Length && _world.Queries[i] <= until + duration; i++)
            waiting++;

        return 2 * costs.WakeNanoJoules() + costs.RidingNanoJoules(ExchangeKind.Reconnect, rtt) + costs.RidingNanoJoules(ExchangeKind.Refused, rtt) + 8 * costs.NanoJoules[ExchangeKind.Vain]
            + duration * (costs.LatencyMicroWatts * waiting + costs.TailMicroWatts) + _closeBound;
    }

    private bool Insert(List<TrialState> labels, in TrialState state, long now, bool afterQuery)
    {
        int rank = Rank(state, now, afterQuery);
        for (int i = labels.Count - 1; i >= 0; i--)
        {
            TrialState other = labels[i];
            int otherRank = Rank(other, now, afterQuery);
            if (Dominates(other, otherRank, state, rank, now))
                return false;
            if (Dominates(state, rank, other, otherRank, now))
                labels.RemoveAt(i);
        }

        labels.Add(state);
        return true;
    }

    private int Rank(in TrialState state, long now, bool afterQuery) => !state.Has ? 0 : afterQuery || _physics.Alive(state, now, out _) ? 2 : 1;

    private bool Dominates(in TrialState a, int rankA, in TrialState b, int rankB, long now)
    {
        if (rankA < rankB || a.Ticket < b.Ticket)
            return false;
        if (rankB == 2 && (a.Heard < b.Heard || a.Served < b.Served))
            return false;

        long onA = Math.Max(a.OnUntil, now);
        long onB = Math.Max(b.OnUntil, now);
        if (onA < onB)
            return false;

        // An earlier end leaves more moments to act in, and no query waits for longer.
        if (Math.Max(a.End, now) > Math.Max(b.End, now))
            return false;
        if (a.Blocking && a.End > now && !(b.Blocking && b.End >= a.End))
            return false;

        bool sameClose = rankA == 0 || (rankA == rankB && a.Served == b.Served && a.Heard == b.Heard);
        return a.Cost + (_fin && !sameClose ? _closeBound : 0) <= b.Cost;
    }
}
