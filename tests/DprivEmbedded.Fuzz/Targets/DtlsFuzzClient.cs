using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Fuzz;

/// <summary>A conversation over DTLS whose configuration two bytes choose, with queries in flight.</summary>
internal sealed class DtlsFuzzClient
{
    private const int MaxSteps = 4096;

    private static readonly byte[] s_query = MakeQuery();
    private readonly byte[] _wire = new byte[2048];
    private readonly byte[] _datagram = new byte[8192];
    private long _nowMs = 1000;

    public DtlsFuzzClient(int first, int second)
    {
        ICryptoProvider crypto = new NullCryptoProvider(1);
        bool psk = (first & 1) != 0;
        bool resumes = (first & 2) != 0;
        DtlsClientOptions options = new()
        {
            ServerName = TlsFuzzClient.Name,
            ApplicationProtocol = null!,
            Verifier = psk ? null : new SpkiPinVerifier([new byte[32]], crypto.CreateSha256()),
            Psk = psk ? new byte[16] : null,
            PskIdentity = psk ? [1, 2, 3, 4] : null,
            ConnectionId = (first & 0x0C) switch { 0 => null!, 4 => [], 8 => [1, 2, 3, 4], _ => new byte[32] },
            AnswerHeartbeats = (first & 0x10) != 0,
            Opportunistic = (first & 0x40) != 0,
            FalseStart = (second & 2) == 0,
            Tickets = (second & 8) == 0,
        };
        int reassembly = (first & 0x20) != 0 ? DtlsClient.MinReassemblyBytes : 4096;
        DtlsClient dtls = new(options, crypto, new byte[reassembly], new byte[1024], new byte[1024]);
        Session = new DodSession(new DodSessionOptions { MaxQueries = 4, MaxQueryBytes = 128, LengthPrefix = (first & 0x80) != 0 }, dtls, crypto);
        int queries = (second & 0x80) != 0 ? 3 : 1;
        for (int i = 0; i < queries; i++)
            Session.Query(s_query, 0, s_query.Length, _nowMs);

        TlsSession? session = null;
        if (resumes)
        {
            session = TlsFuzzClient.MakeSession(false, false);
            session.Version = ProtocolVersion.Dtls12;
            session.ApplicationProtocol = null;
            if (psk)
                session.CipherSuite = CipherSuite.PskAes128Ccm8;
            if ((second & 4) != 0)
            {
                session.Ticket = null;
                session.SessionId = new byte[32];
            }
        }

        Session.Open(session!, _nowMs, 1_750_000_000_000);
    }

    public DodSession Session { get; }

    public int Answers { get; private set; }

    public bool WasConnected { get; private set; }

    public void Give(ReadOnlySpan<byte> datagram)
    {
        if (!Session.IsOpen)
            return;

        datagram = datagram[..Math.Min(datagram.Length, _datagram.Length)];
        datagram.CopyTo(_datagram);
        Session.Receive(_datagram, 0, datagram.Length, _nowMs);
        Drain();
        Discard();
    }

    public void Pass(long ms)
    {
        _nowMs += ms;
        Session.HandleTimeout(_nowMs);
        Drain();
        Discard();
    }

    public void RunOut()
    {
        for (int i = 0; Session.WakeDueMs != long.MaxValue; i++)
        {
            FuzzFailure.Unless(i < 128, "Timeouts without end.");
            Pass(Math.Max(0, Session.WakeDueMs - _nowMs));
        }
    }

    public int Transmit(byte[] output) => Session.Transmit(output, 0, output.Length);

    public void Drain()
    {
        int events = 0;
        int happened;
        while ((happened = Session.NextEvent()) != DodEvent.None)
        {
            FuzzFailure.Unless(++events <= MaxSteps, "Events without end.");
            switch (happened)
            {
                case DodEvent.Session:
                    Session.TakeSession()?.Clear();
                    break;
                case DodEvent.Connected:
                    WasConnected = true;
                    break;
                case DodEvent.Answer:
                    Answers++;
                    FuzzFailure.Unless(DnsMessage.Parse(Session.AnswerBuffer, Session.AnswerOffset, Session.AnswerCount) != null, "An answer that does not parse.");
                    break;
            }
        }
    }

    /// <summary>Takes what is sent: a datagram that comes makes few of them.</summary>
    private void Discard()
    {
        int calls = 0;
        while (Transmit(_wire) > 0)
            FuzzFailure.Unless(++calls <= 32, "Datagrams without end.");
    }

    private static byte[] MakeQuery()
    {
        byte[] buffer = new byte[128];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { PaddingBlockBytes = 0 });
        return buffer[..count];
    }
}
