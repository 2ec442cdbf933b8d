using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>A DNS-over-DTLS server (RFC 8094) without sockets, clocks and threads: one DNS message a record, many associations on one socket. It never speaks plain DNS.</summary>
/// <remarks>
/// Drain order, after every <see cref="Receive"/>, <see cref="HandleTimeout"/> and change: <see cref="Transmit"/> until 0, then wait until <see cref="NextWakeMs"/> and call
/// <see cref="HandleTimeout"/>. Addresses are opaque, see <see cref="DtlsServerSocket"/>. Not thread-safe.
/// </remarks>
public sealed class DodtlsServer
{
    private const int LeastPayloadBytes = 512;
    private const int MaxPending = 4096;

    private readonly IDnsResponder? _responder;
    private readonly IDeferredDnsResponder? _deferred;
    private readonly List<Answer> _pending = [];
    private readonly byte[] _scratch = new byte[65535];
    private readonly Random _lot;
    private long _nowMs;
    private long _lastDueMs;

    /// <summary>Makes a server.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="responder">Answers the queries.</param>
    /// <param name="options">How it behaves; not copied.</param>
    public DodtlsServer(ICryptoProvider crypto, IDnsResponder responder, DodtlsServerOptions options)
        : this(crypto, options)
    {
        _responder = responder;
    }

    /// <summary>Makes a server whose answers come later.</summary>
    /// <param name="crypto">Where the primitives come from.</param>
    /// <param name="responder">Answers the queries.</param>
    /// <param name="options">How it behaves; not copied.</param>
    public DodtlsServer(ICryptoProvider crypto, IDeferredDnsResponder responder, DodtlsServerOptions options)
        : this(crypto, options)
    {
        _deferred = responder;
    }

    private DodtlsServer(ICryptoProvider crypto, DodtlsServerOptions options)
    {
        Options = options;
        Socket = new DtlsServerSocket(crypto, options.Dtls);
        _lot = new Random(options.Seed);
    }

    /// <summary>How the server behaves; may be changed at any time.</summary>
    public DodtlsServerOptions Options { get; }

    /// <summary>The DTLS side: its associations and counters. Its application data is the server's; read none there.</summary>
    public DtlsServerSocket Socket { get; }

    /// <summary>Ticket keys, kept sessions, PSKs.</summary>
    public ServerState State => Socket.State;

    /// <summary>What the server has seen.</summary>
    public DodtlsServerCounters Counters { get; } = new();

    /// <summary>Answers that wait for their time.</summary>
    public int PendingAnswers => _pending.Count;

    /// <summary>When <see cref="HandleTimeout"/> is to be called next, in milliseconds; <see cref="long.MaxValue"/> for never.</summary>
    public long NextWakeMs
    {
        get
        {
            long wake = Socket.NextWakeMs;
            foreach (Answer answer in _pending)
                wake = Math.Min(wake, answer.DueMs);

            return wake;
        }
    }

    /// <summary>Brings an answer that came later back to the driver, with the time; null where the driver needs no such help.</summary>
    internal Action<Action<long>>? Post { get; set; }

    /// <summary>Takes a datagram.</summary>
    /// <param name="address">Where it came from.</param>
    /// <param name="data">Holds the datagram; not kept and not changed.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="count">Its number of bytes.</param>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void Receive(object address, byte[] data, int offset, int count, long nowMs)
    {
        _nowMs = nowMs;
        Socket.Receive(address, data, offset, count, nowMs);
        while (Socket.TryRead(out DtlsServer? association, out byte[]? record))
            TakeRecord(association, record);

        SendDueAnswers();
    }

    /// <summary>Gives one datagram to send.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="offset">First byte to write.</param>
    /// <param name="capacity">How many bytes may be written.</param>
    /// <param name="address">Where it goes; null where there is none.</param>
    /// <returns>Number of bytes written; 0 when there is nothing to send.</returns>
    /// <exception cref="ArgumentException">The datagram is larger than <paramref name="capacity"/>; it stays.</exception>
    public int Transmit(byte[] output, int offset, int capacity, out object? address)
    {
        return Socket.Transmit(output, offset, capacity, out address);
    }

    /// <summary>Does what time has brought: answers that were held back, retransmissions, timeouts. Calls that come too early do nothing.</summary>
    /// <param name="nowMs">Now, in milliseconds.</param>
    public void HandleTimeout(long nowMs)
    {
        _nowMs = nowMs;
        SendDueAnswers();
        Socket.HandleTimeout(nowMs);
    }

    /// <summary>The server crashes and starts again, see <see cref="DtlsServerSocket.LoseState"/>; answers that wait are lost too.</summary>
    public void LoseState()
    {
        _pending.Clear();
        Socket.LoseState();
    }

