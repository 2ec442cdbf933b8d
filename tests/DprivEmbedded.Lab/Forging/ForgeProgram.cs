using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Threading;

namespace DprivEmbedded.Lab.Forging;

/// <summary>
/// The mode <c>forge --kind KIND --rate N --client ADDR --server ADDR --port PORT</c>: watches what the client sends through this namespace, and sends it so many forged packets a second in the server's name.
/// It tells how many it has sent, a few times a second: "sent N".
/// </summary>
internal static class ForgeProgram
{
    private const int IpBytes = 20;
    private const int TellMs = 200;

    public static int Run(string[] arguments)
    {
        var kind = Enum.Parse<ForgeryKind>(Option(arguments, "--kind"));
        var rate = int.Parse(Option(arguments, "--rate"), CultureInfo.InvariantCulture);
        var client = IPAddress.Parse(Option(arguments, "--client"));
        var server = IPAddress.Parse(Option(arguments, "--server"));
        var port = int.Parse(Option(arguments, "--port"), CultureInfo.InvariantCulture);

        var watched = new WatchedFlow(client, server, port, (byte)(kind is ForgeryKind.Alert or ForgeryKind.Unreachable ? 17 : 6));
        using var wire = RawSocket.OpenPackets();
        using var output = RawSocket.OpenIp();
        new Thread(() => Watch(wire, watched)) { IsBackground = true }.Start();
        Console.WriteLine("ready");

        var lot = new Random(1);
        var clock = Stopwatch.StartNew();
        var sent = 0L;
        var told = 0L;
        while (true)
        {
            // By the clock and not by pauses, which the system rounds.
            var due = clock.ElapsedMilliseconds * rate / 1000;
            while (sent < due)
            {
                if (watched.Last is { } last)
                    output.SendTo(Forge(kind, last, client, server, port, lot), client);
                else
                    due--;
                sent += watched.Last is null ? 0 : 1;
            }

            if (clock.ElapsedMilliseconds - told >= TellMs)
            {
                told = clock.ElapsedMilliseconds;
                Console.WriteLine("sent " + sent.ToString(CultureInfo.InvariantCulture));
            }

            RawSocket.Pause();
        }
    }

    private static string Option(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : throw new ArgumentException(name + " is missing");

    private static void Watch(RawSocket wire, WatchedFlow watched)
    {
        var buffer = new byte[65536];
        while (true)
        {
            var count = wire.Receive(buffer);
            if (count > 0)
                watched.See(buffer.AsSpan(0, count));
        }
    }

    private static byte[] Forge(ForgeryKind kind, SeenPacket seen, IPAddress client, IPAddress server, int port, Random lot)
    {
        switch (kind)
        {
            case ForgeryKind.Alert:
            {
                // Fatal, internal_error; epoch 0.
                byte[] alert = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 80];
                BinaryPrimitives.WriteInt32BigEndian(alert.AsSpan(7), lot.Next());
                var packet = Packet(17, server, client, 8 + alert.Length);
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IpBytes), (ushort)port);
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IpBytes + 2), (ushort)seen.Port);
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IpBytes + 4), (ushort)(8 + alert.Length));
                alert.CopyTo(packet, IpBytes + 8);
                return packet;
            }

            case ForgeryKind.Unreachable:
            {
                // Destination and port unreachable, and the start of the packet that it is about.
                var packet = Packet(1, server, client, 8 + IpBytes + 8);
                packet[IpBytes] = 3;
                packet[IpBytes + 1] = 3;
                seen.Start.AsSpan(0, IpBytes + 8).CopyTo(packet.AsSpan(IpBytes + 8));
                BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(IpBytes + 2), Checksum(packet.AsSpan(IpBytes), 0));
                return packet;
            }

            default:
            {
                var packet = Packet(6, server, client, 20);
                var tcp = packet.AsSpan(IpBytes);
                BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)port);
                BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)seen.Port);
                BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], kind == ForgeryKind.ExactReset ? seen.Acknowledged : (uint)lot.NextInt64(1L << 32));
                tcp[12] = 5 << 4;
                tcp[13] = 4;
                BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum(tcp, PseudoHeader(packet, 20)));
                return packet;
            }
        }
    }

    private static byte[] Packet(byte protocol, IPAddress source, IPAddress destination, int contentBytes)
    {
        var packet = new byte[IpBytes + contentBytes];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = protocol;
        source.TryWriteBytes(packet.AsSpan(12), out _);
        destination.TryWriteBytes(packet.AsSpan(16), out _);
        return packet;
    }

    private static uint PseudoHeader(byte[] packet, int contentBytes)
    {
        uint sum = (uint)(packet[9] + contentBytes);
        for (var i = 12; i < IpBytes; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(i));
        return sum;
    }

    private static ushort Checksum(ReadOnlySpan<byte> content, uint sum)
    {
        for (var i = 0; i + 1 < content.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(content[i..]);
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
