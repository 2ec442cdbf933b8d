using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Bench;

/// <summary>This library over TLS.</summary>
internal sealed class OwnStreamClient : BenchClient
{
    private readonly DotServer _server;
    private readonly DotSession _client;
    private readonly byte[] _piece;
    private StreamLink? _link;
    private TlsSession? _session;
    private long _nowMs = 1000;

    public OwnStreamClient(DotServer server, bool tls13, ICryptoProvider crypto, int[] groups, bool pskDheKe, bool tickets, byte[] piece)
    {
        _server = server;
        _piece = piece;
        int version = tls13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12;
        var options = new TlsClientOptions
        {
            MinVersion = version,
            MaxVersion = version,
            CipherSuites = [tls13 ? CipherSuite.Aes128GcmSha256 : CipherSuite.EcdheEcdsaAes128GcmSha256],
            Groups = groups,
            ServerName = BenchServer.Name,
            PskDheKe = pskDheKe,
            Tickets = tickets,
            Verifier = new SpkiPinVerifier([BenchServer.Pin], crypto.CreateSha256()),
        };
        var dot = new DotSessionOptions { MaxQueries = 1, MaxQueryBytes = 256 };
        _client = new DotSession(dot, new TlsClient(options, crypto, new byte[TlsClient.MinReceiveBufferBytes], new byte[1024]), crypto, new byte[1232]);
    }

    public override void Query()
    {
        byte[] query = BenchServer.Query;
        _nowMs++;
        _client.Query(query, 0, query.Length, _nowMs);
        bool answered = false;
        while (!answered)
        {
            Send();
            int count = _link!.Read(_piece, 0, _piece.Length);
            if (count == 0)
                throw new InvalidOperationException("no answer: " + TlsError.Describe(_client.Error));

            for (int taken = 0; taken < count;)
            {
                taken += _client.Receive(_piece, taken, count - taken, _nowMs);
                int happened;
                while ((happened = _client.NextEvent()) != DotEvent.None)
                {
                    if (happened == DotEvent.Session)
                        _session = _client.TakeSession();
                    else if (happened == DotEvent.Answer)
                        answered = true;
                    else if (happened == DotEvent.QueryFailed)
                        throw new InvalidOperationException(DotError.Describe(_client.EventError));
                }
            }
        }
    }

    public override void Close()
    {
        _client.Close();
        Send();
        _link!.Serve();
        while (_client.NextEvent() != DotEvent.None)
        {
        }
    }

    public override void DropServer() => _server.LoseConnections();

    internal override void ForgetLink() => _link = null;

    private protected override bool Open(bool resume)
    {
        TlsSession? session = resume ? _session : null;
        _session = null;
        _link = new StreamLink(_server, Meter);
        _client.Open(session, _nowMs, BenchServer.UtcMs);
        Query();
        return _client.Tls.IsResumed;
    }

    private void Send()
    {
        int count;
        while ((count = _client.Transmit(_piece, 0, _piece.Length)) > 0)
            _link!.Write(_piece, 0, count);
    }
}
