using System;
using System.Linq;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>TCP to the segment: handshake, data, retransmission, end, and what RFC 5961 says of forged segments.</summary>
public class TcpTests
{
    [Fact]
    public void AHandshakeDataAndAnEndInOrder()
    {
        NetRig rig = new NetRig().Listen(text => text.ToUpperInvariant());
        TcpEndpointLog client = rig.Connect();
        client.OnText = _ => client.Connection.Close();
        client.Connection.Established += () => client.Write("query");
        rig.Network.RunFor(250);
        rig.Accepted[0].Connection.Close();
        rig.Network.RunFor(1000);

        Assert.Equal("query", rig.Accepted[0].Text);
        Assert.Equal("QUERY", client.Text);
        Assert.Equal("> Syn; < SynAck; > Data 5; < Data 5; > Fin; < Fin", rig.Ladder());
        Assert.Equal(TcpState.TimeWait, client.Connection.State);
        Assert.Equal(TcpState.Closed, rig.Accepted[0].Connection.State);
        Assert.Equal(["Fin"], rig.Accepted[0].Events);
        Assert.Equal(["established"], client.Events);
        Assert.Equal(2, rig.Trace.Count(until: 5).RoundTrips);
    }

    [Fact]
    public void TheAcknowledgementOfTheHandshakeRidesOnTheFirstDataUnlessTheStackIsLinux()
    {
        foreach (bool linux in new[] { false, true })
        {
            NetRig rig = new NetRig(client: linux ? TcpSettings.Linux : null, server: linux ? TcpSettings.Linux : null).Listen();
            TcpEndpointLog client = rig.Connect();
            client.Connection.Established += () => client.Write("query");
            rig.Network.RunFor(120);

            Assert.Equal(linux ? "> Syn; < SynAck; > Ack; > Data 5" : "> Syn; < SynAck; > Data 5", rig.Ladder(true));
        }
    }

    [Fact]
    public void AnAcknowledgementWaitsForDataToRideOn()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Trace.Clear();
        client.Write("query");
        rig.Network.RunFor(NetRig.OneWayMs + 20);
        rig.Accepted[0].Write("answer");
        rig.Network.RunFor(500);

