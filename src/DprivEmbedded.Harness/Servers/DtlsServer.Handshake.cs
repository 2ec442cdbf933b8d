using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

// Flights, their timers and the reassembly of what comes. Source: RFC 6347 sections 4.2.3 and 4.2.4.
//
//   client                                     server
//   1. ClientHello                  -------->
//   2.                              <--------  HelloVerifyRequest          (the socket's work: nothing is remembered)
//   3. ClientHello with cookie      -------->
//   4. full:                        <--------  ServerHello ... ServerHelloDone            (timer)
//   5. ClientKeyExchange, [CCS], Finished  -->
//   6.                              <--------  NewSessionTicket, [CCS], Finished          (no timer: sent again when 5 comes again)
//
//   4. resumed:                     <--------  ServerHello, NewSessionTicket, [CCS], Finished   (timer)
//   5. [CCS], Finished              -------->
public sealed partial class DtlsServer
{
    private const int Window = 8;
    private const int LeastFragmentBytes = 64;

    private readonly Dictionary<int, DtlsReassembly> _incoming = [];
    private readonly List<FlightItem> _flight = [];
    private readonly List<byte> _together = [];
    private ServerHandshake12? _handshake;
    private int _sendSequence;
    private int _receiveSequence;
    private int _flightTrigger;
    private int _deliveredSequence;
    private bool _changeCipherSpec;
    private bool _flightSent;
    private long _flightAgainDatagram = -1;
    private long _retransmitAtMs = long.MaxValue;
    private long _flightEndsMs = long.MaxValue;
    private int _retransmitMs;
    private int _togetherEpoch;
    private bool _busy;

    internal override int SendSequence => _sendSequence;

    internal override int ReceiveSequence => _deliveredSequence;

    /// <summary>Begins with a ClientHello whose cookie, if any is demanded, was right.</summary>
    internal void Start(ClientHello hello, byte[] message, int messageSequence, ulong recordSequence)
    {
        ClientRandom = hello.Random;
        HelloSequence = messageSequence;
        NotePlain(recordSequence);
        _plainSequence = recordSequence;
        _sendSequence = messageSequence;
        _deliveredSequence = messageSequence;
        _receiveSequence = messageSequence + 1;
        _handshake = new ServerHandshake12(this);
        _busy = true;
        _handshake.ClientHello(hello, message);
        _busy = false;
        SendFlight();
    }

    /// <summary>Takes note that the ClientHello came once more in a new record: the client has not seen the flight that answers it.</summary>
    internal void HelloAgain(ulong recordSequence, long nowMs)
    {
        NowMs = nowMs;
        if (!NotePlain(recordSequence))
        {
            _socket.Counters.ReplayedRecords++;
            Discard();
        }
        else if (!HandshakeComplete && !Ended && _flightTrigger == HelloSequence)
            SendFlightAgain();
        else
            Discard();
    }

    internal override void SendHandshake(ReadOnlySpan<byte> message)
    {
        NewFlight();
        _flight.Add(new FlightItem(ContentType.Handshake, _write == null ? 0 : 1, _sendSequence++, message.ToArray()));
    }

    internal override void SendChangeCipherSpec()
    {
        NewFlight();
        _flight.Add(new FlightItem(ContentType.ChangeCipherSpec, 0, -1, [1]));
    }

    internal override void Complete()
    {
        base.Complete();
        DtlsServerCounters counters = _socket.Counters;
        if (Resumed)
            counters.ResumedHandshakes++;
        else
            counters.FullHandshakes++;

        if (UsedPsk)
            counters.PskHandshakes++;
    }

    internal override void AddOwnExtensions(ExtensionList list, ClientHello hello)
    {
        if (hello.ConnectionId != null && _options.ConnectionIdBytes >= 0)
        {
            byte[]? own = _socket.NewConnectionId(this, _options.ConnectionIdBytes);
            if (own != null)
            {
                ConnectionId = own;
                PeerConnectionId = hello.ConnectionId;
                list.Add(ExtensionType.ConnectionId, [(byte)own.Length, .. own]);
            }
        }

        if (hello.HeartbeatMode != 0 && _options.Heartbeat != HeartbeatPolicy.Off)
        {
            HeartbeatAgreed = true;
            PeerAnswersHeartbeats = hello.HeartbeatMode == 1;
            list.Add(ExtensionType.Heartbeat, (byte)(_options.Heartbeat == HeartbeatPolicy.Answer ? 1 : 2));
        }
    }

