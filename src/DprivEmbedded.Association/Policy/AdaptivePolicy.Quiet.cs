using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Policy;

public sealed partial class AdaptivePolicy
{
    private const long Never = long.MaxValue;

    // What the last plan was decided on.
    private long _vAct;
    private long _vWait;
    private long _vCost;
    private long _beyond;
    private long _renewNow;
    private long _renewAtEnd;
    private long _idle;

    // At which intervals to refresh, with natural wakes and without: computed when something was learned.
    private int _rideRefreshMs;
    private int _aloneRefreshMs;

    /// <summary>The probability that a fresh association outlives the time until a natural wake, where these come at random.</summary>
    private int _stepSurvival;

    /// <summary>Whether probes keep the association at present: then it is lost as seldom as experience says, however long the gap.</summary>
    private bool _holding;

    /// <inheritdoc/>
    public void PlanQuiet(AssociationFacts facts, QuietPlan plan)
    {
        plan.Clear();
        Look(facts);
        _said = SaidQuiet;
        _chosen = QuietAction.Nothing;
        _vAct = 0;
        _vWait = 0;
        _vCost = 0;
        if (facts.IdleMs == Never || _gaps.Total == 0)
            return;

        bool ride = facts.ProbePermission >= ProbePermission.RideAlong;
        bool alone = facts.ProbePermission == ProbePermission.StandAlone;
        long step = NextWakeIn(facts);
        _fresh = facts.HasSession ? _resume : _reconnect;
        _idle = facts.IdleMs;
        _gaps.Look(_idle);

        // A session that dies before the next chance to renew it.
        if (ride && PlanRenewal(facts, plan, step, alone))
            return;
        if (!facts.HasAssociation)
        {
            _holding = false;
            return;
        }

        long gain = _fresh - _reuse;
        long age = facts.GapMs;
        if (_costs.ServerCloseWakes && PlanClose(facts, plan, step, gain))
            return;
        if (!ride || facts.ProbeKind == ProbeKind.None || _costs.SleepLosesMemory || gain <= 0)
            return;

        // Right after a query there is nothing to ask.
        bool awake = facts.RadioActive && facts.NowMs == _lastWakeMs;
        int refresh = Refresh(facts, _rideRefreshMs);
        _refreshMs = refresh;
        if (awake)
        {
            PlanRide(facts, plan, age, step, gain, refresh, alone);
            if (plan.Action != QuietAction.Nothing)
                return;
        }

        if (alone)
            PlanAlone(facts, plan, age, step, gain);
        else if (!awake && step != Never)
        {
            // The driver may not ask again when the radio wakes; until then this is what may ride along.
            plan.Action = QuietAction.Probe;
            plan.EarliestMs = facts.NowMs - age + refresh / 2;
            if (plan.EarliestMs <= facts.NowMs)
                plan.EarliestMs = facts.NowMs + 1;
        }
    }

    /// <summary>The radio woke for others: probe now, or trust that the association lives until it wakes again?</summary>
    private void PlanRide(AssociationFacts facts, QuietPlan plan, long age, long step, long gain, int refresh, bool alone)
    {
        int now = Plausible(age, facts.ServerGapMs);
        if (now < One / 64 || _gaps.Rest == 0)
            return;

        long left = WaitValue(0, 0, Never, gain);
        long hold = Larger(left, HoldValue(0, step, gain, refresh));
        long probed = Part(hold, now) - _probe - Part(_vain, One - now);

        // What comes before the next natural wake, and what comes after it without another probe.
        long waiting = 0;
        if (probed > 0)
        {
            waiting = WaitValue(0, age, step, gain);
            if (step != Never)
            {
                long later = Part(HoldValue(step, step, gain, refresh) - _probe, NotYet(step));
                waiting += Larger(_beyond, later > 0 ? Part(later, StepSurvival(age, step)) : 0);
            }
        }

        // What is believed of the next query may be wrong, and a probe is cheap insurance.
        waiting -= waiting >> 6;
        _vAct = probed;
        _vWait = waiting;
        _vCost = _probe;
        _holding = hold > left;
        if (probed <= waiting)
        {
            // Would it pay if the association lived as long as is possible? Then it is worth finding out, from the purse.
            if (now > One - One / 16 || now < One / 16 || _purse < _probe || ChainValue(0, step == Never ? age : step, _probe, gain, One) <= 2 * _probe)
                return;

            _purse -= _probe;
        }

        _chosen = QuietAction.Probe;
        plan.Action = QuietAction.Probe;
        plan.EarliestMs = facts.NowMs;
        if (alone)
            plan.LatestMs = Never;
    }

