using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace DprivEmbedded.Sockets;

/// <summary>A path over UDP: a connected socket on a port of its own, so that late datagrams of another association cannot be taken for this one's, and ICMP errors come back.</summary>
internal sealed class DatagramPath : TransportPath
{
    private readonly IPEndPoint _server;

    public DatagramPath(AssociationDriver driver, int number, IPEndPoint server)
        : base(driver, number)
    {
        _server = server;
    }

    /// <inheritdoc/>
    public override void Open(bool fastOpen)
    {
        Close();
        if (MakeSocket())
            Driver.Opened(this);
        else
            Driver.Ended(this, true);
    }

    /// <inheritdoc/>
    public override void Move()
    {
        Close();
        if (!MakeSocket())
            Driver.Ended(this, true);
    }

    /// <inheritdoc/>
    public override void Send(byte[] data, int count)
    {
        // An ICMP error for an earlier datagram is reported in place of sending this one, which then goes out at the second try.
        for (int i = 0; i < 2 && Socket != null; i++)
        {
            try
            {
                Socket.Send(data, 0, count, SocketFlags.None);
                return;
            }
            catch (SocketException e)
            {
                if (IsUnreachable(e.SocketErrorCode))
                    Driver.Unreachable(this);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        Generation++;
        Socket? socket = Socket;
        Socket = null;
        socket?.Dispose();
    }

    private static bool IsUnreachable(SocketError error)
    {
        // Windows reports ICMP as ConnectionReset.
        return error is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.HostUnreachable or SocketError.NetworkUnreachable;
    }

    private bool MakeSocket()
    {
        ConnectError = SocketError.Success;
        var socket = new Socket(_server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(_server);
        }
        catch (SocketException e)
        {
            ConnectError = e.SocketErrorCode;
            socket.Dispose();
            return false;
        }

        Socket = socket;
        _ = ReceiveAsync(socket);
        return true;
    }

    private async Task ReceiveAsync(Socket socket)
    {
        // Begin with a datagram's own time: nothing may be read under the lock of whoever opened the path.
        await Task.Yield();
        byte[] input = new byte[16384];
        while (true)
        {
            int count = -1;
            bool unreachable = false;
            try
            {
                count = await socket.ReceiveAsync(new Memory<byte>(input), SocketFlags.None).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                unreachable = IsUnreachable(e.SocketErrorCode);
                if (!unreachable && e.SocketErrorCode != SocketError.MessageSize)
                    await Task.Delay(100).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            lock (Driver.Gate)
            {
                if (Socket != socket)
                    return;

                if (unreachable)
                {
                    Driver.Unreachable(this);
                    Driver.Drain();
                }
                else if (count >= 0)
                    Driver.ReceivedDatagram(this, input, count);
            }
        }
    }
}
