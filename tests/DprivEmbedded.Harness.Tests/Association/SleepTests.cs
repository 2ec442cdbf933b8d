using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Association;

/// <summary>Light and deep sleep, sessions in stable storage, other networks.</summary>
public class SleepTests
{
    private static readonly byte[] s_key = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Light_sleep_keeps_the_association(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        if (rig is TlsRig tls)
            tls.Session.IdleTimeoutMs = 600_000;

        rig.Connect();
        rig.Core.PrepareSleep(60_000, true, rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(AssociationState.Asleep, rig.Core.State);
        Assert.Equal(long.MaxValue, rig.Core.WakeDueMs);
        Assert.Equal(AssociationEvent.SessionsChanged, rig.Events.Last().Event);
        rig.Clock.Advance(60_000);
        rig.Core.Wake(rig.Clock.NowMs);
        Assert.Equal(AssociationState.Quiet, rig.Core.State);
        Assert.Equal(1, rig.Lookup().RoundTrips);
        rig.AssertAllAnsweredOnce();
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Policy_closes_before_a_sleep_that_loses_memory(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Connect();
        rig.Core.PrepareSleep(60_000, false, rig.Clock.NowMs);
        rig.Drive();
        Assert.Equal(AssociationState.Asleep, rig.Core.State);
        Assert.Equal(AssociationCommand.ClosePath, rig.Commands.Last().Command);
        rig.RunFor(200);
        if (rig is TlsRig tls)
            Assert.Equal(1, tls.Server.Counters.ClosedByClient);
    }

    /// <summary>Deep sleep: the program starts again with the sessions that it saved, and resumes. Early data and Fast Open make that one round trip.</summary>
    [Theory]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls12, false, 3)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13, false, 3)]
    [InlineData(AssociationTransport.Dot, ProtocolVersion.Tls13, true, 1)]
    [InlineData(AssociationTransport.Dodtls, 0, false, 2)]
    public void Deep_sleep_and_restart_resume(int transport, int version, bool early, int roundTrips)
    {
        AssociationRig rig = LossTests.Make(transport, version);
        if (early)
        {
            TlsRig tls = (TlsRig)rig;
            tls.Options.FastOpen = true;
            tls.Setup.Client.EarlyData = true;
            tls.Setup.Server.EarlyData = EarlyDataMode.Accept;
        }

        MemoryBlobs blobs = new();
        RecordingPolicy policy = new(rig.Policy);
        rig.Policy = policy;
        SealedSessionStore store = Store(rig, blobs);
        rig.Connect();
        rig.Core.PrepareSleep(3_000_000, false, rig.Clock.NowMs);
        rig.Drive();
        rig.RunFor(200);
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(rig.Clock.UtcMs));
        Assert.NotNull(blobs.Block);
        rig.Clock.Advance(3_000_000);

        store = Store(rig, blobs);
        Assert.Equal(SessionStoreError.None, store.Load(rig.Clock.UtcMs));
        rig.Start();
        AssociationRig.Happening answer = rig.Lookup();
        Assert.Equal(roundTrips, answer.RoundTrips);
        Assert.Equal(1, policy.Count(AssociationObservation.ConnectedFull));
        Assert.Equal(1, policy.Count(AssociationObservation.ConnectedResumed));
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>A store that is damaged, cut off, of another key or too old costs a full handshake, and no query.</summary>
    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("key")]
    [InlineData("old")]
    public void Damaged_store_costs_a_full_handshake(string damage)
    {
        foreach (int transport in new[] { AssociationTransport.Dot, AssociationTransport.Dodtls })
        {
            AssociationRig rig = LossTests.Make(transport);
            MemoryBlobs blobs = new();
            RecordingPolicy policy = new(rig.Policy);
            rig.Policy = policy;
            SealedSessionStore store = Store(rig, blobs);
            rig.Connect();
            rig.Core.PrepareSleep(1000, false, rig.Clock.NowMs);
            rig.Drive();
            rig.RunFor(200);
            Assert.Equal(SessionStoreError.None, store.SaveIfChanged(rig.Clock.UtcMs));
            switch (damage)
            {
                case "flip":
                    blobs.Block![blobs.Block.Length / 2] ^= 1;
                    break;
                case "cut":
                    blobs.Block = blobs.Block![..^7];
                    break;
                case "empty":
                    blobs.Block = [];
                    break;
                case "old":
                    rig.Clock.Advance(90_000_000);
                    break;
            }

            store = Store(rig, blobs, damage == "key" ? s_key.Reverse().ToArray() : s_key);
            store.Load(rig.Clock.UtcMs);
            rig.Start();
            rig.Lookup();
            rig.RunFor(1000);
            rig.AssertAllAnsweredOnce();
            Assert.Equal(2, policy.Count(AssociationObservation.ConnectedFull));
            Assert.Empty(rig.Failures);
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void Roam_over_TLS_resumes(int version)
    {
        TlsRig rig = new(version);
        rig.Connect();
        rig.Roam();
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(3, rig.Lookup().RoundTrips);
        Assert.Equal(1, rig.Server.Counters.ResumedHandshakes);
        rig.AssertAllAnsweredOnce();
    }

    [Fact]
    public void Roam_over_DTLS_resumes_without_a_connection_id()
    {
        DtlsRig rig = new();
        rig.Connect();
        rig.Roam();
        Assert.Equal(AssociationState.Closed, rig.Core.State);
        Assert.Equal(2, rig.Lookup().RoundTrips);
        rig.AssertAllAnsweredOnce();
    }

    /// <summary>With one the association moves, with what is unanswered: nothing is lost by it but the way.</summary>
    [Fact]
    public void Roam_over_DTLS_moves_with_a_connection_id()
    {
        DtlsRig rig = new();
        rig.Setup.Client.ConnectionId = [];
        rig.Setup.Dtls.ConnectionIdBytes = 4;
        rig.Connect();
        rig.Ask();
        rig.RunFor(20);
        long start = rig.Clock.NowMs;
        rig.Roam();
        Assert.Equal(AssociationCommand.MovePath, rig.Commands.Last().Command);
        rig.RunFor(110);
        rig.AssertAllAnsweredOnce();
        Assert.Equal(start + 100, rig.LastAnswer.Ms);
        Assert.Equal(1, rig.Opens);
        rig.Roam();
        Assert.Equal(1, rig.Lookup().RoundTrips);
    }

    [Theory]
    [InlineData(AssociationTransport.Dot)]
    [InlineData(AssociationTransport.Dodtls)]
    public void Roam_under_queries_loses_none(int transport)
    {
        AssociationRig rig = LossTests.Make(transport);
        rig.Connect();
        LossTests.Delay(rig, 100);
        for (int i = 0; i < 20; i++)
            rig.Ask();

        rig.RunFor(75);
        rig.Roam();
        rig.RunFor(5000);
        rig.AssertAllAnsweredOnce();
    }

    private static SealedSessionStore Store(AssociationRig rig, MemoryBlobs blobs, byte[]? key = null)
    {
        rig.Cache = new SessionCache(4, 4, 4096);
        return new SealedSessionStore(rig.Cache, blobs, rig.Provider, key ?? s_key);
    }

    private sealed class MemoryBlobs : IBlobStore
    {
        public byte[]? Block { get; set; }

        public int LastError { get; private set; }

        public string? LastErrorText => null;

        public byte[] Read(int maxBytes)
        {
            LastError = Block == null ? SessionStoreError.NotFound : SessionStoreError.None;
            return (byte[])Block?.Clone()!;
        }

        public byte[] Take(int maxBytes)
        {
            byte[] block = Read(maxBytes);
            Block = null;
            return block;
        }

        public bool Write(byte[] buffer, int offset, int count)
        {
            Block = buffer[offset..(offset + count)];
            LastError = SessionStoreError.None;
            return true;
        }

        public bool Delete()
        {
            Block = null;
            LastError = SessionStoreError.None;
            return true;
        }
    }
}