    /// <summary>Waking the radio for a probe: pays only where a wake costs little, as on mains.</summary>
    private void PlanAlone(AssociationFacts facts, QuietPlan plan, long age, long step, long gain)
    {
        long cost = _probeAlone;
        int refresh = Refresh(facts, _aloneRefreshMs);
        _refreshMs = refresh;

        // Probe at the end of the safe interval; the question is whether what follows is worth it then.
        long until = refresh - age;
        if (until < 0)
            until = 0;

        int survival = Plausible(age + until, facts.ServerGapMs + until);
        if (survival < One / 64 || (step != Never && step <= until) || (plan.Action == QuietAction.Renew && plan.DueMs <= facts.NowMs + until))
            return;

        if (_gaps.Rest == 0 || _gaps.PlacesMs[_gaps.End - 1] - _idle <= until)
            return;

        long hold = ChainValue(until, refresh, cost, gain, Outlives(refresh));
        long act = Part(hold, survival) - cost;
        long wait = act > cost / 2 ? WaitValue(until, age + until, Never, gain) : 0;
        _holding = act > wait + cost / 2;
        if (!_holding && plan.Action == QuietAction.Renew)
            return;

        _vAct = act;
        _vWait = wait;
        _vCost = cost;
        if (!_holding)
            return;

        _chosen = QuietAction.Probe;
        plan.Action = QuietAction.Probe;
        plan.DueMs = (facts.NowMs + until) / 1000 * 1000;
        if (plan.DueMs <= facts.NowMs)
            plan.DueMs = facts.NowMs;

        plan.EarliestMs = facts.NowMs + until / 2;
        plan.LatestMs = plan.DueMs;
    }

    /// <summary>Where the server's close would wake the radio: close first, while the radio is on, unless another query is likely before.</summary>
    private bool PlanClose(AssociationFacts facts, QuietPlan plan, long step, long gain)
    {
        int closeMs = _memory.CloseMs;
        if (facts.ServerIdleTimeoutMs > 0 && facts.Transport == AssociationTransport.Dot && (closeMs == 0 || facts.ServerIdleTimeoutMs < closeMs))
            closeMs = facts.ServerIdleTimeoutMs;
        if (closeMs == 0 || !facts.RadioActive)
            return false;

        long left = closeMs - facts.ServerGapMs;
        if (left < 0)
            left = 0;

        int notYet = NotYet(left);
        int arrives = _memory.Life.Quick(closeMs);
        long hold = Part(Part(gain, One - notYet), Outlives(facts.GapMs + left / 2)) - Part(Part(_wake + _serverClose, arrives), notYet);
        if (hold < -_close && facts.ProbePermission >= ProbePermission.RideAlong && facts.ProbeKind != ProbeKind.None && facts.ProbeKind != ProbeKind.Keepalive)
        {
            // Probes that ride along put the close off.
            if (step <= left)
                hold = Larger(hold, HoldValue(0, step, gain, Refresh(facts, _rideRefreshMs)) - Part(_wake + _serverClose, One / 8));
        }

        _vAct = -_close;
        _vWait = hold;
        _vCost = _close;
        if (hold >= -_close)
            return false;

        _chosen = QuietAction.Close;
        plan.Action = QuietAction.Close;
        plan.EarliestMs = facts.NowMs;
        plan.DueMs = facts.NowMs;
        plan.LatestMs = facts.NowMs;
        return true;
    }

