using System;
using DprivEmbedded.Association;

namespace DprivEmbedded.Harness.Network;

/// <summary>Drives a <see cref="ServerAssociation"/> over a <see cref="SimulatedHost"/> as a driver does over sockets: opens and closes them at its command, moves bytes, wakes it in time. It decides nothing itself.</summary>
public sealed class SimulatedDevice : IPathFacts
{
    private const int PathCount = 2;
    private const int TransmitBytes = 16384;

    private readonly byte[] _buffer = new byte[TransmitBytes];
    private readonly Socket?[] _sockets = new Socket?[PathCount];
    private readonly TcpSettings _tcp;
    private ServerAssociation _association;
    private ScheduledEvent? _timer;
    private bool _driving;
    private bool _isOff;

    /// <summary>Makes a device.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="server">Where the server is.</param>
    /// <param name="transport">One of <see cref="AssociationTransport"/>, as the association has it.</param>
    /// <param name="make">Makes the association; it is given what the device knows of paths.</param>
    /// <param name="tcp">How TCP behaves; null for the host's. Fast Open is as the association says.</param>
    public SimulatedDevice(SimulatedHost host, Ipv4EndPoint server, int transport, Func<IPathFacts, ServerAssociation> make, TcpSettings? tcp = null)
    {
        Host = host;
        Server = server;
        Transport = transport;
        _tcp = tcp ?? host.Tcp;
        _association = make(this);
        _association.SetTimeOfDay(host.Network.Clock.UtcMs, host.Network.NowMs);
    }

    /// <summary>Its host.</summary>
    public SimulatedHost Host { get; }

    /// <summary>Where the server is.</summary>
    public Ipv4EndPoint Server { get; }

    /// <summary>One of <see cref="AssociationTransport"/>.</summary>
    public int Transport { get; }

    /// <summary>The association; another one after <see cref="Reboot"/>.</summary>
    public ServerAssociation Association => _association;

    /// <summary>Called with each event of the association, one of <see cref="AssociationEvent"/>; the association's Event members tell more.</summary>
    public Action<int>? Happened { get; set; }

    /// <summary>Called with each command of the association, one of <see cref="AssociationCommand"/>, and its path.</summary>
    public Action<int, int>? Commanded { get; set; }

    /// <summary>Called with the local end point of each socket that is opened, and its path.</summary>
    public Action<int, Ipv4EndPoint>? SocketOpened { get; set; }

    /// <summary>Sockets opened so far.</summary>
    public int SocketsOpened { get; private set; }

    /// <summary>TCP probes sent so far.</summary>
    public int KeepalivesSent { get; private set; }

    private SimulatedNetwork Network => Host.Network;

    /// <inheritdoc/>
    public bool IsAcknowledged(int path)
    {
        return _sockets[path]?.Tcp is { } tcp && tcp.IsEstablished && tcp.IsAllAcknowledged;
    }

    /// <summary>The path's TCP connection; null where it has none.</summary>
    /// <param name="path">0 or 1.</param>
    public TcpConnection? Connection(int path)
    {
        return _sockets[path]?.Tcp;
    }

    /// <summary>Gives the association a query and lets it send.</summary>
    /// <param name="message">The DNS message without length prefix.</param>
    /// <returns>The query's number; -1 where the association takes no more.</returns>
    public int Query(byte[] message)
    {
        int query = _association.Query(message, 0, message.Length, Network.NowMs);
        Drive();
        return query;
    }

    /// <summary>Calls the association as an application would, and lets it act.</summary>
    /// <param name="call">Is given the association and the time in milliseconds.</param>
    public void Do(Action<ServerAssociation, long> call)
    {
        call(_association, Network.NowMs);
        Drive();
    }

    /// <summary>The device moves to another network: its sockets reach nobody any more, and the association is told.</summary>
    /// <param name="path">A path of the host.</param>
    /// <param name="address">The new address.</param>
    public void MoveTo(SimulatedPath path, Ipv4Address address)
    {
        Host.MoveTo(path, address);
        Do((association, nowMs) => association.NetworkChanged(nowMs));
    }

    /// <summary>The program starts again, as after a deep sleep: sockets and the association are gone without a word.</summary>
    /// <param name="make">Makes the new association.</param>
    public void Reboot(Func<IPathFacts, ServerAssociation> make)
    {
        _timer?.Cancel();
        for (int i = 0; i < PathCount; i++)
        {
            Detach(i);
            _sockets[i] = null;
        }

        Host.Crash();
        Host.Restart();
        _association = make(this);
        _association.SetTimeOfDay(Network.Clock.UtcMs, Network.NowMs);
        IsOff = false;
        Drive();
    }

    /// <summary>Whether the program does not run, as in a sleep: nothing is received, and no timer acts. When it runs again it makes up for the timers.</summary>
    public bool IsOff
    {
        get => _isOff;
        set
        {
            _isOff = value;
            if (!value)
                Wake();
        }
    }

