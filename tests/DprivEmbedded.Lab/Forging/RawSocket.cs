using System;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Lab.Forging;

/// <summary>Sockets below UDP and TCP, which the framework has no names for.</summary>
internal sealed class RawSocket : IDisposable
{
    private const int AfInet = 2;
    private const int AfPacket = 17;
    private const int SockDgram = 2;
    private const int SockRaw = 3;
    private const int SockCloseOnExec = 0x80000;
    private const int IpRaw = 255;
    private const int EtherIp = 0x0800;

    private readonly int _file;

    private RawSocket(int file) => _file = file;

    /// <summary>All IP packets that pass this namespace, without their link headers.</summary>
    public static RawSocket OpenPackets() => Open(AfPacket, SockDgram, BinaryPrimitives.ReverseEndianness((ushort)EtherIp));

    /// <summary>Sends packets whose IP header is the sender's own.</summary>
    public static RawSocket OpenIp() => Open(AfInet, SockRaw, IpRaw);

    /// <summary>Sleeps a quarter of a millisecond or a little more.</summary>
    public static void Pause() => _ = Sleep(250);

    public int Receive(byte[] buffer) => (int)ReceiveInto(_file, buffer, buffer.Length, 0);

    public void SendTo(byte[] packet, IPAddress destination)
    {
        var address = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AfInet);
        destination.TryWriteBytes(address.AsSpan(4), out _);
        // What cannot be sent is as good as lost.
        _ = SendMessage(_file, packet, packet.Length, 0, address, address.Length);
    }

    public void Dispose() => _ = Close(_file);

    private static RawSocket Open(int family, int type, int protocol)
    {
        var file = Socket(family, type | SockCloseOnExec, protocol);
        return file < 0 ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : new RawSocket(file);
    }

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static extern int Socket(int family, int type, int protocol);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int file);

    [DllImport("libc", EntryPoint = "usleep")]
    private static extern int Sleep(uint microseconds);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static extern nint ReceiveInto(int file, byte[] data, nint count, int flags);

    [DllImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static extern nint SendMessage(int file, byte[] data, nint count, int flags, byte[] address, int addressBytes);
}
