using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>A DotSession and a DotServer on links in virtual time. Connects by itself when the session needs it, with the newest ticket.</summary>
internal sealed class DotPair
{
    private const int MaxSteps = 400_000;

    private readonly byte[] _buffer = new byte[20_000];
    private readonly List<Channel> _channels = [];
    private Channel? _current;
    private int _steps;

    public DotPair(PairSetup setup, Action<DotSessionOptions>? configure = null, int answerBytes = 65535)
    {
        Setup = setup;
        setup.Client.Tickets = true;
        DotSessionOptions options = new();
        configure?.Invoke(options);
        Session = new DotSession(options, setup.NewClient(), setup.ClientCrypto, new byte[answerBytes]);
        Server = new DotServer(setup.ServerCrypto, new ZoneResponder(DemoZone.Create()), new DotServerOptions { Tls = setup.Server, IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1, Seed = setup.Seed + 77 });
        foreach (ServerPsk psk in setup.State.Psks)
            Server.State.Psks.Add(psk);
    }

    public PairSetup Setup { get; }

    public VirtualClock Clock => Setup.Clock;

    public DotSession Session { get; }

    public DotServer Server { get; }

    /// <summary>The link of the newest connection.</summary>
    public DuplexLink Link => _channels[^1].Link;

    /// <summary>The server's side of the newest connection.</summary>
    public DotConnection Connection => _channels[^1].Connection!;

    /// <summary>Everything that the session told.</summary>
    public List<Happening> Events { get; } = [];

    public List<TlsSession> Tickets { get; } = [];

    /// <summary>Whether a new connection is made when one is needed.</summary>
    public bool AutoConnect { get; set; } = true;

    public bool UseTickets { get; set; } = true;

    public IEnumerable<Happening> Answers => Events.Where(e => e.Event == DotEvent.Answer);

    public IEnumerable<Happening> Failures => Events.Where(e => e.Event == DotEvent.QueryFailed);

    public Happening LastAnswer => Answers.Last();

    public Happening LastClose => Events.Last(e => e.Event == DotEvent.Closed);

