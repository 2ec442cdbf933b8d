using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace DprivEmbedded.Harness.Network;

/// <summary>Writes a trace as pcapng that Wireshark opens and, with the key log, decrypts: raw IPv4 packets, microseconds, a Decryption Secrets Block. The same trace gives the same bytes.</summary>
/// <remarks>Source: draft-ietf-opsawg-pcapng.</remarks>
public static class PcapngWriter
{
    private const int SectionHeaderBlock = 0x0A0D0D0A;
    private const int InterfaceDescriptionBlock = 1;
    private const int EnhancedPacketBlock = 6;
    private const int DecryptionSecretsBlock = 10;
    private const int TlsKeyLog = 0x544C534B;
    private const int LinkTypeRaw = 101;
    private const int ApplicationOption = 4;
    private const int NameOption = 2;
    private const int TimeResolutionOption = 9;
    private const int FlagsOption = 2;

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="trace">The packets.</param>
    /// <param name="utcOffsetUs">What is added to the network's time to get microseconds since 1970-01-01 UTC; see <see cref="VirtualClock.UtcOffsetMs"/>.</param>
    /// <param name="keyLog">The secrets as <see cref="KeyLogText.Text"/> gives them; empty for none. Whoever has them can decrypt.</param>
    public static void Write(Stream stream, IEnumerable<TracedPacket> trace, long utcOffsetUs, string keyLog = "")
    {
        byte[] section = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(section, 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(section.AsSpan(4), 1);
        BinaryPrimitives.WriteInt64LittleEndian(section.AsSpan(8), -1);
        Block(stream, SectionHeaderBlock, [.. section, .. Option(ApplicationOption, "dpriv"u8), .. Option(0, [])]);

        byte[] description = new byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(description, LinkTypeRaw);
        Block(stream, InterfaceDescriptionBlock, [.. description, .. Option(NameOption, "simulated"u8), .. Option(TimeResolutionOption, [6]), .. Option(0, [])]);

        if (keyLog.Length > 0)
        {
            byte[] text = Encoding.ASCII.GetBytes(keyLog);
            byte[] header = new byte[8];
            BinaryPrimitives.WriteInt32LittleEndian(header, TlsKeyLog);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), text.Length);
            Block(stream, DecryptionSecretsBlock, [.. header, .. Padded(text)]);
        }

        foreach (TracedPacket traced in trace)
            WritePacket(stream, traced, utcOffsetUs);
    }

    private static void WritePacket(Stream stream, TracedPacket traced, long utcOffsetUs)
    {
        byte[] bytes = traced.Packet.ToBytes();
        ulong time = (ulong)(traced.TimeUs + utcOffsetUs);
        byte[] header = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)(time >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)time);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), bytes.Length);
        byte[] flags = [traced.Direction == PacketDirection.Up ? (byte)2 : (byte)1, 0, 0, 0];
        Block(stream, EnhancedPacketBlock, [.. header, .. Padded(bytes), .. Option(FlagsOption, flags), .. Option(0, [])]);
    }

    private static void Block(Stream stream, int type, byte[] body)
    {
        byte[] header = new byte[8];
        int length = body.Length + 12;
        BinaryPrimitives.WriteInt32LittleEndian(header, type);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), length);
        stream.Write(header);
        stream.Write(body);
        stream.Write(header.AsSpan(4));
    }

    private static byte[] Option(int code, ReadOnlySpan<byte> value)
    {
        byte[] header = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)code);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)value.Length);
        return [.. header, .. Padded(value)];
    }

    private static byte[] Padded(ReadOnlySpan<byte> value)
    {
        byte[] padded = new byte[(value.Length + 3) & ~3];
        value.CopyTo(padded);
        return padded;
    }
}