    /// <summary>A handshake in quiet time, for a session that lives longer, or for an association that is there when the query comes.</summary>
    private bool PlanRenewal(AssociationFacts facts, QuietPlan plan, long step, bool alone)
    {
        long handshake = facts.HasSession ? _quietResume + (((_quietReconnect - _quietResume) * _memory.RefusedShare) >> 8) : _quietReconnect;
        long premium = _reconnect - _resume;
        long life = _memory.TicketSeconds * 1000L;
        long benefit = 0;
        long atEnd = 0;
        bool lastChance = false;
        if (facts.HasSession && facts.SessionExpiresMs != Never && life > 0 && premium > 0)
        {
            long left = facts.SessionExpiresMs - facts.NowMs;
            int missed = NotYet(left);

            // With another natural wake before it dies, that is time enough.
            lastChance = missed > 0 && (step == Never || (facts.NextWakeMs != Never ? step : WakesRegularly(facts) ? step + 4 * _wakeSpreadMs : 2 * step) > left);
            if (lastChance && premium > handshake && (facts.RadioActive || alone))
            {
                WeighRenewal(facts, left, life, premium, handshake, missed, step != Never);
                benefit = _renewNow;
                atEnd = _renewAtEnd;
            }

            if (facts.RadioActive && lastChance && benefit > handshake)
            {
                Renew(plan, facts.NowMs, Never, benefit, handshake);
                return true;
            }

            long wakeCost = handshake + _wake;
            if (alone && lastChance && left > 3000)
            {
                // Planned for the last moment: worth it only if no query comes before.
                long atExpiry = missed == 0 ? 0 : (atEnd << 15) / missed;
                if (atExpiry > wakeCost)
                {
                    long due = (facts.SessionExpiresMs - 2000) / 1000 * 1000;
                    // A natural wake in the second half may do it, too; before, it is too early. Probes may come first.
                    Renew(plan, facts.NowMs + left / 2 + 1, due, atExpiry, wakeCost);
                    return !facts.HasAssociation;
                }
            }
        }

        // An association for the next query, made while the radio is on anyway.
        if (!facts.RadioActive || facts.HasAssociation || _costs.SleepLosesMemory || facts.NowMs != _lastWakeMs)
            return false;

        long gain = (facts.HasSession ? _resume : _reconnect) - _reuse;
        int refresh = Refresh(facts, _rideRefreshMs);
        long value = gain <= handshake ? 0 : Larger(WaitValue(0, 0, Never, gain), HoldValue(0, step, gain, refresh)) + (benefit >> 1) - handshake;
        if (value <= 0)
            return false;

        long later = step == Never ? 0 : Part(Larger(WaitValue(step, 0, Never, gain), HoldValue(step, step, gain, refresh)) - handshake, NotYet(step));
        if (later >= value)
            return false;

        Renew(plan, facts.NowMs, Never, value, handshake);
        return true;
    }

    private void Renew(QuietPlan plan, long earliest, long due, long benefit, long cost)
    {
        _chosen = QuietAction.Renew;
        _vAct = benefit;
        _vWait = 0;
        _vCost = cost;
        plan.Action = QuietAction.Renew;
        plan.EarliestMs = earliest;
        plan.DueMs = due;
        plan.LatestMs = due;
    }