    /// <summary>A query as bytes.</summary>
    public static byte[] Message(string name, int type = DnsType.A, bool keepalive = true)
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions { TcpKeepalive = keepalive });
        return buffer[..count];
    }

    /// <summary>A frame of DNS over a stream.</summary>
    public static byte[] Frame(byte[] message)
    {
        return [(byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    /// <summary>Gives the session a query and lets it send.</summary>
    public int Ask(string name = "www.example", int type = DnsType.A)
    {
        byte[] message = Message(name, type);
        int query = Session.Query(message, 0, message.Length, Clock.NowMs);
        Assert.True(query >= 0);
        Pump();
        return query;
    }

    /// <summary>Asks and runs until the answer is there.</summary>
    public Happening Lookup(string name = "www.example", int type = DnsType.A)
    {
        int before = Answers.Count();
        int query = Ask(name, type);
        Run();
        Assert.Equal(before + 1, Answers.Count());
        Assert.Equal(query, LastAnswer.Query);
        return LastAnswer;
    }

    /// <summary>Runs until nothing is on its way and no answer is held back; timeouts are not waited for.</summary>
    public void Run()
    {
        while (Step(false, long.MaxValue))
        {
        }
    }

    /// <summary>Runs everything, timeouts included, for a time.</summary>
    public void RunFor(long durationMs)
    {
        long end = Clock.NowMs + durationMs;
        while (Step(true, end))
        {
        }

        Clock.AdvanceTo(end);
    }

    /// <summary>Runs everything until nothing is due any more.</summary>
    public void RunToEnd()
    {
        while (Step(true, long.MaxValue))
        {
        }
    }

    public bool Step(bool withTimeouts, long endMs)
    {
        if (++_steps > MaxSteps)
            Assert.Fail("The pair does not come to rest.");

        long due = long.MaxValue;
        foreach (Channel channel in _channels)
        {
            due = Math.Min(due, channel.Link.NextDueMs);
            if (channel.Connection != null && (withTimeouts || channel.Connection.PendingAnswers > 0))
                due = Math.Min(due, channel.Connection.NextWakeMs);
        }

        if (withTimeouts)
            due = Math.Min(due, Session.WakeDueMs);
        if (due == long.MaxValue || due > endMs)
            return false;

        Clock.AdvanceTo(due);
        Session.HandleTimeout(Clock.NowMs);
        Pump();
        foreach (Channel channel in _channels.ToArray())
        {
            DeliverToServer(channel);
            DeliverToClient(channel);
        }

        Pump();
        return true;
    }

    /// <summary>Sends bytes of the TLS stream from the server, as they are.</summary>
    public void ServerSend(params byte[] bytes)
    {
        Connection.Tls.Send(bytes, 0, bytes.Length);
        PumpServer(_channels[^1]);
    }

    /// <summary>Ends the newest connection from the server's side.</summary>
    public void EndConnection(CloseManner manner)
    {
        Connection.End(manner);
        Pump();
    }

    /// <summary>Moves what waits at either end.</summary>
    public void Pump()
    {
        while (true)
        {
            Transmit();
            int happened = Session.NextEvent();
            if (happened == DotEvent.None)
            {
                if (!AutoConnect || !Session.NeedsConnection)
                    break;

                Connect();
                continue;
            }

            Note(happened);
        }

        foreach (Channel channel in _channels)
            PumpServer(channel);
    }

    public void Connect()
    {
        TlsSession? ticket = null;
        if (UseTickets && Tickets.Count > 0)
        {
            ticket = Tickets[^1];
            Tickets.RemoveAt(Tickets.Count - 1);
        }

        _current = new Channel(Setup.NewLink(), Server.Accept(Clock.NowMs));
        _channels.Add(_current);
        Session.Open(ticket!, Clock.NowMs, Clock.UtcMs);
    }

    private void Note(int happened)
    {
        Assert.True(Events.Count < 100_000, "Events without end.");
        byte[] answer = [];
        if (happened == DotEvent.Answer)
            answer = Session.AnswerBuffer[Session.AnswerOffset..(Session.AnswerOffset + Session.AnswerCount)];
        if (happened == DotEvent.Session)
        {
            Tickets.Add(Session.TakeSession());
            return;
        }

        bool ofQuery = happened is DotEvent.Answer or DotEvent.QueryFailed;
        Events.Add(new Happening(
            Clock.NowMs,
            happened,
            ofQuery ? Session.EventQuery : -1,
            happened == DotEvent.Closed ? Session.Error : happened == DotEvent.QueryFailed ? Session.EventError : 0,
            happened == DotEvent.Closed ? Session.CloseReason : 0,
            Session.EventRoundTrips,
            Session.EventAttempts,
            answer));
        if (happened == DotEvent.Closed)
        {
            Transmit();
            _current!.Link.Up.SendEnd(TransportEnd.Fin);
            _current = null;
        }
    }

    private void Transmit()
    {
        int count;
        while (_current != null && (count = Session.Transmit(_buffer, 0, _buffer.Length)) > 0)
            _current.Link.Up.Send(_buffer, 0, count);
    }

    private void DeliverToServer(Channel channel)
    {
        int count;
        while ((count = channel.Link.Up.Receive(_buffer, 0, _buffer.Length)) > 0)
        {
            if (channel.Connection == null)
                channel.Link.Down.SendEnd(TransportEnd.Reset);
            else
                channel.Connection.Receive(_buffer, 0, count, Clock.NowMs);
        }

        TransportEnd end = channel.Link.Up.TakeEnd();
        if (end != TransportEnd.Open)
            channel.Connection?.TransportClosed(end == TransportEnd.Reset);

        channel.Connection?.HandleTimeout(Clock.NowMs);
        PumpServer(channel);
    }

    private void PumpServer(Channel channel)
    {
        if (channel.Connection == null)
            return;

        int count;
        while ((count = channel.Connection.Transmit(_buffer, 0, _buffer.Length)) > 0)
            channel.Link.Down.Send(_buffer, 0, count);

        channel.Link.Down.SendEnd(channel.Connection.Closed);
    }

    private void DeliverToClient(Channel channel)
    {
        byte[] piece = new byte[20_000];
        int count;
        while ((count = channel.Link.Down.Receive(piece, 0, piece.Length)) > 0)
        {
            int taken = 0;
            while (taken < count && channel == _current)
            {
                int part = Session.Receive(piece, taken, count - taken, Clock.NowMs);
                Assert.InRange(part, 1, count - taken);
                taken += part;
                Pump();
            }
        }

        TransportEnd end = channel.Link.Down.TakeEnd();
        if (end != TransportEnd.Open && channel == _current)
        {
            Session.TransportClosed(end == TransportEnd.Reset, Clock.NowMs);
            Pump();
        }
    }

    /// <summary>Something that the session told.</summary>
    internal sealed record Happening(long Ms, int Event, int Query, int Error, int Reason, int RoundTrips, int Attempts, byte[] Answer);

    private sealed record Channel(DuplexLink Link, DotConnection? Connection);
}
