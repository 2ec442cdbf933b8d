using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using DprivEmbedded.Lab.Wire;
using Xunit;

namespace DprivEmbedded.Lab;

/// <summary>How captures are read and counted; needs no root.</summary>
public sealed class WireTests
{
    private static readonly IPAddress s_client = new([192, 168, 7, 2]);
    private static readonly IPAddress s_server = new([203, 0, 113, 2]);

    [Fact]
    public void A_flight_and_what_comes_back_is_a_round_trip()
    {
        var exchange = Count(
            Tcp(1, up: true, 0x02, 100, []), Tcp(2, up: false, 0x12, 900, []), Tcp(3, up: true, 0x10, 101, []),
            Tcp(4, up: true, 0x18, 101, Record(22, [1, 0, 0, 0])), Tcp(5, up: false, 0x10, 901, []), Tcp(6, up: false, 0x18, 901, [.. Record(22, [2, 0, 0, 0]), .. Record(20, [1]), .. Record(22, [1, 2, 3])]),
            Tcp(7, up: true, 0x18, 110, [.. Record(20, [1]), .. Record(22, [9, 9])]), Tcp(8, up: true, 0x18, 123, Record(23, [5])), Tcp(9, up: false, 0x18, 924, Record(23, [6])));

        Assert.Equal(["--> SYN", "<-- SYN-ACK", "--> ClientHello", "<-- ServerHello, CCS, Finished", "--> CCS, Finished, data", "<-- data"], exchange.Ladder);
        Assert.Equal(3, exchange.RoundTrips);
        Assert.Equal(9, exchange.Packets.Count);
        Assert.Equal((5 * 40) + 9 + 13 + 6, exchange.BytesUp);
    }

    [Fact]
    public void Goodbyes_and_what_follows_the_answer_do_not_count()
    {
        var exchange = Count(
            Tcp(1, up: false, 0x18, 900, Record(23, [1])), Tcp(2, up: true, 0x18, 100, Record(23, [1])), Tcp(3, up: false, 0x11, 906, []), Tcp(4, up: false, 0x18, 906, Record(23, [6])),
            Tcp(5, up: true, 0x18, 106, Record(23, [7])));
        Assert.Equal(["--> data", "<-- data"], exchange.Ladder);
        Assert.Equal(1, exchange.RoundTrips);
    }

    [Fact]
    public void Bytes_sent_again_and_records_in_pieces_are_told_from_new_ones()
    {
        var record = Record(23, [1, 2, 3]);
        var packets = Labelled(
            Tcp(1, up: true, 0x18, 100, record[..3]), Tcp(2, up: true, 0x18, 103, record[3..]), Tcp(3, up: true, 0x18, 100, record), Tcp(4, up: true, 0x18, 100, [.. record, .. record]), Tcp(5, up: true, 0x18, 500, record));
        Assert.Equal(["part", "data", "again", "data", "after a gap"], packets.Select(p => Assert.Single(p.Labels)));
    }

    [Fact]
    public void A_TLS_1_3_connection_is_known_by_its_ServerHello()
    {
        byte[] hello = [2, 0, 0, 44, 3, 3, .. new byte[32], 0, 0x13, 1, 0, 0, 4, 0, 43, 0, 0];
        hello[3] = (byte)(hello.Length - 4);
        var packets = Labelled(Tcp(1, up: false, 0x18, 1, [.. Record(22, hello), .. Record(23, [1])]), Tcp(2, up: true, 0x18, 1, Record(23, [1])));
        Assert.Equal(["ServerHello", "protected"], packets[0].Labels);
        Assert.Equal(["protected"], packets[1].Labels);
    }

    [Fact]
    public void Datagrams_are_named_by_their_records()
    {
        var packets = Labelled(
            Udp(1, up: true, DtlsRecord(23, 1, [1])),
            Udp(2, up: false, DtlsRecord(21, 0, [2, 80])),
            Udp(3, up: false, [.. DtlsRecord(22, 0, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), .. DtlsRecord(20, 0, [1]), .. DtlsRecord(22, 1, new byte[40])]),
            Udp(4, up: true, DtlsRecord(24, 1, new byte[30])),
            Udp(5, up: true, [25, 0xFE, 0xFD, .. new byte[20]]),
            Udp(6, up: true, DtlsRecord(21, 1, new byte[20])),
            Udp(7, up: true, DtlsRecord(23, 1, [1])[..13]));
        Assert.Equal(["data"], packets[0].Labels);
        Assert.Equal(["alert"], packets[1].Labels);
        Assert.Equal(["ServerHello", "CCS", "Finished"], packets[2].Labels);
        Assert.Equal(["heartbeat"], packets[3].Labels);
        Assert.Equal(["CID record"], packets[4].Labels);
        Assert.False(packets[5].Matters);
        Assert.Equal(["torn record"], packets[6].Labels);
    }

