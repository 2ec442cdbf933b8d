using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A stream whose other end is a DotConnection in virtual time: a read that finds nothing lets time pass until the server's next wake-up.</summary>
/// <remarks>With SslStream on it, a TLS client of somebody else meets the server's engine without sockets or waiting.</remarks>
internal sealed class EngineStream : Stream
{
    private readonly DotConnection _connection;

    public EngineStream(DotServer server, long nowMs = 0)
    {
        NowMs = nowMs;
        _connection = server.Accept(nowMs) ?? throw new IOException("refused");
    }

    /// <summary>Virtual time.</summary>
    public long NowMs { get; set; }

    public DotConnection Connection => _connection;

    /// <summary>The largest piece in which bytes move.</summary>
    public int PieceBytes { get; set; } = int.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static DotServer NewServer(Action<DotServerOptions>? configure = null)
    {
        DotServerOptions options = new() { Tls = { Credentials = TestCertificates.Credentials } };
        configure?.Invoke(options);
        return new DotServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), options);
    }

    /// <summary>Shakes hands with SslStream.</summary>
    public SslStream Handshake(SslProtocols protocols = SslProtocols.Tls13)
    {
        SslStream stream = new(this, true, (_, certificate, _, _) => certificate != null);
        stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "dot.example",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [new SslApplicationProtocol("dot")],
        });
        return stream;
    }

    /// <summary>A query for an A record with its length, with edns-tcp-keepalive.</summary>
    public static byte[] Query(int id, string name, int type = DnsType.A)
    {
        byte[] buffer = new byte[2 + 512];
        int count = DnsQuery.Write(buffer, 2, 512, id, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions { TcpKeepalive = true });
        Assert(count > 0);
        buffer[0] = (byte)(count >> 8);
        buffer[1] = (byte)count;
        return buffer[..(2 + count)];
    }

    /// <summary>Reads one frame; null at the end of the stream before its first octet.</summary>
    public static byte[]? ReadFrame(Stream stream)
    {
        byte[] length = new byte[2];
        if (stream.ReadAtLeast(length, 2, false) == 0)
            return null;

        byte[] message = new byte[(length[0] << 8) | length[1]];
        stream.ReadExactly(message);
        return message;
    }

    /// <summary>The IDs of the next answers, in their order.</summary>
    public static int[] ReadIds(Stream stream, int count)
    {
        List<int> ids = [];
        for (int i = 0; i < count; i++)
        {
            byte[] message = ReadFrame(stream)!;
            ids.Add((message[0] << 8) | message[1]);
        }

        return [.. ids];
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        // SslStream asks for no bytes to learn whether there are some.
        while (count > 0)
        {
            int bytes = _connection.Transmit(buffer, offset, Math.Min(count, PieceBytes));
            if (bytes > 0)
                return bytes;

            if (_connection.Closed == TransportEnd.Fin)
                return 0;

            if (_connection.Closed == TransportEnd.Reset)
                throw new IOException("reset");

            if (_connection.NextWakeMs == long.MaxValue)
                throw new TimeoutException("The server will never say anything.");

            NowMs = Math.Max(NowMs, _connection.NextWakeMs);
            _connection.HandleTimeout(NowMs);
        }

        return 0;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        while (count > 0)
        {
            int part = Math.Min(count, PieceBytes);
            _connection.Receive(buffer, offset, part, NowMs);
            offset += part;
            count -= part;
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void Assert(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("The query does not fit.");
    }
}
