using System;
using System.Collections.Generic;
using System.IO;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A DotSession over the simulated TCP: connects when the session needs it, with the newest ticket; no wisdom beyond that.</summary>
internal sealed class DotNetClient
{
    private readonly DnsNetRig _rig;
    private readonly TcpSettings? _tcp;
    private readonly byte[] _buffer = new byte[16384];
    private TcpConnection? _connection;
    private ScheduledEvent? _timer;
    private int _answeredAt;
    private bool _pumping;

    public DotNetClient(DnsNetRig rig, TcpSettings? tcp)
    {
        _rig = rig;
        _tcp = tcp;
        TlsClient tls = new(rig.Tls, rig.ClientCrypto, new byte[TlsClient.FullReceiveBufferBytes], new byte[8192]);
        Session = new DotSession(new DotSessionOptions { IdleTimeoutMs = 3_600_000, MaxIdleTimeoutMs = 3_600_000 }, tls, rig.ClientCrypto, new byte[65535]);
    }

    public DotSession Session { get; }

    public List<TlsSession> Tickets { get; } = [];

    public List<int> Events { get; } = [];

    public int Answers { get; private set; }

    public int Connections { get; private set; }

    public TcpConnection? Connection => _connection;

    /// <summary>When the last query was asked and answered, in microseconds.</summary>
    public long AskedUs { get; private set; }

    public long AnsweredUs { get; private set; }

    public static byte[] Message(string name)
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse(name), DnsType.A, DnsClass.Internet, new EdnsOptions());
        return buffer[..count];
    }

    public void Ask(string name = "www.example")
    {
        byte[] message = Message(name);
        AskedUs = _rig.Network.NowUs;
        Session.Query(message, 0, message.Length, _rig.Network.NowMs);
        Pump();
    }

    /// <summary>Asks and runs until the answer is there.</summary>
    public TraceCounts Lookup(string name = "www.example", long limitMs = 60_000)
    {
        int before = Answers;
        int position = _rig.Net.Trace.Position;
        Ask(name);
        if (!_rig.Network.RunUntil(() => Answers > before, limitMs))
            throw new InvalidDataException("No answer.");

        return _rig.Net.Trace.Count(position, _answeredAt);
    }

    private void Pump()
    {
        if (_pumping)
            return;

        _pumping = true;
        do
        {
            Transmit();
            int happened;
            while ((happened = Session.NextEvent()) != DotEvent.None)
                Note(happened);

            Transmit();
            if (Session.NeedsConnection)
                Connect();
        }
        while (Session.NeedsConnection);
        Transmit();
        _pumping = false;
        _timer?.Cancel();
        long wake = Session.WakeDueMs;
        if (wake < long.MaxValue)
        {
            _timer = _rig.Network.Schedule(
                wake,
                () =>
                {
                    Session.HandleTimeout(_rig.Network.NowMs);
                    Pump();
                },
                true);
        }
    }

    private void Connect()
    {
        Connections++;
        TlsSession? ticket = null;
        if (Tickets.Count > 0)
        {
            ticket = Tickets[^1];
            Tickets.RemoveAt(Tickets.Count - 1);
        }

        TcpConnection connection = _rig.Net.Client.ConnectTcp(_rig.Dot.EndPoint, _tcp);
        _connection = connection;
        connection.Established = Pump;
        connection.DataReceived = bytes =>
        {
            for (int at = 0; at < bytes.Length;)
            {
                at += Session.Receive(bytes, at, bytes.Length - at, _rig.Network.NowMs);
                Drain();
            }

            Pump();
        };
        connection.Ended = end =>
        {
            if (_connection != connection)
                return;

            Session.TransportClosed(end != TcpEnd.Fin, _rig.Network.NowMs);
            connection.Close();
            Pump();
        };
        Session.Open(ticket!, _rig.Network.NowMs, _rig.Network.Clock.UtcMs);
    }

    private void Drain()
    {
        int happened;
        while ((happened = Session.NextEvent()) != DotEvent.None)
            Note(happened);
    }

    private void Note(int happened)
    {
        Events.Add(happened);
        if (happened == DotEvent.Session)
            Tickets.Add(Session.TakeSession());

        if (happened == DotEvent.Answer)
        {
            Answers++;
            AnsweredUs = _rig.Network.NowUs;
            _answeredAt = _rig.Net.Trace.Position;
        }

        if (happened == DotEvent.Closed)
        {
            Transmit();
            _connection?.Close();
        }
    }

    private void Transmit()
    {
        // As a small stack: nothing is written before there is a connection, unless it rides in the SYN.
        if (_connection == null || (!_connection.IsEstablished && _tcp is not { FastOpen: true }))
            return;

        using MemoryStream output = new();
        int count;
        while ((count = Session.Transmit(_buffer, 0, _buffer.Length)) > 0)
            output.Write(_buffer, 0, count);

        if (output.Length > 0 && _connection.State is not (TcpState.FinWait1 or TcpState.FinWait2 or TcpState.LastAck or TcpState.Closing or TcpState.TimeWait))
            _connection.Write(output.ToArray());
    }
}
