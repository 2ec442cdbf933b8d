using System;
using System.Buffers.Binary;

namespace DprivEmbedded.Harness.Network;

/// <summary>A TCP segment. Source: RFC 9293 section 3.1, RFC 7413 section 2, RFC 7323 section 3.</summary>
public sealed record TcpSegment : Packet
{
    private const int TcpHeaderBytes = 20;
    private const int MssOption = 2;
    private const int TimestampOption = 8;
    private const int FastOpenOption = 34;

    /// <summary>The number of the first byte.</summary>
    public uint Sequence { get; init; }

    /// <summary>The next number that the sender waits for, where <see cref="TcpFlags.Ack"/> is set.</summary>
    public uint Acknowledgement { get; init; }

    /// <summary>The flags.</summary>
    public TcpFlags Flags { get; init; }

    /// <summary>How many bytes the sender takes.</summary>
    public int Window { get; init; } = 65535;

    /// <summary>Its bytes; not to be changed.</summary>
    public byte[] Data { get; init; } = [];

    /// <summary>The option of the largest segment; 0 for none.</summary>
    public int MaximumSegmentSize { get; init; }

    /// <summary>The TCP Fast Open option: a cookie, an empty array that asks for one, or null for no option.</summary>
    public byte[]? FastOpenCookie { get; init; }

    /// <summary>Whether it has the timestamps option.</summary>
    public bool HasTimestamps { get; init; }

    /// <summary>The sender's timestamp.</summary>
    public uint TimestampValue { get; init; }

    /// <summary>The timestamp that is echoed.</summary>
    public uint TimestampEcho { get; init; }

    /// <summary>Whether its bytes were sent before; does not stand on the wire.</summary>
    public bool IsRetransmission { get; init; }

    /// <summary>Whether it is a probe; does not stand on the wire as such.</summary>
    public bool IsKeepalive { get; init; }

    /// <summary>Whether it has the SYN flag.</summary>
    public bool IsSyn => (Flags & TcpFlags.Syn) != 0;

    /// <summary>Whether it has the ACK flag.</summary>
    public bool IsAck => (Flags & TcpFlags.Ack) != 0;

    /// <summary>Whether it has the FIN flag.</summary>
    public bool IsFin => (Flags & TcpFlags.Fin) != 0;

    /// <summary>Whether it has the RST flag.</summary>
    public bool IsReset => (Flags & TcpFlags.Rst) != 0;

    /// <summary>How many sequence numbers it takes: its bytes, SYN and FIN.</summary>
    public int SequenceLength => Data.Length + (IsSyn ? 1 : 0) + (IsFin ? 1 : 0);

    /// <inheritdoc/>
    public override int Protocol => 6;

    /// <inheritdoc/>
    public override PacketKind Kind
    {
        get
        {
            if (IsReset)
                return PacketKind.Reset;
            if (IsSyn)
                return IsAck ? PacketKind.SynAck : PacketKind.Syn;
            if (Data.Length > 0)
                return PacketKind.Data;
            if (IsFin)
                return PacketKind.Fin;

            return IsKeepalive ? PacketKind.Keepalive : PacketKind.Ack;
        }
    }

    /// <inheritdoc/>
    public override int DataBytes => Data.Length;

    /// <inheritdoc/>
    protected internal override int TransportBytes => TcpHeaderBytes + OptionBytes + Data.Length;

    private int OptionBytes
    {
        get
        {
            int bytes = MaximumSegmentSize > 0 ? 4 : 0;
            bytes += HasTimestamps ? 12 : 0;
            bytes += FastOpenCookie != null ? 2 + FastOpenCookie.Length : 0;
            return (bytes + 3) & ~3;
        }
    }

    /// <inheritdoc/>
    protected override void WriteTransport(Span<byte> target)
    {
        int options = OptionBytes;
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Destination.Port);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], Acknowledgement);
        target[12] = (byte)((TcpHeaderBytes + options) << 2);
        target[13] = (byte)Flags;
        BinaryPrimitives.WriteUInt16BigEndian(target[14..], (ushort)Window);
        WriteOptions(target.Slice(TcpHeaderBytes, options));
        Data.CopyTo(target[(TcpHeaderBytes + options)..]);
        uint sum = InternetChecksum.PseudoHeader(Source.Address, Destination.Address, Protocol, target.Length);
        BinaryPrimitives.WriteUInt16BigEndian(target[16..], InternetChecksum.Finish(InternetChecksum.Sum(target, sum)));
    }

    private void WriteOptions(Span<byte> options)
    {
        // No-operation fills what is over.
        options.Fill(1);
        int at = 0;
        if (MaximumSegmentSize > 0)
        {
            options[0] = MssOption;
            options[1] = 4;
            BinaryPrimitives.WriteUInt16BigEndian(options[2..], (ushort)MaximumSegmentSize);
            at = 4;
        }

        if (HasTimestamps)
        {
            options[at + 2] = TimestampOption;
            options[at + 3] = 10;
            BinaryPrimitives.WriteUInt32BigEndian(options[(at + 4)..], TimestampValue);
            BinaryPrimitives.WriteUInt32BigEndian(options[(at + 8)..], TimestampEcho);
            at += 12;
        }

        if (FastOpenCookie != null)
        {
            options[at] = FastOpenOption;
            options[at + 1] = (byte)(2 + FastOpenCookie.Length);
            FastOpenCookie.CopyTo(options[(at + 2)..]);
        }
    }
}
