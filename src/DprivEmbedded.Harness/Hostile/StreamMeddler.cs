using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>Opens a TLS server's records on their way, lets a context change them, and protects them again. Learns the keys from the server's key log.</summary>
internal sealed class StreamMeddler
{
    private const int MaxKeyUpdates = 200;

    private readonly HostileContext _context;
    private readonly ServerRecordKeys _keys;
    private readonly List<byte> _bytes = [];
    private RecordProtection? _reader;
    private int _epoch;
    private bool _changed12;

    public StreamMeddler(ICryptoProvider crypto, HostileContext context)
    {
        _context = context;
        _keys = new ServerRecordKeys(crypto, MaxKeyUpdates);
        context.Server.KeyLog = _keys;
    }

    /// <summary>Takes bytes of the server.</summary>
    /// <returns>The records that go on in their place.</returns>
    public IEnumerable<byte[]> Pass(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        List<byte[]> result = [];
        while (_bytes.Count >= RecordProtection.HeaderBytes)
        {
            int length = RecordProtection.HeaderBytes + ((_bytes[3] << 8) | _bytes[4]);
            if (_bytes.Count < length)
                break;

            byte[] record = [.. _bytes.GetRange(0, length)];
            _bytes.RemoveRange(0, length);
            Rewrite(record, result);
        }

        return result;
    }

    private void Rewrite(byte[] bytes, List<byte[]> result)
    {
        if (!_context.Meddles)
        {
            result.Add(bytes);
            return;
        }

        HostileRecord record = Open(bytes);
        foreach (HostileRecord one in _context.Apply(record))
            result.Add(one.Raw ?? (ReferenceEquals(one, record) && record.Epoch == 0 ? bytes : Protect(one)));

        if (record.Epoch == 0 && _keys.Version == 0 && HostileContext.IsMessage(record, HandshakeType.ServerHello))
            _keys.LearnHello(record.Content);
        if (record.Type == ContentType.ChangeCipherSpec && _keys.Version == ProtocolVersion.Tls12)
            _changed12 = true;
    }

    private HostileRecord Open(byte[] bytes)
    {
        int type = bytes[0];
        bool plain = _keys.Version == 0 || (_keys.Version == ProtocolVersion.Tls13 ? type != ContentType.ApplicationData : !_changed12);
        if (plain)
            return new HostileRecord(type, bytes[RecordProtection.HeaderBytes..], 0);

        for (int tries = 0; tries < 3; tries++)
        {
            byte[] copy = (byte[])bytes.Clone();
            if (_reader != null && _reader.Open(copy, 0, copy.Length) == TlsError.None)
                return new HostileRecord(_reader.OpenedType, copy[_reader.OpenedOffset..(_reader.OpenedOffset + _reader.OpenedBytes)], _epoch);

            _epoch++;
            _reader = _keys.Protection(_epoch);
        }

        // A record that the server spoiled itself.
        return new HostileRecord(type, [], 0) { Raw = bytes };
    }

    private byte[] Protect(HostileRecord record)
    {
        return record.Epoch == 0 ? _context.Plain(record.Type, record.Content) : _keys.Seal(record.Epoch, record.Type, record.Content, record.Padding);
    }
}
