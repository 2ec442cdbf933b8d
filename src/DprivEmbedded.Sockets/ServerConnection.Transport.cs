using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

// The TCP side: connect (with Fast Open where asked), write, read, close.
internal sealed partial class ServerConnection
{
    private SocketError _connectError;
    private SocketError _fastOpenError;
    private bool _reset;

    /// <summary>Makes a TCP connection and starts TLS on it.</summary>
    private async Task ConnectAsync()
    {
        Socket socket = new Socket(_server.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        bool fastOpen = _options.FastOpen && SocketOptions.EnableFastOpen(socket);
        _statistics.Add(ref _statistics.ConnectionsCount, 1);
        if (!fastOpen)
            _options.Recorder?.TransportEvent(true, "TCP SYN");

        SocketError error = await ConnectAsync(socket).ConfigureAwait(false);
        lock (_gate)
        {
            _connecting = false;
            if (_disposed)
            {
                socket.Dispose();
                return;
            }

            if (error != SocketError.Success)
            {
                socket.Dispose();
                _connectError = error;
                _options.Recorder?.TransportEvent(false, error is SocketError.ConnectionRefused or SocketError.ConnectionReset ? "TCP RST" : "no connection: " + error);
                // A server that accepts and resets at once is seen here or later, as chance will have it: one error for both.
                _dot.FailWaiting(error == SocketError.ConnectionReset ? TlsError.ConnectionReset : TlsError.ConnectFailed);
                Drain();
                return;
            }

            if (!fastOpen)
                _options.Recorder?.TransportEvent(false, "TCP SYN-ACK");

            _socket = socket;
            _connected = false;
            _fastOpen = fastOpen;
            _fastOpenChecked = false;
            _fastOpenUsed = false;
            _fastOpenError = SocketError.Success;
            _sentFirst = false;
            TlsSession? session = _withoutSession ? null : _sessions.Take(_sessionKey, UtcMs());
            _offeredSession = session != null;
            _options.Recorder?.SetResumption(_offeredSession);
            _dot.Open(session, NowMs(), UtcMs());
            Drain();
            _ = ReceiveAsync(socket);
        }
    }

    private async Task<SocketError> ConnectAsync(Socket socket)
    {
        try
        {
            Task connect = socket.ConnectAsync(new IPEndPoint(_server.Address, _server.Port));
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
            bool reset = false;
            SocketError error = SocketError.Success;
            try
            {
                count = await socket.ReceiveAsync(new Memory<byte>(input), SocketFlags.None).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                count = 0;
                reset = true;
                error = e.SocketErrorCode;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            lock (_gate)
            {
                if (_socket != socket)
                    return;

                if (count == 0)
                {
                    NoteFastOpenError(error);
                    _options.Recorder?.TransportEvent(false, reset ? "TCP RST" : "TCP FIN");
                    _reset = reset;
                    _dot.TransportClosed(reset, NowMs());
                    Drain();
                    CloseSocket();
                    return;
                }

                if (!Take(socket, input, count))
                    return;
            }
        }
    }

    /// <summary>Gives received bytes to the core.</summary>
    /// <returns>Whether the connection goes on.</returns>
    private bool Take(Socket socket, byte[] input, int count)
    {
        _totalDown += count;
        _statistics.Add(ref _statistics.BytesDownCount, count);
        DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "down"));
        if (_fastOpen && !_fastOpenChecked)
        {
            _fastOpenChecked = true;
            _fastOpenUsed = SocketOptions.SynDataAcknowledged(socket);
        }

        int offset = 0;
        while (offset < count)
        {
            int taken = _dot.Receive(input, offset, count - offset, NowMs());
            offset += taken;
            _options.Recorder?.Received(taken);
            Drain();
            if (_socket != socket)
                return false;
        }

        return true;
    }

    private bool Flush()
    {
        if (_socket == null || _connecting)
            return false;

        bool any = false;
        int count;
        while ((count = _dot.Transmit(_output, 0, _output.Length)) > 0)
        {
            any = true;
            _totalUp += count;
            _statistics.Add(ref _statistics.BytesUpCount, count);
            DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "up"));
            try
            {
                int sent = 0;
                while (sent < count)
                    sent += _socket.Send(_output, sent, count - sent, SocketFlags.None);
            }
            catch (Exception e) when (e is SocketException || e is ObjectDisposedException)
            {
                NoteFastOpenError(e is SocketException failed ? failed.SocketErrorCode : SocketError.Success);
                _dot.TransportClosed(true, NowMs());
                return true;
            }

            _options.Recorder?.Sent(count, _fastOpen && !_sentFirst ? "TCP SYN (Fast Open)" : null);
            _sentFirst = true;
        }

        return any;
    }

    /// <summary>With Fast Open the connection is made by the first write, so what went wrong in making it shows up only there or in the first read.</summary>
    private void NoteFastOpenError(SocketError error)
    {
        if (_fastOpen && !_fastOpenChecked && (error == SocketError.ConnectionRefused || error == SocketError.HostUnreachable || error == SocketError.NetworkUnreachable || error == SocketError.TimedOut))
            _fastOpenError = error;
    }

    private void CloseSocket()
    {
        Socket? socket = _socket;
        _socket = null;
        if (socket == null)
            return;

        if (!_reset)
            _options.Recorder?.TransportEvent(true, "TCP FIN");

        _reset = false;
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
}
