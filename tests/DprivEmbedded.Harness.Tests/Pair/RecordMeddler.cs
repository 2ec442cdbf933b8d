using System;
using System.Collections.Generic;
using DprivEmbedded.Harness.Hostile;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>
/// Opens the server's records on their way, lets a test change them, and protects them again: a server that may break every rule of the record layer
/// while its keys stay right. Learns the keys from the server's key log.
/// </summary>
internal sealed class RecordMeddler
{
    private const int MaxKeyUpdates = 100;

    private readonly ServerRecordKeys _keys;
    private RecordProtection? _reader;
    private int _epoch;
    private bool _changed12;

    public RecordMeddler(PairSetup setup)
    {
        _keys = new ServerRecordKeys(setup.ServerCrypto, MaxKeyUpdates);
        setup.Server.KeyLog = _keys;
        setup.RewriteDown = Rewrite;
    }

    /// <summary>Changes the server's records: gets each one opened, gives what is sent in its place. Null passes all as they are.</summary>
    public Func<Record, IEnumerable<Record>>? Change { get; set; }

    /// <summary>The number of records seen so far on this connection.</summary>
    public int Records { get; private set; }

    /// <summary>Forgets a connection before the next.</summary>
    public void NewConnection()
    {
        _keys.Clear();
        _reader = null;
        _epoch = 0;
        _changed12 = false;
        Records = 0;
    }

    private IEnumerable<byte[]> Rewrite(byte[] bytes)
    {
        Record record = Open(bytes);
        Records++;
        IEnumerable<Record> changed = Change == null ? [record] : Change(record);
        foreach (Record one in changed)
            yield return one.Raw ?? Protect(one);

        if (record.Epoch == 0 && record.Type == ContentType.Handshake && record.Content[0] == HandshakeType.ServerHello && _keys.Version == 0)
            _keys.LearnHello(record.Content);
        if (record.Type == ContentType.ChangeCipherSpec && _keys.Version == ProtocolVersion.Tls12)
            _changed12 = true;
    }

    private Record Open(byte[] bytes)
    {
        int type = bytes[0];
        bool plain = _keys.Version == 0 || (_keys.Version == ProtocolVersion.Tls13 ? type == ContentType.ChangeCipherSpec : !_changed12);
        if (plain)
            return new Record(type, bytes[5..], 0);

        for (int tries = 0; tries < 3; tries++)
        {
            byte[] copy = (byte[])bytes.Clone();
            if (_reader != null && _reader.Open(copy, 0, copy.Length) == TlsError.None)
                return new Record(_reader.OpenedType, copy[_reader.OpenedOffset..(_reader.OpenedOffset + _reader.OpenedBytes)], _epoch);

            _epoch++;
            _reader = _keys.Protection(_epoch);
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

        return _keys.Seal(record.Epoch, record.Type, record.Content, record.Padding);
    }

    /// <summary>An opened record.</summary>
    /// <param name="Type">Its content type.</param>
    /// <param name="Content">Its content.</param>
    /// <param name="Epoch">Its keys: 0 none; TLS 1.3: 1 handshake, 2 application, 3 and up after KeyUpdates; TLS 1.2: 1.</param>
    /// <param name="Padding">Bytes of TLS 1.3 padding to add.</param>
    /// <param name="Raw">Bytes to send as they are instead; null for none.</param>
    public readonly record struct Record(int Type, byte[] Content, int Epoch, int Padding = 0, byte[]? Raw = null);
}