    /// <summary>Takes the fragments in a record.</summary>
    private void Fragments(ReadOnlySpan<byte> content, int epoch)
    {
        while (content.Length > 0 && !Ended)
        {
            if (!DtlsFragment.TryRead(content, out DtlsFragment fragment))
            {
                Discard();
                return;
            }

            ReadOnlySpan<byte> part = content.Slice(DtlsHandshakeHeader.Bytes, fragment.Count);
            content = content[(DtlsHandshakeHeader.Bytes + fragment.Count)..];
            if (HandshakeComplete && epoch == 1 && fragment.Type == HandshakeType.ClientHello)
            {
                // No renegotiation here.
                if (fragment.IsLast && Idle())
                    SendAlert(1, AlertDescription.NoRenegotiation);
            }
            else if (fragment.Sequence < _receiveSequence)
            {
                // What led to the flight came again, so the flight did not arrive.
                if (fragment.Sequence == _flightTrigger && fragment.IsLast && fragment.Type != HandshakeType.ClientHello)
                    SendFlightAgain();
            }
            else if (HandshakeComplete || fragment.Sequence >= _receiveSequence + Window || fragment.Length > _options.MaxMessageBytes)
                Discard();
            else
                Fragment(fragment, part, epoch);
        }

        Advance();
    }

    private void Fragment(DtlsFragment fragment, ReadOnlySpan<byte> part, int epoch)
    {
        if (!_incoming.TryGetValue(fragment.Sequence, out DtlsReassembly? message) || message.Epoch < epoch)
        {
            // All messages in work together are bounded too.
            if (_incoming.Values.Sum(m => m.Length) + fragment.Length > 2 * _options.MaxMessageBytes)
            {
                Discard();
                return;
            }

            message = DtlsReassembly.Begin(fragment, epoch);
            _incoming[fragment.Sequence] = message;
        }

        if (message.Epoch != epoch || !message.Add(fragment, part))
            Discard();
    }

    /// <summary>Takes the messages that are complete, in their order, and change_cipher_spec at its place.</summary>
    private void Advance()
    {
        if (_busy)
            return;

        _busy = true;
        while (!Ended && _handshake != null)
        {
            if (_changeCipherSpec && _handshake.AwaitsChangeCipherSpec)
            {
                _handshake.ChangeCipherSpec();
                List<(byte[] Record, object From)> early = [.. _earlyRecords];
                _earlyRecords.Clear();
                foreach ((byte[] record, object from) in early)
                {
                    if (!ReceiveProtected(record, from, NowMs))
                        Discard();
                }
            }

            if (!_incoming.TryGetValue(_receiveSequence, out DtlsReassembly? message) || !message.IsComplete || message.Epoch != (_read == null ? 0 : 1))
                break;

            _incoming.Remove(_receiveSequence);
            _deliveredSequence = _receiveSequence++;
            _handshake.Message(message.Message[0], message.Message);
        }

        _busy = false;
        if (Ended)
            return;

        SendFlight();
        if (!HandshakeComplete || _handshake == null)
            return;

        EndHandshake();
        _socket.Completed(this);
        foreach (byte[] data in _earlyData)
            _socket.Deliver(this, data);

        _earlyData.Clear();
    }

    /// <summary>What the handshake needed and the association does not.</summary>
    private void EndHandshake()
    {
        _handshake?.Clear();
        _handshake = null;
        _incoming.Clear();
        _retransmitAtMs = long.MaxValue;
        if (Resumed || Ended)
            _flight.Clear();

        _flightEndsMs = NowMs + _options.LastFlightLifetimeMs;
    }