    /// <summary>What a fresh session saves, made now and made at the old one's end: full handshakes for queries that come after the old one's end and before the new one's. With more chances to come it may be renewed again and again.</summary>
    private void WeighRenewal(AssociationFacts facts, long left, long life, long premium, long handshake, int missed, bool chances)
    {
        long within = 0;
        long nowChain = 0;
        long atEnd = 0;
        long atEndChain = 0;
        GapHistogram gaps = _gaps;
        int[] places = gaps.PlacesMs;
        int[] weights = gaps.Left;

        // How likely the association is gone by then: one figure for all gaps beyond the session's end.
        long saved = premium;
        if (facts.HasAssociation)
            saved = Part(premium, _holding ? _lossShare + One / 128 : One - Outlives(facts.GapMs + left + (life >> 2)));

        int first = gaps.First;
        for (int i = gaps.End - 1; i >= first; i--)
        {
            long ahead = places[i] - _idle;
            if (ahead < left)
                break;

            int weight = weights[i];
            if (ahead <= life)
            {
                within += weight;
                continue;
            }

            nowChain += (saved - ahead / life * handshake) * weight;
            if (ahead <= left + life)
                atEnd += weight;
            else
                atEndChain += (saved - (ahead - left) / life * handshake) * weight;
        }

        long now = saved * within;
        atEnd = saved * (atEnd + within);
        int rest = gaps.Rest == 0 ? 1 : gaps.Rest;
        _renewNow = chances && nowChain > 0 ? (now + nowChain) / rest : now / rest;
        _renewAtEnd = (atEndChain > 0 ? atEnd + atEndChain : atEnd) / rest;

        // Many short gaps follow, and one of them loses the association.
        long mean = gaps.MeanMs;
        if (mean > 0 && mean < life)
        {
            long perLife = (_lossShare + One / 512) * (life / mean);
            long rate = Part(Part(premium, (int)(perLife * One / (perLife + One))), missed);
            _renewNow = Larger(_renewNow, left < life ? rate * (life - left) / life : 0);
            _renewAtEnd = Larger(_renewAtEnd, rate);
        }
    }

    /// <summary>What an association of some age is worth from a later moment on if nothing is done for it: for queries until a limit; what it is worth for those after that is left in <see cref="_beyond"/>.</summary>
    private long WaitValue(long from, long age, long until, long gain)
    {
        GapHistogram gaps = _gaps;
        LifetimeEstimate life = _memory.Life;
        int[] places = gaps.PlacesMs;
        int[] left = gaps.Left;
        int end = gaps.End;
        long closeAt = _memory.CloseMs > 0 ? _memory.CloseMs : Never;
        long start = _idle + from;
        long last = until == Never ? Never : _idle + until;
        long shift = age - start;
        long sum = 0;
        long more = 0;
        int rest = 0;
        int i = gaps.First;
        while (i < end && places[i] <= start)
            i++;
        for (; i < end; i++)
        {
            long at = places[i];
            int weight = left[i];
            rest += weight;
            long then = at + shift;
            if (then >= closeAt)
                continue;
            if (at <= last)
                sum += (long)weight * life.Quick(then);
            else
                more += (long)weight * life.Quick(then);
        }

        if (rest == 0)
        {
            _beyond = 0;
            return 0;
        }

        _beyond = more == 0 ? 0 : Part(gain, (int)(more / rest));
        return Part(gain, (int)(sum / rest));
    }

    /// <summary>What a fresh association is worth from a later moment on if natural wakes are used to keep it.</summary>
    private long HoldValue(long from, long step, long gain, int refresh)
    {
        if (step == Never)
            return 0;

        long mean = _wakeMeanMs > 0 ? _wakeMeanMs : step;
        int wakes = (int)(refresh / mean);
        if (wakes < 1)
            wakes = 1;

        // One probe in so many wakes; where the wakes come at random the last one before the end must be taken earlier.
        bool regular = _wakeSpreadMs * 8 < mean;
        if (!regular && wakes > 1)
            wakes = (wakes + 1) / 2;

        int survival = regular ? Outlives(wakes * mean) : wakes == 1 ? _stepSurvival : One - One / 64;
        return ChainValue(from, wakes * mean, _probe, gain, survival);
    }

    /// <summary>From the last gap back to a moment: keep the association from one to the next for so much a refresh, or let it go.</summary>
    private long ChainValue(long from, long interval, long cost, long gain, int survival)
    {
        int[] places = _gaps.PlacesMs;
        int[] left = _gaps.Left;
        int first = _gaps.First;
        long start = _idle + from;
        long value = 0;
        int rest = 0;
        long next = 0;
        for (int i = _gaps.End - 1; i >= first; i--)
        {
            long at = places[i];
            if (at <= start)
                break;

            int weight = left[i];
            if (value > 0)
                value = Kept(value, next - at, interval, cost, survival);

            rest += weight;
            value += (gain - value) * weight / rest;
            next = at;
        }

        return rest == 0 ? 0 : Kept(value, next - start, interval, cost, survival);
    }

