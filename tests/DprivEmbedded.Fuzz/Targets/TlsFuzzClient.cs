using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>A conversation over TLS whose configuration two bytes choose, with queries in flight. The same bytes give the same client, so that a recorded server fits it again.</summary>
internal sealed class TlsFuzzClient
{
    public const string Name = "dot.example";

    // A client that goes round in a circle shows here.
    private const int MaxSteps = 4096;

    private static readonly byte[] s_query = MakeQuery();
    private readonly byte[] _wire = new byte[4096];
    private long _nowMs = 1000;

    public TlsFuzzClient(int first, int second)
    {
        ICryptoProvider crypto = new NullCryptoProvider(1);
        int versions = first & 3;
        int authentication = (first >> 2) & 3;
        bool pskOnly = authentication == 1;
        bool resumes = authentication == 2 || (pskOnly && (second & 1) != 0);
        TlsClientOptions options = new()
        {
            ServerName = Name,
            MinVersion = versions == 1 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12,
            MaxVersion = versions == 0 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13,
            CompatibilityMode = versions == 3,
            Verifier = authentication == 1 ? null : new SpkiPinVerifier([new byte[32]], crypto.CreateSha256()),
            EarlyData = (first & 0x10) != 0,
            Opportunistic = (second & 1) != 0,
            FalseStart = (second & 2) == 0,
            PskDheKe = (second & 4) == 0,
            Tickets = (second & 8) == 0,
        };
        if ((authentication & 1) != 0)
        {
            options.Psk = new byte[16];
            options.PskIdentity = [1, 2, 3, 4];
        }

        bool small = (first & 0x20) != 0;
        TlsClient tls = new(options, crypto, new byte[small ? TlsClient.MinReceiveBufferBytes : 8192], new byte[small ? TlsClient.MinSendBufferBytes : 2048]);
        Session = new DotSession(new DotSessionOptions { MaxQueries = 4, MaxQueryBytes = 128 }, tls, crypto, new byte[small ? 600 : 2048]);
        int queries = (second & 0x80) != 0 ? 3 : 1;
        for (int i = 0; i < queries; i++)
            Session.Query(s_query, 0, s_query.Length, _nowMs);

        TlsSession? session = null;
        if (resumes)
        {
            session = MakeSession(versions != 0, (first & 0x10) != 0);
            if (pskOnly && versions == 0)
                session.CipherSuite = CipherSuite.PskAes128GcmSha256;
        }

        Session.Open(session!, _nowMs, 1_750_000_000_000);
    }

    public DotSession Session { get; }

    /// <summary>Milliseconds that go by between two pieces.</summary>
    public int PaceMs { get; init; }

    /// <summary>Answers that came.</summary>
    public int Answers { get; private set; }

    /// <summary>Connections that were made.</summary>
    public bool WasConnected { get; private set; }

    public long NowMs => _nowMs;

    /// <summary>A session of before, always the same.</summary>
    public static TlsSession MakeSession(bool tls13, bool early)
    {
        return new TlsSession
        {
            Version = tls13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12,
            CipherSuite = tls13 ? CipherSuite.Aes128GcmSha256 : CipherSuite.EcdheEcdsaAes128GcmSha256,
            Secret = new byte[tls13 ? 32 : 48],
            Ticket = new byte[40],
            ServerName = Name,
            ApplicationProtocol = "dot",
            ReceivedUtcMs = 1_750_000_000_000 - 1000,
            LifetimeSeconds = 3600,
            MaxEarlyDataBytes = early ? 1024 : 0,
            ExtendedMasterSecret = true,
            Authenticated = true,
            PeerKeyHash = new byte[32],
            Group = NamedGroup.X25519,
        };
    }

    /// <summary>Gives bytes of the server.</summary>
    /// <returns>False once the conversation is over.</returns>
    public bool Give(byte[] data, int offset, int count)
    {
        int steps = 0;
        int end = offset + count;
        while (offset < end && Session.IsOpen)
        {
            FuzzFailure.Unless(++steps <= MaxSteps + 2 * count, "Bytes are not taken.");
            int taken = Session.Receive(data, offset, end - offset, _nowMs);
            FuzzFailure.Unless(taken >= 0 && taken <= end - offset, "More bytes were taken than there were.");
            offset += taken;
            bool happened = Drain() | Discard();
            FuzzFailure.Unless(taken > 0 || happened || !Session.IsOpen, "Bytes are left without a reason.");
        }

        if (PaceMs > 0)
            Pass(PaceMs);

        return Session.IsOpen;
    }

    /// <summary>Lets time go by.</summary>
    public void Pass(long ms)
    {
        _nowMs += ms;
        Session.HandleTimeout(_nowMs);
        Drain();
        Discard();
    }

    /// <summary>Goes from one wake-up to the next until none is left: there must not be many.</summary>
    public void RunOut()
    {
        for (int i = 0; Session.WakeDueMs != long.MaxValue; i++)
        {
            FuzzFailure.Unless(i < 64, "Timeouts without end.");
            Pass(Math.Max(0, Session.WakeDueMs - _nowMs));
        }
    }

    /// <summary>Takes what the client sends.</summary>
    public int Transmit(byte[] output) => Session.Transmit(output, 0, output.Length);

    /// <summary>Takes all events.</summary>
    public bool Drain()
    {
        int events = 0;
        int happened;
        while ((happened = Session.NextEvent()) != DotEvent.None)
        {
            FuzzFailure.Unless(++events <= MaxSteps, "Events without end.");
            switch (happened)
            {
                case DotEvent.Session:
                    Session.TakeSession()?.Clear();
                    break;
                case DotEvent.Connected:
                    WasConnected = true;
                    break;
                case DotEvent.Answer:
                    Answers++;
                    FuzzFailure.Unless(Session.AnswerCount >= DnsMessageReader.HeaderBytes && Session.AnswerOffset + Session.AnswerCount <= Session.AnswerBuffer.Length, "An answer outside its buffer.");
                    FuzzFailure.Unless(DnsMessage.Parse(Session.AnswerBuffer, Session.AnswerOffset, Session.AnswerCount) != null, "An answer that does not parse.");
                    break;
            }
        }

        return events > 0;
    }

    private bool Discard()
    {
        int calls = 0;
        while (Transmit(_wire) > 0)
            FuzzFailure.Unless(++calls <= 64, "Sends without end.");

        return calls > 0;
    }

    private static byte[] MakeQuery()
    {
        byte[] buffer = new byte[128];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true, PaddingBlockBytes = 0 });
        return buffer[..count];
    }
}
