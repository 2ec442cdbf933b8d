using System;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>What queries, answers, resends and heartbeats over an established association allocate in the core: nothing. The AEAD is the system's, which allocates nothing either.</summary>
[Collection(nameof(Alone))]
public class DodSteadyStateTests
{
    private const int Queries = 10_000;
    private const int WarmUp = 200;

    [Theory]
    [InlineData(CipherSuite.EcdheEcdsaAes128GcmSha256, -1)]
    [InlineData(CipherSuite.EcdheEcdsaAes128GcmSha256, 8)]
    [InlineData(CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, -1)]
    public void TenThousandQueriesAllocateNothing(int suite, int connectionIdBytes)
    {
        DodSetup setup = new();
        setup.Client.CipherSuites = [suite];
        setup.Client.ConnectionId = DtlsMatrixTests.Id(connectionIdBytes);
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        setup.Session.LengthPrefix = suite == CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256;
        DodPair pair = setup.Connect();
        DodSession session = pair.Session;
        DnsName[] names = [DnsName.Parse("www.example"), DnsName.Parse("mail.example")];
        EdnsOptions edns = new();
        byte[] message = new byte[512];
        byte[] wire = new byte[2048];
        long allocated = 0;
        int firstRound = -1;
        int answers = 0;
        int heartbeats = 0;
        long now = pair.Clock.NowMs;
        for (int i = -WarmUp; i < Queries / 2; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int j = 0; j < names.Length; j++)
            {
                int count = DnsQuery.Write(message, 0, message.Length, 0, names[j], DnsType.A, DnsClass.Internet, edns);
                session.Query(message, 0, count, now);
            }

            if (i % 8 == 0)
                session.SendHeartbeat(now);

            // Some are lost, and sent again.
            bool lost = i % 5 == 0;
            if (lost)
            {
                while (session.Transmit(wire, 0, wire.Length) > 0)
                {
                }

                now = session.WakeDueMs;
                session.HandleTimeout(now);
            }

            if (i >= 0)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;

            now++;
            while (true)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                int up = session.Transmit(wire, 0, wire.Length);
                if (i >= 0)
                    allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                if (up == 0)
                    break;

                setup.Server.Receive(pair.Path.ClientAddress, wire, 0, up, now);
            }

            int down;
            while ((down = setup.Server.Transmit(wire, 0, wire.Length, out _)) > 0)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                session.Receive(wire, 0, down, now);
                int happened;
                while ((happened = session.NextEvent()) != DodEvent.None)
                {
                    answers += happened == DodEvent.Answer ? 1 : 0;
                    heartbeats += happened == DodEvent.HeartbeatAnswered ? 1 : 0;
                }

                session.HandleTimeout(now);
                if (i >= 0)
                    allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            if (allocated != 0 && firstRound < 0)
                firstRound = i;
        }

        Assert.Equal(Queries + 2 * WarmUp, answers + session.InFlight);
        Assert.InRange(session.InFlight, 0, 2);
        Assert.True(heartbeats > Queries / 20);
        Assert.True(session.Resends > Queries / 12);
        Assert.Equal(TlsError.None, session.Dtls.Error);
        Assert.Equal(1, session.Associations);
        Assert.True(allocated == 0, allocated + " bytes allocated, first in round " + firstRound + ".");
    }
}
