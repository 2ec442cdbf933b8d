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
        long idle = facts.IdleMs;
        long step = NextWakeIn(facts);
        _fresh = facts.HasSession ? _resume : _reconnect;

        // A session that dies before the next chance to renew it.
        if (ride && PlanRenewal(facts, plan, idle, step, alone))
            return;
        if (!facts.HasAssociation)
        {
            _holding = false;
            return;
        }

        long gain = _fresh - _reuse;
        long age = facts.GapMs;
        if (_costs.ServerCloseWakes && PlanClose(facts, plan, idle, gain))
            return;
        if (!ride || facts.ProbeKind == ProbeKind.None || _costs.SleepLosesMemory || gain <= 0)
            return;

        // Right after a query there is nothing to ask.
        bool awake = facts.RadioActive && facts.NowMs == _lastWakeMs;
        int refresh = Refresh(facts, _probe, gain);
        _refreshMs = refresh;
        if (awake)
        {
            PlanRide(facts, plan, idle, age, step, gain, refresh, alone);
            if (plan.Action != QuietAction.Nothing)
                return;
        }

        if (alone)
            PlanAlone(facts, plan, idle, age, step, gain);
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
    private void PlanRide(AssociationFacts facts, QuietPlan plan, long idle, long age, long step, long gain, int refresh, bool alone)
    {
        int now = Survival(age, facts.ServerGapMs);
        if (now < One / 64)
            return;

        long hold = HoldValue(idle, step, gain, refresh);
        long probed = Part(hold, now) - _probe - Part(_vain, One - now);
        long waiting = WaitValue(idle, age, step, gain);
        long later = step == Never ? 0 : Part(HoldValue(idle + step, step, gain, refresh) - _probe, NotYet(idle, idle + step));
        if (later > 0)
            waiting = Larger(waiting, Part(WaitPart(idle, age, step, gain), One) + Part(later, StepSurvival(age, step)));

        // What is believed of the next query may be wrong, and a probe is cheap insurance.
        waiting -= waiting >> 6;
        _vAct = probed;
        _vWait = waiting;
        _vCost = _probe;
        _holding = hold > WaitValue(idle, 0, step, gain);
        if (probed <= waiting)
        {
            // Would it pay if the association lived as long as is possible? Then it is worth finding out, from the purse.
            if (now > One - One / 16 || now < One / 16 || _purse < _probe || ChainValue(idle, step == Never ? age : step, _probe, gain, 1, One) <= 2 * _probe)
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
    private void PlanAlone(AssociationFacts facts, QuietPlan plan, long idle, long age, long step, long gain)
    {
        long cost = _probeAlone;
        int refresh = Refresh(facts, cost, gain);
        _refreshMs = refresh;

        // Probe at the end of the safe interval; the question is whether what follows is worth it then.
        long until = refresh - age;
        if (until < 0)
            until = 0;

        int survival = Survival(age + until, facts.ServerGapMs + until);
        if (survival < One / 64 || (step != Never && step <= until))
            return;

        long at = idle + until;
        if (NotYet(idle, at) == 0)
            return;

        long hold = ChainValue(at, refresh, cost, gain, 1, Outlives(refresh));
        long wait = WaitValue(at, age + until, Never, gain);
        _vAct = Part(hold, survival) - cost;
        _vWait = wait;
        _vCost = cost;
        _holding = _vAct > wait + cost / 2;
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
    private bool PlanClose(AssociationFacts facts, QuietPlan plan, long idle, long gain)
    {
        int closeMs = _memory.CloseMs;
        if (facts.ServerIdleTimeoutMs > 0 && facts.Transport == AssociationTransport.Dot && (closeMs == 0 || facts.ServerIdleTimeoutMs < closeMs))
            closeMs = facts.ServerIdleTimeoutMs;
        if (closeMs == 0 || !facts.RadioActive)
            return false;

        long left = closeMs - facts.ServerGapMs;
        if (left < 0)
            left = 0;

        int notYet = NotYet(idle, idle + left);
        int arrives = _memory.Life.Survival(closeMs);
        long hold = WaitPart(idle, facts.GapMs, left, gain) - Part(Part(_wake + _serverClose, arrives), notYet);
        if (facts.ProbePermission >= ProbePermission.RideAlong && facts.ProbeKind != ProbeKind.None && facts.ProbeKind != ProbeKind.Keepalive)
        {
            // Probes that ride along put the close off.
            long step = NextWakeIn(facts);
            if (step <= left)
                hold = Larger(hold, HoldValue(idle, step, gain, Refresh(facts, _probe, gain)) - Part(_wake + _serverClose, One / 8));
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
    private bool PlanRenewal(AssociationFacts facts, QuietPlan plan, long idle, long step, bool alone)
    {
        long handshake = facts.HasSession ? _quietResume + (((_quietReconnect - _quietResume) * _memory.RefusedShare) >> 8) : _quietReconnect;
        long premium = _reconnect - _resume;
        long life = _memory.TicketSeconds * 1000L;
        long benefit = 0;
        bool lastChance = false;
        if (facts.HasSession && facts.SessionExpiresMs != Never && life > 0 && premium > 0)
        {
            long left = facts.SessionExpiresMs - facts.NowMs;
            int missed = NotYet(idle, idle + left);
            if (missed > 0)
            {
                benefit = RenewalBenefit(facts, idle, left, life, premium, handshake);

                // With another natural wake before it dies, that is time enough.
                lastChance = step == Never || (facts.NextWakeMs != Never ? step : WakesRegularly(facts) ? step + 4 * _wakeSpreadMs : 2 * step) > left;
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
                long atExpiry = missed == 0 ? 0 : (benefit << 15) / missed;
                if (atExpiry > wakeCost)
                {
                    long due = (facts.SessionExpiresMs - 2000) / 1000 * 1000;
                    if (facts.HasAssociation && facts.ProbePermission == ProbePermission.StandAlone && benefit == 0)
                        return false;

                    Renew(plan, facts.NowMs + left / 2, due, atExpiry, wakeCost);

                    // A natural wake in the second half may do it, too; before, it is too early.
                    return !facts.HasAssociation || !facts.RadioActive;
                }
            }
        }

        // An association for the next query, made while the radio is on anyway.
        if (!facts.RadioActive || facts.HasAssociation || _costs.SleepLosesMemory || facts.NowMs != _lastWakeMs)
            return false;

        long gain = (facts.HasSession ? _resume : _reconnect) - _reuse;
        int refresh = Refresh(facts, _probe, gain);
        long value = Larger(WaitValue(idle, 0, step, gain), HoldValue(idle, step, gain, refresh)) + (benefit >> 1) - handshake;
        if (value <= 0)
            return false;

        long later = step == Never ? 0 : Part(Larger(WaitValue(idle + step, 0, step, gain), HoldValue(idle + step, step, gain, refresh)) - handshake, NotYet(idle, idle + step));
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

    /// <summary>What a fresh session saves: full handshakes between the old one's end and the new one's, renewed again as often as it takes.</summary>
    private long RenewalBenefit(AssociationFacts facts, long idle, long left, long life, long premium, long handshake)
    {
        // The next query comes after the end, to an association that is gone by then.
        long once = 0;
        long chain = 0;
        int rest = 0;
        long age = facts.HasAssociation ? facts.GapMs : Never;
        for (int i = _gaps.FirstAtom(idle); i < GapHistogram.Atoms; i++)
        {
            int weight = _gaps.Weight(i, idle);
            if (weight == 0)
                continue;

            rest += weight;
            long ahead = _gaps.At(i, idle) - idle;
            if (ahead < left)
                continue;

            long saved = premium;
            if (age != Never)
                saved = Part(premium, _holding ? _lossShare + One / 128 : One - Outlives(age + ahead));
            if (ahead <= life)
                once += saved * weight;

            long again = (ahead - left) / life;
            if (again < 16)
                chain += (saved - again * handshake) * weight;
            else
                chain -= 16 * handshake * weight;
        }

        if (rest == 0)
            return 0;

        long benefit = Larger(once, chain) / rest;

        // Many short gaps follow, and one of them loses the association.
        long mean = _gaps.MeanMs();
        if (mean > 0 && mean < life)
        {
            long perLife = (_lossShare + One / 512) * (life / mean);
            long rate = Part(premium, (int)(perLife * One / (perLife + One)));
            benefit = Larger(benefit, Part(rate, NotYet(idle, idle + left)));
        }

        return benefit;
    }

    /// <summary>What the association is worth if nothing more is done for it.</summary>
    private long WaitValue(long idle, long age, long step, long gain)
    {
        return WaitPart(idle, age, Never, gain);
    }

    /// <summary>What it is worth for queries within a time.</summary>
    private long WaitPart(long idle, long age, long within, long gain)
    {
        long sum = 0;
        int rest = 0;
        for (int i = _gaps.FirstAtom(idle); i < GapHistogram.Atoms; i++)
        {
            int weight = _gaps.Weight(i, idle);
            if (weight == 0)
                continue;

            rest += weight;
            long ahead = _gaps.At(i, idle) - idle;
            if (ahead <= within)
                sum += (long)weight * Outlives(age + ahead);
        }

        return rest == 0 ? 0 : Part(gain, (int)(sum / rest));
    }

    /// <summary>What it is worth if natural wakes are used to keep it.</summary>
    private long HoldValue(long idle, long step, long gain, int refresh)
    {
        if (step == Never)
            return WaitValue(idle, 0, step, gain);

        long mean = _wakeMeanMs > 0 ? _wakeMeanMs : step;
        int wakes = (int)(refresh / mean);
        if (wakes < 1)
            wakes = 1;
        if (wakes > 1000)
            wakes = 1000;

        // One probe in so many wakes; where the wakes come at random the last one before the end must be taken earlier.
        bool regular = _wakeSpreadMs * 8 < mean;
        if (!regular && wakes > 1)
            wakes = (wakes + 1) / 2;

        int survival = regular ? Outlives(wakes * mean) : wakes == 1 ? RandomStep(0, mean) : One - One / 64;
        long hold = ChainValue(idle, wakes * mean, _probe, gain, wakes, survival);
        return Larger(hold, WaitValue(idle, 0, step, gain));
    }

    /// <summary>From the last bin of gaps back to now: keep the association from one to the next for so much a refresh, or let it go.</summary>
    private long ChainValue(long idle, long interval, long cost, long gain, int wakes, int survival)
    {
        long value = 0;
        int rest = 0;
        long next = 0;
        int first = _gaps.FirstAtom(idle);
        for (int i = GapHistogram.Atoms - 1; i >= first; i--)
        {
            int weight = _gaps.Weight(i, idle);
            if (weight == 0)
                continue;

            long at = _gaps.At(i, idle);
            if (rest > 0)
                value = Kept(value, next - at, interval, cost, survival);

            rest += weight;
            value += (gain - value) * weight / rest;
            next = at;
        }

        return rest == 0 ? 0 : Kept(value, next - idle, interval, cost, survival);
    }

    private static long Kept(long value, long time, long interval, long cost, int survival)
    {
        int refreshes = time / interval > 4096 ? 4096 : (int)(time / interval);
        if (refreshes > 0)
            value = Part(value, Power(survival, refreshes)) - cost * refreshes;

        return value > 0 ? value : 0;
    }

    private static int Power(int value, int exponent)
    {
        int result = One;
        while (exponent > 0)
        {
            if ((exponent & 1) != 0)
                result = (int)(((long)result * value) >> 15);

            value = (int)(((long)value * value) >> 15);
            exponent = exponent >> 1;
        }

        return result;
    }

    /// <summary>The probability that no query has come by then, given that none has come yet.</summary>
    private int NotYet(long idle, long until)
    {
        int rest = 0;
        int after = 0;
        for (int i = _gaps.FirstAtom(idle); i < GapHistogram.Atoms; i++)
        {
            int weight = _gaps.Weight(i, idle);
            rest += weight;
            if (weight != 0 && _gaps.At(i, idle) > until)
                after += weight;
        }

        return rest == 0 ? One : (int)((long)after * One / rest);
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
        int survival = _memory.Life.Survival(ageMs);
        return _memory.CloseMs > 0 && ageMs >= _memory.CloseMs ? survival >> 6 : survival;
    }

    /// <summary>The interval at which to refresh, ahead of the server's close where probes put that off.</summary>
    private int Refresh(AssociationFacts facts, long cost, long gain)
    {
        int refresh = _memory.Life.RefreshMs(cost, gain);
        int closeMs = _memory.CloseMs;
        if (closeMs > 0 && facts.ProbeKind != ProbeKind.Keepalive && refresh > closeMs - 1000)
            refresh = closeMs > 2000 ? closeMs - 1000 : closeMs;

        return refresh;
    }

    private static long Larger(long a, long b)
    {
        return a > b ? a : b;
    }
}
