using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace DprivEmbedded.Harness.Bench;

/// <summary>BouncyCastle's TLS client.</summary>
internal sealed class BouncyStreamClient(DotServer server, bool tls13, BcTlsCrypto crypto) : BenchClient
{
    private StreamLink? _link;
    private TlsClientProtocol? _protocol;
    private TlsSession? _session;

    public override void Query()
    {
        _protocol!.WriteApplicationData(FramedQuery.Bytes, 0, FramedQuery.Bytes.Length);
        FramedQuery.ReadAnswer(_protocol.Stream);
    }

    public override void Close()
    {
        _protocol!.Close();
        _link!.Serve();
    }

    public override void DropServer() => server.LoseConnections();

    internal override void ForgetLink() => _link!.Sever();

    private protected override bool Open(bool resume)
    {
        _link = new StreamLink(server, Meter);
        _protocol = new TlsClientProtocol(_link);
        var peer = new BouncyPeer(crypto, tls13 ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12, resume ? _session : null);
        _protocol.Connect(peer);
        _session = peer.Session;
        Query();
        return peer.Resumed;
    }
}
