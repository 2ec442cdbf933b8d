using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness;

/// <summary>The server's side of one DNS-over-TLS connection, without sockets, clocks and threads.</summary>
/// <remarks>
/// Drain order, after every <see cref="Receive"/>, <see cref="HandleTimeout"/>, <see cref="TransportClosed"/> and after any change made through <see cref="DotServer"/>:
/// 1. <see cref="Transmit"/> until it gives 0, unless <see cref="Closed"/> is <see cref="TransportEnd.Reset"/>;
/// 2. <see cref="Closed"/>: where it is not <see cref="TransportEnd.Open"/>, end the transport so and drop the connection;
/// 3. <see cref="NextWakeMs"/>: call <see cref="HandleTimeout"/> then. Calls that come too early do nothing.
/// </remarks>
public sealed class DotConnection
{
    private const int MinMessageBytes = 12;

    private readonly DotServer _server;
    private readonly TlsServer _tls;
    private readonly ByteQueue _received = new();
    private readonly List<Answer> _pending = [];
    private readonly byte[] _scratch = new byte[2 + 65535];
    private readonly long _startMs;
    private long _lastActivityMs;
    private long _lastDueMs;
    private bool _counted;
    private bool _earlyCounted;
    private bool _endOnceSent;
    private bool _forgotten;
    private bool _silent;
    private int _deferred;

    internal DotConnection(DotServer server, long nowMs)
    {
        _server = server;
        _tls = new TlsServer(server.Crypto, server.Options.Tls, server.State);
        _startMs = nowMs;
        _lastActivityMs = nowMs;
    }

    /// <summary>The TLS side: what was negotiated, and <see cref="TlsServer.SendTicket"/> and the like on demand.</summary>
    public TlsServer Tls => _tls;

    /// <summary>Queries of this connection.</summary>
    public int Queries { get; private set; }

    /// <summary>Answers of this connection, wrong ones included.</summary>
    public int Answers { get; private set; }

    /// <summary>Answers that wait for their time, or for their responder.</summary>
    public int PendingAnswers => _pending.Count + _deferred;

    /// <summary>Whether and how the transport is to be ended once <see cref="Transmit"/> gave 0.</summary>
    public TransportEnd Closed { get; private set; }

    /// <summary>When <see cref="HandleTimeout"/> is to be called next, in milliseconds; <see cref="long.MaxValue"/> for never.</summary>
    public long NextWakeMs
    {
        get
        {
            if (Closed != TransportEnd.Open || _forgotten || _silent || _tls.Ended)
                return long.MaxValue;

            long wake = long.MaxValue;
            if (_tls.CanSend)
            {
                foreach (Answer answer in _pending)
                    wake = Math.Min(wake, answer.DueMs);
            }

            return Math.Min(wake, DeadlineMs);
        }
    }

    private long DeadlineMs
    {
        get
        {
            DotServerOptions options = _server.Options;
            if (!_tls.HandshakeComplete)
                return options.HandshakeTimeoutMs < 0 ? long.MaxValue : _startMs + options.HandshakeTimeoutMs;

            return options.IdleTimeoutMs < 0 || _pending.Count > 0 || _deferred > 0 ? long.MaxValue : _lastActivityMs + options.IdleTimeoutMs;
        }
    }

    /// <summary>Takes bytes from the transport; all are consumed.</summary>
    /// <param name="data">The bytes; not kept.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Number of bytes.</param>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void Receive(byte[] data, int offset, int count, long nowMs)
    {
        if (Closed != TransportEnd.Open || _silent)
            return;

        if (_forgotten)
        {
            if (count > 0)
                Finish(TransportEnd.Reset);

            return;
        }

        _server.Counters.BytesReceived += count;
        _lastActivityMs = nowMs;
        _tls.Receive(data, offset, count, nowMs);
        Count();
        TakeQueries(nowMs);
        SendDueAnswers(nowMs);
        FollowTls();
    }

    /// <summary>Takes note that the client ended the transport.</summary>
    /// <param name="reset">Whether it was torn down (TCP: RST) rather than ended in order.</param>
    public void TransportClosed(bool reset)
    {
        if (Closed != TransportEnd.Open)
            return;

        _tls.TransportClosed(reset);
        Finish(reset || _forgotten ? TransportEnd.Reset : TransportEnd.Fin);
    }

