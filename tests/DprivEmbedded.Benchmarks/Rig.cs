using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Certificates;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Benchmarks;

/// <summary>A client's conversation and a server engine in one thread, joined in memory. Counts what the client's calls allocate, and nothing of the server's.</summary>
internal sealed class Rig
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly IssuedCertificate Certificate = new CertificateMaker().MakeServer(null, ["dot.example"], [], Now.AddDays(-1), Now.AddDays(1));

    private readonly byte[] _up = new byte[16384];
    private readonly byte[] _down = new byte[16384];
    private readonly byte[] _query = new byte[512];
    private readonly int _queryBytes;
    private readonly DotServer _server;
    private readonly DotSession _client;
    private DotConnection? _connection;
    private TlsSession? _session;
    private bool _connected;
    private bool _answered;
    private long _nowMs = 1000;

    public Rig(int version, int suite, Primitives aead)
    {
        var serverOptions = new DotServerOptions { IdleTimeoutMs = -1 };
        serverOptions.Tls.Credentials = [new ServerCredential(Certificate)];
        _server = new DotServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), serverOptions);
        var crypto = new ClientCrypto(aead);
        var options = new TlsClientOptions
        {
            MinVersion = version,
            MaxVersion = version,
            CipherSuites = [suite],
            ServerName = "dot.example",
            Verifier = new SpkiPinVerifier([Certificate.SpkiSha256()], crypto.CreateSha256()),
        };
        _client = new DotSession(new DotSessionOptions(), new TlsClient(options, crypto, new byte[4096], new byte[4096]), crypto, new byte[4096]);
        _queryBytes = DnsQuery.Write(_query, 0, _query.Length, 0, DnsName.Parse("www.example"), DnsType.A, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true, ClientSubnetOptOut = true });
    }

    /// <summary>Bytes that the client's calls have allocated.</summary>
    public long Allocated { get; private set; }

    /// <summary>Makes a connection, with a session where one is asked for, up to a first answer.</summary>
    /// <returns>Whether it was resumed.</returns>
    public bool Connect(bool resume)
    {
        TlsSession? session = resume ? _session : null;
        _session = null;
        _connected = false;
        _connection = _server.Accept(_nowMs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _client.Open(session, _nowMs, Now.ToUnixTimeMilliseconds());
        Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        Query();
        if (!_connected)
            throw new InvalidOperationException("the handshake failed: " + TlsError.Describe(_client.Error));

        return _client.Tls.IsResumed;
    }

    /// <summary>Ends the connection in order.</summary>
    public void Close()
    {
        _client.Close();
        Pump();
    }

    /// <summary>One query and its answer.</summary>
    public void Query()
    {
        _nowMs++;
        _answered = false;
        long before = GC.GetAllocatedBytesForCurrentThread();
        _client.Query(_query, 0, _queryBytes, _nowMs);
        Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        Pump();
        if (!_answered)
            throw new InvalidOperationException("no answer");
    }

    private void Pump()
    {
        bool moved = true;
        while (moved)
        {
            moved = false;
            int count;
            while ((count = Transmit()) > 0)
            {
                _connection!.Receive(_up, 0, count, _nowMs);
                moved = true;
            }

            while ((count = _connection!.Transmit(_down, 0, _down.Length)) > 0)
            {
                Receive(count);
                moved = true;
            }
        }
    }

    private int Transmit()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = _client.Transmit(_up, 0, _up.Length);
        Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        return count;
    }

    private void Receive(int count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int taken = 0; taken < count;)
        {
            taken += _client.Receive(_down, taken, count - taken, _nowMs);
            int happened;
            while ((happened = _client.NextEvent()) != DotEvent.None)
            {
                switch (happened)
                {
                    case DotEvent.Connected:
                        _connected = true;
                        break;
                    case DotEvent.Session:
                        _session = _client.TakeSession();
                        break;
                    case DotEvent.Answer:
                        _answered = true;
                        break;
                    case DotEvent.QueryFailed:
                        throw new InvalidOperationException(DotError.Describe(_client.EventError));
                }
            }
        }

        Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
