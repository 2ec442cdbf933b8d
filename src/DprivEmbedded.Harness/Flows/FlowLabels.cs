using System;
using System.Collections.Generic;
using DprivEmbedded.Harness.Network;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Flows;

/// <summary>Tells what the packets at a client hold, in the words of the seed's figures: from the packets themselves and from what the client's engines say of each message.</summary>
internal sealed class FlowLabels
{
    private readonly Dictionary<int, List<string>> _parts = [];
    private readonly Dictionary<int, Ipv4EndPoint> _locals = [];
    private readonly List<Observer> _observers = [];
    private readonly PacketTrace _trace;

    public FlowLabels(PacketTrace trace)
    {
        _trace = trace;
    }

    /// <summary>Makes an observer for the engine of the next path: the association makes them in the order of their numbers.</summary>
    public ITlsObserver NewObserver()
    {
        Observer observer = new(this, _observers.Count);
        _observers.Add(observer);
        return observer;
    }

    /// <summary>A path has another socket from now on.</summary>
    public void SocketOpened(int path, Ipv4EndPoint local)
    {
        Settle();
        _locals[path] = local;
    }

    /// <summary>Puts what was told to the packets that it left with.</summary>
    public void Settle()
    {
        foreach (Observer observer in _observers)
            observer.Settle();
    }

    /// <summary>What a packet holds.</summary>
    public IReadOnlyList<string> Of(int position, bool datagrams)
    {
        Packet packet = _trace.Packets[position].Packet;
        List<string> parts = [];
        if (packet is TcpSegment segment)
        {
            if (segment.IsReset)
                parts.Add("TCP RST");
            else if (segment.IsSyn)
                parts.Add(segment.IsAck ? "TCP SYN-ACK" : "TCP SYN");
            else if (segment.IsFin && segment.Data.Length == 0)
                parts.Add("TCP FIN");
        }
        else if (packet is IcmpMessage)
            parts.Add("ICMP unreachable");

        if (_parts.TryGetValue(position, out List<string>? told))
        {
            foreach (string what in told)
                parts.Add(what is "ClientHello" or "ServerHello" ? what + FlowHello.Describe(packet) : what);
        }
        else if (packet is UdpDatagram { Data: [ContentType.Alert, 0xFE, _, 0, 0, ..] })
            parts.Add("alert");
        else if (packet.DataBytes > 0)
            parts.Add(datagrams ? "DTLS record" : "TLS record");

        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i] == "alert" && datagrams)
                parts[i] = "DTLS Alert";
        }

        if (packet is TcpSegment { IsRetransmission: true })
            parts.Add("(again)");

        return parts;
    }

    private void Attach(int position, string what)
    {
        if (!_parts.TryGetValue(position, out List<string>? parts))
            _parts.Add(position, parts = []);

        if (parts.Count == 0 || parts[^1] != what)
            parts.Add(what);
    }

    private static string Describe(bool sent, int contentType, int detail, bool early)
    {
        return contentType switch
        {
            ContentType.Handshake => HandshakeName(detail),
            ContentType.ChangeCipherSpec => "ChangeCipherSpec",
            ContentType.Alert => detail == AlertDescription.CloseNotify ? "close_notify" : "alert",
            ContentType.Heartbeat => sent ? "heartbeat request" : "heartbeat response",
            _ => sent ? (early ? "DNS query (early data)" : "DNS query") : "DNS response",
        };
    }

    private static string HandshakeName(int type)
    {
        return type switch
        {
            HandshakeType.ClientHello => "ClientHello",
            HandshakeType.ServerHello => "ServerHello",
            HandshakeType.HelloVerifyRequest => "HelloVerifyRequest",
            HandshakeType.NewSessionTicket => "NewSessionTicket",
            HandshakeType.EndOfEarlyData => "EndOfEarlyData",
            HandshakeType.HelloRetryRequest => "HelloRetryRequest",
            HandshakeType.EncryptedExtensions => "EncryptedExtensions",
            HandshakeType.Certificate => "Certificate",
            HandshakeType.ServerKeyExchange => "ServerKeyExchange",
            HandshakeType.ServerHelloDone => "ServerHelloDone",
            HandshakeType.CertificateVerify => "CertificateVerify",
            HandshakeType.ClientKeyExchange => "ClientKeyExchange",
            HandshakeType.Finished => "Finished",
            _ => "handshake message " + type,
        };
    }

    private sealed class Observer(FlowLabels owner, int path) : ITlsObserver
    {
        private readonly List<string> _sent = [];
        private int _waitsFrom;

        public void OnMessage(bool sent, int contentType, int detail, int bytes, bool early)
        {
            Settle();
            string what = Describe(sent, contentType, detail, early);
            if (sent)
            {
                if (_sent.Count == 0)
                    _waitsFrom = owner._trace.Position;

                _sent.Add(what);
                return;
            }

            // What is read came with the newest packet from the server that has data.
            for (int i = owner._trace.Position - 1; i >= 0; i--)
            {
                if (Is(owner._trace.Packets[i], PacketDirection.Down))
                {
                    owner.Attach(i, what);
                    return;
                }
            }
        }

        /// <summary>What was put into the send buffer left with the first packet with data since.</summary>
        public void Settle()
        {
            if (_sent.Count == 0)
                return;

            for (int i = _waitsFrom; i < owner._trace.Position; i++)
            {
                if (!Is(owner._trace.Packets[i], PacketDirection.Up))
                    continue;

                foreach (string what in _sent)
                    owner.Attach(i, what);

                _sent.Clear();
                return;
            }
        }

        private bool Is(TracedPacket traced, PacketDirection direction)
        {
            if (traced.Direction != direction || traced.Packet.DataBytes == 0 || !owner._locals.TryGetValue(path, out Ipv4EndPoint local))
                return false;

            return local == (direction == PacketDirection.Up ? traced.Packet.Source : traced.Packet.Destination);
        }
    }
}