        // The client has nothing to say, so that its acknowledgement goes alone, 40 ms late.
        Assert.Equal("> Data 5; < Data 6; > Ack", rig.Ladder(true));
        Assert.Equal(40_000, rig.Trace.Packets[2].TimeUs - rig.Trace.Packets[1].TimeUs);
        Assert.True(client.Connection.IsAllAcknowledged);
    }

    [Fact]
    public void TheRoundTripTimeIsMeasured()
    {
        NetRig rig = new NetRig().Listen(_ => "answer");
        TcpEndpointLog client = rig.ConnectNow();

        Assert.Equal(2 * NetRig.OneWayMs, client.Connection.SmoothedRttMs);
        rig.Middle.Down.Settings = LinkSettings.WithDelay(NetRig.OneWayMs + 80);
        client.Write("query");
        rig.Network.RunFor(1000);
        Assert.Equal(((7 * 100) + 180) / 8, client.Connection.SmoothedRttMs);
    }

    [Fact]
    public void ALostSynIsSentAgainAfterASecondThenTwo()
    {
        NetRig rig = new NetRig().Listen();
        int lost = 0;
        rig.Middle.Up.Filter = _ => ++lost > 2;
        TcpEndpointLog client = rig.Connect();
        rig.Network.RunFor(5000);

        Assert.Equal([1000_000, 2000_000, 4000_000], rig.Trace.Packets.Where(p => p.Kind == PacketKind.Syn).Select(p => p.TimeUs));
        Assert.True(client.Connection.IsEstablished);
        Assert.Equal(-1, client.Connection.SmoothedRttMs);
    }

    [Fact]
    public void ASynWithoutAnswerGivesUp()
    {
        NetRig rig = new();
        rig.Middle.IsCut = true;
        TcpEndpointLog client = rig.Connect(new TcpSettings { SynRetries = 3 });
        rig.Network.RunFor(14_000);
        Assert.Empty(client.Events);
        rig.Network.RunFor(1_000);
        Assert.Equal(["Timeout"], client.Events);
        Assert.Equal(4, rig.Trace.Packets.Count);
        Assert.Empty(rig.Client.Connections);
    }

    [Fact]
    public void ASynToAClosedPortIsRefused()
    {
        NetRig rig = new();
        TcpEndpointLog client = rig.ConnectNow();
        Assert.Equal(["Refused"], client.Events);
        Assert.Equal("> Syn; < Reset", rig.Ladder());
    }

    [Fact]
    public void ALostSynAckIsSentAgain()
    {
        NetRig rig = new NetRig().Listen();
        int lost = 0;
        rig.Middle.Down.Filter = _ => ++lost > 1;
        TcpEndpointLog client = rig.Connect();
        rig.Network.RunFor(2000);
        Assert.True(client.Connection.IsEstablished);
        Assert.Single(rig.Accepted);
    }

    [Fact]
    public void LostDataIsSentAgainAndTheTimeDoubles()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Trace.Clear();
        long started = rig.Network.NowUs;
        rig.Middle.Up.IsCut = true;
        client.Write("query");
        rig.Network.RunFor(2_000);
        rig.Middle.Up.IsCut = false;
        Assert.False(client.Connection.IsAllAcknowledged);
        rig.Network.RunFor(3_000);

        // SRTT 100 ms + 4 x 50 ms, then doubled.
        Assert.Equal([0, 300_000, 900_000, 2_100_000], rig.Trace.Packets.Where(p => p.Kind == PacketKind.Data).Select(p => p.TimeUs - started));
        Assert.True(rig.Trace.Packets[1].Packet is TcpSegment { IsRetransmission: true });
        Assert.Equal("query", rig.Accepted[0].Text);
        Assert.True(client.Connection.IsAllAcknowledged);
        Assert.Equal(3, client.Connection.Retransmissions);
    }

    [Fact]
    public void TheThirdDuplicateAcknowledgementBringsALostSegmentBack()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        int data = 0;
        rig.Middle.Up.Filter = p => p.DataBytes == 0 || ++data != 2;
        string text = new('x', 8000);
        client.Write(text);
        rig.Network.RunFor(220);

        Assert.Equal(text, rig.Accepted[0].Text);
        Assert.Equal(1, client.Connection.Retransmissions);
    }

    [Fact]
    public void ALargeWriteGoesInSegmentsWithinTheWindow()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Trace.Clear();
        client.Write(new string('x', 100_000));
        rig.Network.RunFor(10);

        Assert.Equal(10, rig.Trace.Packets.Count);
        Assert.All(rig.Trace.Packets, p => Assert.Equal(1460, p.Packet.DataBytes));
        rig.Network.RunFor(3000);
        Assert.Equal(100_000, rig.Accepted[0].Text.Length);
        Assert.Equal(0, client.Connection.Retransmissions);
    }

    [Fact]
    public void TheUserTimeoutEndsAConnectionWhoseBytesAreNotAcknowledged()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow(new TcpSettings { UserTimeoutMs = 3000 });
        rig.Middle.IsCut = true;
        rig.Network.RunFor(60_000);
        Assert.True(client.Connection.IsEstablished);
        client.Write("query");
        rig.Network.RunFor(2_999);
        Assert.DoesNotContain("Timeout", client.Events);
        rig.Network.RunFor(1);
        Assert.Contains("Timeout", client.Events);
        Assert.Equal(TcpEnd.Timeout, client.Connection.End);
    }

    [Fact]
    public void AnUnknownConnectionIsAnsweredWithARst()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Server.Crash();
        rig.Server.Restart();
        rig.Trace.Clear();
        client.Write("query");
        rig.Network.RunFor(200);

        Assert.Equal("> Data 5; < Reset", rig.Ladder());
        Assert.Contains("Reset", client.Events);
        Assert.Equal(1, rig.Server.ResetsSent);
        Assert.Empty(rig.Client.Connections);
    }

    [Fact]
    public void AHostThatIsDownIsSilent()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Server.Crash();
        client.Write("query");
        rig.Network.RunFor(5_000);
        Assert.DoesNotContain("Reset", client.Events);
        Assert.True(client.Connection.Retransmissions >= 3);
        Assert.False(client.Connection.IsAllAcknowledged);
    }

    [Fact]
    public void AForgedRstIsObeyedOnlyAtTheExactNumber()
    {
        foreach (int offset in new[] { -1, 0, 1, 1000, 65534, 65535 })
        {
            NetRig rig = new NetRig().Listen();
            TcpEndpointLog client = rig.ConnectNow();
            rig.Trace.Clear();
            rig.Server.SendForged(new TcpSegment
            {
                Source = rig.Service,
                Destination = client.Connection.Local,
                Sequence = client.Connection.ReceiveNext + (uint)offset,
                Flags = TcpFlags.Rst,
            });
            rig.Network.RunFor(500);

            Assert.Equal(offset == 0, client.Events.Contains("Reset"));
            bool inWindow = offset is > 0 and < 65535;
            Assert.Equal(inWindow ? 1 : 0, client.Connection.ChallengeAcks);
            Assert.Equal(inWindow ? "< Reset; > Ack" : "< Reset", rig.Ladder(true));
        }
    }

    [Fact]
    public void AForgedSynIsAnsweredWithAChallenge()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Server.SendForged(new TcpSegment { Source = rig.Service, Destination = client.Connection.Local, Sequence = client.Connection.ReceiveNext + 5, Flags = TcpFlags.Syn });
        rig.Network.RunFor(500);
        Assert.Equal(1, client.Connection.ChallengeAcks);
        Assert.True(client.Connection.IsEstablished);
    }

    [Fact]
    public void AChallengeOfAHalfOpenConnectionBringsItsRst()
    {
        // The client lost the connection and opens it again from the same port; the server still has it.
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        int port = client.Connection.Local.Port;
        rig.Client.Crash();
        rig.Client.Restart();
        TcpEndpointLog again = new(rig.Client.ConnectTcp(rig.Service, localPort: port));
        rig.Network.RunFor(3_000);

        Assert.Contains("Reset", rig.Accepted[0].Events);
        Assert.True(again.Connection.IsEstablished);
        Assert.Equal(2, rig.Accepted.Count);
    }

    [Fact]
    public void KeepaliveProbesBeginAfterTheQuietTime()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow(new TcpSettings { KeepaliveIdleMs = 10_000, KeepaliveIntervalMs = 1_000, KeepaliveCount = 3 });
        rig.Trace.Clear();
        rig.Network.RunFor(35_000);
        Assert.Equal("> Keepalive; < Ack; > Keepalive; < Ack; > Keepalive; < Ack", rig.Ladder(true));
        Assert.Equal(0, client.Connection.UnansweredKeepalives);
        Assert.Equal(0, rig.Trace.Count().CarryingPackets);

        rig.Middle.IsCut = true;
        rig.Network.RunFor(8_000);
        Assert.DoesNotContain("Timeout", client.Events);
        Assert.InRange(client.Connection.UnansweredKeepalives, 1, 3);
        rig.Network.RunFor(3_000);
        Assert.Contains("Timeout", client.Events);
    }

    [Fact]
    public void AProbeOnDemandIsAZeroLengthSegmentOneBelow()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Trace.Clear();
        int answered = 0;
        client.Connection.KeepaliveAnswered = () => answered++;
        Assert.True(client.Connection.SendKeepalive());
        Assert.Equal(1, client.Connection.UnansweredKeepalives);
        rig.Network.RunFor(200);

        TcpSegment probe = Assert.IsType<TcpSegment>(rig.Trace.Packets[0].Packet);
        Assert.Equal(client.Connection.SendNext - 1, probe.Sequence);
        Assert.Equal(40, probe.IpBytes);
        Assert.Equal("> Keepalive; < Ack", rig.Ladder(true));
        Assert.Equal(1, answered);
        Assert.Equal(0, client.Connection.UnansweredKeepalives);

        rig.Server.Crash();
        rig.Server.Restart();
        client.Connection.SendKeepalive();
        rig.Network.RunFor(200);
        Assert.Contains("Reset", client.Events);
        Assert.Equal(1, answered);
        Assert.False(client.Connection.SendKeepalive());
    }

    [Fact]
    public void AnAbortIsARst()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        client.Connection.Abort();
        rig.Network.RunFor(200);
        Assert.Equal(["Reset"], rig.Accepted[0].Events);
        Assert.Equal(["established"], client.Events);
    }

    [Fact]
    public void DataAfterTheOtherEndClosedStillGoes()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        rig.Accepted[0].Connection.Close();
        rig.Network.RunFor(100);
        Assert.Equal(["established", "Fin"], client.Events);
        Assert.Equal(TcpState.CloseWait, client.Connection.State);
        client.Write("late");
        client.Connection.Close();
        rig.Network.RunFor(500);
        Assert.Equal("late", rig.Accepted[0].Text);
        Assert.Equal(TcpState.Closed, client.Connection.State);
        Assert.Equal(TcpState.TimeWait, rig.Accepted[0].Connection.State);
        Assert.Throws<InvalidOperationException>(() => rig.Accepted[0].Write("no"));
    }

    [Fact]
    public void BothMayCloseAtOnce()
    {
        NetRig rig = new NetRig().Listen();
        TcpEndpointLog client = rig.ConnectNow();
        client.Connection.Close();
        rig.Accepted[0].Connection.Close();
        rig.Network.RunFor(500);
        Assert.Equal(TcpState.TimeWait, client.Connection.State);
        Assert.Equal(TcpState.TimeWait, rig.Accepted[0].Connection.State);
    }

    [Fact]
    public void AnIcmpMessageEndsAConnectionThatIsNotOpenAndNoOther()
    {
        NetRig rig = new();
        TcpEndpointLog client = rig.Connect();
        rig.Server.SendForged(new IcmpMessage { Source = new(NetRig.ServerAddress, 0), Destination = new(NetRig.ClientAddress, 0), Code = IcmpMessage.AdministrativelyProhibited, Original = rig.Trace.Packets[0].Packet });
        rig.Server.DropsUnknownSegments = true;
        rig.Network.RunFor(100);
        Assert.Equal(["Unreachable"], client.Events);

        NetRig open = new NetRig().Listen();
        client = open.ConnectNow();
        open.Server.SendForged(new IcmpMessage { Source = new(NetRig.ServerAddress, 0), Destination = new(NetRig.ClientAddress, 0), Original = open.Trace.Packets[0].Packet });
        open.Network.RunFor(100);
        Assert.True(client.Connection.IsEstablished);
    }

    [Fact]
    public void TimestampsCostTwelveBytesWhereBothHaveThem()
    {
        foreach ((bool client, bool server, int bytes) in new[] { (true, true, 57), (true, false, 45), (false, true, 45) })
        {
            NetRig rig = new NetRig(client: new TcpSettings { Timestamps = client }, server: new TcpSettings { Timestamps = server }).Listen();
            TcpEndpointLog end = rig.ConnectNow();
            rig.Trace.Clear();
            end.Write("query");
            Assert.Equal(bytes, rig.Trace.Packets[0].Packet.IpBytes);
        }
    }
}
