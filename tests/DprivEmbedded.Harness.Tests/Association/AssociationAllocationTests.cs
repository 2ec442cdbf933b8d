using System;
using DprivEmbedded.Association;
using DprivEmbedded.Harness.Tests.PairDtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>What a lookup over an established association allocates in the core: nothing. The AEAD is the system's, which allocates nothing either.</summary>
[Collection(nameof(Alone))]
public class AssociationAllocationTests
{
    private const int Lookups = 5_000;
    private const int WarmUp = 300;

    [Theory]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13)]
    [InlineData(AssociationTransport.Dodtls, 0)]
    public void Lookups_allocate_nothing(int transport, int version)
    {
        AssociationRig rig = LossTests.Make(transport, version);
        rig.Policy = new ThresholdPolicy { ProbeAfterMs = 25_000 };
        rig.Connect();
        ServerAssociation core = rig.Core;
        int path = core.MainPath;
        byte[] message = AssociationRig.Message();
        byte[] wire = new byte[4096];
        long now = rig.Clock.NowMs;
        long allocated = 0;
        int firstRound = -1;
        int answers = 0;
        for (int i = -WarmUp; i < Lookups; i++)
        {
            now += 10;
            long before = GC.GetAllocatedBytesForCurrentThread();
            core.Query(message, 0, message.Length, now);
            int commands = core.NextCommand();
            int up = core.Transmit(path, wire, 0, wire.Length);
            while (core.NextEvent() != AssociationEvent.None)
            {
            }

            long spent = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(AssociationCommand.None, commands);
            int down = rig.Exchange(path, wire, up, now);
            before = GC.GetAllocatedBytesForCurrentThread();
            for (int taken = 0; taken < down;)
            {
                taken += core.Receive(path, wire, taken, down - taken, now + 5);
                commands = core.NextCommand();
                int happened;
                while ((happened = core.NextEvent()) != AssociationEvent.None)
                    answers += happened == AssociationEvent.Answer ? 1 : 0;
            }

            core.HandleTimeout(now + 6);
            bool quiet = core.WakeDueMs > now && core.WakeEarliestMs > now && core.WakeLatestMs > now;
            spent += GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(quiet);
            if (i >= 0)
                allocated += spent;
            if (allocated != 0 && firstRound < 0)
                firstRound = i;
        }

        Assert.Equal(Lookups + WarmUp, answers);
        Assert.Equal(1, rig.Opens);
        Assert.True(allocated == 0, allocated + " bytes allocated, first in round " + firstRound + ".");
    }
}
