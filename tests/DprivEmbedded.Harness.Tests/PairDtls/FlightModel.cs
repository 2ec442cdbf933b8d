using System;
using System.Collections.Generic;
using System.Linq;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>What happens to a datagram in the model and in the test.</summary>
public enum Trouble
{
    Lost,
    Duplicated,

    /// <summary>Overtaken by those that were sent right behind it.</summary>
    Overtaken,

    /// <summary>Later than the retransmission that its absence causes.</summary>
    Late,

    /// <summary>A bit of its first header is changed: nothing in it can be read.</summary>
    Corrupted,

    /// <summary>A bit of its last record is changed, which is a protected one: the others can be read.</summary>
    CorruptedTail,
}

/// <summary>
/// What RFC 6347 section 4.2.4 predicts for a handshake in which datagrams go wrong: a simulation of its state machine (figure 2 there) on datagrams as sets of records, without any code of the engine
/// under test. Beside the timers it knows what the two engines do on a repetition of the peer's flight: repeat their own, which is figure 2's "read retransmit" arrow.
/// </summary>
/// <remarks>
/// Rules. Client: a flight has a timer of 1 s, which doubles with each sending by timer; a new flight begins at 1 s; it stops when the handshake is over. A repetition of the last record of the
/// server's flight makes it send its own again, unless the repetition is the network's (the same record) or came within the least round trip seen of the sending (it was then sent before ours could arrive).
/// A query is sent with the last flight, and again after twice the round trip time, 500 ms at least, or 2 s where no unrepeated flight told the round trip time, doubling.
/// Server: HelloVerifyRequest without memory; the flight behind it with a timer of its own; the last flight of a full handshake without timer, again on the client's repetition.
/// At one point in time arrivals come before timers.
/// </remarks>
internal sealed class FlightModel
{
    private const int TimerMs = 1000;
    private const int EndMs = 14_000;

    private readonly PriorityQueue<Packet, (long Ms, long Number)> _up = new();
    private readonly PriorityQueue<Packet, (long Ms, long Number)> _down = new();
    private readonly FlightLayout _layout;
    private readonly IReadOnlyDictionary<int, Trouble> _troubles;
    private readonly int _latencyMs;
    private readonly bool _resumed;
    private readonly HashSet<(string, int)> _serverSeen = [];
    private readonly HashSet<(string, int)> _clientSeen = [];
    private readonly HashSet<string> _serverHas = [];
    private readonly HashSet<string> _clientHas = [];
    private readonly Queue<bool> _earlyAnswers = new();
    private long _now;
    private long _order;
    private int _transmission;

    // Client.
    private bool _connected;
    private List<string[]> _flight = [];
    private int _expects;
    private long _flightMs;
    private bool _flightRepeated;
    private long _clientTimerAt = long.MaxValue;
    private int _clientTimer;
    private int _rtt = -1;
    private int _leastRtt = 1;
    private bool _measured;
    private bool _querySent;
    private int _queryTimer;
    private long _queryAt = long.MaxValue;

    // Server: 0 none, 1 waits for the client's last flight, 2 done.
    private int _serverState;
    private long _serverTimerAt = long.MaxValue;
    private int _serverTimer;
    private int _earlyQueries;

    public FlightModel(FlightLayout layout, IReadOnlyDictionary<int, Trouble> troubles, int latencyMs)
    {
        _layout = layout;
        _troubles = troubles;
        _latencyMs = latencyMs;
        _resumed = layout.Server3.Count == 0;
    }

    public Outcome Result { get; } = new();

    /// <summary>How many of the troubles hit a datagram.</summary>
    public int Hits { get; private set; }

