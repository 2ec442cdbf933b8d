using System;
using CsCheck;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Tests.PairDtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>The documented bound over a thousand paths: a silent loss is recovered within three smoothed round trip times and one resumption.</summary>
public class SilenceBoundTests
{
    private const int Seeds = 1000;

    [Fact]
    public void Silent_loss_is_recovered_within_the_bound()
    {
        Gen.Select(Gen.Int[1, 1_000_000], Gen.Int[1, 400], Gen.Bool, Gen.Bool, Gen.Int[0, 600_000]).Sample(
            (seed, latencyMs, dtls, known, quietMs) =>
            {
                AssociationRig rig = Make(seed, latencyMs, dtls);
                rig.Policy = new ThresholdPolicy();
                rig.Connect();
                if (known)
                {
                    for (int i = 0; i < 10; i++)
                        rig.Lookup();
                }

                rig.RunFor(quietMs);
                if (rig is DtlsRig datagrams)
                    datagrams.Forget();
                else
                    ((TlsRig)rig).DropSilently();

                long start = rig.Clock.NowMs;
                int silence = Math.Max(3 * rig.Core.SmoothedRttMs, rig.Options.MinSilenceMs);
                AssociationRig.Happening answer = rig.Lookup();

                // TCP's own handshake is a round trip of the resumption, too.
                int resumption = (dtls ? 2 : 3) * 2 * latencyMs;
                Assert.True(rig.Core.SmoothedRttMs <= 2 * latencyMs + 2, "SRTT " + rig.Core.SmoothedRttMs);
                Assert.InRange(answer.Ms - start, resumption, silence + resumption);
                rig.RunFor(5000);
                rig.AssertAllAnsweredOnce();
            },
            iter: Seeds);
    }

    private static AssociationRig Make(int seed, int latencyMs, bool dtls)
    {
        if (dtls)
        {
            DtlsRig rig = new(seed, new DodSetup(seed) { LatencyMs = latencyMs }.WithPsk());
            rig.Setup.Dtls.UnknownRecord = UnknownRecordPolicy.Silence;
            return rig;
        }

        TlsRig tls = new(seed % 2 == 0 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12, seed) { LatencyMs = latencyMs };
        tls.Setup.WithPsk();
        if (seed % 2 != 0)
            tls.Setup.Client.CipherSuites = [CipherSuite.PskAes128Ccm8];

        tls.Server.State.Psks.AddRange(tls.Setup.State.Psks);
        tls.Session.IdleTimeoutMs = 3_600_000;
        return tls;
    }
}
