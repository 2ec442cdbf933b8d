using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Sockets;

/// <summary>Socket options beyond the framework's own. Each is best effort: a system that lacks one works without it.</summary>
internal static class SocketOptions
{
    private const int Tcp = 6;
    private const int TcpInfoOption = 11;
    private const int TcpFastOpenConnect = 30;
    private const int OptionSynData = 0x20;
    private const int SocketLevel = 1;
    private const int KeepaliveOption = 9;
    private const int TcpKeepaliveIdle = 4;
    private const int TcpKeepaliveInterval = 5;
    private const int TcpKeepaliveCount = 6;
    private const int LongSeconds = 7200;

    /// <summary>How long nothing may have been heard before the kernel sends a keepalive segment, in milliseconds: the shortest that TCP_KEEPIDLE can say.</summary>
    public const int KeepaliveQuietMs = 1000;

    /// <summary>Whether <see cref="EnableFastOpen"/> works on this system.</summary>
    public static bool HasFastOpen => TcpInfo.IsSupported;

    /// <summary>Whether <see cref="SendKeepalive"/> works on this system.</summary>
    public static bool HasKeepalive => TcpInfo.IsSupported;

    /// <summary>Lets the first data travel in the SYN (RFC 7413; Linux 4.11 TCP_FASTOPEN_CONNECT).</summary>
    /// <returns>Whether the system has the option.</returns>
    public static bool EnableFastOpen(Socket socket)
    {
#if NET
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
            return false;

        try
        {
            socket.SetRawSocketOption(Tcp, TcpFastOpenConnect, BitConverter.GetBytes(1));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
#else
        return false;
#endif
    }

    /// <summary>Whether the peer acknowledged data in the SYN (tcp_info.tcpi_options, TCPI_OPT_SYN_DATA).</summary>
    public static bool SynDataAcknowledged(Socket socket)
    {
#if NET
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
            return false;

        try
        {
            Span<byte> info = stackalloc byte[8];
            int count = socket.GetRawSocketOption(Tcp, TcpInfoOption, info);
            return count > 5 && (info[5] & OptionSynData) != 0;
        }
        catch (SocketException)
        {
            return false;
        }
#else
        return false;
#endif
    }

    /// <summary>
    /// Has the kernel send one keepalive segment now (RFC 9293 section 3.8.4), for a connection that was quiet for <see cref="KeepaliveQuietMs"/>: on Linux the change of TCP_KEEPIDLE sets the timer to that time less what
    /// is over of it. The next one would follow after two hours; <see cref="StopKeepalive"/> comes first.
    /// </summary>
    /// <returns>Whether the system can.</returns>
    public static bool SendKeepalive(Socket socket)
    {
#if NET
        if (!HasKeepalive)
            return false;

        try
        {
            Set(socket, Tcp, TcpKeepaliveIdle, LongSeconds);
            Set(socket, Tcp, TcpKeepaliveInterval, LongSeconds);
            Set(socket, Tcp, TcpKeepaliveCount, 3);
            Set(socket, SocketLevel, KeepaliveOption, 1);
            Set(socket, Tcp, TcpKeepaliveIdle, KeepaliveQuietMs / 1000);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
#else
        return false;
#endif
    }

    /// <summary>Ends what <see cref="SendKeepalive"/> began.</summary>
    public static void StopKeepalive(Socket socket)
    {
#if NET
        try
        {
            Set(socket, SocketLevel, KeepaliveOption, 0);
            Set(socket, Tcp, TcpKeepaliveIdle, LongSeconds);
        }
        catch (SocketException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
#endif
    }

#if NET
    private static void Set(Socket socket, int level, int option, int value)
    {
        socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
    }
#endif
}
