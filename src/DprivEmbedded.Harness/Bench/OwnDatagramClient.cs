using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Bench;

/// <summary>This library over DTLS.</summary>
internal sealed class OwnDatagramClient : BenchClient
{
    private readonly DodtlsServer _server;
    private readonly DodSession _client;
    private readonly byte[] _piece;
    private DatagramLink? _link;
    private TlsSession? _session;
    private long _nowMs = 1000;

    public OwnDatagramClient(DodtlsServer server, ICryptoProvider crypto, int[] groups, bool tickets, byte[] piece)
    {
        _server = server;
        _piece = piece;
        var options = new DtlsClientOptions
        {
            ApplicationProtocol = null!, // RFC 8094 has no ALPN
            CipherSuites = [CipherSuite.EcdheEcdsaAes128GcmSha256],
            Groups = groups,
            Tickets = tickets,
            ServerName = BenchServer.Name,
            Verifier = new SpkiPinVerifier([BenchServer.Pin], crypto.CreateSha256()),
        };
        var dod = new DodSessionOptions { MaxQueries = 1, MaxQueryBytes = 256 };
        _client = new DodSession(dod, new DtlsClient(options, crypto, new byte[2048], new byte[1024], new byte[1232]), crypto);
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
            int count = _link!.Receive(_piece, 0, _piece.Length, 0);
            if (count <= 0)
                throw new InvalidOperationException("no answer: " + TlsError.Describe(_client.Error));

            _client.Receive(_piece, 0, count, _nowMs);
            answered = Events();
        }
    }

    public override void Close()
    {
        _client.Close();
        Send();
        _link!.Serve();
        Events();
    }

    public override void DropServer() => _server.LoseAssociations();

    internal override void ForgetLink() => _link = null;

    private protected override bool Open(bool resume)
    {
        TlsSession? session = resume ? _session : null;
        _session = null;
        _link = new DatagramLink(_server, Meter);
        _client.Open(session, _nowMs, BenchServer.UtcMs);
        Query();
        return _client.Dtls.IsResumed;
    }

    private bool Events()
    {
        bool answered = false;
        int happened;
        while ((happened = _client.NextEvent()) != DodEvent.None)
        {
            if (happened == DodEvent.Session)
                _session = _client.TakeSession();
            else if (happened == DodEvent.Answer)
                answered = true;
            else if (happened == DodEvent.QueryFailed)
                throw new InvalidOperationException(DotError.Describe(_client.EventError));
        }

        return answered;
    }

    private void Send()
    {
        int count;
        while ((count = _client.Transmit(_piece, 0, _piece.Length)) > 0)
            _link!.Send(_piece, 0, count);
    }
}
