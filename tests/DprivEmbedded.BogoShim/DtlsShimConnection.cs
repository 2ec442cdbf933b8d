using System;
using System.Buffers.Binary;
using DprivEmbedded.Dtls;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>Datagrams over TCP: 'P', a length of 32 bits and the datagram; or 'T' and a time in nanoseconds, by which the runner moves the clock, answered by 't'.</summary>
internal sealed class DtlsShimConnection : ShimConnection
{
    private const int MaxDatagram = 65507;

    private readonly DtlsClient _client;
    private readonly byte[] _out = new byte[5 + MaxDatagram];
    private readonly byte[] _header = new byte[8];
    private byte[] _datagram = [];

    public DtlsShimConnection(DtlsClientOptions options, ShimProvider provider, ShimClock clock, int port)
        : base(clock, port)
    {
        _client = new DtlsClient(options, provider, new byte[65536], new byte[65536], new byte[65536]);
    }

    public override int Error => _client.Error;

    public override bool CanSend => _client.CanSend;

    public override bool CanSendEarlyData => false;

    public override bool IsConnected => _client.IsConnected;

    public override bool IsPeerClosed => false;

    public override int Version => _client.Version;

    public override int Suite => _client.Suite;

    public override int Group => _client.Group;

    public override bool IsResumed => _client.IsResumed;

    public override bool IsEarlyDataAccepted => false;

    public override bool WasHelloRetried => false;

    public override bool IsAuthenticated => _client.IsAuthenticated;

    public override string? ApplicationProtocol => _client.ApplicationProtocol;

    public override ReadOnlySpan<byte> Data => _client.DataBuffer.AsSpan(_client.DataOffset, _client.DataCount);

    public override void Start(TlsSession? session) => _client.Start(session, Clock.NowMs, Clock.UtcMs);

    public override bool Send(ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        bool sent = _client.Send(copy, 0, copy.Length);
        Flush();
        return sent;
    }

    public override void DataTaken()
    {
    }

    public override TlsSession? TakeSession() => _client.TakeSession();

    public override bool UpdateKeys() => false;

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
        int count;
        while ((count = _client.Transmit(_out, 5, MaxDatagram)) > 0)
        {
            _out[0] = (byte)'P';
            BinaryPrimitives.WriteInt32BigEndian(_out.AsSpan(1), count);
            WriteSocket(_out, 0, 5 + count);
        }
    }

    protected override ShimEvent NextEvent()
    {
        while (true)
        {
            switch (_client.NextEvent())
            {
                case DtlsClientEvent.None: return ShimEvent.None;
                case DtlsClientEvent.FalseStart: return ShimEvent.FalseStart;
                case DtlsClientEvent.Connected: return ShimEvent.Connected;
                case DtlsClientEvent.Session: return ShimEvent.Session;
                case DtlsClientEvent.Data: return ShimEvent.Data;
                case DtlsClientEvent.PeerClosed: return ShimEvent.PeerClosed;
                case DtlsClientEvent.Failed: return ShimEvent.Failed;
            }
        }
    }

    protected override bool ReceiveSome()
    {
        if (!ReadAll(_header, 1))
            return false;

        switch ((char)_header[0])
        {
            case 'T':
                if (!ReadAll(_header, 8))
                    return false;

                long milliseconds = BinaryPrimitives.ReadInt64BigEndian(_header) / 1_000_000;
                WriteSocket("t"u8.ToArray(), 0, 1);
                Clock.Advance(milliseconds);
                _client.HandleTimeout(Clock.NowMs);
                return true;

            case 'P':
                if (!ReadAll(_header, 4))
                    return false;

                _datagram = new byte[BinaryPrimitives.ReadInt32BigEndian(_header)];
                if (!ReadAll(_datagram, _datagram.Length))
                    return false;

                if (_datagram.Length > 59 && _datagram[0] == ContentType.Handshake && _datagram[13] == HandshakeType.ServerHello)
                    Array.Copy(_datagram, 27, ServerRandom, 0, 32);

                _client.Receive(_datagram, 0, _datagram.Length, Clock.NowMs);
                return true;

            default:
                throw new InvalidOperationException("unknown opcode " + _header[0]);
        }
    }

    protected override ShimEvent EndOfStream() => ShimEvent.EndOfStream;

    private bool ReadAll(byte[] buffer, int count)
    {
        int at = 0;
        while (at < count)
        {
            int part = ReadSocket(buffer, at, count - at);
            if (part == 0)
                return false;

            at += part;
        }

        return true;
    }
}
