using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
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
    private readonly long _premium;
    private readonly int _longest;
    private readonly long _longestTicketMs;

    /// <summary>Waking the radio ahead of a query gains next to nothing.</summary>
    private readonly bool _cheapWake;
    private long _now;
    private long _until;
    private long _beforeQuery = long.MaxValue;
    private long _gainResume;
    private long _gainFull;

    public Clairvoyant(World world)
    {
        _world = world;
        _physics = new TrialPhysics(world);
        _permission = world.Scenario.Permission;
        _canProbe = world.Scenario.Probe != ProbeKind.None;
        _fin = _physics.Costs.ServerCloseWakes && world.Scenario.Phases.Exists(phase => phase.End == ServerEnd.Fin);
        CostModel costs = _physics.Costs;
        _closeBound = costs.WakeNanoJoules() + costs.RidingNanoJoules(ExchangeKind.ServerClose, MaxRtt());
        _premium = Premium();
        _longest = costs.PromotionMs + costs.DurationMs(ExchangeKind.QuietReconnect, MaxRtt()) + costs.DurationMs(ExchangeKind.Refused, MaxRtt()) + costs.TailMs + 1000;
        foreach (Conditions phase in world.Scenario.Phases)
            _longestTicketMs = Math.Max(_longestTicketMs, (long)(phase.TicketSeconds * 1000));

        _cheapWake = (long)costs.PromotionMs * costs.LatencyMicroWatts + costs.PromotionNanoJoules < 3_000_000;
    }

    /// <summary>The most that a session is worth: what a full handshake costs more than a resumption, the queries that wait with it included.</summary>
    private long Premium()
    {
        CostModel costs = _physics.Costs;
        int rtt = MaxRtt();
        long longer = costs.Ms[ExchangeKind.Reconnect] + costs.Ms[ExchangeKind.Refused] + (long)Math.Max(0, costs.RoundTrips[ExchangeKind.Reconnect] - costs.RoundTrips[ExchangeKind.Resume] + costs.RoundTrips[ExchangeKind.Refused]) * costs.RoundTripMs(rtt);
        long duration = longer + costs.DurationMs(ExchangeKind.Resume, rtt) + 4000 + costs.PromotionMs;
        long most = 1;
        int from = 0;
        for (int i = 0; i < _world.Queries.Length; i++)
        {
            while (_world.Queries[from] < _world.Queries[i] - duration)
                from++;
            most = Math.Max(most, i - from + 1);
        }

        return costs.RidingNanoJoules(ExchangeKind.Reconnect, rtt) + costs.RidingNanoJoules(ExchangeKind.Refused, rtt) + longer * costs.LatencyMicroWatts * most + Longer();
    }

    /// <summary>Whoever is busy for longer may miss a moment at which the radio is on for others, and has to act in a tail of his own instead.</summary>
    private long Longer() => (long)_physics.Costs.OnMs(ExchangeKind.QuietReconnect, MaxRtt()) * _physics.Costs.TailMicroWatts;

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
        _until = until;
        Gains(query, until);
        bool alone = _permission == ProbePermission.StandAlone;
        for (int i = _wake; i < _world.Wakes.Length && _world.Wakes[i] < until; i++)
            _instants.Add(_world.Wakes[i]);
        while (_window < _world.WindowEnds.Length && _world.WindowEnds[_window] <= now)
            _window++;
        for (int i = _window; i < _world.WindowStarts.Length && _world.WindowStarts[i] < until; i++)
        {
            // An exchange that dozes may begin before and end while the radio is on for others.
            if (_physics.Costs.DozeDelayMs > 0)
                Seconds(alone ? _instants : _closing, _world.WindowStarts[i] - _longest, _world.WindowStarts[i]);

            Seconds(alone ? _instants : _closing, _world.WindowStarts[i], Math.Min(until, _world.WindowEnds[i]));
        }

        if (alone)
        {
            // Each second that a handshake before the next query may start in.
            _beforeQuery = Math.Max(now, until - _longest - 1000);
            Seconds(_instants, _beforeQuery, until);
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

            label.ClosesAt = _physics.CloseArrives(label);
            bool first = label.End == at && (label.Heard == _world.Queries[query] || label.Blocking);
            bool afterRenewal = first && label.Heard != _world.Queries[query];
            bool permitted = ((first && !afterRenewal) || wake) ? _permission >= ProbePermission.RideAlong : whole && _permission == ProbePermission.StandAlone;
            if (permitted && full && (first || wake || Due(label, at)))
            {
                if (label.Has && _canProbe)
                    Act(label, at, QuietAction.Probe);

                if (wake || !Postponable(label, query, at, until))
                    Act(label, at, QuietAction.Renew);
            }

            // A close may also serve to keep the radio on, or to wake it, for a query that comes soon.
            bool mayClose = wake || first || (whole && (_physics.On(label, at) || (_permission == ProbePermission.StandAlone && (at - label.End < 1000 || at >= _beforeQuery || NearOthers(label, at)))));
            if (label.Has && mayClose)
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

    /// <summary>Whether this label has a reason to act now rather than later: the radio is on, or something is lost after this second.</summary>
    private bool Due(in TrialState label, long at)
    {
        if (at >= _beforeQuery || NearOthers(label, at))
            return true;
        if (label.Has && (at == Floor(label.Heard + _world.PathMs[label.Query]) || at == Floor(label.Served + _world.ServerMs[label.Query])))
            return true;
        if (label.Ticket >= 0 && at == Floor(_physics.TicketEnd(label) - 1))
            return true;

        int reset = Array.BinarySearch(_world.ResetTimes, at + 1);
        reset = reset < 0 ? ~reset : reset;
        return reset < _world.ResetTimes.Length && at == Floor(_world.ResetTimes[reset] - 1);
    }

    private bool NearOthers(in TrialState label, long at) => _physics.On(label, at) || (_physics.Costs.DozeDelayMs > 0 && _physics.NextOthers(at) <= at + _longest);

    private static long Floor(long at) => at / 1000 * 1000;

    /// <summary>Whether a renewal can as well wait until right after the next query: the association lives until then by itself, and so does the session until the query after it. It costs no less now; later it lasts longer.</summary>
    private bool Postponable(in TrialState label, int query, long at, long until)
    {
        if (query + 2 >= _world.Queries.Length || !label.Has || label.ClosesAt < until || (at >= _beforeQuery && !_cheapWake))
            return false;

        long after = _world.Queries[query + 2];
        return after - until > _longest + 10_000 && label.Ticket >= 0 && _physics.TicketEnd(label) > after && _physics.Alive(label, until, out _);
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
        if (label.Has)
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

    /// <summary>What a living association saves at the next query, at most.</summary>
    private void Gains(int query, long until)
    {
        _gainResume = 0;
        _gainFull = 0;
        if (query + 1 >= _world.Queries.Length)
            return;

        CostModel costs = _physics.Costs;
        int rtt = _world.Rtt[query + 1];
        int losses = _world.HandshakeLosses[query + 1];
        for (int pass = 0; pass < 2; pass++)
        {
            int kind = pass == 0 ? ExchangeKind.Resume : ExchangeKind.Reconnect;
            long duration = costs.DurationMs(kind, rtt) + losses * 1000;
            long energy = costs.RidingNanoJoules(kind, rtt) + losses * (costs.NanoJoules[ExchangeKind.Vain] + 1000L * costs.TailMicroWatts) + Longer();
            if (pass == 1 || !_world.Scenario.RestartKeepsTickets)
            {
                // A session may be refused.
                duration = costs.DurationMs(ExchangeKind.Reconnect, rtt) + losses * 1000 + costs.DurationMs(ExchangeKind.Refused, rtt);
                energy += costs.RidingNanoJoules(ExchangeKind.Reconnect, rtt) + costs.RidingNanoJoules(ExchangeKind.Refused, rtt);
            }

            long waiting = 1;
            for (int i = query + 2; i < _world.Queries.Length && _world.Queries[i] <= until + duration + costs.PromotionMs; i++)
                waiting++;

            long reuse = costs.RidingNanoJoules(ExchangeKind.Reuse, rtt) + (long)costs.DurationMs(ExchangeKind.Reuse, rtt) * costs.LatencyMicroWatts;
            long gain = Math.Max(0, energy + duration * costs.LatencyMicroWatts * waiting - reuse);
            if (pass == 0)
                _gainResume = gain;
            else
                _gainFull = gain;
        }
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

    /// <summary>Adds a state unless another dominates it, and drops those that it dominates.</summary>
    private bool Insert(List<TrialState> labels, TrialState state, long now, bool afterQuery)
    {
        // A session that has expired for good is as good as none.
        if (state.Ticket >= 0 && now >= state.Ticket + _longestTicketMs)
            state.Ticket = -1;

        state.Rank = !state.Has ? 0 : afterQuery || _physics.Alive(state, now, out _) ? 2 : 1;
        state.ClosesAt = afterQuery ? long.MaxValue : _physics.CloseArrives(state);
        state.Resumable = afterQuery || _physics.HasTicket(state, _until);
        Span<TrialState> all = CollectionsMarshal.AsSpan(labels);
        int kept = 0;
        for (int i = 0; i < all.Length; i++)
        {
            ref TrialState other = ref all[i];
            if (kept == i && Dominates(other, state, now))
                return false;
            if (Dominates(state, other, now))
                continue;
            if (kept != i)
                all[kept] = other;

            kept++;
        }

        if (kept < all.Length)
            labels.RemoveRange(kept, all.Length - kept);

        labels.Add(state);
        return true;
    }

    /// <summary>Whether whoever holds one state can do as well as whoever holds the other, whatever comes. What is missing is made up for: an association by a handshake at the next query, a session by a full handshake instead of a resumption.</summary>
    private bool Dominates(in TrialState a, in TrialState b, long now)
    {
        if (a.Cost > b.Cost)
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

        long slack = 0;
        if (a.Ticket < b.Ticket)
            slack += _premium;

        bool lost = a.Rank < b.Rank || (b.Rank == 2 && (a.Heard < b.Heard || a.Served < b.Served));
        if (lost)
            slack += a.Resumable ? _gainResume : _gainFull;

        bool sameClose = a.Rank == 0 || (a.Rank == b.Rank && a.Served == b.Served && a.Heard == b.Heard);
        if (_fin && !sameClose && a.ClosesAt < _until)
            slack += _closeBound;

        return a.Cost + slack <= b.Cost;
    }
}
