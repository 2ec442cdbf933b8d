using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>The limits of heartbeats. Source: RFC 6520.</summary>
public class DtlsHeartbeatTests
{
    private const int Response = 2;

    /// <summary>A payload_length that the record does not hold is discarded in silence (section 4), and so is a message with less than 16 bytes of padding.</summary>
    [Theory]
    [InlineData(21, 3, false)]
    [InlineData(21, 65535, false)]
    [InlineData(21, 18, false)]
    [InlineData(21, 2, true)]
    [InlineData(19, 0, true)]
    [InlineData(18, 0, false)]
    [InlineData(2, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(1000, 981, true)]
    [InlineData(1000, 982, false)]
    public void OversizePayloadLengths(int bytes, int payloadLength, bool answered)
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        int up = pair.Path.Up.Sent;
        byte[] message = new byte[bytes];
        message[0] = 1;
        if (bytes > 2)
        {
            message[1] = (byte)(payloadLength >> 8);
            message[2] = (byte)payloadLength;
        }

        pair.Association.SendRawHeartbeat(message);
        pair.PumpServer();
        pair.RunFor(500);
        Assert.Equal(answered ? 1 : 0, pair.Path.Up.Sent - up);
        Assert.Equal(answered ? 0 : 1, pair.Dtls.DiscardedRecords);
        Assert.True(pair.Dtls.IsConnected);
    }

    /// <summary>The response has the request's payload and 16 bytes of padding, and is never the larger (section 4).</summary>
    [Theory]
    [InlineData(0, 16)]
    [InlineData(16, 16)]
    [InlineData(16, 300)]
    [InlineData(1000, 16)]
    [InlineData(600, 500)]
    public void ResponsesAreNoLargerThanRequests(int payloadBytes, int paddingBytes)
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        int up = 0;
        int down = 0;
        pair.Path.Up.Observer = (_, bytes) => up = bytes.Length;
        pair.Path.Down.Observer = (_, bytes) => down = bytes.Length;
        Assert.True(pair.Association.SendHeartbeat(payloadBytes, paddingBytes));
        pair.PumpServer();
        pair.RunFor(500);
        Assert.Equal(1, pair.Association.HeartbeatsConfirmed);
        Assert.Equal(down - (paddingBytes - 16), up);
    }

    /// <summary>No heartbeat is answered while a handshake is under way (section 3): neither in the clear nor under keys before the Finished.</summary>
    [Fact]
    public void NoneInTheHandshake()
    {
        DodSetup setup = new();
        DodPair pair = setup.Start(null, false);
        byte[] request = DtlsAttackTests.Plain(ContentType.Heartbeat, 9, [1, 0, 2, 7, 7, .. new byte[16]]);
        Assert.False(pair.Session.SendHeartbeat(pair.Clock.NowMs));
        for (int state = 0; state < 3; state++)
        {
            int up = pair.Path.Up.Sent;
            pair.GiveClient((byte[])request.Clone());
            Assert.Equal(up, pair.Path.Up.Sent);
            pair.Step(long.MaxValue);
        }

        pair.RunFor(1000);
        pair.AssertConnected();
    }

    /// <summary>Only one request is under way (section 3). It is repeated by the handshake's timers, from one and a half round trips, and after three repetitions the association ends.</summary>
    [Theory]
    [InlineData(100, 300)]
    [InlineData(10, 50)]
    public void OneIsUnderWayAndRepeatedUntilThePeerIsGone(int latencyMs, int firstMs)
    {
        DodSetup setup = new() { LatencyMs = latencyMs };
        DodPair pair = setup.Connect();
        long start = pair.Clock.NowMs;
        List<long> sends = [];
        pair.Path.Up.Observer = (now, _) => sends.Add(now - start);
        pair.Path.Up.IsCut = true;
        Assert.True(pair.Session.SendHeartbeat(pair.Clock.NowMs));
        Assert.False(pair.Session.SendHeartbeat(pair.Clock.NowMs));
        pair.Pump();
        pair.RunFor(20_000);
        Assert.Equal([0L, firstMs, 3L * firstMs, 7L * firstMs], sends.Take(4));
        Assert.All(sends.Skip(4), s => Assert.Equal(15L * firstMs, s));
        DodPair.Happening closed = Assert.Single(pair.Events, e => e.Event == DodEvent.Closed);
        Assert.Equal(TlsError.SilentPeer, closed.Error);
        Assert.Equal(15L * firstMs, closed.Ms - start);
    }

    [Theory]
    [InlineData(1, 300)]
    [InlineData(2, 900)]
    [InlineData(3, 2100)]
    public void RepetitionsAreEnoughForSomeLosses(int losses, int repeatedMs)
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        long start = pair.Clock.NowMs;
        int number = 0;
        pair.Path.Up.Script = _ => number++ < losses ? DatagramFate.Lose : DatagramFate.Deliver;
        Assert.True(pair.Session.SendHeartbeat(start));
        pair.Pump();
        pair.RunFor(10_000);
        Assert.Equal(repeatedMs + 200, Assert.Single(pair.Events, e => e.Event == DodEvent.HeartbeatAnswered).Ms - start);
        Assert.Equal(-1, pair.Dtls.HeartbeatRttMs);
        Assert.True(pair.Dtls.IsConnected);
        Assert.True(pair.Session.SendHeartbeat(pair.Clock.NowMs));
    }

    /// <summary>A response with another payload, or to nothing, is discarded (section 4).</summary>
    [Fact]
    public void ForeignResponsesAreDiscarded()
    {
        DodSetup setup = new();
        DodPair pair = setup.Connect();
        pair.Association.SendRawHeartbeat([Response, 0, 2, 1, 2, .. new byte[16]]);
        pair.PumpServer();
        pair.RunFor(150);
        pair.Path.Up.IsCut = true;
        pair.Session.SendHeartbeat(pair.Clock.NowMs);
        pair.Pump();
        pair.Association.SendRawHeartbeat([Response, 0, 3, 1, 2, 3, .. new byte[16]]);
        pair.Association.SendRawHeartbeat([Response, 0, 0, .. new byte[16]]);
        pair.PumpServer();
        pair.RunFor(150);
        Assert.DoesNotContain(pair.Events, e => e.Event == DodEvent.HeartbeatAnswered);
        Assert.True(pair.Dtls.IsConnected);
    }

    /// <summary>A server that asks all the time is answered, and nothing piles up.</summary>
    [Fact]
    public void FloodOfRequests()
    {
        DodSetup setup = new() { SendBytes = 256 };
        DodPair pair = setup.Connect();
        int up = pair.Path.Up.Sent;
        for (int i = 0; i < 5000; i++)
        {
            pair.Association.SendRawHeartbeat([1, 0, 16, .. new byte[32]]);
            pair.PumpServer();
        }

        pair.RunFor(500);
        Assert.Equal(5000, pair.Path.Up.Sent - up);
        pair.Ask();
        pair.RunFor(500);
        pair.AssertAnswered(2);
    }
}
