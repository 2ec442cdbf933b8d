using System;
using System.Collections.Generic;
using Org.BouncyCastle.Tls;

namespace DprivEmbedded.Harness.Bench;

/// <summary>Datagrams in memory to and from the harness's server, which works when the client listens.</summary>
internal sealed class DatagramLink(DodtlsServer server, BenchMeter meter) : DatagramTransport
{
    private const long NowMs = 1000;
    private static readonly byte[] s_output = new byte[2048];
    private static readonly Queue<byte[]> s_none = new();

    private readonly object _address = new();
    private Queue<byte[]> _up = [];
    private Queue<byte[]> _down = [];

    public bool Resumed => server.Socket.Find(_address)!.Resumed;

    public int GetReceiveLimit() => 2048;

    public int GetSendLimit() => 1232;

    public int Receive(byte[] buf, int off, int len, int waitMillis)
    {
        if (_down.Count == 0)
            Serve();

        if (!_down.TryDequeue(out byte[]? datagram))
            return -1;

        int count = Math.Min(len, datagram.Length);
        Array.Copy(datagram, 0, buf, off, count);
        return count;
    }

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        if (_down.Count == 0)
            Serve();

        if (!_down.TryDequeue(out byte[]? datagram))
            return -1;

        int count = Math.Min(buffer.Length, datagram.Length);
        datagram.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    // The copy stands for the kernel's: it is made on the server's account.
    public void Send(ReadOnlySpan<byte> buffer)
    {
        meter.EnterServer();
        _up.Enqueue(buffer.ToArray());
        meter.BytesUp += buffer.Length;
        meter.LeaveServer();
    }

    public void Close()
    {
    }

    /// <summary>What is kept for datagrams goes.</summary>
    public void Sever() => _up = _down = s_none;

    public void Serve()
    {
        meter.EnterServer();
        if (_up.Count > 0)
        {
            meter.Flights++;
            while (_up.TryDequeue(out byte[]? datagram))
                server.Receive(_address, datagram, 0, datagram.Length, NowMs);
        }

        byte[] output = s_output;
        int count;
        bool first = true;
        while ((count = server.Transmit(output, 0, output.Length, out _)) > 0)
        {
            _down.Enqueue(output.AsSpan(0, count).ToArray());
            meter.BytesDown += count;
            meter.Flights += first ? 1 : 0;
            first = false;
        }

        meter.LeaveServer();
    }
}
