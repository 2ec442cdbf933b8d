using System;
using System.Collections.Generic;
using System.IO;
using DprivEmbedded.Association;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Sessions;

namespace DprivEmbedded.Harness.Tests.Network;

/// <summary>A DodSession over simulated UDP: opens an association when the session needs it or suspects the old one, with the newest session.</summary>
internal sealed class DodNetClient
{
    private readonly DnsNetRig _rig;
    private readonly byte[] _buffer = new byte[16384];
    private UdpSocket? _socket;
    private ScheduledEvent? _timer;
    private int _answeredAt;

    public DodNetClient(DnsNetRig rig)
    {
        _rig = rig;
        Session = new DodSession(new DodSessionOptions(), new DtlsClient(rig.Dtls, rig.ClientCrypto, new byte[4096], new byte[2048], new byte[2048]), rig.ClientCrypto);
    }

    public DodSession Session { get; }

    public List<TlsSession> Sessions { get; } = [];

    public List<int> Events { get; } = [];

    public int Answers { get; private set; }

    public List<int> IcmpCodes { get; } = [];

    public long AskedUs { get; private set; }

    public long AnsweredUs { get; private set; }

    /// <summary>Whether a suspected association is given up at once for a resumption.</summary>
    public bool ResumesOnSuspicion { get; set; } = true;

    public void Ask(string name = "www.example")
    {
        byte[] message = DotNetClient.Message(name);
        AskedUs = _rig.Network.NowUs;
        Session.Query(message, 0, message.Length, _rig.Network.NowMs);
        Pump();
    }

    public TraceCounts Lookup(string name = "www.example", long limitMs = 60_000)
    {
        int before = Answers;
        int position = _rig.Net.Trace.Position;
        Ask(name);
        if (!_rig.Network.RunUntil(() => Answers > before, limitMs))
            throw new InvalidDataException("No answer.");

        return _rig.Net.Trace.Count(position, _answeredAt);
    }

    /// <summary>Gives the association up, so that the next query resumes (DTLS false start).</summary>
    public void GiveUp()
    {
        Session.Close();
        Pump();
    }

    public bool SendHeartbeat()
    {
        bool sent = Session.SendHeartbeat(_rig.Network.NowMs);
        Pump();
        return sent;
    }

    private void Open()
    {
        TlsSession? session = null;
        if (Sessions.Count > 0)
        {
            session = Sessions[^1];
            Sessions.Clear();
        }

        _socket?.Close();
        UdpSocket socket = _socket = _rig.Net.Client.OpenUdp();
        socket.Connect(_rig.Dod.EndPoint);
        socket.Unreachable = IcmpCodes.Add;
        socket.Received = (_, datagram) =>
        {
            Session.Receive(datagram, 0, datagram.Length, _rig.Network.NowMs);
            Drain();
            Pump();
        };
        Session.Open(session!, _rig.Network.NowMs, _rig.Network.Clock.UtcMs);
    }

    private void Pump()
    {
        Drain();
        if (Session.NeedsConnection)
            Open();

        int count;
        while ((count = Session.Transmit(_buffer, 0, _buffer.Length)) > 0)
            _socket?.Send(_buffer.AsSpan(0, count));

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

    private void Drain()
    {
        int happened;
        while ((happened = Session.NextEvent()) != DodEvent.None)
        {
            Events.Add(happened);
            switch (happened)
            {
                case DodEvent.Session:
                    Sessions.Add(Session.TakeSession());
                    break;
                case DodEvent.Answer:
                    Answers++;
                    AnsweredUs = _rig.Network.NowUs;
                    _answeredAt = _rig.Net.Trace.Position;
                    break;
                case DodEvent.Suspect when ResumesOnSuspicion && Sessions.Count > 0:
                    Open();
                    break;
            }
        }
    }
}
