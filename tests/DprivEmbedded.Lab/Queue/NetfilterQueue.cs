using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Lab.Queue;

/// <summary>
/// A netfilter queue (NFQUEUE) of this thread's network namespace, over netlink without a library: packets wait in the kernel until each gets its verdict. Only their numbers come here, not their bytes.
/// </summary>
/// <remarks>The messages are those of linux/netfilter/nfnetlink_queue.h, the frame around them that of linux/netlink.h.</remarks>
internal sealed class NetfilterQueue : IDisposable
{
    private const int AfNetlink = 16;
    private const int SockRaw = 3;
    private const int SockCloseOnExec = 0x80000;
    private const int NetlinkNetfilter = 12;
    private const int SolSocket = 1;
    private const int SoReceiveBufferForce = 33;
    private const int SolNetlink = 270;
    private const int NetlinkNoBufferErrors = 5;
    private const short PollIn = 1;
    private const int SchedFifo = 1;

    private const int HeaderBytes = 16;
    private const int FamilyBytes = 4;
    private const ushort FlagRequest = 1;
    private const ushort FlagAck = 4;
    private const ushort MessageError = 2;
    private const ushort QueuePacket = (3 << 8) | 0;
    private const ushort QueueVerdict = (3 << 8) | 1;
    private const ushort QueueConfig = (3 << 8) | 2;

    private const ushort AttributePacketHeader = 1;
    private const ushort AttributeVerdict = 2;
    private const ushort ConfigCommand = 1;
    private const ushort ConfigParameters = 2;
    private const ushort ConfigQueueLength = 3;
    private const byte CommandBind = 1;
    private const byte CopyMeta = 1;
    private const uint VerdictDrop = 0;
    private const uint VerdictAccept = 1;

    private readonly int _file;
    private readonly ushort _queue;
    private readonly byte[] _input = new byte[65536];
    private readonly List<uint> _ids = [];
    private uint _sequence;

    private NetfilterQueue(int file, ushort queue)
    {
        _file = file;
        _queue = queue;
    }

    /// <summary>Lets this thread run before all others, so that a packet's time is kept to a fraction of a millisecond.</summary>
    public static void GoFirst()
    {
        var priority = 10;
        _ = SetScheduler(0, SchedFifo, ref priority);
    }

    /// <exception cref="Win32Exception">The kernel refuses: no root, no NFQUEUE, or the queue is taken.</exception>
    public static NetfilterQueue Open(ushort queue)
    {
        var file = Check(Socket(AfNetlink, SockRaw | SockCloseOnExec, NetlinkNetfilter));
        var result = new NetfilterQueue(file, queue);
        try
        {
            var one = 1;
            var buffer = 4 << 20;
            _ = SetSockOpt(file, SolSocket, SoReceiveBufferForce, ref buffer, 4);
            _ = SetSockOpt(file, SolNetlink, NetlinkNoBufferErrors, ref one, 4);
            // Command, padding, protocol family (any).
            result.Configure(ConfigCommand, [CommandBind, 0, 0, 0]);
            // Copy range, then mode.
            result.Configure(ConfigParameters, [0, 0, 0, 0, CopyMeta]);
            result.Configure(ConfigQueueLength, [0, 0, 0x40, 0]);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Waits until packets are there; a negative time is an hour. False when the time is over.</summary>
    public bool Wait(long nanoseconds)
    {
        if (nanoseconds < 0)
            nanoseconds = 3_600_000_000_000;
        var poll = new PollFile { File = _file, Events = PollIn };
        var time = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        return Ppoll(ref poll, 1, ref time, IntPtr.Zero) > 0;
    }

    /// <summary>The numbers of the packets that have come; valid until the next call.</summary>
    public IReadOnlyList<uint> Receive()
    {
        _ids.Clear();
        var count = ReceiveMessage();
        for (var at = 0; at + HeaderBytes <= count;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_input.AsSpan(at));
            if (length < HeaderBytes || at + length > count)
                break;
            if (BinaryPrimitives.ReadUInt16LittleEndian(_input.AsSpan(at + 4)) == QueuePacket)
                TakePacket(_input.AsSpan(at + HeaderBytes + FamilyBytes, length - HeaderBytes - FamilyBytes));
            at += Align(length);
        }

        return _ids;
    }

    public void Accept(uint id) => Verdict(id, VerdictAccept);

    public void Drop(uint id) => Verdict(id, VerdictDrop);

    public void Dispose() => _ = Close(_file);

    private static int Align(int count) => (count + 3) & ~3;

    private static int Check(int result) => result < 0 ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : result;

    private void TakePacket(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
                return;
            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3FFF) == AttributePacketHeader)
            {
                _ids.Add(BinaryPrimitives.ReadUInt32BigEndian(attributes[4..]));
                return;
            }

            attributes = attributes[Math.Min(Align(length), attributes.Length)..];
        }
    }

    private void Verdict(uint id, uint verdict)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(value, verdict);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], id);
        Send(QueueVerdict, FlagRequest, AttributeVerdict, value);
    }

    private void Configure(ushort attribute, ReadOnlySpan<byte> value)
    {
        Send(QueueConfig, FlagRequest | FlagAck, attribute, value);
        var count = ReceiveMessage();
        if (count < HeaderBytes + 4 || BinaryPrimitives.ReadUInt16LittleEndian(_input.AsSpan(4)) != MessageError)
            throw new InvalidDataException("the kernel does not confirm the queue's configuration");
        var error = BinaryPrimitives.ReadInt32LittleEndian(_input.AsSpan(HeaderBytes));
        if (error != 0)
            throw new Win32Exception(-error);
    }

    private void Send(ushort type, int flags, ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + FamilyBytes + 4 + 16];
        var attributeBytes = 4 + value.Length;
        var total = HeaderBytes + FamilyBytes + Align(attributeBytes);
        message = message[..total];
        message.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)total);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], (ushort)flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], ++_sequence);
        // nfgenmsg: family (any), version, and the queue as the resource.
        BinaryPrimitives.WriteUInt16BigEndian(message[(HeaderBytes + 2)..], _queue);
        BinaryPrimitives.WriteUInt16LittleEndian(message[(HeaderBytes + FamilyBytes)..], (ushort)attributeBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(message[(HeaderBytes + FamilyBytes + 2)..], attribute);
        value.CopyTo(message[(HeaderBytes + FamilyBytes + 4)..]);
        Check((int)SendMessage(_file, ref MemoryMarshal.GetReference(message), total, 0));
    }

    private int ReceiveMessage()
    {
        var count = (int)ReceiveInto(_file, _input, _input.Length, 0);
        return count < 0 ? 0 : count;
    }

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static extern int Socket(int family, int type, int protocol);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int file);

    [DllImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static extern int SetSockOpt(int file, int level, int option, ref int value, int length);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    private static extern nint SendMessage(int file, ref byte data, nint count, int flags);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static extern nint ReceiveInto(int file, byte[] data, nint count, int flags);

    [DllImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static extern int SetScheduler(int thread, int kind, ref int priority);

    [DllImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static extern int Ppoll(ref PollFile files, nuint count, ref TimeSpec time, IntPtr mask);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFile
    {
        public int File;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
