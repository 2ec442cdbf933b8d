using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Links;

/// <summary>The stream of the simulations: order, latency, pieces, faults.</summary>
public class StreamLinkTests
{
    private static List<byte[]> Take(StreamLink link, int capacity = 4096)
    {
        List<byte[]> pieces = [];
        byte[] buffer = new byte[capacity];
        int count;
        while ((count = link.Receive(buffer, 0, capacity)) > 0)
            pieces.Add(buffer[..count]);

        return pieces;
    }

    [Fact]
    public void BytesArriveAfterTheLatencyAndNotBefore()
    {
        VirtualClock clock = new(1000);
        StreamLink link = new(clock, 30);
        Assert.Equal(long.MaxValue, link.NextDueMs);
        link.Send([1, 2, 3], 0, 3);
        Assert.Equal(1030, link.NextDueMs);
        clock.AdvanceTo(1029);
        Assert.Empty(Take(link));
        clock.AdvanceTo(1030);
        Assert.Equal([1, 2, 3], Assert.Single(Take(link)));
        Assert.Equal(long.MaxValue, link.NextDueMs);
        Assert.Equal((3, 1), (link.BytesSent, link.Sends));
    }

    [Fact]
    public void NothingOvertakesWhenTheLatencyFalls()
    {
        VirtualClock clock = new();
        StreamLink link = new(clock, 100);
        link.Send([1], 0, 1);
        link.LatencyMs = 10;
        link.Send([2], 0, 1);
        clock.Advance(50);
        Assert.Empty(Take(link));
        clock.Advance(50);
        Assert.Equal([1, 2], Take(link).SelectMany(p => p));
    }

    [Theory]
    [InlineData(Fragmentation.Whole, new[] { 3, 5 })]
    [InlineData(Fragmentation.Bytes, new[] { 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData(Fragmentation.Coalesced, new[] { 8 })]
    public void Pieces(Fragmentation fragmentation, int[] sizes)
    {
        VirtualClock clock = new();
        StreamLink link = new(clock, 1) { Fragmentation = fragmentation };
        link.Send([1, 2, 3], 0, 3);
        link.Send([4, 5, 6, 7, 8], 0, 5);
        clock.Advance(1);
        Assert.Equal(sizes, Take(link).Select(p => p.Length));
    }

    [Fact]
    public void EveryWayOfCuttingKeepsTheStream()
    {
        Gen.Select(Gen.Byte.Array[0, 300].Array[0, 12], Gen.Int[0, 3], Gen.Int[1, 200], Gen.Int).Sample((sends, fragmentation, capacity, seed) =>
        {
            VirtualClock clock = new();
            StreamLink link = new(clock, 5, seed) { Fragmentation = (Fragmentation)fragmentation };
            List<byte> received = [];
            foreach (byte[] send in sends)
            {
                link.Send(send, 0, send.Length);
                clock.Advance(3);
                received.AddRange(Take(link, capacity).SelectMany(p => p));
            }

            link.SendEnd(TransportEnd.Fin);
            clock.Advance(5);
            received.AddRange(Take(link, capacity).SelectMany(p => p));
            return received.SequenceEqual(sends.SelectMany(s => s)) && link.TakeEnd() == TransportEnd.Fin;
        });
    }

    [Fact]
    public void TheSameSeedCutsInTheSamePlaces()
    {
        Assert.Equal(Sizes(5), Sizes(5));
        Assert.NotEqual(Sizes(5), Sizes(6));

        static int[] Sizes(int seed)
        {
            VirtualClock clock = new();
            StreamLink link = new(clock, 0, seed) { Fragmentation = Fragmentation.Random };
            link.Send(new byte[10_000], 0, 10_000);
            return [.. Take(link).Select(p => p.Length)];
        }
    }

    [Fact]
    public void TheEndComesBehindTheBytesAndOnce()
    {
        VirtualClock clock = new();
        StreamLink link = new(clock, 10);
        link.Send([1], 0, 1);
        link.SendEnd(TransportEnd.Fin);
        link.Send([2], 0, 1);
        link.SendEnd(TransportEnd.Reset);
        Assert.Equal(TransportEnd.Open, link.TakeEnd());
        clock.Advance(10);
        Assert.Equal(TransportEnd.Open, link.TakeEnd());
        Assert.Equal([1], Assert.Single(Take(link)));
        Assert.Equal(clock.NowMs, link.NextDueMs);
        Assert.Equal(TransportEnd.Fin, link.TakeEnd());
        Assert.Equal(TransportEnd.Open, link.TakeEnd());
        Assert.Equal(long.MaxValue, link.NextDueMs);
    }

    [Fact]
    public void ACutLinkSwallowsEverything()
    {
        VirtualClock clock = new();
        StreamLink link = new(clock, 10);
        link.Send([1], 0, 1);
        link.Cut();
        link.Send([2], 0, 1);
        link.SendEnd(TransportEnd.Fin);
        clock.Advance(1000);
        Assert.Equal(long.MaxValue, link.NextDueMs);
        Assert.Empty(Take(link));
        Assert.Equal(TransportEnd.Open, link.TakeEnd());
        Assert.Equal(2, link.BytesSent);
    }

    [Fact]
    public void AStalledLinkHoldsBackAndGivesAllLater()
    {
        VirtualClock clock = new();
        StreamLink link = new(clock, 10);
        link.Send([1], 0, 1);
        link.IsStalled = true;
        clock.Advance(500);
        link.Send([2], 0, 1);
        link.SendEnd(TransportEnd.Fin);
        Assert.Equal(long.MaxValue, link.NextDueMs);
        Assert.Empty(Take(link));
        Assert.Equal(TransportEnd.Open, link.TakeEnd());
        clock.Advance(500);
        link.IsStalled = false;
        Assert.Equal(clock.NowMs, link.NextDueMs);
        Assert.Equal([1, 2], Take(link).SelectMany(p => p));
        Assert.Equal(TransportEnd.Fin, link.TakeEnd());
    }

    [Fact]
    public void AnInjectedResetLosesWhatIsOnItsWay()
    {
        VirtualClock clock = new();
        DuplexLink link = new(clock, 10);
        link.Up.Send([1], 0, 1);
        link.Down.Send([2], 0, 1);
        link.Reset();
        Assert.Equal(clock.NowMs, link.NextDueMs);
        Assert.Empty(Take(link.Up));
        Assert.Empty(Take(link.Down));
        Assert.Equal(TransportEnd.Reset, link.Up.TakeEnd());
        Assert.Equal(TransportEnd.Reset, link.Down.TakeEnd());
        Assert.Equal(long.MaxValue, link.NextDueMs);
    }

    [Fact]
    public void TheClockNeverGoesBack()
    {
        VirtualClock clock = new(100, 1_000_000);
        clock.AdvanceTo(50);
        Assert.Equal(100, clock.NowMs);
        clock.Advance(20);
        Assert.Equal(1_000_020, clock.UtcMs);
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(-1));
    }
}
