using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>A run over DTLS.</summary>
internal sealed class HostileDatagramRun : HostileRun
{
    private static readonly object s_address = "client";
    private readonly byte[] _serverWire = new byte[20_000];
    private readonly byte[] _datagram = new byte[65536];
    private readonly DodSession _session;
    private readonly DodtlsServer _server;
    private readonly DatagramMeddler _meddler;

    public HostileDatagramRun(HostilePeer peer, ICryptoProvider client, ICryptoProvider server)
        : base(peer, HostileTransport.Dtls12, client, server)
    {
        _meddler = new DatagramMeddler(server, Context);
        Context.Server.KeyLog = _meddler;
        _server = new DodtlsServer(server, new Responder(Connected), new DodtlsServerOptions { Dtls = Context.DtlsServer });
        DtlsClient dtls = new(Context.DtlsClient, client, new byte[4096], new byte[1024], new byte[1024]);
        _session = new DodSession(new DodSessionOptions { QueryTimeoutMs = Context.QueryTimeoutMs }, dtls, client);
    }

    private protected override DnsConversation Conversation => _session;

    private protected override long WakeMs => Math.Min(_session.WakeDueMs, _server.NextWakeMs);

    private protected override void Start()
    {
        Sessions.TlsSession? session = Session(_server.State, ProtocolVersion.Dtls12);
        _session.Query(Query, 0, Query.Length, Clock.NowMs);
        BeginMeasure();
        _session.Open(session!, Clock.NowMs, Clock.UtcMs);
        EndMeasure();
    }

    private protected override void GiveClient(byte[] bytes)
    {
        bytes.CopyTo(_datagram, 0);
        BeginMeasure();
        _session.Receive(_datagram, 0, bytes.Length, Clock.NowMs);
        EndMeasure();
    }

    private protected override void GiveServer(byte[] bytes)
    {
        _server.Receive(s_address, bytes, 0, bytes.Length, Clock.NowMs);
    }

    private protected override void HandleTimeouts()
    {
        BeginMeasure();
        _session.HandleTimeout(Clock.NowMs);
        EndMeasure();
        _server.HandleTimeout(Clock.NowMs);
    }

    private protected override void PumpServer()
    {
        int count;
        while ((count = _server.Transmit(_serverWire, 0, _serverWire.Length, out _)) > 0)
        {
            foreach (byte[] datagram in _meddler.Pass(_serverWire[..count]))
                SendDown(datagram);
        }
    }

    private protected override void EndTransport(TransportEnd end)
    {
    }

    private void Connected()
    {
        if (_server.Socket.Find(s_address) is { } association)
            Context.OnAssociated?.Invoke(association);
        if (Context.Forged == null)
            return;

        foreach (byte[] datagram in Context.Forged())
            SendDown(datagram);
    }
}