    /// <summary>Gives bytes to the transport.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <returns>Number of bytes written; 0 when there is nothing to send.</returns>
    public int Transmit(byte[] output, int offset, int capacity)
    {
        if (Closed == TransportEnd.Reset || _forgotten || _silent)
            return 0;

        int count = _tls.Transmit(output, offset, capacity);
        _server.Counters.BytesSent += count;
        if (count == 0 && _endOnceSent)
            End(_server.Options.CloseAfterAnswersManner);

        return count;
    }

    /// <summary>Does what time has brought: answers that were held back, timeouts.</summary>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void HandleTimeout(long nowMs)
    {
        if (Closed != TransportEnd.Open || _forgotten || _silent)
            return;

        SendDueAnswers(nowMs);
        FollowTls();
        if (Closed != TransportEnd.Open || _tls.Ended || nowMs < DeadlineMs)
            return;

        if (!_tls.HandshakeComplete)
        {
            _tls.Fail(TlsError.HandshakeTimeout);
            FollowTls();
            return;
        }

        _server.Counters.IdleCloses++;
        End(_server.Options.IdleClose);
    }

    /// <summary>Ends the connection from the server's side.</summary>
    /// <param name="manner">How.</param>
    public void End(CloseManner manner)
    {
        if (Closed != TransportEnd.Open || _forgotten || _silent)
            return;

        _pending.Clear();
        switch (manner)
        {
            case CloseManner.Notify:
                _tls.Close();
                FollowTls();
                break;
            case CloseManner.Fin:
                _tls.Abort(TransportEnd.Fin);
                Finish(TransportEnd.Fin);
                break;
            case CloseManner.Reset:
                _tls.Abort(TransportEnd.Reset);
                Finish(TransportEnd.Reset);
                break;
            case CloseManner.Forget:
                _forgotten = true;
                _tls.Abort(TransportEnd.Reset);
                _server.Remove(this);
                break;
            case CloseManner.Silence:
                _silent = true;
                _tls.Abort(TransportEnd.Reset);
                _server.Remove(this);
                break;
        }
    }

    private void Finish(TransportEnd end)
    {
        if (!_tls.HandshakeComplete && !_forgotten)
            _server.Counters.FailedHandshakes++;

        Closed = end;
        _pending.Clear();
        _server.Remove(this);
    }

    /// <summary>Ends the connection where its TLS side has.</summary>
    private void FollowTls()
    {
        if (Closed != TransportEnd.Open)
            return;

        if (_tls.PeerClosed && _tls.End == TransportEnd.Open)
        {
            _server.Counters.ClosedByClient++;
            _tls.Close();
        }

        if (_tls.End != TransportEnd.Open)
            Finish(_tls.End);
    }

    private void Count()
    {
        DotServerCounters counters = _server.Counters;
        if (!_earlyCounted && (_tls.UsedHelloRetryRequest || _tls.EarlyDataOffered))
        {
            _earlyCounted = true;
            counters.HelloRetryRequests += _tls.UsedHelloRetryRequest ? 1 : 0;
            counters.EarlyDataOffered += _tls.EarlyDataOffered ? 1 : 0;
            counters.EarlyDataAccepted += _tls.EarlyDataAccepted ? 1 : 0;
        }

        if (_counted || !_tls.HandshakeComplete)
            return;

        _counted = true;
        if (_tls.Resumed)
            counters.ResumedHandshakes++;
        else
            counters.FullHandshakes++;

        if (_tls.UsedPsk)
            counters.PskHandshakes++;
    }

    private void TakeQueries(long nowMs)
    {
        int count;
        while ((count = _tls.Read(_scratch, 0, _scratch.Length)) > 0)
            _received.Write(_scratch.AsSpan(0, count));

        while (_received.Count >= 2 && !_tls.Ended)
        {
            ReadOnlySpan<byte> bytes = _received.Bytes;
            int length = (bytes[0] << 8) | bytes[1];
            if (length < MinMessageBytes)
            {
                _server.Counters.MalformedFrames++;
                _received.Clear();
                End(CloseManner.Notify);
                return;
            }

            if (bytes.Length < 2 + length)
                return;

            byte[] query = bytes.Slice(2, length).ToArray();
            _received.Skip(2 + length);
            TakeQuery(query, nowMs);
        }
    }

