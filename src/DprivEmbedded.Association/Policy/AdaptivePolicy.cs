using System;
using DprivEmbedded.Association;
using DprivEmbedded.Power;

namespace DprivEmbedded.Policy;

/// <summary>Chooses by expected cost, energy and weighted latency, from what it has learned: how long associations outlive silence, how their loss shows, how queries and other traffic follow each other.</summary>
/// <remarks>
/// <para>Pure and deterministic: it reads no clock and draws no random numbers; integer arithmetic; nothing is allocated after construction. What it learned is at most 512 bytes (<see cref="Save"/>).</para>
/// <para>The rule with its formulas: docs/policy.md.</para>
/// </remarks>
public sealed partial class AdaptivePolicy : IAssociationPolicy
{
    private const int One = LifetimeEstimate.One;

    /// <summary>The purse for exploring fills with this part of what each query costs: 1/128.</summary>
    private const int PurseShift = 7;

    private readonly CostModel _costs;
    private readonly TransportMemory[] _memories = new TransportMemory[2];
    private readonly GapHistogram _gaps = new GapHistogram();
    private TransportMemory _memory;
    private int _rtt;

    // Costs in nanojoules as they are for the round trip _costsFor.
    private int _costsFor = -1;
    private long _reuse;
    private long _hedgeExtra;
    private long _resume;
    private long _reconnect;
    private long _vain;
    private long _deadFast;
    private long _deadSilent;
    private long _probe;
    private long _probeAlone;
    private long _close;
    private long _serverClose;
    private long _quietResume;
    private long _quietReconnect;
    private long _wake;

    private long _purse;

    /// <summary>Makes a policy that knows nothing yet.</summary>
    /// <param name="costs">What exchanges cost on this device; kept, not to be changed.</param>
    public AdaptivePolicy(CostModel costs)
    {
        if (costs == null)
            throw new ArgumentNullException("costs");

        _costs = costs;
        _memories[0] = new TransportMemory();
        _memories[1] = new TransportMemory();
        _memory = _memories[0];
    }

    /// <inheritdoc/>
    public int DecideQuery(AssociationFacts facts)
    {
        Look(facts);
        _said = SaidQuery;
        long fresh = facts.HasSession ? _resume + (((_reconnect - _resume) * _memory.RefusedShare) >> 8) : _reconnect;
        _eResume = fresh;
        if (!facts.HasAssociation)
        {
            _eReuse = -1;
            Earn(fresh);
            return _chosen = facts.HasSession ? QueryAction.Resume : QueryAction.Reconnect;
        }

        int survival = Survival(facts.GapMs, facts.ServerGapMs);
        int lost = One - survival;
        _survival = survival;
        _eReuse = Part(_reuse, survival) + Part(fresh + Mix(_deadFast, _deadSilent, _memory.SilentShare()), lost);
        _eHedge = Part(_reuse + _hedgeExtra, survival) + Part(fresh + _vain, lost);

        // Two ways to try the old association; the third learns nothing of it.
        int tried = _eHedge < _eReuse ? QueryAction.Hedge : QueryAction.Reuse;
        long trial = _eHedge < _eReuse ? _eHedge : _eReuse;
        if (trial <= fresh)
        {
            Earn(trial);
            return _chosen = tried;
        }

        Earn(fresh);
        if (trial - fresh <= _purse && survival > One / 256 && _reuse < fresh)
        {
            _purse -= trial - fresh;
            return _chosen = tried;
        }

        return _chosen = facts.HasSession ? QueryAction.Resume : QueryAction.Reconnect;
    }

    /// <summary>Takes what was learned elsewhere, such as before a deep sleep.</summary>
    /// <param name="input">Holds what <see cref="Save"/> wrote.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <returns>False where that is no saved state of this version; then nothing has changed.</returns>
    public bool Load(byte[] input, int offset, int count)
    {
        if (input == null || count != SavedBytes || offset < 0 || input.Length - offset < count || input[offset] != Version)
            return false;

        int at = offset + 1;
        at = _memories[0].Load(input, at);
        at = _memories[1].Load(input, at);
        at = _gaps.Load(input, at);
        _wakeMeanMs = PolicyBytes.Read32(input, at) & int.MaxValue;
        _wakeSpreadMs = PolicyBytes.Read32(input, at + 4) & int.MaxValue;
        _purse = (PolicyBytes.Read32(input, at + 8) & int.MaxValue) * 1000L;
        ChooseRefresh();
        return true;
    }

