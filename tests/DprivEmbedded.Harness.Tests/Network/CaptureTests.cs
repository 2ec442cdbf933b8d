using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using DprivEmbedded.Harness.Network;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>Packets as bytes, counts of a trace, and the pcapng file.</summary>
public class CaptureTests
{
    private static readonly Ipv4EndPoint s_client = Ipv4EndPoint.Parse("10.0.0.2:50000");
    private static readonly Ipv4EndPoint s_server = Ipv4EndPoint.Parse("192.0.2.53:853");

    [Fact]
    public void AnAddressIsReadAndWritten()
    {
        Assert.Equal("192.0.2.53:853", s_server.ToString());
        Assert.Equal(0xC0000235u, s_server.Address.Value);
        Assert.Throws<FormatException>(() => Ipv4Address.Parse("::1"));
        Assert.Throws<FormatException>(() => Ipv4EndPoint.Parse("192.0.2.1"));
    }

    [Fact]
    public void ADatagramHasItsHeadersAndRightChecksums()
    {
        UdpDatagram datagram = new() { Source = s_client, Destination = s_server, Identification = 0x1234, Data = "odd"u8.ToArray() };
        byte[] bytes = datagram.ToBytes();
        Assert.Equal(31, bytes.Length);

        // Checksums counted by hand over the header and over pseudo header, header and data.
        Assert.Equal("4500001F1234400040115C63" + "0A000002C0000235" + "C3500355000B", Convert.ToHexString(bytes, 0, 26));
        Assert.Equal(0xFFFF, Sum(bytes, 0, 20));
        Assert.Equal(0xFFFF, SumTransport(bytes));
        Assert.Equal("odd", Encoding.ASCII.GetString(bytes, 28, 3));
    }

    [Fact]
    public void ASegmentHasItsOptions()
    {
        TcpSegment syn = new()
        {
            Source = s_client,
            Destination = s_server,
            Sequence = 0x01020304,
            Flags = TcpFlags.Syn,
            MaximumSegmentSize = 1460,
            HasTimestamps = true,
            TimestampValue = 7,
            FastOpenCookie = [1, 2, 3, 4, 5, 6, 7, 8],
            Data = "hello"u8.ToArray(),
        };
        byte[] bytes = syn.ToBytes();
        Assert.Equal(20 + 20 + 4 + 12 + 12 + 5, bytes.Length);
        Assert.Equal(syn.IpBytes, bytes.Length);
        Assert.Equal("020405B4" + "0101080A0000000700000000" + "220A0102030405060708" + "0101", Convert.ToHexString(bytes, 40, 28));
        Assert.Equal(0xC0, bytes[32]);
        Assert.Equal(0xFFFF, SumTransport(bytes));
        Assert.Equal(PacketKind.Syn, syn.Kind);

        byte[] request = (syn with { FastOpenCookie = [], Data = [], HasTimestamps = false }).ToBytes();
        Assert.Equal("020405B4" + "22020101", Convert.ToHexString(request, 40, 8));
    }

    [Fact]
    public void AnIcmpMessageQuotesThePacket()
    {
        UdpDatagram datagram = new() { Source = s_client, Destination = s_server, Data = new byte[1000] };
        IcmpMessage message = new() { Source = s_server with { Port = 0 }, Destination = s_client with { Port = 0 }, Original = datagram };
        byte[] bytes = message.ToBytes();
        Assert.Equal(576, bytes.Length);
        Assert.Equal(datagram.ToBytes()[..548], bytes[28..]);
        Assert.Equal(0xFFFF, Sum(bytes, 20, bytes.Length - 20));
    }

    [Fact]
    public void CountsAreThoseOfTheSeed()
    {
        TcpSegment segment = new() { Source = s_client, Destination = s_server, Flags = TcpFlags.Ack };
        TcpSegment data = segment with { Data = new byte[10] };
        TcpSegment reset = segment with { Flags = TcpFlags.Rst };
        TcpSegment syn = segment with { Flags = TcpFlags.Syn };
        TcpSegment synAck = segment with { Flags = TcpFlags.Syn | TcpFlags.Ack };

        // Figure 1: query, RST; SYN, SYN-ACK; ClientHello, two segments of the server with an ACK between; Finished and query, answer.
        (bool Up, TcpSegment Segment)[] flow =
        [
            (true, data), (false, reset), (true, syn), (false, synAck), (true, segment), (true, data), (false, data), (true, segment), (false, data), (true, data), (false, data), (true, segment),
        ];
        List<TracedPacket> trace = [.. flow.Select((f, i) => new TracedPacket(i, f.Up ? PacketDirection.Up : PacketDirection.Down, f.Segment))];
        Assert.Equal(new TraceCounts(12, 9, (40 * 4) + (50 * 3), (40 * 2) + (50 * 3), 4), TraceCounts.Of(trace));
        Assert.Equal(1, TraceCounts.Of(trace.Skip(2).Take(3)).RoundTrips);
    }

