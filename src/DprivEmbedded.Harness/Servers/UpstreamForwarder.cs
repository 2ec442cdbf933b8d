using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness;

/// <summary>Has queries answered by another DNS server, over UDP and, where an answer does not fit, over TCP.</summary>
/// <remarks>
/// The way to that server is plain DNS: name a trusted one on the same machine or network. Each query goes out from a port of its own under a random ID. EDNS options are not passed on, they belong to one
/// hop (RFC 6891 section 6.1.1); the answer to a padded query is padded here (RFC 8467). What cannot be answered is answered with SERVFAIL.
/// </remarks>
public sealed class UpstreamForwarder : IDeferredDnsResponder, IAsyncDisposable
{
    private const int PaddingBlockBytes = 468;
    private const int UdpPayloadBytes = 1232;
    private const int OptBytes = 11;

    private readonly IPEndPoint _upstream;
    private readonly CancellationTokenSource _stop = new();
    private int _inFlight;
    private int _forwarded;
    private int _failed;
    private int _overTcp;

    /// <summary>Makes one.</summary>
    /// <param name="upstream">The DNS server.</param>
    public UpstreamForwarder(IPEndPoint upstream)
    {
        _upstream = upstream;
    }

    /// <summary>How many queries may be under way at once; more are answered with SERVFAIL.</summary>
    public int MaxInFlight { get; set; } = 128;

    /// <summary>How long each attempt over UDP waits, in milliseconds.</summary>
    public int UdpTimeoutMs { get; set; } = 1500;

    /// <summary>Attempts over UDP.</summary>
    public int UdpAttempts { get; set; } = 2;

    /// <summary>How long the attempt over TCP may take, in milliseconds.</summary>
    public int TcpTimeoutMs { get; set; } = 3000;

    /// <summary>Queries under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Queries that the other server answered.</summary>
    public int Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>Of them, those that needed TCP.</summary>
    public int OverTcp => Volatile.Read(ref _overTcp);

    /// <summary>Queries that it did not answer, or that were too many.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <inheritdoc/>
    public void Begin(byte[] query, int limit, Action<byte[]?> done)
    {
        DnsMessageReader reader = new();
        if (!reader.Reset(query, 0, query.Length) || reader.QuestionCount != 1)
        {
            done(query.Length < DnsMessageReader.HeaderBytes || (query[2] & 0x80) != 0 ? null : DnsReplies.Code(query, DnsResponseCode.FormatError));
            return;
        }

        if (reader.IsResponse)
        {
            done(null);
            return;
        }

        int refusal = reader.Opcode != DnsOpcode.Query ? DnsResponseCode.NotImplemented
            : reader.QuestionType is DnsType.Axfr or DnsType.Ixfr ? DnsResponseCode.Refused
            : DnsResponseCode.NoError;
        if (refusal != DnsResponseCode.NoError)
        {
            done(DnsReplies.Code(query, refusal));
            return;
        }

        if (Interlocked.Increment(ref _inFlight) > MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            Interlocked.Increment(ref _failed);
            done(DnsReplies.Code(query, DnsResponseCode.ServerFailure));
            return;
        }

        byte[] own = MakeQuery(query, reader);
        int padding = reader.PaddingBytes;
        _ = Task.Run(() => ForwardAsync(query, own, padding >= 0, limit, done));
    }

    /// <summary>Gives up what is under way, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;

        await _stop.CancelAsync().ConfigureAwait(false);
        while (InFlight > 0)
            await Task.Delay(5).ConfigureAwait(false);

