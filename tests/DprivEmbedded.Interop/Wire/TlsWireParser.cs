using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;

namespace DprivEmbedded.Interop.Wire;

/// <summary>Reads what is plain in a TLS connection seen from outside, without any key: records, hellos, the shape of the handshake.</summary>
public sealed class TlsWireParser
{
    private readonly List<WireRecord> _records = [];
    private readonly List<WireHello> _hellos = [];
    private readonly List<(WireDirection Direction, int Type)> _messages = [];
    private readonly Half[] _halves = [new Half(), new Half()];

    public IReadOnlyList<WireRecord> Records => _records;

    /// <summary>Plain handshake messages in their order: 1 ClientHello, 2 ServerHello, 4 NewSessionTicket, 11 Certificate, 12 ServerKeyExchange, 14 ServerHelloDone, 16 ClientKeyExchange.</summary>
    public IReadOnlyList<(WireDirection Direction, int Type)> Messages => _messages;

    public IReadOnlyList<WireHello> Hellos => _hellos;

    public WireHello? ClientHello => _hellos.Find(h => h.IsClient);

    /// <summary>The ServerHello that is no HelloRetryRequest.</summary>
    public WireHello? ServerHello => _hellos.Find(h => h is { IsClient: false, IsRetryRequest: false });

    public bool SawRetryRequest => _hellos.Exists(h => h.IsRetryRequest);

    /// <summary>0x0303 or 0x0304; 0 before the ServerHello.</summary>
    public int Version => ServerHello is not { } hello ? 0 : hello.Extension(WireHello.SupportedVersions) is { } v ? BinaryPrimitives.ReadUInt16BigEndian(v) : 0x0303;

    public int CipherSuite => ServerHello?.CipherSuites[0] ?? 0;

    /// <summary>TLS 1.2: the server sent the client's session ID back, which is how it says that it resumes. (TLS 1.3 echoes always.)</summary>
    public bool SessionIdEchoed => Version == 0x0303 && ClientHello!.SessionId.Length > 0 && ClientHello.SessionId.AsSpan().SequenceEqual(ServerHello!.SessionId);

    /// <summary>TLS 1.3: the server took a pre-shared key, be it a ticket's or an external one.</summary>
    public bool PreSharedKeyAccepted => Version == 0x0304 && ServerHello!.Has(WireHello.PreSharedKey);

    /// <summary>TLS 1.3: the server resumed without a key exchange (psk_ke).</summary>
    public bool PskWithoutKeyShare => PreSharedKeyAccepted && !ServerHello!.Has(WireHello.KeyShare);

    /// <summary>TLS 1.2: the server showed a Certificate.</summary>
    public bool ServerSentCertificate => _messages.Contains((WireDirection.Down, 11));

    /// <summary>TLS 1.2: the server went from its ServerHello (and perhaps a NewSessionTicket) straight to change_cipher_spec.</summary>
    public bool IsAbbreviated => Version == 0x0303 && !_messages.Contains((WireDirection.Down, 14)) && _records.Exists(r => r is { Direction: WireDirection.Down, Type: 20 });

    /// <summary>The handshake resumed a session (or used an external PSK of TLS 1.3, which looks the same from outside).</summary>
    public bool IsResumption => Version == 0x0304 ? PreSharedKeyAccepted : IsAbbreviated;

    /// <summary>The client sent encrypted records before it had anything of the server: early data.</summary>
    public bool SawEarlyData
    {
        get
        {
            var first = _records.FindIndex(r => r.Direction == WireDirection.Down);
            var early = _records.FindIndex(r => r is { Direction: WireDirection.Up, Type: 23 });
            return early >= 0 && (first < 0 || early < first) && ClientHello?.Has(WireHello.EarlyData) == true;
        }
    }

    /// <summary>Not a TLS record: 0 in a healthy connection.</summary>
    public int GarbageBytes => _halves[0].Garbage + _halves[1].Garbage;

    /// <summary>
    /// Bytes of the records up to and including the handshake's last record in this direction. TLS 1.2: through the Finished. TLS 1.3, where it is known only by order: up to the client's
    /// first encrypted record (its Finished) and to the last server record before that; -1 with early data or before the handshake's end.
    /// </summary>
    public int HandshakeBytes(WireDirection direction)
    {
        var last = -1;
        if (Version == 0x0303)
        {
            // The Finished is the encrypted record of type 22.
            last = _records.FindIndex(r => r.Direction == direction && r is { Type: 22, Encrypted: true });
        }
        else if (Version == 0x0304 && !SawEarlyData)
        {
            var finished = _records.FindIndex(r => r is { Direction: WireDirection.Up, Type: 23 });
            last = finished < 0 || direction == WireDirection.Up ? finished : _records.FindLastIndex(finished, r => r.Direction == direction);
        }

        if (last < 0)
            return -1;
        var sum = 0;
        for (var i = 0; i <= last; i++)
        {
            if (_records[i].Direction == direction)
                sum += _records[i].Length;
        }

        return sum;
    }

    public void Add(WireDirection direction, ReadOnlySpan<byte> bytes)
    {
        var half = _halves[(int)direction];
        half.Pending.Write(bytes);
        var all = half.Pending.GetBuffer().AsSpan(0, (int)half.Pending.Length);
        var at = 0;
        while (all.Length - at >= 5)
        {
            int type = all[at];
            var length = BinaryPrimitives.ReadUInt16BigEndian(all[(at + 3)..]);
            if (type is < 20 or > 24 || all[at + 1] != 3 || half.Garbage > 0)
            {
                half.Garbage += all.Length - at;
                at = all.Length;
                break;
            }

            if (all.Length - at - 5 < length)
                break;
            Record(direction, half, type, all.Slice(at + 5, length).ToArray());
            at += 5 + length;
        }

        var rest = all[at..].ToArray();
        half.Pending.SetLength(0);
        half.Pending.Write(rest);
    }

    private void Record(WireDirection direction, Half half, int type, byte[] body)
    {
        _records.Add(new WireRecord(direction, type, body, type == 23 || half.Encrypted));
        if (type == 22 && !half.Encrypted)
            Handshake(direction, half, body);
        // In TLS 1.3 it is a dummy, and a plain ClientHello may follow it after a HelloRetryRequest.
        if (type == 20 && Version != 0x0304 && !(Version == 0 && SawRetryRequest) && ServerHello is not null)
            half.Encrypted = true;
    }

    private void Handshake(WireDirection direction, Half half, byte[] body)
    {
        half.Messages.Write(body);
        var all = half.Messages.GetBuffer().AsSpan(0, (int)half.Messages.Length);
        var at = 0;
        while (all.Length - at >= 4)
        {
            var length = 4 + (all[at + 1] << 16 | all[at + 2] << 8 | all[at + 3]);
            if (all.Length - at < length)
                break;
            var message = all.Slice(at, length);
            _messages.Add((direction, message[0]));
            if (message[0] is 1 or 2 && WireHello.TryRead(message, message[0] == 1) is { } hello)
                _hellos.Add(hello);
            at += length;
        }

        var rest = all[at..].ToArray();
        half.Messages.SetLength(0);
        half.Messages.Write(rest);
    }

    private sealed class Half
    {
        public MemoryStream Pending { get; } = new();

        public MemoryStream Messages { get; } = new();

        public bool Encrypted { get; set; }

        public int Garbage { get; set; }
    }
}
