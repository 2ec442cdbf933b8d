using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>A DodSession and the setup's DodtlsServer on a path in virtual time. What arrives at a point in time is handled before the timers that are due then.</summary>
internal sealed class DodPair
{
    private const int MaxSteps = 2_000_000;

    private readonly DodSetup _setup;
    private readonly byte[] _wire = new byte[20_000];
    private readonly byte[] _serverWire = new byte[20_000];
    private int _steps;

    public DodPair(DodSetup setup)
    {
        _setup = setup;
        Path = setup.NewPath();
        Session = setup.NewSession();
        StartedMs = Clock.NowMs;
    }

    public VirtualClock Clock => _setup.Clock;

    public DatagramPath Path { get; }

    public DodSession Session { get; }

    public DtlsClient Dtls => Session.Dtls;

    public DodtlsServer Server => _setup.Server;

    /// <summary>The server's side; the one at the client's present address.</summary>
    public DtlsServer Association => Server.Socket.Find(Path.ClientAddress) ?? throw new InvalidOperationException("No association.");

    public long StartedMs { get; }

    public List<Happening> Events { get; } = [];

    public List<TlsSession> Sessions { get; } = [];

    /// <summary>Whether a new association is opened when one is needed, with the newest session there is.</summary>
    public bool AutoOpen { get; set; }

    public bool UseSessions { get; set; } = true;

    /// <summary>Whether everything is noted in <see cref="Events"/>; off in long runs.</summary>
    public bool KeepEvents { get; set; } = true;

    /// <summary>Called with each event.</summary>
    public Action<int>? OnEvent { get; set; }

    public IEnumerable<Happening> Answers => Events.Where(e => e.Event == DodEvent.Answer);

