using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace DprivEmbedded.Sockets;

/// <summary>A path over TCP: connect (with Fast Open where asked), write, read, close; and the kernel's keepalive segment as a probe.</summary>
internal sealed class StreamPath : TransportPath
{
    // How long after a probe the kernel is asked whether it was answered; the association gives up earlier.
    private const int ProbeWatchMs = 60000;

    private readonly IPEndPoint _server;
    private readonly DprivResolverOptions _options;

    private Socket? _connecting;
    private bool _fastOpen;
    private bool _fastOpenChecked;
    private bool _fastOpenUsed;
    private bool _sentFirst;
    private bool _reset;
    private Timer? _probeTimer;
    private long _probeMs;

    public StreamPath(AssociationDriver driver, int number, IPEndPoint server, DprivResolverOptions options)
        : base(driver, number)
    {
        _server = server;
        _options = options;
    }

    /// <inheritdoc/>
    public override bool UsedFastOpen => _fastOpenUsed;

    /// <inheritdoc/>
    public override bool IsAcknowledged => Socket != null && _probeTimer == null && TcpInfo.TryRead(Socket, out TcpInfo info) && info.IsAcknowledged;

    /// <inheritdoc/>
    public override void Open(bool fastOpen)
    {
        Close();
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = _options.SilenceTimeoutMs };
        ConnectError = SocketError.Success;
        _fastOpen = fastOpen && SocketOptions.EnableFastOpen(socket);
        _fastOpenChecked = !_fastOpen;
        _fastOpenUsed = false;
        _sentFirst = false;
        _reset = false;
        if (!_fastOpen)
            Driver.Recorder?.TransportEvent(true, "TCP SYN");

