using DprivEmbedded.Tls;

namespace DprivEmbedded.Association;

// Power, sleep and other networks: what the application knows and tells.
//
//   PrepareSleep   the policy closes what would not outlast the sleep; sessions are to be saved; then the device sleeps
//   Wake           after a light sleep the association goes on; after a deep one the program starts again, and resumes with the sessions that it saved
//   NetworkChanged with a connection id (RFC 9146) the path moves, and what is unanswered goes out again from the new address: 1 round trip; without, a resumption
public sealed partial class ServerAssociation
{
    private bool _asleep;

    /// <summary>The radio is awake for another reason: what is planned for later and may be done now is done now.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void RadioActive(long nowMs)
    {
        Begin(nowMs);
        _facts.RadioActive = true;
        FillFacts();
        _policy.Observe(AssociationObservation.RadioAwake, _facts);
        _planDirty = true;
        Settle();
        _facts.RadioActive = false;
    }

    /// <summary>Tells what the power-save state permits and what the battery has.</summary>
    /// <param name="probePermission">One of <see cref="ProbePermission"/>.</param>
    /// <param name="batteryPermille">0..1000; -1 where unknown.</param>
    /// <param name="charging">Whether the device is charging or on mains.</param>
    /// <param name="nextWakeMs">When the application will use the radio next, on the monotonic clock; <see cref="long.MaxValue"/> where unknown.</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void SetPower(int probePermission, int batteryPermille, bool charging, long nextWakeMs, long nowMs)
    {
        Begin(nowMs);
        _facts.ProbePermission = probePermission;
        _facts.BatteryPermille = batteryPermille;
        _facts.Charging = charging;
        _facts.NextWakeMs = nextWakeMs;
        _planDirty = true;
        Settle();
    }

    /// <summary>The device has another address. An association with a connection id moves; any other is given up and resumed when it is needed.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    public void NetworkChanged(long nowMs)
    {
        Begin(nowMs);
        Observe(AssociationObservation.NetworkChanged, 0, 0);
        _rtt.Reset();
        ForgetTroubles();
        if (IsCandidate(_wanted))
            _wanted = NoRole;
        if (_beside >= 0)
        {
            int beside = _beside;
            ForgetBeside();
            EndPath(beside, Silently, TlsError.None);
        }

        if (_main >= 0)
            LeaveAddress();

        _planDirty = true;
        Settle();
    }

    /// <summary>The device is about to sleep: the policy may close, and the sessions are to be saved (<see cref="AssociationEvent.SessionsChanged"/>). Drain afterwards, then sleep.</summary>
    /// <param name="sleepMs">For how long, in milliseconds.</param>
    /// <param name="keepsMemory">Whether memory survives (light sleep, PSM) or the program starts again (deep sleep).</param>
    /// <param name="nowMs">The monotonic clock.</param>
    public void PrepareSleep(long sleepMs, bool keepsMemory, long nowMs)
    {
        Begin(nowMs);
        _sessionsChanged = true;
        if (_main >= 0 && _paths[_main].State == AssociationPath.Live && _probing == ProbeKind.None && !HasQueries())
        {
            FillFacts();
            _facts.SleepMs = sleepMs;
            _facts.SleepKeepsMemory = keepsMemory;
            _plan.Clear();
            _policy.PlanQuiet(_facts, _plan);
            bool close = _plan.Action == QuietAction.Close && _plan.EarliestMs <= nowMs;
            _plan.Clear();
            if (close)
                EndMain(Orderly);
        }

        _facts.SleepMs = 0;
        _facts.SleepKeepsMemory = false;
        _planDirty = true;
        _asleep = true;
    }

    /// <summary>The device is awake again.</summary>
    /// <param name="nowMs">The monotonic clock, which went on through the sleep.</param>
    public void Wake(long nowMs)
    {
        Begin(nowMs);
        _asleep = false;
        _planDirty = true;
        Settle();
    }

    /// <summary>Probes now, whatever the policy thinks.</summary>
    /// <param name="nowMs">The monotonic clock.</param>
    /// <returns>False where there is no association, it cannot be probed, or a probe is under way.</returns>
    public bool Probe(long nowMs)
    {
        Begin(nowMs);
        if (_main < 0 || _paths[_main].State != AssociationPath.Live || _probing != ProbeKind.None)
            return false;

        bool started = StartProbe();
        Settle();
        return started;
    }

    /// <summary>The main path cannot go on at its old address.</summary>
    private void LeaveAddress()
    {
        AssociationPath main = _paths[_main];
        main.Suspect = false;
        if (main.Dod == null || main.State != AssociationPath.Live || !main.Dod.Dtls.SurvivesAddressChange)
        {
            EndMain(Silently);
            return;
        }

        main.MovePending = true;
        main.Dod.ResendAll(_nowMs);
        if (main.SilentSinceMs >= 0)
            main.SilentSinceMs = _nowMs;

        main.SilenceChecks = 0;
    }

    /// <summary>What the old network did to handshakes and recoveries is no matter of the new one. The budget is: a network change is no forger's, but it fills no bucket either.</summary>
    private void ForgetTroubles()
    {
        _openNotBeforeMs = 0;
        _openBackOffMs = FirstBackOffMs;
        _besideNotBeforeMs = 0;
        _besideBackOffMs = FirstBackOffMs;
        _handshakeRestarts = 0;
        _refusedSinceMs = -1;
        _silences = 0;
    }
}
