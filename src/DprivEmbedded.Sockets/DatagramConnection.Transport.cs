using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Association;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Sockets;

// The UDP side: sockets, one a leg; a new one when the address changes.
internal sealed partial class DatagramConnection
{
    /// <inheritdoc/>
    public void NetworkChanged()
    {
        lock (_gate)
        {
            if (_disposed || !_main.Dod.IsOpen)
                return;

            DropRecovery();
            if (_main.Dod.Dtls.IsConnected && _main.Dod.Dtls.SurvivesAddressChange)
            {
                // RFC 9146: the server knows the association by its id, from whatever address.
                CloseSocket(_main);
                if (!OpenSocket(_main))
                    _main.Dod.Close();
            }
            else
                _main.Dod.Close();

            Drain();
        }
    }

    /// <summary>Opens a socket and starts an association on it.</summary>
    private bool OpenLeg(DatagramLeg leg)
    {
        if (!OpenSocket(leg))
        {
            leg.Dod.FailWaiting(Tls.TlsError.ConnectFailed);
            return true;
        }

        _statistics.Add(ref _statistics.ConnectionsCount, 1);
        leg.Connected = false;
        leg.Unreachable = false;
        leg.BeginHandshake();
        TlsSession? session = leg.WithoutSession ? null : _sessions.Take(_sessionKey, UtcMs());
        leg.OfferedSession = session != null;
        _options.Recorder?.SetResumption(leg.OfferedSession);
        leg.Dod.Open(session, NowMs(), UtcMs());
        return true;
    }

    private bool OpenSocket(DatagramLeg leg)
    {
        var socket = new Socket(_server.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(new IPEndPoint(_server.Address, _server.DatagramPort ?? _server.Port));
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }

        leg.Socket = socket;
        _ = ReceiveAsync(leg, socket);
        return true;
    }

    private async Task ReceiveAsync(DatagramLeg leg, Socket socket)
    {
        byte[] input = new byte[16384];
        while (true)
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(new Memory<byte>(input), SocketFlags.None).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // ICMP (R15): a hint, no more.
                lock (_gate)
                {
                    if (leg.Socket != socket)
                        return;

                    leg.Unreachable = true;
                }

                continue;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            lock (_gate)
            {
                if (leg.Socket != socket)
                    return;

                _totalDown += count;
                _statistics.Add(ref _statistics.BytesDownCount, count);
                DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "down"));
                leg.Dod.Receive(input, 0, count, NowMs());
                _options.Recorder?.BeginDatagram(count);
                DrainLeg(leg);
                Drain();
                if (leg.Socket != socket)
                    return;
            }
        }
    }

    private bool Flush(DatagramLeg leg)
    {
        bool any = false;
        int count;
        while ((count = leg.Dod.Transmit(_output, 0, _output.Length)) > 0)
        {
            any = true;
            if (leg.Socket == null)
                continue;

            _totalUp += count;
            _statistics.Add(ref _statistics.BytesUpCount, count);
            DprivDiagnostics.Bytes.Add(count, new KeyValuePair<string, object?>("direction", "up"));
            try
            {
                leg.Socket.Send(_output, 0, count, SocketFlags.None);
            }
            catch (SocketException)
            {
                leg.Unreachable = true;
            }
            catch (ObjectDisposedException)
            {
            }

            _options.Recorder?.SentDatagram(count);
        }

        return any;
    }

    private static void CloseSocket(DatagramLeg leg)
    {
        Socket? socket = leg.Socket;
        leg.Socket = null;
        socket?.Dispose();
    }
}