        _stop.Dispose();
    }

    /// <summary>The query as it goes on: the same question and flags, another ID, no EDNS options.</summary>
    private static byte[] MakeQuery(byte[] query, DnsMessageReader reader)
    {
        int end = DnsReplies.QuestionEnd(query);
        byte[] own = new byte[end + (reader.HasEdns ? OptBytes : 0)];
        Array.Copy(query, own, end);
        RandomNumberGenerator.Fill(own.AsSpan(0, 2));
        Array.Clear(own, 6, 6);
        if (!reader.HasEdns)
            return own;

        own[11] = 1;
        own[end + 2] = DnsType.Opt;
        BinaryPrimitives.WriteUInt16BigEndian(own.AsSpan(end + 3), UdpPayloadBytes);
        own[end + 7] = (byte)(reader.DnssecOk ? 0x80 : 0);
        return own;
    }

    private async Task ForwardAsync(byte[] query, byte[] own, bool pad, int limit, Action<byte[]?> done)
    {
        byte[]? answer = null;
        try
        {
            answer = await OverUdpAsync(own).ConfigureAwait(false);
            if (answer == null || (answer[2] & 2) != 0)
            {
                byte[]? whole = await OverTcpAsync(own).ConfigureAwait(false);
                if (whole != null)
                    Interlocked.Increment(ref _overTcp);

                answer = whole ?? answer;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // No answer: SERVFAIL.
        }

        if (answer == null)
        {
            Interlocked.Increment(ref _failed);
            answer = DnsReplies.Code(query, DnsResponseCode.ServerFailure);
        }
        else
        {
            Interlocked.Increment(ref _forwarded);
            answer = Finish(query, answer, pad, limit);
        }

        try
        {
            done(answer);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task<byte[]?> OverUdpAsync(byte[] own)
    {
        byte[] buffer = new byte[65535];
        for (int attempt = 0; attempt < UdpAttempts; attempt++)
        {
            using Socket socket = new(_upstream.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(UdpTimeoutMs);
            try
            {
                await socket.ConnectAsync(_upstream, limit.Token).ConfigureAwait(false);
                await socket.SendAsync(own, limit.Token).ConfigureAwait(false);
                while (true)
                {
                    int count = await socket.ReceiveAsync(buffer, limit.Token).ConfigureAwait(false);
                    if (Answers(own, buffer, count))
                        return buffer[..count];
                }
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                // The next attempt.
            }
        }

        return null;
    }

    private async Task<byte[]?> OverTcpAsync(byte[] own)
    {
        using Socket socket = new(_upstream.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(TcpTimeoutMs);
        try
        {
            await socket.ConnectAsync(_upstream, limit.Token).ConfigureAwait(false);
            await using NetworkStream stream = new(socket);
            await stream.WriteAsync((byte[])[(byte)(own.Length >> 8), (byte)own.Length, .. own], limit.Token).ConfigureAwait(false);
            byte[] length = new byte[2];
            await stream.ReadExactlyAsync(length, limit.Token).ConfigureAwait(false);
            byte[] message = new byte[(length[0] << 8) | length[1]];
            await stream.ReadExactlyAsync(message, limit.Token).ConfigureAwait(false);
            return Answers(own, message, message.Length) ? message : null;
        }
        catch (Exception e) when (e is SocketException or System.IO.IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private static bool Answers(byte[] own, byte[] message, int count)
    {
        DnsMessageReader reader = new();
        return reader.Reset(message, 0, count) && reader.Answers(own, 0, own.Length);
    }

    /// <summary>Gives the answer the client's ID, this hop's EDNS, padding, and TC where it does not fit.</summary>
    private static byte[] Finish(byte[] query, byte[] answer, bool pad, int limit)
    {
        Array.Copy(query, answer, 2);
        int opt = LastOpt(answer);
        if (opt > 0)
            answer = WithoutOptions(answer, opt);

        if (answer.Length > limit)
            return DnsReplies.Truncated(query, answer);

        if (opt <= 0 || !pad || answer.Length + 4 > limit)
            return answer;

        int padding = (PaddingBlockBytes - (answer.Length + 4) % PaddingBlockBytes) % PaddingBlockBytes;
        padding = Math.Min(padding, limit - answer.Length - 4);
        byte[] padded = new byte[answer.Length + 4 + padding];
        Array.Copy(answer, padded, answer.Length);
        BinaryPrimitives.WriteUInt16BigEndian(padded.AsSpan(opt + OptBytes - 2), (ushort)(4 + padding));
        BinaryPrimitives.WriteUInt16BigEndian(padded.AsSpan(answer.Length), EdnsOptionCode.Padding);
        BinaryPrimitives.WriteUInt16BigEndian(padded.AsSpan(answer.Length + 2), (ushort)padding);
        return padded;
    }

    /// <summary>Where the last record begins, if it is OPT; else 0.</summary>
    private static int LastOpt(byte[] answer)
    {
        DnsMessageReader reader = new();
        if (!reader.Reset(answer, 0, answer.Length) || !reader.HasEdns || reader.TrailingBytes > 0)
            return 0;

        int last = 0;
        while (reader.Next())
            last = reader.Type == DnsType.Opt ? reader.NameOffset : 0;

        return last;
    }

    private static byte[] WithoutOptions(byte[] answer, int opt)
    {
        byte[] bare = answer[..(opt + OptBytes)];
        BinaryPrimitives.WriteUInt16BigEndian(bare.AsSpan(opt + 3), UdpPayloadBytes);
        bare[^2] = 0;
        bare[^1] = 0;
        return bare;
    }
}
