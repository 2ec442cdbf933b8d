using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;

namespace DprivEmbedded.Tls;

// What the handshake of DTLS 1.2 (RFC 6347 section 4.2) has beside that of TLS 1.2: the cookie exchange before it, the longer header of its messages in
// the transcript, and two extensions.
//
//  1. -> ClientHello
//  2. <- HelloVerifyRequest with a cookie              (a server that checks addresses; not in the transcript)
//  3. -> ClientHello with the cookie
//  4. <- ServerHello ...                               (as in TLS 1.2)
internal sealed partial class ClientHandshake
{
    private const int MaxHelloVerifyRequests = 3;

    private readonly DtlsClientOptions _dtls;
    private readonly byte[] _longHeader = new byte[12];
    private byte[] _verifyCookie;
    private int _helloVerifyRequests;

    /// <summary>The id that the peer wants in records to it; null where none was agreed on. May be empty.</summary>
    public byte[] PeerConnectionId;

    /// <summary>Whether connection ids were agreed on (RFC 9146 section 3).</summary>
    public bool ConnectionIdsAgreed;

    /// <summary>Whether the peer may be sent heartbeat requests (RFC 6520 section 2).</summary>
    public bool PeerAnswersHeartbeats;

    /// <summary>Whether the peer speaks heartbeat at all: it may send requests then.</summary>
    public bool HeartbeatAgreed;

    private int Version12 { get { return _dtls == null ? ProtocolVersion.Tls12 : ProtocolVersion.Dtls12; } }

    /// <summary>Whether a change_cipher_spec can be taken now. One that came too early waits: datagrams overtake each other.</summary>
    public bool AwaitsChangeCipherSpec
    {
        get { return !InMessage && (_state == HandshakeState.ChangeCipherSpec12 || (_state == HandshakeState.CertificateOrAbbreviated12 && !_ticketExpected12)); }
    }

    private void ResetDatagram()
    {
        _verifyCookie = null;
        _helloVerifyRequests = 0;
        PeerConnectionId = null;
        ConnectionIdsAgreed = false;
        PeerAnswersHeartbeats = false;
        HeartbeatAgreed = false;
    }

    private void WriteVerifyCookie()
    {
        int length = _verifyCookie == null ? 0 : _verifyCookie.Length;
        _writer.U8(length);
        if (length > 0)
            _writer.Bytes(_verifyCookie, 0, length);
    }

    private void WriteDatagramExtensions()
    {
        if (_dtls.ConnectionId != null)
        {
            _writer.U16(ExtensionType.ConnectionId);
            _writer.U16(_dtls.ConnectionId.Length + 1);
            _writer.U8(_dtls.ConnectionId.Length);
            _writer.Bytes(_dtls.ConnectionId, 0, _dtls.ConnectionId.Length);
        }

        if (_dtls.Heartbeat)
        {
            _writer.U16(ExtensionType.Heartbeat);
            _writer.U16(1);
            _writer.U8(_dtls.AnswerHeartbeats ? 1 : 2);
        }
    }

    private int ReadDatagramExtensions()
    {
        if (_extensions.Take(ExtensionType.ConnectionId))
        {
            _extensions.Open(ExtensionType.ConnectionId, _reader, _message);
            if (_dtls.ConnectionId == null)
                return TlsError.UnsolicitedExtension;

            int length = _reader.U8();
            int start = _reader.Skip(length);
            if (!_reader.AtEnd)
                return TlsError.DecodeError;

            PeerConnectionId = Copy(_message, start, length);
            ConnectionIdsAgreed = true;
        }

        if (_extensions.Take(ExtensionType.Heartbeat))
        {
            _extensions.Open(ExtensionType.Heartbeat, _reader, _message);
            int mode = _reader.U8();
            if (!_dtls.Heartbeat)
                return TlsError.UnsolicitedExtension;
            if (!_reader.AtEnd)
                return TlsError.DecodeError;
            if (mode != 1 && mode != 2)
                return TlsError.IllegalParameter;

            HeartbeatAgreed = true;
            PeerAnswersHeartbeats = mode == 1;
        }

        return TlsError.None;
    }

    /// <summary>Repeats the ClientHello with the server's cookie; neither it nor the request count in the transcript (RFC 6347 section 4.2.1).</summary>
    private int OnHelloVerifyRequest()
    {
        int version = _reader.U16();
        int length = _reader.U8();
        int cookie = _reader.Skip(length);
        if (!_reader.AtEnd)
            return TlsError.DecodeError;
        if ((version >> 8) != 0xFE)
            return TlsError.UnsupportedVersion;
        if (++_helloVerifyRequests > MaxHelloVerifyRequests)
            return TlsError.Flood;

        _verifyCookie = Copy(_message, cookie, length);
        _transcript.Reset();
        return SendClientHello();
    }

    /// <summary>Hashes the header of the message that is being received: in DTLS as if it had come in one fragment (RFC 6347 section 4.2.6).</summary>
    private void HashHeader(int length)
    {
        if (_dtls == null)
            _transcript.Update(_message, 0, HeaderBytes);
        else
            HashLongHeader(_message[0], length, _channel.ReceiveSequence);
    }

    /// <summary>Hashes the message that was written since <see cref="BeginSend"/>.</summary>
    private void HashSent(int count)
    {
        if (_dtls == null)
        {
            _transcript.Update(_writer.Buffer, _sendStart, count);
            return;
        }

        HashLongHeader(_writer.Buffer[_sendStart], count - HeaderBytes, _channel.SendSequence);
        _transcript.Update(_writer.Buffer, _sendStart + HeaderBytes, count - HeaderBytes);
    }

    private void HashLongHeader(int type, int length, int sequence)
    {
        DtlsHandshakeHeader.Write(_longHeader, 0, type, length, sequence, 0, length);
        _transcript.Update(_longHeader, 0, DtlsHandshakeHeader.Bytes);
    }
}
