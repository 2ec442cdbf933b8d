using System;
using System.IO;

namespace DprivEmbedded.Harness.Bench;

/// <summary>A stream in memory whose other end is the harness's server, which works when the client reads.</summary>
internal sealed class StreamLink : Stream
{
    private const long NowMs = 1000;

    private static readonly byte[] s_piece = new byte[16384];

    private static readonly ByteQueue s_none = new();

    private ByteQueue _up = new();
    private ByteQueue _down = new();
    private readonly BenchMeter _meter;
    private DotConnection? _connection;

    public StreamLink(DotServer server, BenchMeter meter)
    {
        _meter = meter;
        meter.EnterServer();
        _connection = server.Accept(NowMs) ?? throw new IOException("refused");
        meter.LeaveServer();
    }

    public bool Resumed => _connection!.Tls.Resumed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (count == 0)
            return 0;

        if (_down.Count == 0)
            Serve();

        return _down.Read(buffer, offset, Math.Min(count, _down.Count));
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        _up.Write(buffer.AsSpan(offset, count));
        _meter.BytesUp += count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The server's end goes, and what is kept for it.</summary>
    public void Sever()
    {
        _connection = null;
        _up = _down = s_none;
    }

    /// <summary>The server reads what is there, and answers.</summary>
    public void Serve()
    {
        _meter.EnterServer();
        if (_up.Count > 0)
        {
            _meter.Flights++;
            int count;
            while ((count = _up.Read(s_piece, 0, Math.Min(s_piece.Length, _up.Count))) > 0)
                _connection!.Receive(s_piece, 0, count, NowMs);
        }

        int bytes;
        bool first = true;
        while ((bytes = _connection!.Transmit(s_piece, 0, s_piece.Length)) > 0)
        {
            _down.Write(s_piece.AsSpan(0, bytes));
            _meter.BytesDown += bytes;
            _meter.Flights += first ? 1 : 0;
            first = false;
        }

        _meter.LeaveServer();
    }
}
