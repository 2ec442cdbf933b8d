using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>
/// Opens the server's records on their way, lets a test change them, and protects them again: a server that may break every rule of the record layer
/// while its keys stay right. Learns the keys from the server's key log.
/// </summary>
internal sealed class RecordMeddler : IKeyLog
{
    private const int MaxKeyUpdates = 100;

    private readonly PairSetup _setup;
    private readonly List<byte[]> _secrets13 = [];
    private readonly Dictionary<int, RecordProtection> _writers = [];
    private readonly byte[] _serverRandom = new byte[32];
    private byte[]? _clientRandom;
    private byte[]? _master;
    private RecordProtection? _reader;
    private int _suite;
    private int _version;
    private int _epoch;
    private bool _changed12;

    public RecordMeddler(PairSetup setup)
    {
        _setup = setup;
        setup.Server.KeyLog = this;
        setup.RewriteDown = Rewrite;
    }

    /// <summary>Changes the server's records: gets each one opened, gives what is sent in its place. Null passes all as they are.</summary>
    public Func<Record, IEnumerable<Record>>? Change { get; set; }

    /// <summary>The number of records seen so far on this connection.</summary>
    public int Records { get; private set; }

    /// <summary>Forgets a connection before the next.</summary>
    public void NewConnection()
    {
        _secrets13.Clear();
        _writers.Clear();
        _reader = null;
        _master = null;
        _clientRandom = null;
        _epoch = 0;
        _version = 0;
        _changed12 = false;
        Records = 0;
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

    private IEnumerable<byte[]> Rewrite(byte[] bytes)
    {
        Record record = Open(bytes);
        Records++;
        IEnumerable<Record> changed = Change == null ? [record] : Change(record);
        foreach (Record one in changed)
            yield return one.Raw ?? Protect(one);

        if (record.Epoch == 0 && record.Type == ContentType.Handshake && record.Content[0] == HandshakeType.ServerHello && _version == 0)
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

    private Record Open(byte[] bytes)
    {
        int type = bytes[0];
        bool plain = _version == 0 || (_version == ProtocolVersion.Tls13 ? type == ContentType.ChangeCipherSpec : !_changed12);
        if (plain)
            return new Record(type, bytes[5..], 0);

        for (int tries = 0; tries < 3; tries++)
        {
            byte[] copy = (byte[])bytes.Clone();
            if (_reader != null && _reader.Open(copy, 0, copy.Length) == TlsError.None)
                return new Record(_reader.OpenedType, copy[_reader.OpenedOffset..(_reader.OpenedOffset + _reader.OpenedBytes)], _epoch);

            _epoch++;
            _reader = Protection(_epoch);
        }

        Assert.Fail("The meddler cannot open a record of the server.");
        return default;
    }

    private byte[] Protect(Record record)
    {
        if (record.Epoch == 0)
        {
            byte[] plain = new byte[5 + record.Content.Length];
            RecordProtection.WriteHeader(plain, 0, record.Type, ProtocolVersion.Tls12, record.Content.Length);
            record.Content.CopyTo(plain, 5);
            return plain;
        }

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
        RecordProtection protection = new(_setup.ServerCrypto, _suite);
        int keyBytes = CipherSuite.KeyBytes(_suite);
        if (_version == ProtocolVersion.Tls12)
        {
            KeySchedule12 schedule = new(_setup.ServerCrypto);
            int ivBytes = CipherSuite.FixedIvBytes(_suite);
            byte[] block = new byte[2 * (keyBytes + ivBytes)];
            schedule.KeyBlock(_master!, _clientRandom!, _serverRandom, block, block.Length);
            protection.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
            return protection;
        }

        KeySchedule13 updates = new(_setup.ServerCrypto);
        Assert.InRange(epoch, 1, MaxKeyUpdates);
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

    /// <summary>An opened record.</summary>
    /// <param name="Type">Its content type.</param>
    /// <param name="Content">Its content.</param>
    /// <param name="Epoch">Its keys: 0 none; TLS 1.3: 1 handshake, 2 application, 3 and up after KeyUpdates; TLS 1.2: 1.</param>
    /// <param name="Padding">Bytes of TLS 1.3 padding to add.</param>
    /// <param name="Raw">Bytes to send as they are instead; null for none.</param>
    public readonly record struct Record(int Type, byte[] Content, int Epoch, int Padding = 0, byte[]? Raw = null);
}
