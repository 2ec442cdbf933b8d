using System;
using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Harness.Network;

/// <summary>A <see cref="DotServer"/> on a <see cref="SimulatedHost"/>: moves bytes between its connections and the host's TCP, and wakes it in virtual time.</summary>
public sealed class SimulatedDotService
{
    private const int TransmitBytes = 16384;

    private readonly Dictionary<TcpConnection, Served> _served = [];
    private readonly byte[] _buffer = new byte[TransmitBytes];
    private readonly TcpSettings? _settings;
    private readonly bool _fastOpen;
    private readonly int _port;

    /// <summary>Starts a service.</summary>
    /// <param name="host">Where; its crashes and restarts are the service's too.</param>
    /// <param name="server">The server; used by this alone from now on. Call <see cref="Pump"/> after changes that make it send.</param>
    /// <param name="port">The port.</param>
    /// <param name="fastOpen">Whether TCP Fast Open is offered.</param>
    /// <param name="settings">How TCP behaves; null for the host's.</param>
    public SimulatedDotService(SimulatedHost host, DotServer server, int port = 853, bool fastOpen = false, TcpSettings? settings = null)
    {
        Host = host;
        Server = server;
        _port = port;
        _fastOpen = fastOpen;
        _settings = settings;
        Listener = Listen();
        server.Post = action => host.Network.ScheduleUs(host.Network.NowUs, () =>
        {
            action(host.Network.NowMs);
            Pump();
        });
        host.Crashed += DropAll;
        host.Restarted += () => Listener = Listen();
    }

    /// <summary>The host.</summary>
    public SimulatedHost Host { get; }

    /// <summary>The server.</summary>
    public DotServer Server { get; }

    /// <summary>The listener; another one after a crash.</summary>
    public TcpListener Listener { get; private set; }

    /// <summary>Its end points.</summary>
    public Ipv4EndPoint EndPoint => new(Host.Address, _port);

    /// <summary>The connections that are served, with the server's side of each.</summary>
    public IEnumerable<KeyValuePair<TcpConnection, DotConnection>> Connections => _served.Select(s => KeyValuePair.Create(s.Key, s.Value.Connection));

    /// <summary>The host crashes and comes up again: the old connections' segments are then answered with a RST.</summary>
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

    /// <summary>The server's program ends and starts again, as for an upgrade; its system lives and ends the connections.</summary>
    /// <param name="manner">How the connections end: with a goodbye, with a FIN alone, or with a RST.</param>
    /// <param name="keepsTickets">Whether ticket keys and sessions outlive it.</param>
    public void Upgrade(CloseManner manner = CloseManner.Notify, bool keepsTickets = true)
    {
        foreach (Served served in _served.Values.ToArray())
        {
            served.Connection.End(manner);
            Drain(served);
        }

        if (!keepsTickets)
            Server.State.LoseState();
    }

    /// <summary>Sends what the server has to send after a change from outside.</summary>
    public void Pump()
    {
        foreach (Served served in _served.Values.ToArray())
            Drain(served);
    }

    private TcpListener Listen()
    {
        TcpListener listener = Host.ListenTcp(_port, Accept, _settings);
        listener.FastOpen = _fastOpen;
        return listener;
    }

    private void Accept(TcpConnection tcp)
    {
        DotConnection? connection = Server.Accept(Host.Network.NowMs);
        if (connection == null)
        {
            tcp.Abort();
            return;
        }

        Served served = new(tcp, connection);
        _served.Add(tcp, served);
        tcp.DataReceived = bytes =>
        {
            connection.Receive(bytes, 0, bytes.Length, Host.Network.NowMs);
            Drain(served);
        };
        tcp.Ended = end =>
        {
            connection.TransportClosed(end != TcpEnd.Fin);
            Drain(served);
        };
        Drain(served);
    }

    private void Drain(Served served)
    {
        DotConnection connection = served.Connection;
        ByteQueue output = new();
        int count;
        while ((count = connection.Transmit(_buffer, 0, _buffer.Length)) > 0)
            output.Write(_buffer.AsSpan(0, count));

        if (output.Count > 0 && connection.Closed != TransportEnd.Reset)
            served.Tcp.Write(output.Bytes);

        served.Timer?.Cancel();
        if (connection.Closed != TransportEnd.Open)
        {
            _served.Remove(served.Tcp);
            if (connection.Closed == TransportEnd.Reset)
                served.Tcp.Abort();
            else
                served.Tcp.Close();

            return;
        }

        long wake = connection.NextWakeMs;
        if (wake == long.MaxValue)
            return;

        served.Timer = Host.Network.Schedule(wake, () => Wake(served), connection.PendingAnswers == 0);
    }

    private void Wake(Served served)
    {
        served.Connection.HandleTimeout(Host.Network.NowMs);
        Drain(served);
    }

    private void DropAll()
    {
        foreach (Served served in _served.Values)
        {
            served.Timer?.Cancel();
            served.Connection.End(CloseManner.Silence);
        }

        _served.Clear();
    }

    private sealed class Served(TcpConnection tcp, DotConnection connection)
    {
        public TcpConnection Tcp { get; } = tcp;

        public DotConnection Connection { get; } = connection;

        public ScheduledEvent? Timer { get; set; }
    }
}
