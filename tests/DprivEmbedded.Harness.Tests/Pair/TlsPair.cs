using System;
using System.Collections.Generic;
using System.Text;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>A TlsClient and a TlsServer on a link in virtual time. The server echoes what it reads.</summary>
internal sealed class TlsPair
{
    private const int MaxSteps = 400_000;

    private readonly PairSetup _setup;
    private readonly byte[] _buffer = new byte[20_000];
    private readonly List<byte> _records = [];
    private bool _clientEnded;
    private bool _greeted;
    private int _steps;

    public TlsPair(PairSetup setup, TlsSession? session)
    {
        _setup = setup;
        Link = setup.NewLink();
        Client = setup.NewClient();
        Server = new TlsServer(setup.ServerCrypto, setup.Server, setup.State);
        StartedMs = Clock.NowMs;
        Client.Start(session!, Clock.NowMs, Clock.UtcMs);
        PumpClient();
    }

    public VirtualClock Clock => _setup.Clock;

    public DuplexLink Link { get; }

    public TlsClient Client { get; }

    public TlsServer Server { get; }

    public long StartedMs { get; }

    /// <summary>Every event of the client, with the time since the start.</summary>
    public List<(long Ms, int Event)> Events { get; } = [];

    /// <summary>The sessions that the client was given, in their order.</summary>
    public List<TlsSession> Sessions { get; } = [];

    /// <summary>What the client read.</summary>
    public string ClientText { get; private set; } = "";

    /// <summary>What the server read.</summary>
    public string ServerText { get; private set; } = "";

    /// <summary>The records of the server as they were sent, before any rewriting.</summary>
    public List<byte[]> ServerRecords { get; } = [];

    /// <summary>The bytes that the client sent, one entry a call of Transmit, with the time since the start.</summary>
    public List<(long Ms, byte[] Bytes)> ClientSends { get; } = [];

    public bool Echo { get; set; } = true;

    /// <summary>Runs until nothing is on its way; timeouts are not waited for.</summary>
    public void Run()
    {
        while (Step(false))
        {
        }
    }

    /// <summary>Runs until nothing is on its way and no timeout is due.</summary>
    public void RunToEnd()
    {
        while (Step(true))
        {
        }
    }

    /// <summary>Runs until a point in time.</summary>
    public void RunFor(long durationMs)
    {
        long end = Clock.NowMs + durationMs;
        while (Math.Min(Link.NextDueMs, Client.WakeDueMs) <= end)
            Step(true);

        Clock.AdvanceTo(end);
    }

    /// <summary>Goes to the next wake-up and does what is due.</summary>
    /// <returns>False where there is none.</returns>
    public bool Step(bool withTimeouts)
    {
        if (++_steps > MaxSteps)
            Assert.Fail("The pair does not come to rest.");

        long due = Link.NextDueMs;
        if (withTimeouts)
            due = Math.Min(due, Client.WakeDueMs);
        if (due == long.MaxValue)
            return false;

        Clock.AdvanceTo(due);
        Client.HandleTimeout(Clock.NowMs);
        DeliverToServer();
        DeliverToClient();
        PumpClient();
        PumpServer();
        return true;
    }

    /// <summary>Sends text from the client.</summary>
    public void Say(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert.Equal(bytes.Length, Client.Send(bytes, 0, bytes.Length));
        PumpClient();
    }

    /// <summary>Sends text from the server.</summary>
    public void ServerSay(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Server.Send(bytes, 0, bytes.Length);
        PumpServer();
    }

    /// <summary>Says something and checks that it comes back.</summary>
    public void CheckEcho(string text = "ping")
    {
        string before = ClientText;
        Say(text);
        Run();
        Assert.Equal(before + text, ClientText);
    }

    /// <summary>Checks that both ends finished the handshake without error.</summary>
    public TlsPair AssertConnected()
    {
        Assert.Equal(TlsError.Describe(TlsError.None), TlsError.Describe(Client.Error));
        Assert.Equal(TlsError.Describe(TlsError.None), TlsError.Describe(Server.Error));
        Assert.True(Client.IsConnected);
        Assert.True(Server.HandshakeComplete);
        Assert.Equal(Server.Version, Client.Version);
        Assert.Equal(Server.CipherSuite, Client.Suite);
        Assert.Equal(Server.Resumed, Client.IsResumed);
        Assert.Equal(Server.UsedPsk, Client.UsedExternalPsk);
        Assert.Equal(Server.ApplicationProtocol, Client.ApplicationProtocol);
        Assert.Equal(Server.EarlyDataAccepted, Client.IsEarlyDataAccepted);
        Assert.Equal(Server.UsedHelloRetryRequest, Client.WasHelloRetried);
        return this;
    }

