using System;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace DprivEmbedded.Harness.Bench;

/// <summary>BouncyCastle's DTLS client.</summary>
internal sealed class BouncyDatagramClient(DodtlsServer server, BcTlsCrypto crypto) : BenchClient
{
    private DatagramLink? _link;
    private DtlsTransport? _transport;
    private TlsSession? _session;

    public override void Query()
    {
        byte[] query = BenchServer.Query;
        _transport!.Send(query, 0, query.Length);
        if (_transport.Receive(FramedQuery.Answer, 0, FramedQuery.Answer.Length, 1) <= 0)
            throw new InvalidOperationException("no answer");
    }

    public override void Close()
    {
        _transport!.Close();
        _link!.Serve();
    }

    public override void DropServer() => server.LoseAssociations();

    internal override void ForgetLink() => _link!.Sever();

    private protected override bool Open(bool resume)
    {
        _link = new DatagramLink(server, Meter);
        var peer = new BouncyPeer(crypto, ProtocolVersion.DTLSv12, resume ? _session : null);
        _transport = new DtlsClientProtocol().Connect(peer, _link);
        _session = peer.Session;
        Query();
        return peer.Resumed;
    }
}