    private void TakeQuery(byte[] query, long nowMs)
    {
        DotServerOptions options = _server.Options;
        Queries++;
        _server.Counters.Queries++;
        if (!_tls.HandshakeComplete)
            _server.Counters.EarlyQueries++;

        int number = Queries - 1;
        if (_server.Responder != null)
        {
            int keepalive = options.Draining ? 0 : options.AdvertisedKeepaliveMs;
            int count = _server.Responder.Respond(query, 0, query.Length, _scratch, 0, 65535, keepalive);
            Reply(query, number, count == 0 ? null : _scratch[..count], nowMs);
            return;
        }

        _deferred++;
        _server.Deferred!.Begin(query, 65535, response =>
        {
            if (_server.Post != null)
                _server.Post(laterMs => Later(response, laterMs));
            else
                Later(response, nowMs);
        });

        void Later(byte[]? response, long laterMs)
        {
            _deferred--;
            if (Closed != TransportEnd.Open || _forgotten || _silent)
                return;

            Reply(query, number, response, laterMs);
            SendDueAnswers(laterMs);
            FollowTls();
        }
    }

    private void Reply(byte[] query, int number, byte[]? response, long nowMs)
    {
        DotServerOptions options = _server.Options;
        if (response == null)
        {
            _server.Counters.MalformedFrames++;
            return;
        }

        int every = Math.Max(1, options.AnswerFaultEvery);
        AnswerFault fault = number % every == 0 ? options.AnswerFault : AnswerFault.None;
        List<byte[]> frames = Spoil(fault, query, response);
        if (fault != AnswerFault.None && options.RightAnswerFollows)
            frames.Add(Frame(response, response.Length));

        if (frames.Count == 0)
            return;

        long due = nowMs + options.AnswerDelayMs + (options.AnswerJitterMs > 0 ? _server.Lot.Next(options.AnswerJitterMs + 1) : 0);
        if (!options.OutOfOrder)
            due = Math.Max(due, _lastDueMs);

        _lastDueMs = due;
        _pending.Add(new Answer(due, frames));
    }

    private List<byte[]> Spoil(AnswerFault fault, byte[] query, byte[] response)
    {
        byte[][]? messages = AnswerSpoiler.Spoil(fault, query, response, _server.Lot);
        if (messages != null)
            return [.. messages.Select(m => Frame(m, m.Length))];

        return fault switch
        {
            AnswerFault.EmptyFrame => [[0, 0]],
            AnswerFault.OversizeFrame => [Frame(response, 65535)],
            _ => [Frame(response[..(response.Length / 2)], response.Length)],
        };
    }

    private static byte[] Frame(byte[] message, int length)
    {
        return [(byte)(length >> 8), (byte)length, .. message];
    }

    private void SendDueAnswers(long nowMs)
    {
        DotServerOptions options = _server.Options;
        if (!_tls.CanSend)
            return;

        List<Answer> due = [.. _pending.Where(a => a.DueMs <= nowMs).OrderBy(a => a.DueMs)];
        if (options.OutOfOrder)
            _server.Lot.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(due));

        ByteQueue together = new();
        foreach (Answer answer in due)
        {
            if (Closed != TransportEnd.Open || _tls.Ended || _forgotten || _silent)
                return;

            _pending.Remove(answer);
            _lastActivityMs = nowMs;
            Answers++;
            _server.Counters.Answers++;
            foreach (byte[] frame in answer.Frames)
            {
                if (options.CoalesceAnswers)
                    together.Write(frame);
                else
                    SendFrame(frame, options.SplitLengthPrefix);
            }

            if (options.CloseAfterAnswers > 0 && Answers >= options.CloseAfterAnswers)
            {
                SendTogether(together);
                // Whoever forgets or falls silent has sent its answers before.
                if (options.CloseAfterAnswersManner is CloseManner.Forget or CloseManner.Silence)
                {
                    _endOnceSent = true;
                    _pending.Clear();
                }
                else
                    End(options.CloseAfterAnswersManner);

                return;
            }
        }

        SendTogether(together);
    }

    private void SendTogether(ByteQueue together)
    {
        if (together.Count > 0)
            SendFrame(together.Bytes.ToArray(), false);
    }

    private void SendFrame(byte[] frame, bool splitLength)
    {
        if (splitLength)
        {
            _tls.Send(frame, 0, 2);
            _tls.Send(frame, 2, frame.Length - 2);
        }
        else
            _tls.Send(frame, 0, frame.Length);
    }

    private sealed record Answer(long DueMs, List<byte[]> Frames);
}