    [Theory]
    [InlineData(false, 0, false, "ClientHello")]
    [InlineData(false, 32, false, "ClientHello resuming")]
    [InlineData(true, 0, false, "ClientHello resuming")]
    [InlineData(true, 0, true, "ClientHello resuming with early data")]
    public void A_ClientHello_says_whether_it_resumes(bool ticket, int sessionIdBytes, bool early, string expected)
    {
        byte[] extensions = [0, 35, 0, (byte)(ticket ? 2 : 0), .. new byte[ticket ? 2 : 0]];
        if (early)
            extensions = [.. extensions, 0, 42, 0, 0];
        byte[] body = [3, 3, .. new byte[32], (byte)sessionIdBytes, .. new byte[sessionIdBytes], 0, 2, 0x13, 1, 1, 0, 0, (byte)extensions.Length, .. extensions];
        var packet = Assert.Single(Labelled(Tcp(1, up: true, 0x18, 1, Record(22, [1, 0, 0, (byte)body.Length, .. body]))));
        Assert.Equal(expected, Assert.Single(packet.Labels));
    }

    [Fact]
    public void A_file_that_is_cut_off_ends_with_its_last_whole_packet()
    {
        byte[] file = File(Udp(1, up: true, [1]), Udp(2, up: true, [2]));
        for (var length = 24; length <= file.Length; length++)
            Assert.InRange(PcapReader.Read(file.AsSpan(0, length), s_client).Count, 0, 2);
        Assert.Equal(2, PcapReader.Read(file, s_client).Count);
        Assert.Single(PcapReader.Read(file.AsSpan(0, file.Length - 1), s_client));
        Assert.Throws<InvalidDataException>(() => PcapReader.Read(file.AsSpan(1), s_client));
    }

    private static Exchange Count(params (long TimeUs, byte[] Frame)[] frames) => Exchange.Between(Labelled(frames), 0, long.MaxValue);

    private static IReadOnlyList<Packet> Labelled(params (long TimeUs, byte[] Frame)[] frames)
    {
        var packets = PcapReader.Read(File(frames), s_client);
        Assert.Equal(frames.Length, packets.Count);
        PacketLabels.Assign(packets);
        return packets;
    }

    private static byte[] File(params (long TimeUs, byte[] Frame)[] frames)
    {
        var file = new byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(file, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        List<byte> all = [.. file];
        foreach (var (time, frame) in frames)
        {
            var header = new byte[16];
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)time);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), frame.Length);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), frame.Length);
            all.AddRange(header);
            all.AddRange(frame);
        }

        return [.. all];
    }

    private static byte[] Record(byte type, byte[] content) => [type, 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static byte[] DtlsRecord(byte type, byte epoch, byte[] content) => [type, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 0, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static (long TimeUs, byte[] Frame) Tcp(long timeUs, bool up, byte flags, uint sequence, byte[] payload)
    {
        var header = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)(up ? 50000 : 853));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(up ? 853 : 50000));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), sequence);
        header[12] = 5 << 4;
        header[13] = flags;
        return (timeUs, Frame(up, 6, [.. header, .. payload]));
    }

    private static (long TimeUs, byte[] Frame) Udp(long timeUs, bool up, byte[] payload)
    {
        var header = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)(up ? 50000 : 853));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(up ? 853 : 50000));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(8 + payload.Length));
        return (timeUs, Frame(up, 17, [.. header, .. payload]));
    }

    private static byte[] Frame(bool up, byte protocol, byte[] content)
    {
        var ip = new byte[20];
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip.AsSpan(2), (ushort)(20 + content.Length));
        ip[9] = protocol;
        (up ? s_client : s_server).TryWriteBytes(ip.AsSpan(12), out _);
        (up ? s_server : s_client).TryWriteBytes(ip.AsSpan(16), out _);
        return [.. new byte[12], 8, 0, .. ip, .. content];
    }
}