    public Outcome Run()
    {
        _expects = _layout.Server1.Count > 0 ? 1 : 2;
        NewFlight(_expects == 1 ? _layout.Client1 : _layout.Client2, false);
        while (true)
        {
            long up = _up.TryPeek(out _, out (long Ms, long Number) upFirst) ? upFirst.Ms : long.MaxValue;
            long down = _down.TryPeek(out _, out (long Ms, long Number) downFirst) ? downFirst.Ms : long.MaxValue;
            long due = new[] { up, down, _clientTimerAt, _queryAt, _serverTimerAt }.Min();
            if (due > EndMs)
                return Result;

            _now = due;
            while (_up.TryPeek(out Packet? packet, out (long Ms, long Number) at) && at.Ms <= _now)
            {
                _up.Dequeue();
                ServerTakes(packet);
            }

            while (_down.TryPeek(out Packet? packet, out (long Ms, long Number) at) && at.Ms <= _now)
            {
                _down.Dequeue();
                ClientTakes(packet);
            }

            bool repeat = _clientTimerAt <= _now;
            bool query = _queryAt <= _now;
            if (repeat)
            {
                _clientTimer *= 2;
                _clientTimerAt = _now + _clientTimer;
                Result.ClientRetransmissions++;
                _flightRepeated = true;
                _flightMs = _now;
            }

            if (query)
            {
                _queryTimer *= 2;
                _queryAt = _now + _queryTimer;
                Result.Resends++;
            }

            if (repeat || query)
                SendUp(repeat ? _flight : [], query);

            if (_serverTimerAt <= _now)
            {
                _serverTimer *= 2;
                _serverTimerAt = _now + _serverTimer;
                Result.ServerTimers++;
                SendDown(_layout.Server2);
            }
        }
    }

    private void NewFlight(List<string[]> flight, bool withQuery)
    {
        _flight = flight;
        _flightMs = _now;
        _flightRepeated = false;
        _measured = false;
        _clientTimer = TimerMs;
        _clientTimerAt = _connected ? long.MaxValue : _now + TimerMs;
        if (withQuery)
            StartQuery();

        SendUp(flight, withQuery);
    }

    private void StartQuery()
    {
        _querySent = true;
        _queryTimer = _rtt > 0 ? Math.Max(500, 2 * _rtt) : 2000;
        _queryAt = _now + _queryTimer;
    }

    private void ClientTakes(Packet packet)
    {
        foreach (string piece in packet.Pieces)
        {
            bool isNew = _clientSeen.Add((piece, packet.Transmission));
            if (piece == FlightLayout.Data)
            {
                // An answer that overtakes the end of the handshake waits for it. Its buffer holds the newest, and nothing tells yet whether they are authentic.
                if (!_connected)
                {
                    _earlyAnswers.Enqueue(!packet.Spoilt);
                    if (_earlyAnswers.Count > _layout.EarlyAnswers)
                        _earlyAnswers.Dequeue();
                }
                else if (isNew && !packet.Spoilt)
                    Answered();
            }
            else if (Flight(piece) == _expects)
                Expected(piece);
            else if (isNew && _flight == _layout.Client3 && piece == _layout.Server2[^1][^1] && !(_connected && (!_resumed || Result.AnswerMs >= 0)))
                Repeated();
        }
    }

    private void Expected(string piece)
    {
        List<string[]> flight = _expects == 1 ? _layout.Server1 : _expects == 2 ? _layout.Server2 : _layout.Server3;
        _clientHas.Add(piece);
        if (!_measured && piece == flight.SelectMany(d => d).First(p => !p.StartsWith("20/", StringComparison.Ordinal)))
        {
            // An answer to a repeated flight may answer any of its sendings (Karn); the time since the last is the least that it can be.
            _measured = true;
            _leastRtt = Math.Max(_leastRtt, (int)(_now - _flightMs));
            if (_rtt < 0 && !_flightRepeated)
                _rtt = (int)(_now - _flightMs);
        }

        if (!flight.All(d => d.All(_clientHas.Contains)))
            return;

        _expects++;
        if (_expects == 2)
            NewFlight(_layout.Client2, false);
        else if (_expects == 3)
        {
            if (_resumed)
                Connect();

            NewFlight(_layout.Client3, _resumed || _layout.FalseStart);
        }
        else
        {
            Connect();
            _clientTimerAt = long.MaxValue;
            if (!_querySent)
            {
                StartQuery();
                SendUp([], true);
            }

            if (_earlyAnswers.Contains(true))
                Answered();
        }
    }

    private void Connect()
    {
        _connected = true;
        Result.ConnectedMs = _now;
    }

    private void Answered()
    {
        if (Result.AnswerMs < 0)
            Result.AnswerMs = _now;

        _queryAt = long.MaxValue;
    }

    private void Repeated()
    {
        if (_now - _flightMs < _leastRtt)
            return;

        Result.ClientRetransmissions++;
        _flightRepeated = true;
        _flightMs = _now;
        if (!_connected)
            _clientTimerAt = _now + _clientTimer;

        SendUp(_flight, false);
    }