    /// <summary>The server loses its associations and keeps what resumes them, see <see cref="DtlsServerSocket.LoseAssociations"/>; answers that wait are lost too.</summary>
    public void LoseAssociations()
    {
        _pending.Clear();
        Socket.LoseAssociations();
    }

    private void TakeRecord(DtlsServer association, byte[] record)
    {
        bool prefixed = Options.Prefix switch
        {
            PrefixMode.Raw => false,
            PrefixMode.Prefix => true,
            _ => !DnsReplies.IsQuery(record) && HasPrefix(record),
        };
        byte[] query = prefixed && HasPrefix(record) ? record[2..] : record;
        if ((prefixed && !HasPrefix(record)) || !DnsReplies.IsQuery(query))
        {
            Counters.MalformedMessages++;
            return;
        }

        int number = Counters.Queries++;
        Counters.PrefixedQueries += prefixed ? 1 : 0;
        DnsMessageReader reader = new();
        int payload = reader.Reset(query, 0, query.Length) ? Math.Max(LeastPayloadBytes, reader.UdpPayloadBytes) : LeastPayloadBytes;
        int limit = Math.Min(Math.Min(payload, Options.MaxAnswerBytes), association.MaxSendBytes - (prefixed ? 2 : 0));
        if (_responder != null)
        {
            int count = limit < 0 ? 0 : _responder.Respond(query, 0, query.Length, _scratch, 0, limit, -1);
            Reply(association, number, prefixed, query, count == 0 ? null : _scratch[..count], limit);
            return;
        }

        _deferred!.Begin(query, limit, response =>
        {
            if (Post != null)
                Post(nowMs => Later(nowMs, response));
            else
                Later(_nowMs, response);
        });

        void Later(long nowMs, byte[]? response)
        {
            _nowMs = nowMs;
            Reply(association, number, prefixed, query, response, limit);
            SendDueAnswers();
        }
    }

    private static bool HasPrefix(byte[] record)
    {
        return record.Length >= 2 && ((record[0] << 8) | record[1]) == record.Length - 2;
    }

    private void Reply(DtlsServer association, int number, bool prefixed, byte[] query, byte[]? response, int limit)
    {
        if (response == null || _pending.Count >= MaxPending)
        {
            Counters.Dropped++;
            return;
        }

        if (response.Length > limit)
            response = DnsReplies.Truncated(query, response);

        if ((response[2] & 2) != 0)
            Counters.Truncated++;

        AnswerFault fault = number % Math.Max(1, Options.AnswerFaultEvery) == 0 ? Options.AnswerFault : AnswerFault.None;
        List<byte[]> records = Frames(fault, prefixed, query, response);
        if (fault != AnswerFault.None && Options.RightAnswerFollows)
            records.Add(Frame(response, prefixed));

        if (Options.DropProbability > 0 && _lot.NextDouble() < Options.DropProbability)
        {
            Counters.Dropped++;
            return;
        }

        if (records.Count == 0)
            return;

        long due = _nowMs + Options.AnswerDelayMs + (Options.AnswerJitterMs > 0 ? _lot.Next(Options.AnswerJitterMs + 1) : 0);
        if (!Options.OutOfOrder)
            due = Math.Max(due, _lastDueMs);

        _lastDueMs = due;
        _pending.Add(new Answer(association, due, records));
    }

    private List<byte[]> Frames(AnswerFault fault, bool prefixed, byte[] query, byte[] response)
    {
        byte[][]? messages = AnswerSpoiler.Spoil(fault, query, response, _lot);
        if (messages != null)
            return [.. messages.Select(m => Frame(m, prefixed))];

        return fault switch
        {
            AnswerFault.EmptyFrame => [[]],
            AnswerFault.OversizeFrame => [[0xFF, 0xFF, .. response]],
            _ => [[(byte)(response.Length >> 8), (byte)response.Length, .. response[..(response.Length / 2)]]],
        };
    }

    private static byte[] Frame(byte[] message, bool prefixed)
    {
        return prefixed ? [(byte)(message.Length >> 8), (byte)message.Length, .. message] : message;
    }

    private void SendDueAnswers()
    {
        List<Answer> due = [.. _pending.Where(a => a.DueMs <= _nowMs).OrderBy(a => a.DueMs)];
        if (Options.OutOfOrder)
            _lot.Shuffle(CollectionsMarshal.AsSpan(due));

        foreach (Answer answer in due)
        {
            _pending.Remove(answer);
            if (!answer.Association.CanSend)
            {
                Counters.Dropped++;
                continue;
            }

            Counters.Answers++;
            foreach (byte[] record in answer.Records)
                answer.Association.Send(record, 0, record.Length);
        }
    }

    private sealed record Answer(DtlsServer Association, long DueMs, List<byte[]> Records);
}
