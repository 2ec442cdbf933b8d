using System;

namespace DprivEmbedded.Harness.Network;

/// <summary>A <see cref="DodtlsServer"/> on a <see cref="SimulatedHost"/>: moves datagrams between it and a UDP socket, and wakes it in virtual time.</summary>
public sealed class SimulatedDodtlsService
{
    private readonly byte[] _buffer = new byte[65535];
    private readonly int _port;
    private UdpSocket? _socket;
    private ScheduledEvent? _timer;

    /// <summary>Starts a service.</summary>
    /// <param name="host">Where; its crashes and restarts are the service's too.</param>
    /// <param name="server">The server; used by this alone from now on. Call <see cref="Pump"/> after changes that make it send.</param>
    /// <param name="port">The port.</param>
    public SimulatedDodtlsService(SimulatedHost host, DodtlsServer server, int port = 853)
    {
        Host = host;
        Server = server;
        _port = port;
        server.Post = action => host.Network.ScheduleUs(host.Network.NowUs, () =>
        {
            action(host.Network.NowMs);
            Pump();
        });
        host.Crashed += () =>
        {
            _timer?.Cancel();
            _socket = null;
            Server.LoseAssociations();
        };
        host.Restarted += Open;
        Open();
    }

    /// <summary>The host.</summary>
    public SimulatedHost Host { get; }

    /// <summary>The server.</summary>
    public DodtlsServer Server { get; }

    /// <summary>Its end point.</summary>
    public Ipv4EndPoint EndPoint => new(Host.Address, _port);

    /// <summary>The host crashes and comes up again: the associations are unknown then, see <see cref="DtlsServerOptions.UnknownRecord"/>.</summary>
    /// <param name="downMs">For how long it is silent, in milliseconds; 0 for no time.</param>
    /// <param name="keepsTickets">Whether ticket keys and sessions outlive it, so that clients can resume.</param>
    public void CrashHost(long downMs = 0, bool keepsTickets = true)
    {
        Host.Crash();
        if (!keepsTickets)
            Server.State.LoseState();

        if (downMs == 0)
            Host.Restart();
        else
            Host.Network.Schedule(Host.Network.NowMs + downMs, Host.Restart);
    }

    /// <summary>The server's program ends and starts again, as for an upgrade.</summary>
    /// <param name="saysGoodbye">Whether each association is ended with close_notify first.</param>
    /// <param name="keepsTickets">Whether ticket keys and sessions outlive it.</param>
    public void Upgrade(bool saysGoodbye, bool keepsTickets = true)
    {
        if (saysGoodbye)
        {
            foreach (DtlsServer association in new System.Collections.Generic.List<DtlsServer>(Server.Socket.Associations))
                association.Close();

            Pump();
        }

        Server.LoseAssociations();
        if (!keepsTickets)
            Server.State.LoseState();

        Pump();
    }

    /// <summary>Closes the socket, as when the program has ended: datagrams are answered with ICMP.</summary>
    public void Stop()
    {
        _timer?.Cancel();
        _socket?.Close();
        _socket = null;
    }

    /// <summary>Opens the socket again.</summary>
    public void Start()
    {
        if (_socket == null && Host.IsUp)
            Open();
    }

    /// <summary>Sends what the server has to send after a change from outside.</summary>
    public void Pump()
    {
        int count;
        while ((count = Server.Transmit(_buffer, 0, _buffer.Length, out object? address)) > 0)
            _socket?.SendTo((Ipv4EndPoint)address!, _buffer.AsSpan(0, count));

        _timer?.Cancel();
        long wake = Server.NextWakeMs;
        if (wake == long.MaxValue || _socket == null)
            return;

        _timer = Host.Network.Schedule(
            wake,
            () =>
            {
                Server.HandleTimeout(Host.Network.NowMs);
                Pump();
            },
            Server.PendingAnswers == 0);
    }

    private void Open()
    {
        _socket = Host.OpenUdp(_port);
        _socket.Received = (from, datagram) =>
        {
            Server.Receive(from, datagram, 0, datagram.Length, Host.Network.NowMs);
            Pump();
        };
        Pump();
    }
}
