using System;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

// Heartbeats. Source: RFC 6520.
public sealed partial class DtlsServer
{
    private const int Request = 1;
    private const int Response = 2;
    private const int HeaderBytes = 3;
    private const int PaddingBytes = 16;

    private byte[]? _heartbeat;
    private int _heartbeatPayloadBytes;
    private int _heartbeatTries;
    private int _heartbeatMs;
    private long _heartbeatAtMs = long.MaxValue;

    /// <summary>Whether both sides know heartbeats.</summary>
    public bool HeartbeatAgreed { get; private set; }

    /// <summary>Whether the client may be sent heartbeat requests.</summary>
    public bool PeerAnswersHeartbeats { get; private set; }

    /// <summary>Whether a request waits for its answer.</summary>
    public bool HeartbeatPending => _heartbeat != null;

    /// <summary>Requests that were answered.</summary>
    public int HeartbeatsConfirmed { get; private set; }

    /// <summary>Sends a heartbeat request; retransmitted until it is answered, and where it never is, the association ends with <see cref="TlsError.SilentPeer"/>.</summary>
    /// <param name="payloadBytes">Size of the payload, random bytes.</param>
    /// <param name="paddingBytes">Size of the padding, 16 or more.</param>
    /// <returns>False where it was not sent: not complete, not agreed on, too large for a datagram, or one is on its way already.</returns>
    public bool SendHeartbeat(int payloadBytes = 16, int paddingBytes = PaddingBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(paddingBytes, PaddingBytes);
        if (!CanSend || !PeerAnswersHeartbeats || _heartbeat != null || HeaderBytes + payloadBytes + paddingBytes > MaxSendBytes)
            return false;

        _heartbeat = Heartbeat(Request, RandomBytes(payloadBytes), paddingBytes);
        _heartbeatPayloadBytes = payloadBytes;
        _heartbeatTries = 0;
        _heartbeatMs = _options.InitialRetransmitMs;
        SendHeartbeatRequest();
        return true;
    }

    /// <summary>Sends a heartbeat message as it is, for tests: a wrong payload_length, a request that was not agreed on.</summary>
    /// <param name="message">The whole message.</param>
    /// <exception cref="InvalidOperationException">The handshake is not complete or the association has ended.</exception>
    public void SendRawHeartbeat(byte[] message)
    {
        if (!CanSend)
            throw new InvalidOperationException("The handshake is not complete, or the association has ended.");

        WriteRecord(ContentType.Heartbeat, 1, message);
        FlushDatagram();
    }

    private void HeartbeatTimeout()
    {
        if (++_heartbeatTries > _options.MaxHeartbeatRetransmits)
        {
            Error = TlsError.SilentPeer;
            End(0);
            return;
        }

        _heartbeatMs = Math.Min(2 * _heartbeatMs, _options.MaxRetransmitMs);
        SendHeartbeatRequest();
    }

    private void SendHeartbeatRequest()
    {
        _socket.Counters.HeartbeatsSent++;
        _heartbeatAtMs = NowMs + _heartbeatMs;
        WriteRecord(ContentType.Heartbeat, 1, _heartbeat);
        FlushDatagram();
    }

    private void HeartbeatMessage(ReadOnlySpan<byte> message)
    {
        int payloadBytes = message.Length < HeaderBytes ? 0 : (message[1] << 8) | message[2];
        if (!HandshakeComplete || !HeartbeatAgreed || message.Length < HeaderBytes + payloadBytes + PaddingBytes)
        {
            DiscardHeartbeat();
            return;
        }

        ReadOnlySpan<byte> payload = message.Slice(HeaderBytes, payloadBytes);
        switch (message[0])
        {
            case Request when _options.Heartbeat == HeartbeatPolicy.Answer && HeaderBytes + payloadBytes + PaddingBytes <= MaxSendBytes:
                _socket.Counters.HeartbeatsAnswered++;
                WriteRecord(ContentType.Heartbeat, 1, Heartbeat(Response, payload, PaddingBytes));
                FlushDatagram();
                break;
            case Response when _heartbeat != null && payload.SequenceEqual(_heartbeat.AsSpan(HeaderBytes, _heartbeatPayloadBytes)):
                _heartbeat = null;
                _heartbeatAtMs = long.MaxValue;
                HeartbeatsConfirmed++;
                _socket.Counters.HeartbeatsConfirmed++;
                break;
            default:
                DiscardHeartbeat();
                break;
        }
    }

    private void DiscardHeartbeat()
    {
        _socket.Counters.HeartbeatsDiscarded++;
        Discard();
    }

    private byte[] Heartbeat(int type, ReadOnlySpan<byte> payload, int paddingBytes)
    {
        return [(byte)type, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload, .. RandomBytes(paddingBytes)];
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        Crypto.Random.Fill(bytes, 0, count);
        return bytes;
    }
}
