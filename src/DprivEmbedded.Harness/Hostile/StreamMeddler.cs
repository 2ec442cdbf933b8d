using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>Opens a TLS server's records on their way, lets a context change them, and protects them again. Learns the keys from the server's key log.</summary>
internal sealed class StreamMeddler : IKeyLog
{
    private const int MaxKeyUpdates = 200;

    private readonly ICryptoProvider _crypto;
    private readonly HostileContext _context;
    private readonly List<byte[]> _secrets13 = [];
    private readonly Dictionary<int, RecordProtection> _writers = [];
    private readonly List<byte> _bytes = [];
    private readonly byte[] _serverRandom = new byte[32];
    private byte[] _clientRandom = [];
    private byte[] _master = [];
    private RecordProtection? _reader;
    private int _suite;
    private int _version;
    private int _epoch;
    private bool _changed12;

    public StreamMeddler(ICryptoProvider crypto, HostileContext context)
    {
        _crypto = crypto;
        _context = context;
    }

    void IKeyLog.Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        byte[] copy = secret[..secretBytes];
        if (label == "CLIENT_RANDOM")
        {
            _master = copy;
            _clientRandom = (byte[])clientRandom.Clone();
        }
        else if (label is "SERVER_HANDSHAKE_TRAFFIC_SECRET" or "SERVER_TRAFFIC_SECRET_0")
            _secrets13.Add(copy);
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

        if (record.Epoch == 0 && _version == 0 && HostileContext.IsMessage(record, HandshakeType.ServerHello))
            LearnHello(record.Content);
        if (record.Type == ContentType.ChangeCipherSpec && _version == ProtocolVersion.Tls12)
            _changed12 = true;
    }

    private void LearnHello(byte[] message)
    {
        Array.Copy(message, 6, _serverRandom, 0, 32);
        if (_serverRandom[0] == 0xCF && _serverRandom[1] == 0x21)
            return;

        int id = message[38];
        _suite = (message[39 + id] << 8) | message[40 + id];
        _version = CipherSuite.IsTls13(_suite) ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12;
    }

    private HostileRecord Open(byte[] bytes)
    {
        int type = bytes[0];
        bool plain = _version == 0 || (_version == ProtocolVersion.Tls13 ? type != ContentType.ApplicationData : !_changed12);
        if (plain)
            return new HostileRecord(type, bytes[RecordProtection.HeaderBytes..], 0);

        for (int tries = 0; tries < 3; tries++)
        {
            byte[] copy = (byte[])bytes.Clone();
            if (_reader != null && _reader.Open(copy, 0, copy.Length) == TlsError.None)
                return new HostileRecord(_reader.OpenedType, copy[_reader.OpenedOffset..(_reader.OpenedOffset + _reader.OpenedBytes)], _epoch);

            _epoch++;
            _reader = Protection(_epoch);
        }

        // A record that the server spoiled itself.
        return new HostileRecord(type, [], 0) { Raw = bytes };
    }

    private byte[] Protect(HostileRecord record)
    {
        if (record.Epoch == 0)
            return _context.Plain(record.Type, record.Content);

        if (!_writers.TryGetValue(record.Epoch, out RecordProtection? writer))
        {
            writer = Protection(record.Epoch);
            _writers.Add(record.Epoch, writer);
        }

        byte[] bytes = new byte[writer.OverheadBytes + record.Content.Length + record.Padding];
        record.Content.CopyTo(bytes, writer.ContentOffset);
        if (record.Padding == 0)
            writer.Seal(record.Type, bytes, 0, record.Content.Length);
        else
        {
            bytes[writer.ContentOffset + record.Content.Length] = (byte)record.Type;
            writer.Seal(0, bytes, 0, record.Content.Length + record.Padding);
        }

        return bytes;
    }

    private RecordProtection Protection(int epoch)
    {
        RecordProtection protection = new(_crypto, _suite);
        int keyBytes = CipherSuite.KeyBytes(_suite);
        if (_version == ProtocolVersion.Tls12)
        {
            KeySchedule12 schedule = new(_crypto);
            int ivBytes = CipherSuite.FixedIvBytes(_suite);
            byte[] block = new byte[2 * (keyBytes + ivBytes)];
            schedule.KeyBlock(_master, _clientRandom, _serverRandom, block, block.Length);
            protection.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
            return protection;
        }

        KeySchedule13 updates = new(_crypto);
        if (epoch > MaxKeyUpdates)
            throw new InvalidOperationException("Too many key updates.");

        while (_secrets13.Count < epoch)
        {
            byte[] next = (byte[])_secrets13[^1].Clone();
            updates.UpdateTrafficSecret(next);
            _secrets13.Add(next);
        }

        byte[] key = new byte[keyBytes];
        byte[] iv = new byte[12];
        updates.TrafficKeys(_secrets13[epoch - 1], key, keyBytes, iv);
        protection.SetKey(key, 0, iv, 0);
        return protection;
    }
}
