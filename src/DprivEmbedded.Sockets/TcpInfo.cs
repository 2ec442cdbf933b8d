using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DprivEmbedded.Sockets;

/// <summary>What Linux knows of a TCP connection (struct tcp_info, getsockopt TCP_INFO).</summary>
internal readonly struct TcpInfo
{
    private const int Tcp = 6;
    private const int TcpInfoOption = 11;
    private const int Established = 1;
    private const int CloseWait = 8;
    private const int UnackedOffset = 24;
    private const int LastDataReceivedOffset = 52;
    private const int LastAckReceivedOffset = 56;
    private const int NotSentOffset = 144;
    private const int Bytes = NotSentOffset + 4;

    private TcpInfo(bool isAcknowledged, long lastHeardMs)
    {
        IsAcknowledged = isAcknowledged;
        LastHeardMs = lastHeardMs;
    }

    /// <summary>Whether the connection stands and everything that was written is acknowledged.</summary>
    public bool IsAcknowledged { get; }

    /// <summary>How long ago the last segment of the peer came, in milliseconds.</summary>
    public long LastHeardMs { get; }

    /// <summary>Whether the system tells.</summary>
    public static bool IsSupported
    {
        get
        {
#if NET
            return RuntimeInformation.IsOSPlatform(OSPlatform.Linux);
#else
            return false;
#endif
        }
    }

    public static bool TryRead(Socket socket, out TcpInfo info)
    {
        info = default;
#if NET
        if (!IsSupported)
            return false;

        try
        {
            Span<byte> raw = stackalloc byte[Bytes];
            if (socket.GetRawSocketOption(Tcp, TcpInfoOption, raw) < Bytes)
                return false;

            bool stands = raw[0] == Established || raw[0] == CloseWait;
            long heard = Math.Min(BitConverter.ToUInt32(raw.Slice(LastDataReceivedOffset)), BitConverter.ToUInt32(raw.Slice(LastAckReceivedOffset)));
            info = new TcpInfo(stands && BitConverter.ToUInt32(raw.Slice(UnackedOffset)) == 0 && BitConverter.ToUInt32(raw.Slice(NotSentOffset)) == 0, heard);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
#else
        return false;
#endif
    }
}