    private static long Kept(long value, long time, long interval, long cost, int survival)
    {
        if (time < interval)
            return value;

        long refreshes = time / interval;
        long spent = cost * refreshes;
        if (spent >= value)
            return 0;

        value = Part(value, AllSucceed(survival, refreshes)) - spent;
        return value > 0 ? value : 0;
    }

    /// <summary>The probability that so many refreshes succeed: e^-x as 1 / (1 + x + x x / 2), with x the expected failures.</summary>
    private static int AllSucceed(int survival, long refreshes)
    {
        if (refreshes == 1 || survival == One)
            return survival;

        long failures = (One - survival) * refreshes;
        if (failures > 64L * One)
            return 0;

        return (int)((long)One * One / (One + failures + ((failures * failures) >> 16)));
    }

    /// <summary>The probability that no query comes within a time.</summary>
    private int NotYet(long within)
    {
        int rest = _gaps.Rest;
        return rest == 0 ? One : (int)((long)_gaps.After(_idle + within) * One / rest);
    }

    private long NextWakeIn(AssociationFacts facts)
    {
        if (facts.NextWakeMs != Never && facts.NextWakeMs > facts.NowMs)
            return facts.NextWakeMs - facts.NowMs;
        if (_wakeMeanMs == 0)
            return Never;

        long mean = _wakeMeanMs;
        if (_wakeSpreadMs * 8 >= mean)
            return mean;

        long next = _lastWakeMs + mean - facts.NowMs;
        return next > 0 ? next : mean;
    }

    private bool WakesRegularly(AssociationFacts facts)
    {
        return facts.NextWakeMs != Never || _wakeSpreadMs * 8 < _wakeMeanMs;
    }

    /// <summary>The probability that an association of some age outlives the time until the next natural wake.</summary>
    private int StepSurvival(long age, long step)
    {
        if (_wakeSpreadMs * 8 < _wakeMeanMs || _wakeMeanMs == 0)
            return Outlives(age + step + 2 * _wakeSpreadMs);

        return RandomStep(age, step);
    }

    /// <summary>The mean over four equal parts of an exponential distribution.</summary>
    private int RandomStep(long age, long mean)
    {
        return (Outlives(age + mean / 8) + Outlives(age + mean / 2) + Outlives(age + mean) + Outlives(age + 2 * mean)) >> 2;
    }

    /// <summary>The probability that an association of that age lives, as far as everything that was learned goes.</summary>
    private int Outlives(long ageMs)
    {
        int survival = _memory.Life.Quick(ageMs);
        return _memory.CloseMs > 0 && ageMs >= _memory.CloseMs ? survival >> 6 : survival;
    }

    /// <summary>The same where keepalive may have kept the path only.</summary>
    private int Plausible(long gapMs, long serverGapMs)
    {
        int survival = Outlives(gapMs);
        return serverGapMs > gapMs ? (survival * _memory.ServerSurvival(serverGapMs)) >> 15 : survival;
    }

    /// <summary>The interval at which to refresh, ahead of the server's close where probes put that off.</summary>
    private int Refresh(AssociationFacts facts, int refresh)
    {
        int closeMs = _memory.CloseMs;
        if (closeMs > 0 && facts.ProbeKind != ProbeKind.Keepalive && refresh > closeMs - 1000)
            refresh = closeMs > 2000 ? closeMs - 1000 : closeMs;

        return refresh;
    }

    private void ChooseRefresh()
    {
        long gain = _resume - _reuse;
        _rideRefreshMs = _memory.Life.RefreshMs(_probe, gain);
        _aloneRefreshMs = _memory.Life.RefreshMs(_probeAlone, gain);
        _stepSurvival = RandomStep(0, _wakeMeanMs);
    }

    private static long Larger(long a, long b)
    {
        return a > b ? a : b;
    }
}
