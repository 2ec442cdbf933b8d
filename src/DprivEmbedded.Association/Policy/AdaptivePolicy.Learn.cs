using DprivEmbedded.Association;

namespace DprivEmbedded.Policy;

public sealed partial class AdaptivePolicy
{
    private int _wakeMeanMs;
    private int _wakeSpreadMs;
    private long _lastWakeMs = -1;

    /// <summary>The share of gaps that lose the association, in 1/32768: a running mean over queries.</summary>
    private int _lossShare;
    private bool _informed;

    /// <inheritdoc/>
    public void Observe(int observation, AssociationFacts facts)
    {
        Look(facts);
        switch (observation)
        {
            case AssociationObservation.Query:
                if (facts.IdleMs != Never)
                {
                    if (!_informed)
                        _gaps.Learn(facts.IdleMs);

                    bool lost = !facts.HasAssociation || Survival(facts.GapMs, facts.ServerGapMs) < One / 2;
                    _lossShare += ((lost ? One : 0) - _lossShare) / 32;
                }

                break;
            case AssociationObservation.RadioAwake:
                LearnWake(facts.NowMs);
                _stepSurvival = RandomStep(0, _wakeMeanMs);
                break;
            case AssociationObservation.Survived:
                Learned(facts, true);
                ChooseRefresh();
                break;
            case AssociationObservation.LostFast:
            case AssociationObservation.LostSilently:
                Learned(facts, false);
                ChooseRefresh();
                if (!_informed)
                    _memory.CountLoss(observation == AssociationObservation.LostSilently);
                break;
            case AssociationObservation.ClosedByServer:
                _memory.CloseMs = Limited(facts.ServerGapMs);
                _gaps.SplitMs = _memory.CloseMs;
                break;
            case AssociationObservation.ConnectedFull:
            case AssociationObservation.ConnectedResumed:
            case AssociationObservation.SessionRefused:
                if (facts.SessionExpiresMs != Never && facts.SessionExpiresMs > facts.NowMs)
                    _memory.TicketSeconds = (int)((facts.SessionExpiresMs - facts.NowMs) / 1000);
                if (observation == AssociationObservation.SessionRefused)
                    _memory.RefusedShare += (256 - _memory.RefusedShare) / 8;
                else if (observation == AssociationObservation.ConnectedResumed)
                    _memory.RefusedShare -= (_memory.RefusedShare + 7) / 8;
                break;
            case AssociationObservation.NetworkChanged:
                if (!_informed)
                {
                    _memories[0].ForgetPath();
                    _memories[1].ForgetPath();
                    ChooseRefresh();
                }

                break;
        }
    }

    /// <summary>For the informed reference: the truth about lifetimes, and no more learning of them.</summary>
    internal void Know(int transport, long leastMs, long mostMs, long serverMs, bool closes, int silentPercent)
    {
        TransportMemory memory = _memories[transport];
        memory.Life.Know(leastMs, mostMs);
        memory.CloseMs = closes ? Limited(serverMs) : 0;
        _gaps.SplitMs = memory.CloseMs;
        memory.ServerLowMs = Limited(serverMs);
        memory.ServerHighMs = Limited(serverMs + 1);
        memory.SilentLosses = silentPercent * 20;
        memory.FastLosses = 2001 - silentPercent * 20;
        _informed = true;
        ChooseRefresh();
    }

    /// <summary>What is believed of a gap, in 1/32768: for pictures.</summary>
    internal int Believed(int transport, long gapMs)
    {
        _memory = _memories[transport];
        return Outlives(gapMs);
    }

    /// <summary>For the informed reference: a gap that may come.</summary>
    internal void KnowGap(long gapMs)
    {
        _gaps.Learn(gapMs);
    }

    private static int Limited(long ms)
    {
        return ms > 1000000000 ? 1000000000 : (int)ms;
    }

    private void Learned(AssociationFacts facts, bool survived)
    {
        if (_informed)
            return;

        long gap = facts.GapMs;
        long serverGap = facts.ServerGapMs;
        TransportMemory memory = _memory;
        if (serverGap <= gap + gap / 8)
        {
            memory.Life.Learn(gap, survived, facts.NowMs);
            return;
        }

        // Keepalive kept the path: the server's own idle time is told apart.
        if (survived)
        {
            memory.Life.Learn(gap, true, facts.NowMs);
            if (serverGap > memory.ServerLowMs)
                memory.ServerLowMs = Limited(serverGap);
            if (memory.ServerHighMs > 0 && serverGap >= memory.ServerHighMs)
                memory.ServerHighMs = 0;
        }
        else if (memory.Life.Survival(gap) > One - One / 4)
        {
            if (memory.ServerHighMs == 0 || serverGap < memory.ServerHighMs)
                memory.ServerHighMs = Limited(serverGap);
            if (serverGap <= memory.ServerLowMs)
                memory.ServerLowMs = 0;
        }
        else
        {
            memory.Life.Learn(gap, false, facts.NowMs);
        }
    }

    private void LearnWake(long nowMs)
    {
        if (_lastWakeMs >= 0 && nowMs > _lastWakeMs)
        {
            int interval = Limited(nowMs - _lastWakeMs);
            if (_wakeMeanMs == 0)
            {
                _wakeMeanMs = interval;
                _wakeSpreadMs = interval / 4;
            }
            else
            {
                int apart = interval > _wakeMeanMs ? interval - _wakeMeanMs : _wakeMeanMs - interval;
                _wakeSpreadMs += (apart - _wakeSpreadMs) / 8;
                _wakeMeanMs += (interval - _wakeMeanMs) / 16;
                if (_wakeMeanMs < 1)
                    _wakeMeanMs = 1;
            }
        }

        _lastWakeMs = nowMs;
    }
}