    /// <summary>The first byte of saved states.</summary>
    public const int Version = 1;

    /// <summary>How many bytes <see cref="Save"/> writes.</summary>
    public const int SavedBytes = 1 + 2 * TransportMemory.SavedBytes + GapHistogram.SavedBytes + 12;

    /// <summary>Writes what was learned.</summary>
    /// <param name="output">Receives <see cref="SavedBytes"/> bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <returns>Number of bytes written.</returns>
    public int Save(byte[] output, int offset)
    {
        if (output == null || offset < 0 || output.Length - offset < SavedBytes)
            throw new ArgumentException("output must have room for SavedBytes bytes.");

        output[offset] = Version;
        int at = offset + 1;
        at = _memories[0].Save(output, at);
        at = _memories[1].Save(output, at);
        at = _gaps.Save(output, at);
        at = PolicyBytes.Write32(output, at, _wakeMeanMs);
        at = PolicyBytes.Write32(output, at, _wakeSpreadMs);
        at = PolicyBytes.Write32(output, at, _purse / 1000 > int.MaxValue ? int.MaxValue : (int)(_purse / 1000));
        return at - offset;
    }

    private static long Part(long cost, int probability)
    {
        return (cost * probability) >> 15;
    }

    private static long Mix(long first, long second, int share)
    {
        return first + (((second - first) * share) >> 15);
    }

    /// <summary>Brings the costs up to date.</summary>
    private void Look(AssociationFacts facts)
    {
        TransportMemory memory = _memories[facts.Transport & 1];
        bool other = memory != _memory;
        _memory = memory;
        int rtt = facts.SmoothedRttMs < 0 ? 200 : facts.SmoothedRttMs;
        int apart = rtt > _rtt ? rtt - _rtt : _rtt - rtt;
        if (_costsFor >= 0 && apart * 8 <= _rtt)
        {
            if (other)
                ChooseRefresh();

            return;
        }

        _rtt = rtt;
        _costsFor = rtt;
        _reuse = Query(ExchangeKind.Reuse);
        _resume = Query(ExchangeKind.Resume);
        _reconnect = Query(ExchangeKind.Reconnect);
        _hedgeExtra = _costs.RidingNanoJoules(ExchangeKind.HedgeExtra, rtt);
        _vain = Waiting(_costs.NanoJoules[ExchangeKind.Vain], _costs.Ms[ExchangeKind.Vain], _costs.Ms[ExchangeKind.Vain]);
        _deadFast = _vain + Waiting(0, _costs.OnRoundTripMs(rtt), _costs.RoundTripMs(rtt));
        _deadSilent = _vain + Waiting(_costs.NanoJoules[ExchangeKind.Vain], _costs.OnSilenceMs(rtt), _costs.SilenceMs(rtt));
        _probe = _costs.BesideNanoJoules(ExchangeKind.Probe, rtt);
        _probeAlone = _costs.WakeNanoJoules() + _costs.RidingNanoJoules(ExchangeKind.Probe, rtt);
        _close = _costs.RidingNanoJoules(ExchangeKind.Close, rtt);
        _serverClose = _costs.RidingNanoJoules(ExchangeKind.ServerClose, rtt);
        _quietResume = _costs.BesideNanoJoules(ExchangeKind.QuietResume, rtt);
        _quietReconnect = _costs.BesideNanoJoules(ExchangeKind.QuietReconnect, rtt);
        _wake = _costs.WakeNanoJoules();
        if (_purse == 0)
            _purse = _resume;

        ChooseRefresh();
    }

    /// <summary>What it costs to keep the radio on, and a query waiting.</summary>
    private long Waiting(long nanoJoules, int onMs, int latencyMs)
    {
        return nanoJoules + (long)onMs * _costs.TailMicroWatts + (long)latencyMs * _costs.LatencyMicroWatts;
    }

    private long Query(int kind)
    {
        return _costs.RidingNanoJoules(kind, _rtt) + (long)_costs.DurationMs(kind, _rtt) * _costs.LatencyMicroWatts;
    }

    private int Survival(long gapMs, long serverGapMs)
    {
        int survival = _memory.Life.Survival(gapMs);
        return serverGapMs > gapMs || _memory.CloseMs > 0 ? (survival * _memory.ServerSurvival(serverGapMs)) >> 15 : survival;
    }

    private void Earn(long cost)
    {
        _purse += (cost + _wake) >> PurseShift;
        long most = 4 * _resume;
        if (_purse > most)
            _purse = most;
    }
}