    /// <summary>Checks how the client failed, and that the server got that alert.</summary>
    public void AssertFailed(int error)
    {
        Assert.Equal(TlsError.Describe(error), TlsError.Describe(Client.Error));
        Assert.Equal(error, Client.Error);
        Assert.False(Client.IsConnected);
        Assert.Equal(TlsError.AlertFor(error), Client.AlertSent);
        Assert.Equal(long.MaxValue, Client.WakeDueMs);
        Assert.Equal(1, Count(TlsClientEvent.Failed));
    }

    public int Count(int clientEvent)
    {
        return Events.FindAll(e => e.Event == clientEvent).Count;
    }

    /// <summary>When an event happened first, in milliseconds since the start.</summary>
    public long When(int clientEvent)
    {
        int index = Events.FindIndex(e => e.Event == clientEvent);
        Assert.True(index >= 0, "The event " + clientEvent + " did not happen.");
        return Events[index].Ms;
    }

    public void PumpClient()
    {
        while (true)
        {
            TransmitClient();
            int happened = Client.NextEvent();
            if (happened == TlsClientEvent.None)
                break;

            Assert.True(Events.Count < 10_000, "Events without end.");
            Events.Add((Clock.NowMs - StartedMs, happened));
            switch (happened)
            {
                case TlsClientEvent.Session:
                    Sessions.Add(Client.TakeSession());
                    break;
                case TlsClientEvent.Data:
                    ClientText += Encoding.Latin1.GetString(Client.DataBuffer, Client.DataOffset, Client.DataCount);
                    Client.DataTaken();
                    break;
                case TlsClientEvent.EarlyDataRejected:
                    _greeted = false;
                    break;
            }
        }

        if (!_greeted && _setup.Greeting.Length > 0 && (Client.CanSend || (_setup.GreetEarly && Client.CanSendEarlyData)))
        {
            _greeted = true;
            Say(_setup.Greeting);
        }

        if (Client.Error != TlsError.None && !_clientEnded)
        {
            _clientEnded = true;
            Link.Up.SendEnd(TransportEnd.Fin);
        }
    }

    public void PumpServer()
    {
        int count;
        while ((count = Server.Read(_buffer, 0, _buffer.Length)) > 0)
        {
            ServerText += Encoding.Latin1.GetString(_buffer, 0, count);
            if (Echo && Server.CanSend)
                Server.Send(_buffer, 0, count);
        }

        while ((count = Server.Transmit(_buffer, 0, _buffer.Length)) > 0)
        {
            if (_setup.RewriteDown == null)
                Link.Down.Send(_buffer, 0, count);

            _records.AddRange(_buffer.AsSpan(0, count));
        }

        while (_records.Count >= 5)
        {
            int length = 5 + ((_records[3] << 8) | _records[4]);
            if (_records.Count < length)
                break;

            byte[] record = [.. _records.GetRange(0, length)];
            _records.RemoveRange(0, length);
            ServerRecords.Add(record);
            if (_setup.RewriteDown == null)
                continue;

            foreach (byte[] changed in _setup.RewriteDown(record))
                Link.Down.Send(changed, 0, changed.Length);
        }

        Link.Down.SendEnd(Server.End);
    }

    private void TransmitClient()
    {
        int count;
        while ((count = Client.Transmit(_buffer, 0, _buffer.Length)) > 0)
        {
            ClientSends.Add((Clock.NowMs - StartedMs, _buffer[..count]));
            Link.Up.Send(_buffer, 0, count);
        }
    }

    private void DeliverToServer()
    {
        int count;
        while ((count = Link.Up.Receive(_buffer, 0, _buffer.Length)) > 0)
            Server.Receive(_buffer, 0, count, Clock.NowMs);

        TransportEnd end = Link.Up.TakeEnd();
        if (end != TransportEnd.Open)
            Server.TransportClosed(end == TransportEnd.Reset);
    }

    private void DeliverToClient()
    {
        byte[] piece = new byte[20_000];
        int count;
        while ((count = Link.Down.Receive(piece, 0, piece.Length)) > 0)
        {
            int taken = 0;
            while (taken < count)
            {
                int part = Client.Receive(piece, taken, count - taken, Clock.NowMs);
                bool over = Client.Error != TlsError.None || Client.IsPeerClosed;
                Assert.InRange(part, 0, count - taken);
                Assert.True(part == count - taken || Client.DataCount > 0 || over, "Bytes were left without a reason.");
                taken += part;
                PumpClient();
                if (over)
                    break;
            }
        }

        TransportEnd end = Link.Down.TakeEnd();
        if (end != TransportEnd.Open)
        {
            Client.TransportClosed(end == TransportEnd.Reset);
            PumpClient();
        }
    }
}