        _connecting = socket;
        _ = Task.Run(() => ConnectAsync(socket));
    }

    /// <inheritdoc/>
    public override void Send(byte[] data, int count)
    {
        if (Socket == null)
            return;

        try
        {
            int sent = 0;
            while (sent < count)
                sent += Socket.Send(data, sent, count - sent, SocketFlags.None);
        }
        catch (Exception e) when (e is SocketException || e is ObjectDisposedException)
        {
            EndReset(e is SocketException failed ? failed.SocketErrorCode : SocketError.Success);
            return;
        }

        Driver.Recorder?.Sent(count, _fastOpen && !_sentFirst ? "TCP SYN (Fast Open)" : null);
        _sentFirst = true;
    }

    /// <inheritdoc/>
    public override void Close()
    {
        Generation++;
        EndProbe();
        _connecting?.Dispose();
        _connecting = null;
        Socket? socket = Socket;
        Socket = null;
        if (socket == null)
            return;

        if (!_reset)
            Driver.Recorder?.TransportEvent(true, "TCP FIN");

        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
        }
        catch (ObjectDisposedException)
        {
        }

        socket.Dispose();
    }

    /// <inheritdoc/>
    public override void Probe()
    {
        if (Socket == null)
            return;

        if (TcpInfo.TryRead(Socket, out TcpInfo info) && info.IsAcknowledged && info.LastHeardMs < SocketOptions.KeepaliveQuietMs)
        {
            // The kernel heard from the host a moment ago, and sends no keepalive segment before a second is over: that is the answer.
            Driver.Alive(this);
            return;
        }

        _probeMs = Driver.NowMs();
        if (!SocketOptions.SendKeepalive(Socket))
            return;

        Driver.Recorder?.TransportEvent(true, "TCP keepalive");
        _probeTimer?.Dispose();
        Socket socket = Socket;
        _probeTimer = new Timer(_ => WatchProbe(socket), null, 1, Timeout.Infinite);
    }

    /// <summary>Looks whether the keepalive segment was acknowledged: no event tells it.</summary>
    private void WatchProbe(Socket socket)
    {
        lock (Driver.Gate)
        {
            if (_probeTimer == null || Socket != socket)
                return;

            long elapsed = Driver.NowMs() - _probeMs;
            if (!TcpInfo.TryRead(socket, out TcpInfo info) || elapsed > ProbeWatchMs)
            {
                EndProbe();
                return;
            }

            // Before the probe nothing was heard for a second; what was heard in its time is the answer.
            if (info.LastHeardMs <= elapsed + (SocketOptions.KeepaliveQuietMs / 2))
            {
                EndProbe();
                Driver.Recorder?.TransportEvent(false, "TCP ACK");
                Driver.Alive(this);
                Driver.Drain();
                return;
            }

            _probeTimer.Change(Math.Min(50, 1 + (elapsed / 8)), Timeout.Infinite);
        }
    }

    private void EndProbe()
    {
        if (_probeTimer == null)
            return;

        _probeTimer.Dispose();
        _probeTimer = null;
        if (Socket != null)
            SocketOptions.StopKeepalive(Socket);
    }

    private async Task ConnectAsync(Socket socket)
    {
        SocketError error = await TryConnectAsync(socket).ConfigureAwait(false);
        lock (Driver.Gate)
        {
            if (_connecting != socket)
            {
                socket.Dispose();
                return;
            }

            _connecting = null;
            // A server that accepts and resets at once is seen here or later, as chance will have it: the same for both.
            if (error == SocketError.Success || error == SocketError.ConnectionReset)
            {
                Driver.Recorder?.TransportEvent(false, error == SocketError.Success ? "TCP SYN-ACK" : "TCP RST", !_fastOpen || error != SocketError.Success);
                if (error == SocketError.Success)
                    Socket = socket;
                else
                    socket.Dispose();

                Driver.Opened(this);
                if (error != SocketError.Success)
                    Driver.Ended(this, true);
            }
            else
            {
                socket.Dispose();
                ConnectError = error;
                Driver.Recorder?.TransportEvent(false, error == SocketError.ConnectionRefused ? "TCP RST" : "no connection: " + error);
                Driver.Ended(this, true);
            }

            Driver.Drain();
        }

        if (error == SocketError.Success)
            await ReceiveAsync(socket).ConfigureAwait(false);
    }

    private async Task<SocketError> TryConnectAsync(Socket socket)
    {
        try
        {
            Task connect = socket.ConnectAsync(_server);
            if (await Task.WhenAny(connect, Task.Delay(_options.ConnectTimeoutMs)).ConfigureAwait(false) != connect)
            {
                socket.Dispose();
                _ = connect.ContinueWith(late => late.Exception, TaskScheduler.Default);
                return SocketError.TimedOut;
            }

            await connect.ConfigureAwait(false);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        byte[] input = new byte[16384];
        while (true)
        {
            int count;
            SocketError error = SocketError.Success;
            try
            {
                count = await socket.ReceiveAsync(new Memory<byte>(input), SocketFlags.None).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                count = 0;
                error = e.SocketErrorCode;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            lock (Driver.Gate)
            {
                if (Socket != socket)
                    return;

                if (count == 0)
                {
                    if (error == SocketError.Success)
                        EndOrderly();
                    else
                        EndReset(error);

                    Driver.Drain();
                    return;
                }

                Take(socket, input, count);
                if (Socket != socket)
                    return;
            }
        }
    }

    private void Take(Socket socket, byte[] input, int count)
    {
        if (!_fastOpenChecked)
        {
            _fastOpenChecked = true;
            _fastOpenUsed = SocketOptions.SynDataAcknowledged(socket);
            Driver.FastOpenUsed(this, _fastOpenUsed);
        }

        Driver.Received(count);
        int offset = 0;
        while (offset < count && Socket == socket)
        {
            int taken = Driver.ReceivedBytes(this, input, offset, count - offset);
            if (taken <= 0)
                return;

            offset += taken;
        }
    }

    private void EndOrderly()
    {
        Driver.Recorder?.TransportEvent(false, "TCP FIN");
        Driver.Ended(this, false);
    }

    private void EndReset(SocketError error)
    {
        // With Fast Open the connection is made by the first write, so what went wrong in making it shows up only there or in the first read.
        if (!_fastOpenChecked && error is SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.TimedOut)
            ConnectError = error;

        _reset = true;
        Driver.Recorder?.TransportEvent(false, "TCP RST");
        Driver.Ended(this, true);
    }
}
