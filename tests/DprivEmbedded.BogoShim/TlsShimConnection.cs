using System;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

internal sealed class TlsShimConnection : ShimConnection
{
    private readonly TlsClient _client;
    private readonly bool _byteByByte;
    private readonly byte[] _in = new byte[32768];
    private readonly byte[] _out = new byte[65536];
    private int _inStart;
    private int _inEnd;
    private bool _heldByteSent;

    public TlsShimConnection(TlsClientOptions options, ShimProvider provider, ShimClock clock, int port, bool byteByByte)
        : base(clock, port)
    {
        _client = new TlsClient(options, provider, new byte[TlsClient.FullReceiveBufferBytes + 2048], new byte[65536]);
        _byteByByte = byteByByte;
    }

    public override int Error => _client.Error;

    public override bool CanSend => _client.CanSend;

    public override bool CanSendEarlyData => _client.CanSendEarlyData;

    public override bool IsConnected => _client.IsConnected;

    public override bool IsPeerClosed => _client.IsPeerClosed;

    public override int Version => _client.Version;

    public override int Suite => _client.Suite;

    public override int Group => _client.Group;

    public override bool IsResumed => _client.IsResumed;

    public override bool IsEarlyDataAccepted => _client.IsEarlyDataAccepted;

    public override bool WasHelloRetried => _client.WasHelloRetried;

    public override bool IsAuthenticated => _client.IsAuthenticated;

    public override string? ApplicationProtocol => _client.ApplicationProtocol;

    public override ReadOnlySpan<byte> Data => _client.DataBuffer.AsSpan(_client.DataOffset, _client.DataCount);

    public override void Start(TlsSession? session) => _client.Start(session, Clock.NowMs, Clock.UtcMs);

    public override bool Send(ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        int sent = 0;
        while (sent < copy.Length)
        {
            int part = _client.Send(copy, sent, copy.Length - sent);
            int waiting = _client.PendingBytes;
            Flush();
            if (part == 0 && _client.PendingBytes == waiting)
                return false;

            sent += part;
        }

        return true;
    }

    public override void DataTaken() => _client.DataTaken();

    public override TlsSession? TakeSession() => _client.TakeSession();

    public override bool UpdateKeys() => _client.UpdateKeys(false);

    public override void Close()
    {
        _client.Close();
        Flush();
    }

    public override void Abort(int error)
    {
        _client.Abort(error);
        Flush();
    }

    public override void Flush()
    {
        if (HoldsWrites)
        {
            if (!_heldByteSent && _client.Transmit(_out, 0, 1) == 1)
            {
                WriteSocket(_out, 0, 1);
                _heldByteSent = true;
            }

            return;
        }

        int count;
        while ((count = _client.Transmit(_out, 0, _out.Length)) > 0)
            WriteSocket(_out, 0, count);
    }

    protected override ShimEvent NextEvent() => _client.NextEvent() switch
    {
        TlsClientEvent.FalseStart => ShimEvent.FalseStart,
        TlsClientEvent.EarlyDataRejected => ShimEvent.EarlyDataRejected,
        TlsClientEvent.Connected => ShimEvent.Connected,
        TlsClientEvent.Session => ShimEvent.Session,
        TlsClientEvent.Data => ShimEvent.Data,
        TlsClientEvent.PeerClosed => ShimEvent.PeerClosed,
        TlsClientEvent.Failed => ShimEvent.Failed,
        _ => ShimEvent.None,
    };

    protected override bool ReceiveSome()
    {
        if (_inStart == _inEnd)
        {
            _inStart = 0;
            _inEnd = ReadSocket(_in, 0, _in.Length);
            if (_inEnd == 0)
                return false;
            if (_in[0] == ContentType.Handshake && _in[5] == HandshakeType.ServerHello)
                Array.Copy(_in, 11, ServerRandom, 0, 32);
        }

        _inStart += _client.Receive(_in, _inStart, _byteByByte ? 1 : _inEnd - _inStart, Clock.NowMs);
        return true;
    }

    protected override ShimEvent EndOfStream()
    {
        _client.TransportClosed(false);
        return _client.Error == TlsError.Truncated || _client.Error == TlsError.None ? ShimEvent.EndOfStream : ShimEvent.Failed;
    }
}
