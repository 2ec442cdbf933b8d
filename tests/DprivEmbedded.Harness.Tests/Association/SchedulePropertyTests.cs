using System;
using System.Linq;
using System.Threading;
using CsCheck;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Tests.PairDtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>Random schedules of queries and of everything that makes an association go away: no query is lost, none is answered twice.</summary>
public class SchedulePropertyTests
{
    private const int Schedules = 10_000;
    private const int Variants = 9;

    internal enum Act
    {
        Ask,
        AskThree,
        Wait,
        WaitLong,
        Restart,
        RestartWithoutKeys,
        CloseIdle,
        CloseIdleByFin,
        Sleep,
        SleepAndLoseBinding,
        LoseBinding,
        Roam,
        ForgeSignal,
        Slow,
        Fast,
    }

    private static readonly Gen<(Act Act, int Number)> s_step = Gen.Select(Gen.Int[0, 14].Select(i => (Act)i), Gen.Int[0, 1000]);

    [Fact]
    public void No_query_is_lost_and_none_answered_twice()
    {
        int answers = 0;
        int opens = 0;
        Gen.Select(Gen.Int[0, Variants - 1], Gen.Int[1, 1_000_000], s_step.Array[1, 14]).Sample(
            (variant, seed, steps) =>
            {
                AssociationRig rig = Make(variant, seed);
                rig.Start();
                foreach ((Act act, int number) in steps)
                    Do(rig, act, number);

                rig.Finish();
                rig.RunFor(2000);
                rig.AssertAllAnsweredOnce();
                Assert.True(rig.Core.State is AssociationState.Quiet or AssociationState.Closed or AssociationState.Suspect or AssociationState.Probing, "It ends in state " + rig.Core.State);
                Interlocked.Add(ref answers, rig.Answered.Count);
                Interlocked.Add(ref opens, rig.Opens);
            },
            iter: Schedules,
            print: t => "variant " + t.Item1 + ", seed " + t.Item2 + ": " + string.Join(" ", t.Item3.Select(s => s.Act + "(" + s.Number + ")")));
        Assert.True(answers > Schedules && opens > Schedules, answers + " answers over " + opens + " paths.");
    }

    internal static AssociationRig Make(int variant, int seed)
    {
        AssociationRig rig;
        switch (variant / 3)
        {
            case 0:
                TlsRig tls = new(ProtocolVersion.Tls13, seed);
                tls.Setup.WithPsk();
                tls.Server.State.Psks.AddRange(tls.Setup.State.Psks);
                rig = tls;
                break;
            case 1:
                tls = new(ProtocolVersion.Tls12, seed);
                tls.Setup.WithPsk();
                tls.Setup.Client.CipherSuites = [CipherSuite.PskAes128Ccm8];
                tls.Server.State.Psks.AddRange(tls.Setup.State.Psks);
                tls.Options.FastOpen = seed % 2 == 0;
                rig = tls;
                break;
            default:
                DtlsRig dtls = new(seed, new DodSetup(seed) { LatencyMs = 50 }.WithPsk());
                if (seed % 3 == 0)
                {
                    dtls.Setup.Client.ConnectionId = [];
                    dtls.Setup.Dtls.ConnectionIdBytes = 4;
                }

                if (seed % 2 == 0)
                    dtls.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;

                rig = dtls;
                break;
        }

        rig.Options.QueryTimeoutMs = 25_000;
        rig.Options.MaxAttempts = 16;
        rig.Options.SignalBudgetPerHour = 120;
        rig.Options.MaxPaths = variant % 3 == 2 ? 1 : 2;
        rig.Policy = (variant % 3) switch
        {
            0 => new ThresholdPolicy(),
            1 => new ThresholdPolicy { ReuseUpToMs = 2000, HedgeUpToMs = 20_000, ProbeAfterMs = 15_000 },
            _ => new ThresholdPolicy { ReuseUpToMs = 10_000, CloseAfterMs = 40_000, ProbeAfterMs = 8000 },
        };
        return rig;
    }

    internal static void Do(AssociationRig rig, Act act, int number)
    {
        TlsRig? tls = rig as TlsRig;
        DtlsRig? dtls = rig as DtlsRig;
        switch (act)
        {
            case Act.Ask:
                rig.Ask();
                break;
            case Act.AskThree:
                for (int i = 0; i < 3; i++)
                    rig.Ask();

                break;
            case Act.Wait:
                rig.RunFor(number / 3);
                break;
            case Act.WaitLong:
                rig.RunFor(number * 10);
                break;
            case Act.Restart:
                LossTests.Forget(rig);
                break;
            case Act.RestartWithoutKeys:
                LossTests.LoseEverything(rig);
                AddKeys(rig);
                break;
            case Act.CloseIdle:
                tls?.CloseIdle(number % 2 == 0 ? CloseManner.Notify : CloseManner.Reset);
                dtls?.CloseAll();
                break;
            case Act.CloseIdleByFin:
                tls?.CloseIdle(CloseManner.Fin);
                dtls?.CloseAll();
                break;
            case Act.Sleep:
                rig.Finish();
                rig.Sleep(number * 100);
                break;
            case Act.SleepAndLoseBinding:
                rig.Finish();
                rig.Sleep(number * 100);
                LoseBinding(rig, number);
                break;
            case Act.LoseBinding:
                LoseBinding(rig, number);
                break;
            case Act.Roam:
                rig.Roam();
                break;
            case Act.ForgeSignal:
                if (dtls != null && rig.Core.MainPath >= 0)
                    dtls.GiveClient(rig.Core.MainPath, LossTests.Alert);

                tls?.ResetAll();
                break;
            case Act.Slow:
                LossTests.Delay(rig, number);
                break;
            case Act.Fast:
                LossTests.Delay(rig, 0);
                break;
        }
    }

    private static void LoseBinding(AssociationRig rig, int number)
    {
        if (rig is DtlsRig dtls)
            dtls.Rebind();
        else if (number % 2 == 0)
            ((TlsRig)rig).DropSilently();
        else
            ((TlsRig)rig).ResetAll();
    }

    /// <summary>A server that starts again has its configured PSKs.</summary>
    private static void AddKeys(AssociationRig rig)
    {
        ServerState state = rig is TlsRig tls ? tls.Server.State : ((DtlsRig)rig).Setup.Server.State;
        if (state.Psks.Count == 0)
            throw new InvalidOperationException("The server lost its configuration.");
    }
}
