using System.Collections.Generic;
using System.Diagnostics;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Sockets;

/// <summary>Records the flights of a resolver's connections, to be drawn as a ladder. Sees no content and no secrets.</summary>
public sealed class FlightRecorder : ITlsObserver
{
    private readonly object _gate = new object();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<Flight> _flights = new List<Flight>();
    private readonly List<string> _received = new List<string>();
    private readonly List<string> _sent = new List<string>();
    private bool _resumption;
    private Flight? _datagram;

    /// <summary>Takes the flights recorded so far and starts over.</summary>
    /// <returns>The flights in order.</returns>
    public IReadOnlyList<Flight> TakeFlights()
    {
        lock (_gate)
        {
            Flight[] all = _flights.ToArray();
            _flights.Clear();
            return all;
        }
    }

    /// <inheritdoc/>
    public void OnMessage(bool sent, int contentType, int detail, int bytes, bool early)
    {
        lock (_gate)
        {
            string what = Describe(sent, contentType, detail, early);
            if (!sent && _datagram != null)
                _datagram.Parts.Add(what);
            else
                (sent ? _sent : _received).Add(what);
        }
    }

    internal void SetResumption(bool offered)
    {
        lock (_gate)
            _resumption = offered;
    }

    internal void TransportEvent(bool up, string what, bool wanted = true)
    {
        if (!wanted)
            return;

        lock (_gate)
            Add(up, 0, new List<string> { what }, alone: true);
    }

    internal void Sent(int bytes, string? prefix = null)
    {
        lock (_gate)
        {
            if (prefix != null)
                _sent.Insert(0, prefix);

            Add(true, bytes, _sent, alone: false);
        }
    }

    /// <summary>A datagram begins to be read: what is in it comes as messages until the next flight.</summary>
    internal void BeginDatagram(int bytes)
    {
        lock (_gate)
        {
            Add(false, bytes, new List<string>(), alone: true);
            _datagram = _flights[_flights.Count - 1];
        }
    }

    internal void SentDatagram(int bytes)
    {
        lock (_gate)
        {
            _datagram = null;
            Add(true, bytes, _sent, alone: true);
        }
    }

    internal void Received(int bytes)
    {
        lock (_gate)
            Add(false, bytes, _received, alone: false);
    }

    private void Add(bool up, int bytes, List<string> parts, bool alone)
    {
        Flight? last = _flights.Count > 0 ? _flights[_flights.Count - 1] : null;
        if (last == null || last.Up != up || alone || last.Bytes == 0)
        {
            last = new Flight(up, (Stopwatch.GetTimestamp() - _start) * 1000.0 / Stopwatch.Frequency);
            _flights.Add(last);
        }

        last.Bytes += bytes;
        foreach (string part in parts)
        {
            if (last.Parts.Count == 0 || last.Parts[last.Parts.Count - 1] != part)
                last.Parts.Add(part);
        }

        parts.Clear();
    }

    private string Describe(bool sent, int contentType, int detail, bool early)
    {
        switch (contentType)
        {
            case ContentType.Handshake:
                return sent && detail == HandshakeType.ClientHello && _resumption ? "ClientHello with resumption" : HandshakeName(detail);
            case ContentType.ChangeCipherSpec:
                return "ChangeCipherSpec";
            case ContentType.Alert:
                return detail == AlertDescription.CloseNotify ? "close_notify" : "alert " + TlsError.AlertName(detail);
            case ContentType.Heartbeat:
                return sent ? "heartbeat request" : detail == 1 ? "heartbeat request" : "heartbeat response";
            default:
                return sent ? (early ? "DNS query (early data)" : "DNS query") : "DNS response";
        }
    }

    private static string HandshakeName(int type)
    {
        switch (type)
        {
            case HandshakeType.HelloRequest: return "HelloRequest";
            case HandshakeType.ClientHello: return "ClientHello";
            case HandshakeType.ServerHello: return "ServerHello";
            case HandshakeType.HelloVerifyRequest: return "HelloVerifyRequest";
            case HandshakeType.NewSessionTicket: return "NewSessionTicket";
            case HandshakeType.EndOfEarlyData: return "EndOfEarlyData";
            case HandshakeType.HelloRetryRequest: return "HelloRetryRequest";
            case HandshakeType.EncryptedExtensions: return "EncryptedExtensions";
            case HandshakeType.Certificate: return "Certificate";
            case HandshakeType.ServerKeyExchange: return "ServerKeyExchange";
            case HandshakeType.CertificateRequest: return "CertificateRequest";
            case HandshakeType.ServerHelloDone: return "ServerHelloDone";
            case HandshakeType.CertificateVerify: return "CertificateVerify";
            case HandshakeType.ClientKeyExchange: return "ClientKeyExchange";
            case HandshakeType.Finished: return "Finished";
            case HandshakeType.CertificateStatus: return "CertificateStatus";
            case HandshakeType.KeyUpdate: return "KeyUpdate";
            default: return "handshake message " + type;
        }
    }
}