    /// <summary>Lets the association act after a call to it.</summary>
    public void Drive()
    {
        if (_driving || IsOff)
            return;

        _driving = true;
        bool again = true;
        while (again)
        {
            again = false;
            int command;
            while ((command = _association.NextCommand()) != AssociationCommand.None)
            {
                again = true;
                Obey(command, _association.CommandPath);
            }

            for (int i = 0; i < PathCount; i++)
                again |= Flush(i);

            int happened;
            while ((happened = _association.NextEvent()) != AssociationEvent.None)
            {
                again = true;
                Happened?.Invoke(happened);
            }
        }

        _driving = false;
        _timer?.Cancel();
        if (_association.WakeDueMs != long.MaxValue)
            _timer = Network.Schedule(_association.WakeDueMs, Wake, true);
    }

    private void Wake()
    {
        if (IsOff)
            return;

        _association.HandleTimeout(Network.NowMs);
        Drive();
    }

    private void Obey(int command, int path)
    {
        Commanded?.Invoke(command, path);
        switch (command)
        {
            case AssociationCommand.OpenPath:
                Detach(path);
                if (Transport == AssociationTransport.Dot)
                    OpenTcp(path, _association.CommandFastOpen);
                else
                    OpenUdp(path);

                break;
            case AssociationCommand.ClosePath:
                Flush(path);
                Detach(path);
                _sockets[path]?.Close();
                _sockets[path] = null;
                break;
            case AssociationCommand.MovePath:
                Detach(path);
                _sockets[path]?.Close();
                _sockets[path] = NewUdp(path);
                break;
            case AssociationCommand.ProbePath:
                if (_sockets[path]?.Tcp is { } tcp && tcp.SendKeepalive())
                    KeepalivesSent++;

                break;
        }
    }

    private void OpenTcp(int path, bool fastOpen)
    {
        TcpConnection tcp = Host.ConnectTcp(Server, _tcp with { FastOpen = fastOpen });
        Socket socket = new(tcp);
        Put(path, socket, tcp.Local);
        tcp.DataReceived = bytes =>
        {
            if (IsOff)
                return;

            for (int at = 0; at < bytes.Length && _sockets[path] == socket;)
            {
                at += _association.Receive(path, bytes, at, bytes.Length - at, Network.NowMs);
                Drive();
            }
        };
        tcp.KeepaliveAnswered = () => Do((association, nowMs) => association.PathAlive(path, nowMs));
        tcp.Ended = end =>
        {
            if (_sockets[path] == socket)
                _sockets[path] = null;

            tcp.Close();
            Do((association, nowMs) => association.PathClosed(path, end != TcpEnd.Fin, nowMs));
        };
        if (!fastOpen)
        {
            tcp.Established = () => Do((association, nowMs) => association.PathOpened(path, nowMs));
            return;
        }

        _association.PathFastOpenUsed(path, tcp.IsSynWaiting);
        tcp.Established = () => Do((association, _) => association.PathFastOpenUsed(path, tcp.FastOpenAccepted));
        _association.PathOpened(path, Network.NowMs);
    }

    private void OpenUdp(int path)
    {
        _sockets[path] = NewUdp(path);
        _association.PathOpened(path, Network.NowMs);
    }

    private Socket NewUdp(int path)
    {
        UdpSocket udp = Host.OpenUdp();
        Socket socket = new(udp);
        udp.Connect(Server);
        udp.Received = (_, datagram) =>
        {
            if (!IsOff && _sockets[path] == socket)
                Do((association, nowMs) => association.Receive(path, datagram, 0, datagram.Length, nowMs));
        };
        udp.Unreachable = _ =>
        {
            if (!IsOff && _sockets[path] == socket)
                Do((association, nowMs) => association.PathUnreachable(path, nowMs));
        };
        Put(path, socket, udp.Local);
        return socket;
    }

    private void Put(int path, Socket socket, Ipv4EndPoint local)
    {
        _sockets[path] = socket;
        SocketsOpened++;
        SocketOpened?.Invoke(path, local);
    }

    private bool Flush(int path)
    {
        ByteQueue output = new();
        bool any = false;
        int count;
        while ((count = _association.Transmit(path, _buffer, 0, _buffer.Length)) > 0)
        {
            any = true;
            if (_sockets[path]?.Udp is { } udp)
                udp.Send(_buffer.AsSpan(0, count));
            else
                output.Write(_buffer.AsSpan(0, count));
        }

        if (output.Count > 0)
            _sockets[path]?.Tcp?.Write(output.Bytes);

        return any;
    }

    private void Detach(int path)
    {
        Socket? socket = _sockets[path];
        if (socket == null)
            return;

        if (socket.Tcp is { } tcp)
        {
            tcp.Established = null;
            tcp.DataReceived = null;
            tcp.Ended = _ => tcp.Close();
            tcp.KeepaliveAnswered = null;
        }

        if (socket.Udp is { } udp)
        {
            udp.Received = null;
            udp.Unreachable = null;
        }
    }

    private sealed class Socket
    {
        public Socket(TcpConnection tcp) => Tcp = tcp;

        public Socket(UdpSocket udp) => Udp = udp;

        public TcpConnection? Tcp { get; }

        public UdpSocket? Udp { get; }

        public void Close()
        {
            Tcp?.Close();
            Udp?.Close();
        }
    }
}