    private void ServerTakes(Packet packet)
    {
        if (packet.Spoilt)
            return;

        int queries = 0;
        bool repeated = false;
        foreach (string piece in packet.Pieces)
        {
            bool isNew = _serverSeen.Add((piece, packet.Transmission));
            if (_layout.Client1.Count > 0 && piece == _layout.Client1[0][0])
            {
                if (_serverState == 0)
                    SendDown(_layout.Server1);
            }
            else if (piece == _layout.Client2[0][0])
            {
                if (_serverState == 0)
                {
                    _serverState = 1;
                    _serverTimer = TimerMs;
                    _serverTimerAt = _now + TimerMs;
                    SendDown(_layout.Server2);
                }
                else if (_serverState == 1 && isNew)
                {
                    Result.ServerRequested++;
                    _serverTimerAt = _now + _serverTimer;
                    SendDown(_layout.Server2);
                }
            }
            else if (piece == FlightLayout.Data)
            {
                if (!isNew || _serverState == 0)
                    continue;
                if (_serverState == 2)
                    queries++;
                else
                    _earlyQueries++;
            }
            else if (_serverState == 1)
            {
                _serverHas.Add(piece);
                if (!_layout.Client3.All(d => d.All(_serverHas.Contains)))
                    continue;

                _serverState = 2;
                _serverTimerAt = long.MaxValue;
                SendDown(_layout.Server3);
                queries += _earlyQueries;
                _earlyQueries = 0;
            }
            else if (_serverState == 2 && isNew && !_resumed && piece == _layout.Client3[^1][^1] && !repeated)
            {
                repeated = true;
                Result.ServerRequested++;
                SendDown(_layout.Server3);
            }
        }

        for (int i = 0; i < queries; i++)
            SendDown([[FlightLayout.Data]]);
    }

    private void SendUp(List<string[]> flight, bool query)
    {
        List<string[]> datagrams = [.. flight];
        if (query && datagrams.Count > 0)
            datagrams[^1] = [.. datagrams[^1], FlightLayout.Data];
        else if (query)
            datagrams.Add([FlightLayout.Data]);

        foreach (string[] datagram in datagrams)
            Send(_up, datagram);
    }

    private void SendDown(List<string[]> flight)
    {
        foreach (string[] datagram in flight)
            Send(_down, datagram);
    }

    private void Send(PriorityQueue<Packet, (long Ms, long Number)> queue, string[] pieces)
    {
        int number = Result.Datagrams++;
        Packet packet = new(pieces, _transmission++);
        long arrives = _now + _latencyMs;
        if (_troubles.TryGetValue(number, out Trouble trouble))
        {
            Hits++;
            switch (trouble)
            {
                case Trouble.Lost:
                case Trouble.Corrupted:
                    return;
                case Trouble.Duplicated:
                    queue.Enqueue(packet, (arrives, _order++));
                    break;
                case Trouble.Overtaken:
                    arrives += FlightLayout.OvertakenMs;
                    break;
                case Trouble.Late:
                    arrives += FlightLayout.LateMs;
                    break;
                case Trouble.CorruptedTail:
                    if (!FlightLayout.IsProtected(pieces[^1]))
                        return;

                    packet = pieces.Length == 1 ? packet with { Spoilt = true } : packet with { Pieces = pieces[..^1] };
                    break;
            }
        }

        queue.Enqueue(packet, (arrives, _order++));
    }

    private int Flight(string piece)
    {
        return _layout.Server1.Any(d => d.Contains(piece)) ? 1 : _layout.Server2.Any(d => d.Contains(piece)) ? 2 : 3;
    }

    private sealed record Packet(string[] Pieces, int Transmission, bool Spoilt = false);
}

/// <summary>What a handshake cost.</summary>
internal sealed record Outcome
{
    public long ConnectedMs { get; set; } = -1;

    public long AnswerMs { get; set; } = -1;

    /// <summary>Flights that the client sent again.</summary>
    public int ClientRetransmissions { get; set; }

    /// <summary>Flights that the server sent again because its timer ran out.</summary>
    public int ServerTimers { get; set; }

    /// <summary>Flights that the server sent again because the client repeated its own.</summary>
    public int ServerRequested { get; set; }

    /// <summary>Queries sent again.</summary>
    public int Resends { get; set; }

    /// <summary>Datagrams in both directions.</summary>
    public int Datagrams { get; set; }
}
