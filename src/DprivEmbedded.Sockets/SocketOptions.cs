using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Sockets;

/// <summary>Socket options beyond the framework's own. Each is best effort: a system that lacks one works without it.</summary>
internal static class SocketOptions
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const int TcpFastOpenConnect = 30;
    private const int OptionSynData = 0x20;

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
            int count = socket.GetRawSocketOption(Tcp, TcpInfo, info);
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
}
