using System;
using System.Collections.Generic;
using System.Threading;
using Org.BouncyCastle.Tls;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A client's socket in a <see cref="DtlsNetwork"/>, with an address that may change.</summary>
internal sealed class DtlsLink : DatagramTransport
{
    private readonly DtlsNetwork _network;

    public DtlsLink(DtlsNetwork network, string address)
    {
        _network = network;
        Address = address;
    }

    public string Address { get; set; }

    /// <summary>Whether waiting takes true time too, for a client whose timers look at the clock.</summary>
    public bool Sleeps { get; set; }

    public int GetReceiveLimit() => 65535;

    public int GetSendLimit() => 1232;

    public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

    public int Receive(Span<byte> buffer, int waitMillis)
    {
        long endMs = _network.NowMs + waitMillis;
        while (true)
        {
            if (_network.Inbox(Address).TryDequeue(out byte[]? datagram))
            {
                datagram.CopyTo(buffer);
                return datagram.Length;
            }

            long wakeMs = Math.Min(_network.NextWakeMs, endMs);
            if (Sleeps && wakeMs > _network.NowMs)
                Thread.Sleep((int)(wakeMs - _network.NowMs));

            _network.AdvanceTo(Math.Max(wakeMs, _network.NowMs));
            if (_network.Inbox(Address).Count == 0 && _network.NowMs >= endMs)
                return -1;
        }
    }

    public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

    public void Send(ReadOnlySpan<byte> buffer) => _network.Deliver(Address, buffer.ToArray());

    public void Close()
    {
    }
}