    [Fact]
    public void TheSameSeedGivesTheSameFile()
    {
        byte[] first = Scenario(5, out int packets);
        Assert.Equal(first, Scenario(5, out _));
        Assert.NotEqual(first, Scenario(6, out _));
        Assert.True(packets > 50);
    }

    [Fact]
    public void AFileIsMadeOfBlocksWithTheSecretsBeforeThePackets()
    {
        NetRig rig = new NetRig().Listen();
        rig.ConnectNow();
        using MemoryStream stream = new();
        PcapngWriter.Write(stream, rig.Trace.Packets, rig.Network.Clock.UtcOffsetMs * 1000, "CLIENT_RANDOM 00 11\n");
        List<(int Type, byte[] Body)> blocks = Blocks(stream.ToArray());

        Assert.Equal([0x0A0D0D0A, 1, 10, 6, 6, 6], blocks.Select(b => b.Type));
        Assert.Equal(101, BinaryPrimitives.ReadUInt16LittleEndian(blocks[1].Body));
        Assert.Equal(0x544C534B, BinaryPrimitives.ReadInt32LittleEndian(blocks[2].Body));
        Assert.StartsWith("CLIENT_RANDOM 00 11\n", Encoding.ASCII.GetString(blocks[2].Body[8..]), StringComparison.Ordinal);
        long time = ((long)BinaryPrimitives.ReadUInt32LittleEndian(blocks[3].Body.AsSpan(4)) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(blocks[3].Body.AsSpan(8));
        Assert.Equal((1000 + rig.Network.Clock.UtcOffsetMs) * 1000, time);
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(blocks[3].Body.AsSpan(12));
        Assert.Equal(rig.Trace.Packets[0].Packet.ToBytes(), blocks[3].Body[20..(20 + bytes)]);
    }

    [Fact]
    public void AKeyIsKeptOnce()
    {
        KeyLogText log = new();
        log.Log("CLIENT_RANDOM", [1, 2], [0xAB, 0xCD, 0xEF], 2);
        log.Log("CLIENT_RANDOM", [1, 2], [0xAB, 0xCD, 0xEF], 2);
        Assert.Equal("CLIENT_RANDOM 0102 abcd\n", log.Text);
    }

    private static byte[] Scenario(int seed, out int packets)
    {
        LinkSettings link = new() { Delay = DelayDistribution.LogNormal(40, 0.5), KeepsOrder = false, Loss = LossModel.Independent(0.1), DuplicateProbability = 0.05 };
        NetRig rig = new NetRig(seed, new NatSettings { PortPolicy = NatPortPolicy.RandomPort }, link).Listen(text => new string('z', text.Length));
        TcpEndpointLog client = rig.Connect(new TcpSettings { FastOpen = true });
        client.Write(new string('q', 30_000));
        rig.Client.OpenUdp().SendTo(rig.Service, "query"u8);
        rig.Network.RunFor(20_000);
        packets = rig.Trace.Packets.Count;
        using MemoryStream stream = new();
        PcapngWriter.Write(stream, rig.Trace.Packets, 0);
        return stream.ToArray();
    }

    private static List<(int Type, byte[] Body)> Blocks(byte[] file)
    {
        List<(int, byte[])> blocks = [];
        for (int at = 0; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            Assert.Equal(0, length % 4);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + length - 4)));
            blocks.Add((BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), file[(at + 8)..(at + length - 4)]));
            at += length;
        }

        return blocks;
    }

    /// <summary>The sum of a part with its checksum in it: all ones where it is right.</summary>
    private static int Sum(byte[] bytes, int offset, int count, long sum = 0)
    {
        for (int i = 0; i < count; i++)
            sum += i % 2 == 0 ? bytes[offset + i] << 8 : bytes[offset + i];

        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);

        return (int)sum;
    }

    private static int SumTransport(byte[] packet)
    {
        int pseudo = packet[9] + (packet.Length - 20);
        for (int i = 12; i < 20; i += 2)
            pseudo += (packet[i] << 8) | packet[i + 1];

        return Sum(packet, 20, packet.Length - 20, pseudo);
    }
}
