using System;
using DprivEmbedded.Association;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>A run over TLS.</summary>
internal sealed class HostileStreamRun : HostileRun
{
    private readonly byte[] _serverWire = new byte[20_000];
    private readonly DotSession _session;
    private readonly DotServer _server;
    private readonly StreamMeddler _meddler;
    private DotConnection? _connection;
    private bool _ended;

    public HostileStreamRun(HostilePeer peer, HostileTransport transport, ICryptoProvider client, ICryptoProvider server)
        : base(peer, transport, client, server)
    {
        _meddler = new StreamMeddler(server, Context);
        _server = new DotServer(server, new Responder(Connected), new DotServerOptions { Tls = Context.Server, IdleTimeoutMs = -1, AdvertisedKeepaliveMs = -1, HandshakeTimeoutMs = -1 });
        TlsClient tls = new(Context.Client, client, new byte[Context.ReceiveBufferBytes], new byte[2048]);
        _session = new DotSession(new DotSessionOptions { QueryTimeoutMs = Context.QueryTimeoutMs }, tls, client, new byte[4096]);
    }

    private protected override DnsConversation Conversation => _session;

    private protected override long WakeMs => Math.Min(_session.WakeDueMs, _connection!.NextWakeMs);

    private protected override void Start()
    {
        _connection = _server.Accept(Clock.NowMs);
        Sessions.TlsSession? session = Session(_server.State, Context.IsTls13 ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12);
        _session.Query(Query, 0, Query.Length, Clock.NowMs);
        BeginMeasure();
        _session.Open(session!, Clock.NowMs, Clock.UtcMs);
        EndMeasure();
    }

    private protected override void GiveClient(byte[] bytes)
    {
        int at = 0;
        while (at < bytes.Length && _session.IsOpen)
        {
            BeginMeasure();
            at += _session.Receive(bytes, at, bytes.Length - at, Clock.NowMs);
            EndMeasure();
            PumpClient();
        }
    }

    private protected override void GiveServer(byte[] bytes)
    {
        _connection!.Receive(bytes, 0, bytes.Length, Clock.NowMs);
    }

    private protected override void HandleTimeouts()
    {
        BeginMeasure();
        _session.HandleTimeout(Clock.NowMs);
        EndMeasure();
        _connection!.HandleTimeout(Clock.NowMs);
    }

    private protected override void PumpServer()
    {
        int count;
        while ((count = _connection!.Transmit(_serverWire, 0, _serverWire.Length)) > 0)
        {
            foreach (byte[] record in _meddler.Pass(_serverWire.AsSpan(0, count)))
                SendDown(record);
        }

        if (_connection.Closed == TransportEnd.Open || _ended)
            return;

        _ended = true;
        SendEnd(_connection.Closed);
    }

    private protected override void EndTransport(TransportEnd end)
    {
        BeginMeasure();
        _session.TransportClosed(end == TransportEnd.Reset, Clock.NowMs);
        EndMeasure();
    }

    private void Connected()
    {
        Context.OnConnected?.Invoke(_connection!.Tls);
        if (Context.Forged == null)
            return;

        foreach (byte[] bytes in Context.Forged())
            SendDown(bytes);
    }
}