    public static byte[] Message(string name = "www.example", int type = DnsType.A)
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions());
        return buffer[..count];
    }

    /// <summary>Gives the session a query and lets it send.</summary>
    public int Ask(string name = "www.example", int type = DnsType.A)
    {
        byte[] message = Message(name, type);
        int query = Session.Query(message, 0, message.Length, Clock.NowMs);
        Assert.True(query >= 0);
        if (Session.IsOpen || AutoOpen)
            Pump();

        return query;
    }

    public void Open(TlsSession? session)
    {
        Session.Open(session!, Clock.NowMs, Clock.UtcMs);
        Pump();
    }

    public void RunFor(long durationMs)
    {
        long end = Clock.NowMs + durationMs;
        while (Step(end))
        {
        }

        Clock.AdvanceTo(end);
    }

    public void RunUntil(Func<bool> condition, long limitMs = 60_000)
    {
        long end = Clock.NowMs + limitMs;
        while (!condition() && Step(end))
        {
        }

        Assert.True(condition(), "It did not come to that.");
    }

    /// <summary>Goes to the next wake-up and does what is due.</summary>
    public bool Step(long endMs)
    {
        if (++_steps > MaxSteps)
            Assert.Fail("The pair does not come to rest.");

        long due = Math.Min(Math.Min(Path.NextDueMs, Session.WakeDueMs), Server.NextWakeMs);
        if (due == long.MaxValue || due > endMs)
            return false;

        Clock.AdvanceTo(due);
        DeliverUp();
        DeliverDown();
        Session.HandleTimeout(Clock.NowMs);
        Server.HandleTimeout(Clock.NowMs);
        Pump();
        return true;
    }

    /// <summary>Moves what waits at either end.</summary>
    public void Pump()
    {
        while (true)
        {
            Transmit();
            int happened = Session.NextEvent();
            if (happened == DodEvent.None)
            {
                if (!AutoOpen || !Session.NeedsConnection)
                    break;

                TlsSession? session = null;
                if (UseSessions && Sessions.Count > 0)
                {
                    session = Sessions[^1];
                    Sessions.Clear();
                }

                // A port of its own for each association: see DtlsClient.Start.
                if (Session.Associations > 0)
                    Path.Rebind();

                Session.Open(session!, Clock.NowMs, Clock.UtcMs);
                continue;
            }

            Note(happened);
        }

        PumpServer();
    }

    public void PumpServer()
    {
        int count;
        while ((count = Server.Transmit(_serverWire, 0, _serverWire.Length, out object? address)) > 0)
            Path.SendDown(address!, _serverWire, 0, count);
    }

    /// <summary>Gives the client a datagram at once, as somebody who forges would.</summary>
    public void GiveClient(byte[] datagram)
    {
        datagram.CopyTo(_wire, 0);
        Session.Receive(_wire, 0, datagram.Length, Clock.NowMs);
        Pump();
    }

    public DodPair AssertConnected()
    {
        Assert.Equal(TlsError.Describe(TlsError.None), TlsError.Describe(Dtls.Error));
        Assert.True(Dtls.IsConnected);
        Assert.True(Association.HandshakeComplete);
        Assert.Equal(ProtocolVersion.Dtls12, Dtls.Version);
        Assert.Equal(Association.CipherSuite, Dtls.Suite);
        Assert.Equal(Association.Resumed, Dtls.IsResumed);
        Assert.Equal(Association.UsedPsk, Dtls.UsedExternalPsk);
        Assert.True(Dtls.IsAuthenticated);
        Assert.Equal(1, Events.Count(e => e.Event == DodEvent.Connected && e.Association == Session.Associations));
        return this;
    }

    /// <summary>Checks that so many questions were answered rightly, each once, and none failed.</summary>
    public void AssertAnswered(int count)
    {
        Assert.Equal(count, Answers.Count());
        Assert.DoesNotContain(Events, e => e.Event == DodEvent.QueryFailed);
        foreach (Happening answer in Answers)
            Assert.Equal(0x80, answer.Answer[2] & 0x80);

        Assert.Equal(0, Session.InFlight);
    }

    private void Transmit()
    {
        int count;
        while ((count = Session.Transmit(_wire, 0, _wire.Length)) > 0)
            Path.SendUp(_wire, 0, count);
    }

    private void Note(int happened)
    {
        OnEvent?.Invoke(happened);
        if (happened == DodEvent.Session)
        {
            Sessions.Add(Session.TakeSession());
            return;
        }

        if (!KeepEvents)
            return;

        Assert.True(Events.Count < 100_000, "Events without end.");
        bool ofQuery = happened is DodEvent.Answer or DodEvent.QueryFailed;
        Events.Add(new Happening(
            Clock.NowMs,
            happened,
            Session.Associations,
            ofQuery ? Session.EventQuery : -1,
            happened == DodEvent.Closed ? Session.Error : happened == DodEvent.QueryFailed ? Session.EventError : 0,
            ofQuery ? Session.EventAttempts : 0,
            happened == DodEvent.Answer ? Session.AnswerBuffer[Session.AnswerOffset..(Session.AnswerOffset + Session.AnswerCount)] : []));
    }

    private void DeliverUp()
    {
        int count;
        while ((count = Path.Up.Receive(_serverWire, 0, _serverWire.Length, out object? from)) > 0)
        {
            Server.Receive(from!, _serverWire, 0, count, Clock.NowMs);
            PumpServer();
        }
    }

    private void DeliverDown()
    {
        int count;
        while ((count = Path.ReceiveDown(_wire, 0, _wire.Length)) > 0)
        {
            Session.Receive(_wire, 0, count, Clock.NowMs);
            PumpInput();
        }
    }

    /// <summary>Reads the datagram to its end before its buffer is used to send.</summary>
    private void PumpInput()
    {
        int happened;
        while ((happened = Session.NextEvent()) != DodEvent.None)
            Note(happened);

        Pump();
    }

    internal sealed record Happening(long Ms, int Event, int Association, int Query, int Error, int Attempts, byte[] Answer);
}
