using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>Lets a client meet a hostile peer once, in virtual time, with one query, and tells what came of it.</summary>
/// <remarks>The client makes one connection and no second: what a caller does after its end is not the peer's to decide. One-way latency 10 ms.</remarks>
public abstract class HostileRun
{
    private protected const int LatencyMs = 10;

    private const string ServerName = "dot.example";
    private const string QueryName = "www.example";
    private const int MaxEvents = 10_000;

    private static readonly Lazy<ServerCredential> s_credential = new(MakeCredential);

    private readonly PriorityQueue<Arrival, (long DueMs, long Number)> _arrivals = new();
    private readonly byte[] _clientWire = new byte[4096];
    private long _arrivalNumber;
    private long _lastDueDown;
    private long _allocated;
    private long _before;
    private IEnumerator<byte[]>? _script;
    private HostileResult? _result;

    private protected HostileRun(HostilePeer peer, HostileTransport transport, ICryptoProvider client, ICryptoProvider server)
    {
        ClientCrypto = client;
        ServerCrypto = server;
        bool datagram = transport == HostileTransport.Dtls12;
        int version = transport == HostileTransport.Tls13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12;
        TlsClientOptions clientOptions = datagram ? new DtlsClientOptions { ApplicationProtocol = null } : new TlsClientOptions { MinVersion = version, MaxVersion = version };
        clientOptions.ServerName = ServerName;
        clientOptions.Groups = [NamedGroup.Secp256r1];
        clientOptions.Verifier = new SpkiPinVerifier([SHA256.HashData(s_credential.Value.PublicKeyInfo)], client.CreateSha256());
        clientOptions.Observer = new AlertObserver(this);
        TlsServerOptions serverOptions = datagram ? new DtlsServerOptions { Cookie = false } : new TlsServerOptions { Tls12 = version == ProtocolVersion.Tls12, Tls13 = version == ProtocolVersion.Tls13 };
        serverOptions.CoalesceHandshake = false;
        serverOptions.Credentials = [s_credential.Value];
        serverOptions.StatefulTickets = true;
        Context = new HostileContext(transport, clientOptions, serverOptions);
        Peer = peer;
        peer.Arrange(Context);
        if (Context.Answer != null || Context.AnswerBytes != null)
            Context.Change(ChangeAnswer);
        if (Context.Psk)
        {
            clientOptions.Verifier = null;
            clientOptions.PskIdentity = [1, 2, 3, 4];
            clientOptions.Psk = new byte[16];
        }

        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse(QueryName), DnsType.A, DnsClass.Internet, new EdnsOptions());
        Query = buffer[..count];
    }

    /// <summary>The credential of every honest server.</summary>
    internal static ServerCredential Credential => s_credential.Value;

    private protected HostileContext Context { get; }

    private protected HostilePeer Peer { get; }

    private protected ICryptoProvider ClientCrypto { get; }

    private protected ICryptoProvider ServerCrypto { get; }

    private protected VirtualClock Clock { get; } = new(1000);

    private protected byte[] Query { get; }

    private protected long SentBytes { get; set; }

    private protected long ReceivedBytes { get; set; }

    private protected int AlertSent { get; private set; } = -1;

    private protected bool WasConnected { get; set; }

    private protected int WrongAnswers { get; private set; }

    /// <summary>Runs a row over one protocol.</summary>
    /// <param name="peer">The row.</param>
    /// <param name="transport">The protocol, one alone.</param>
    /// <param name="client">The client's primitives.</param>
    /// <param name="server">The server's primitives.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="InvalidOperationException">Nothing came of it within ten times the row's time.</exception>
    public static HostileResult Run(HostilePeer peer, HostileTransport transport, ICryptoProvider client, ICryptoProvider server)
    {
        HostileRun run = transport == HostileTransport.Dtls12 ? new HostileDatagramRun(peer, client, server) : new HostileStreamRun(peer, transport, client, server);
        return run.Go();
    }

    /// <summary>A session of before, which the server knows.</summary>
    private protected TlsSession? Session(ServerState state, int version)
    {
        if (Context.Psk)
            state.Psks.Add(new ServerPsk([1, 2, 3, 4], new byte[16]));
        if (!Context.Resume)
            return null;

        bool tls13 = version == ProtocolVersion.Tls13;
        byte[] ticket = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        byte[] secret = new byte[tls13 ? 32 : 48];
        int suite = tls13 ? CipherSuite.Aes128GcmSha256 : Context.Psk ? CipherSuite.PskAes128GcmSha256 : CipherSuite.EcdheEcdsaAes128GcmSha256;
        string? protocol = version == ProtocolVersion.Dtls12 ? null : "dot";
        state.Keep(ticket, new ServerSession
        {
            Version = version,
            CipherSuite = suite,
            Secret = secret,
            IssuedMs = 0,
            LifetimeSeconds = 3600,
            MaxEarlyDataBytes = 4096,
            ExtendedMasterSecret = true,
            ServerName = ServerName,
            ApplicationProtocol = protocol,
        });
        return new TlsSession
        {
            Version = version,
            CipherSuite = suite,
            Secret = (byte[])secret.Clone(),
            Ticket = ticket,
            ServerName = ServerName,
            ApplicationProtocol = protocol,
            ReceivedUtcMs = Clock.UtcMs - 1000,
            LifetimeSeconds = 3600,
            MaxEarlyDataBytes = Context.Client.EarlyData ? 4096 : 0,
            ExtendedMasterSecret = true,
            Authenticated = true,
            PeerKeyHash = new byte[32],
            Group = NamedGroup.Secp256r1,
        };
    }

    private protected abstract DnsConversation Conversation { get; }

    private protected abstract void Start();

    private protected abstract long WakeMs { get; }

    /// <summary>Gives the client bytes or a datagram.</summary>
    private protected abstract void GiveClient(byte[] bytes);

    private protected abstract void GiveServer(byte[] bytes);

    private protected abstract void PumpServer();

    private protected abstract void HandleTimeouts();

    /// <summary>Tells the client that the transport ended.</summary>
    private protected abstract void EndTransport(TransportEnd end);

    /// <summary>Ends the transport behind what is under way.</summary>
    private protected void SendEnd(TransportEnd end)
    {
        _arrivals.Enqueue(new Arrival([], true, end), (Math.Max(Clock.NowMs + LatencyMs, _lastDueDown), _arrivalNumber++));
    }

    private protected void BeginMeasure()
    {
        _before = GC.GetAllocatedBytesForCurrentThread();
    }

    private protected void EndMeasure()
    {
        _allocated += GC.GetAllocatedBytesForCurrentThread() - _before;
    }

    /// <summary>Sends to the client, behind what is under way already.</summary>
    private protected void SendDown(byte[] bytes)
    {
        int piece = Context.PieceBytes > 0 && !Context.IsDatagram ? Context.PieceBytes : Math.Max(bytes.Length, 1);
        for (int at = 0; at < bytes.Length; at += piece)
        {
            _lastDueDown = Math.Max(Clock.NowMs + LatencyMs, _lastDueDown + Context.PaceMs);
            Send(bytes[at..Math.Min(bytes.Length, at + piece)], true, _lastDueDown);
        }
    }

    private protected void SendUp(byte[] bytes)
    {
        SentBytes += bytes.Length;
        Send(bytes, false, Clock.NowMs + LatencyMs);
    }

    /// <summary>Drains the client: what happened, then what it sends. The events of both transports have the same numbers.</summary>
    private protected void PumpClient()
    {
        while (true)
        {
            BeginMeasure();
            int happened = Conversation.NextEvent();
            EndMeasure();
            if (happened == DotEvent.None)
                break;

            switch (happened)
            {
                case DotEvent.Connected:
                    WasConnected = true;
                    break;
                case DotEvent.Session:
                    Conversation.TakeSession().Clear();
                    break;
                case DotEvent.Answer:
                    OnAnswer(Conversation.AnswerBuffer, Conversation.AnswerOffset, Conversation.AnswerCount);
                    break;
                case DotEvent.QueryFailed:
                    Decide(HostileOutcomeKind.QueryFails, Conversation.EventError);
                    break;
                case DotEvent.Closed:
                    Decide(HostileOutcomeKind.Ends, Conversation.Error);
                    break;
            }
        }

        while (true)
        {
            BeginMeasure();
            int count = Conversation.Transmit(_clientWire, 0, _clientWire.Length);
            EndMeasure();
            if (count == 0)
                break;

            SendUp(_clientWire[..count]);
        }
    }

    private protected void OnAnswer(byte[] buffer, int offset, int count)
    {
        DnsMessage? message = DnsMessage.Parse(buffer, offset, count);
        bool right = message is { Answers.Length: 2, ResponseCode: DnsResponseCode.NoError } && message.Answers[0] is ARecord && message.QuestionName.Equals(DnsName.Parse(QueryName));
        if (right)
            Decide(HostileOutcomeKind.Answered, TlsError.None);
        else
            WrongAnswers++;
    }

    private protected void Decide(HostileOutcomeKind kind, int error)
    {
        _result ??= new HostileResult(new HostileOutcome(kind, error, -1), Clock.NowMs - 1000, 0, 0, 0, false, 0);
    }

    private HostileResult Go()
    {
        if (Context.Script != null)
            _script = Context.Script().GetEnumerator();

        Start();
        PumpClient();
        Follow();
        long end = Clock.NowMs + 10L * Peer.MaxDurationMs;
        for (int events = 0; _result == null; events++)
        {
            long due = WakeMs;
            if (_arrivals.TryPeek(out _, out (long DueMs, long Number) first))
                due = Math.Min(due, first.DueMs);
            if (due > end || events > 100 * MaxEvents)
                throw new InvalidOperationException(Peer + " over " + Context.Transport + ": nothing comes of it.");

            Clock.AdvanceTo(due);
            while (_result == null && _arrivals.TryPeek(out Arrival arrival, out first) && first.DueMs <= Clock.NowMs)
            {
                _arrivals.Dequeue();
                if (arrival.End != TransportEnd.Open)
                    EndTransport(arrival.End);
                else if (arrival.Down)
                {
                    ReceivedBytes += arrival.Bytes.Length;
                    GiveClient(arrival.Bytes);
                    Follow();
                }
                else if (_script == null)
                {
                    GiveServer(arrival.Bytes);
                    PumpServer();
                }

                PumpClient();
            }

            if (_result != null)
                break;

            HandleTimeouts();
            PumpServer();
            PumpClient();
        }

        PumpClient();
        HostileOutcome outcome = _result.Outcome with { Alert = AlertSent };
        return _result with { Outcome = outcome, AllocatedBytes = _allocated, SentBytes = SentBytes, ReceivedBytes = ReceivedBytes, WasConnected = WasConnected, WrongAnswers = WrongAnswers };
    }

    /// <summary>The next piece of a script follows the one before.</summary>
    private void Follow()
    {
        if (_script != null && _script.MoveNext())
            SendDown(_script.Current);
    }

    private void Send(byte[] bytes, bool down, long dueMs)
    {
        _arrivals.Enqueue(new Arrival(bytes, down), (dueMs, _arrivalNumber++));
    }

    private IEnumerable<HostileRecord>? ChangeAnswer(HostileRecord record)
    {
        if (record.Type != ContentType.ApplicationData || record.Epoch != Context.LastEpoch)
            return null;

        byte[] response = Context.IsDatagram ? record.Content : record.Content[2..];
        if (Context.AnswerBytes != null && !Context.IsDatagram)
            return Cut(Context.AnswerBytes(response)).Select(part => record with { Content = part });
        if (Context.Answer == null)
            return null;

        IEnumerable<byte[]> messages = Context.Answer(response);
        return Context.IsDatagram
            ? messages.Select(message => record with { Content = message })
            : messages.SelectMany(message => Cut([(byte)(message.Length >> 8), (byte)message.Length, .. message])).Select(part => record with { Content = part });
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes)
    {
        const int most = 2048;
        for (int at = 0; at < bytes.Length; at += most)
            yield return bytes[at..Math.Min(bytes.Length, at + most)];
    }

    private static ServerCredential MakeCredential()
    {
        CertificateMaker maker = new(new SeededRandomSource(7));
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        DateTimeOffset until = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
        IssuedCertificate authority = maker.MakeAuthority("Hostile CA", from, until);
        return new ServerCredential(maker.MakeServer(authority, [ServerName], [], from, until));
    }

    private readonly record struct Arrival(byte[] Bytes, bool Down, TransportEnd End = TransportEnd.Open);

    private sealed class AlertObserver(HostileRun run) : ITlsObserver
    {
        public void OnMessage(bool sent, int contentType, int detail, int bytes, bool early)
        {
            // close_notify and the refusal of a renegotiation are warnings.
            if (sent && contentType == ContentType.Alert && detail != AlertDescription.CloseNotify && detail != AlertDescription.NoRenegotiation)
                run.AlertSent = detail;
        }
    }

    /// <summary>Answers out of the demonstration zone, after what the row does then.</summary>
    private protected sealed class Responder(Action connected) : IDnsResponder
    {
        private readonly ZoneResponder _zone = new(DemoZone.Create());
        private bool _told;

        public int Respond(byte[] query, int offset, int count, byte[] response, int responseOffset, int capacity, int keepaliveTimeoutMs)
        {
            if (!_told)
            {
                _told = true;
                connected();
            }

            return _zone.Respond(query, offset, count, response, responseOffset, capacity, keepaliveTimeoutMs);
        }
    }
}