    private void NewFlight()
    {
        if (!_flightSent)
            return;

        _flight.Clear();
        _flightSent = false;
    }

    /// <summary>Sends the flight in work, if there is one, and starts its timer.</summary>
    private void SendFlight()
    {
        if (_flightSent || _flight.Count == 0)
            return;

        _flightSent = true;
        _flightTrigger = _deliveredSequence;
        SendItems();
        if (HandshakeComplete)
            return;

        _retransmitMs = _options.InitialRetransmitMs;
        _retransmitAtMs = NowMs + _retransmitMs;
    }

    private void FlightTimeout()
    {
        _socket.Counters.TimerRetransmissions++;
        _retransmitMs = Math.Min(2 * _retransmitMs, _options.MaxRetransmitMs);
        _retransmitAtMs = NowMs + _retransmitMs;
        SendItems();
    }

    /// <summary>Sends the flight once more because the client sent its own once more; once a datagram.</summary>
    private void SendFlightAgain()
    {
        if (_flight.Count == 0 || !_flightSent || _flightAgainDatagram == _socket.DatagramNumber || NowMs >= _flightEndsMs)
        {
            Discard();
            return;
        }

        _flightAgainDatagram = _socket.DatagramNumber;
        _socket.Counters.RequestedRetransmissions++;
        if (!HandshakeComplete)
            _retransmitAtMs = NowMs + _retransmitMs;

        SendItems();
    }

    private void SendItems()
    {
        foreach (FlightItem item in _flight)
        {
            if (item.Type == ContentType.Handshake)
                SendMessage(item);
            else
            {
                FlushTogether();
                WriteRecord(item.Type, item.Epoch, item.Message);
            }
        }

        FlushTogether();
        FlushDatagram();
    }

    /// <summary>Cuts a message into fragments that fit records and datagrams.</summary>
    private void SendMessage(FlightItem item)
    {
        DtlsRecordProtection? write = item.Epoch == 0 ? null : _write;
        int overhead = write == null ? DtlsRecordProtection.HeaderBytes : write.OverheadBytes;
        int most = Math.Min(MaxContentBytes, _datagram.Length - overhead);
        int length = item.Message.Length - 4;
        byte[] fragment = new byte[DtlsHandshakeHeader.Bytes + length];
        int offset = 0;
        do
        {
            int room = Math.Min(MaxContentBytes, _datagram.Length - _datagramBytes - overhead - _together.Count) - DtlsHandshakeHeader.Bytes;
            int part = Math.Min(length - offset, most - DtlsHandshakeHeader.Bytes);
            if (room < part)
            {
                // A message that needs several records anyway fills up the datagram; another begins the next.
                bool fills = length > most - DtlsHandshakeHeader.Bytes && room >= LeastFragmentBytes;
                if (fills)
                    part = room;
                else
                {
                    FlushTogether();
                    FlushDatagram();
                }
            }

            DtlsHandshakeHeader.Write(fragment, 0, item.Message[0], length, item.Sequence, offset, part);
            item.Message.AsSpan(4 + offset, part).CopyTo(fragment.AsSpan(DtlsHandshakeHeader.Bytes));
            Together(fragment.AsSpan(0, DtlsHandshakeHeader.Bytes + part), item.Epoch, most);
            offset += part;
        }
        while (offset < length);
    }

    /// <summary>Adds a fragment to the record in work, or writes it in one of its own.</summary>
    private void Together(ReadOnlySpan<byte> fragment, int epoch, int most)
    {
        if (_together.Count > 0 && (_togetherEpoch != epoch || _together.Count + fragment.Length > most))
            FlushTogether();

        _togetherEpoch = epoch;
        _together.AddRange(fragment);
        if (!_options.CoalesceHandshake)
            FlushTogether();
    }

    private void FlushTogether()
    {
        if (_together.Count == 0)
            return;

        WriteRecord(ContentType.Handshake, _togetherEpoch, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_together));
        _together.Clear();
    }

    private sealed record FlightItem(int Type, int Epoch, int Sequence, byte[] Message);
}
