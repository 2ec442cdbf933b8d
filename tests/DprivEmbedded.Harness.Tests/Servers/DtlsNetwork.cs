using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Crypto.BouncyCastle;
using Org.BouncyCastle.Tls;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>A DtlsServerSocket or a DodtlsServer in virtual time and the clients around it. A client that waits lets time pass.</summary>
internal sealed class DtlsNetwork
{
    private readonly byte[] _buffer = new byte[65536];
    private readonly DodtlsServer? _dns;

    public DtlsNetwork(Action<DtlsServerOptions>? configure = null)
    {
        Options = new DtlsServerOptions { Credentials = TestCertificates.Credentials };
        configure?.Invoke(Options);
        Socket = new DtlsServerSocket(new BouncyCastleProvider(), Options);
        Socket.State.Psks.Add(new ServerPsk("sensor-1"u8.ToArray(), TlsRig.PskKey));
    }

    public DtlsNetwork(DodtlsServer dns)
    {
        Options = dns.Options.Dtls;
        Socket = dns.Socket;
        _dns = dns;
        Socket.State.Psks.Add(new ServerPsk("sensor-1"u8.ToArray(), TlsRig.PskKey));
    }

    public DtlsServerOptions Options { get; }

    public DtlsServerSocket Socket { get; }

    public DtlsServerCounters Counters => Socket.Counters;

    public long NowMs { get; set; }

    public long NextWakeMs => _dns?.NextWakeMs ?? Socket.NextWakeMs;

    /// <summary>Every datagram of the server, with where it went.</summary>
    public List<(string To, byte[] Bytes)> Sent { get; } = [];

    /// <summary>Every datagram to the server that was not lost.</summary>
    public List<(string From, byte[] Bytes)> Received { get; } = [];

    /// <summary>What becomes of a datagram to the server, in the order in which they arrive; null for itself.</summary>
    public Func<byte[], IEnumerable<byte[]>>? ToServer { get; set; }

    /// <summary>What becomes of the datagrams that the server sends together; null for themselves.</summary>
    public Func<List<byte[]>, IEnumerable<byte[]>>? ToClient { get; set; }

    private Dictionary<string, Queue<byte[]>> Inboxes { get; } = [];

    public DtlsLink Link(string address) => new(this, address);

    /// <summary>Shakes hands; the link stays for the application's data.</summary>
    public (DtlsTransport Transport, DtlsLink Link) Connect(string address, BouncyDtlsClient client)
    {
        DtlsLink link = Link(address);
        return (new DtlsClientProtocol().Connect(client, link), link);
    }

    /// <summary>Sends a text and gives the answer; null where none comes in time.</summary>
    public static string? Ask(DtlsTransport transport, string text, int waitMs = 5000)
    {
        transport.Send(Encoding.ASCII.GetBytes(text));
        return Read(transport, waitMs);
    }

    /// <summary>The next text; null where none comes in time.</summary>
    public static string? Read(DtlsTransport transport, int waitMs = 5000)
    {
        byte[] buffer = new byte[2048];
        int count = transport.Receive(buffer, 0, buffer.Length, waitMs);
        return count < 0 ? null : Encoding.ASCII.GetString(buffer, 0, count);
    }

    /// <summary>Hands a datagram to the server; application data comes back in capitals.</summary>
    public void Deliver(string from, byte[] datagram)
    {
        foreach (byte[] bytes in ToServer?.Invoke(datagram) ?? [datagram])
        {
            Received.Add((from, bytes));
            if (_dns != null)
                _dns.Receive(from, bytes, 0, bytes.Length, NowMs);
            else
                Socket.Receive(from, bytes, 0, bytes.Length, NowMs);

            Drain();
        }
    }

    /// <summary>Lets time pass for the server.</summary>
    public void AdvanceTo(long timeMs)
    {
        while (NextWakeMs <= timeMs)
        {
            NowMs = Math.Max(NowMs, NextWakeMs);
            if (_dns != null)
                _dns.HandleTimeout(NowMs);
            else
                Socket.HandleTimeout(NowMs);

            Drain();
        }

        NowMs = Math.Max(NowMs, timeMs);
    }

    public void Drain()
    {
        while (_dns == null && Socket.TryRead(out DtlsServer? association, out byte[]? data))
        {
            byte[] answer = [.. data.Select(b => (byte)char.ToUpperInvariant((char)b))];
            if (association.CanSend)
                Assert(association.Send(answer, 0, answer.Length));
        }

        Dictionary<string, List<byte[]>> sent = [];
        int count;
        while ((count = Socket.Transmit(_buffer, 0, _buffer.Length, out object? address)) > 0)
        {
            string to = (string)address!;
            Sent.Add((to, _buffer[..count]));
            if (!sent.TryGetValue(to, out List<byte[]>? list))
                sent.Add(to, list = []);

            list.Add(_buffer[..count]);
        }

        foreach ((string to, List<byte[]> list) in sent)
        {
            foreach (byte[] datagram in ToClient?.Invoke(list) ?? list)
                Inbox(to).Enqueue(datagram);
        }
    }

    public Queue<byte[]> Inbox(string address)
    {
        if (!Inboxes.TryGetValue(address, out Queue<byte[]>? inbox))
            Inboxes.Add(address, inbox = new Queue<byte[]>());

        return inbox;
    }

    private static void Assert(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("The answer does not fit.");
    }
}
