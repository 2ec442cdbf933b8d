using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>Opens the records in a DTLS server's datagrams, lets a context change them, and protects them again under sequence numbers of its own. Learns the keys from the server's key log.</summary>
internal sealed class DatagramMeddler : IKeyLog
{
    private readonly ICryptoProvider _crypto;
    private readonly HostileContext _context;
    private readonly byte[] _serverRandom = new byte[32];
    private byte[] _clientRandom = [];
    private byte[] _master = [];
    private int _suite;
    private DtlsRecordProtection? _reader;
    private DtlsRecordProtection? _writer;
    private long _plainSequence;
    private long _protectedSequence;

    public DatagramMeddler(ICryptoProvider crypto, HostileContext context)
    {
        _crypto = crypto;
        _context = context;
    }

    void IKeyLog.Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        _master = secret[..secretBytes];
        _clientRandom = (byte[])clientRandom.Clone();
    }

    /// <summary>Takes a datagram of the server.</summary>
    /// <returns>The datagrams that go on in its place: each record in one of its own where anything is meddled with.</returns>
    public IEnumerable<byte[]> Pass(byte[] datagram)
    {
        if (!_context.Meddles)
            return [datagram];

        List<byte[]> result = [];
        int at = 0;
        while (at + DtlsRecordProtection.HeaderBytes <= datagram.Length)
        {
            int length = DtlsRecordProtection.HeaderBytes + ((datagram[at + 11] << 8) | datagram[at + 12]);
            if (at + length > datagram.Length)
                break;

            int sequence = _context.NextSequence;
            HostileRecord record = Open(datagram[at..(at + length)]);
            if (record.Type == ContentType.Handshake && record.Content.Length >= DtlsHandshakeHeader.Bytes)
            {
                // While the message is looked at it is the one that is due.
                _context.NextSequence = (record.Content[4] << 8) | record.Content[5];
                sequence = _context.NextSequence + 1;
            }

            at += length;
            foreach (HostileRecord one in _context.Apply(record))
                result.Add(one.Raw ?? Protect(one));

            _context.NextSequence = sequence;
            if (record.Epoch == 0 && HostileContext.IsMessage(record, HandshakeType.ServerHello))
                LearnHello(record.Content);
        }

        return result;
    }

    private void LearnHello(byte[] fragment)
    {
        Array.Copy(fragment, DtlsHandshakeHeader.Bytes + 2, _serverRandom, 0, 32);
        int id = fragment[DtlsHandshakeHeader.Bytes + 34];
        _suite = (fragment[DtlsHandshakeHeader.Bytes + 35 + id] << 8) | fragment[DtlsHandshakeHeader.Bytes + 36 + id];
    }

    private HostileRecord Open(byte[] bytes)
    {
        if (bytes[4] == 0)
            return new HostileRecord(bytes[0], bytes[DtlsRecordProtection.HeaderBytes..], 0);

        _reader ??= Protection();
        if (!_reader.Open(1, DtlsRecordProtection.ReadSequence(bytes, 0), bytes, 0, bytes.Length))
            return new HostileRecord(bytes[0], [], 0) { Raw = bytes };

        return new HostileRecord(_reader.OpenedType, bytes[_reader.OpenedOffset..(_reader.OpenedOffset + _reader.OpenedBytes)], 1);
    }

    private byte[] Protect(HostileRecord record)
    {
        if (record.Epoch == 0)
            return _context.Plain(record.Type, record.Content, (int)(record.Sequence >= 0 ? record.Sequence : _plainSequence++));

        _writer ??= Protection();
        byte[] bytes = new byte[_writer.OverheadBytes + record.Content.Length];
        record.Content.CopyTo(bytes, _writer.ContentOffset);
        _writer.Seal(record.Type, record.Epoch, (ulong)(record.Sequence >= 0 ? record.Sequence : _protectedSequence++), bytes, 0, record.Content.Length);
        return bytes;
    }

    private DtlsRecordProtection Protection()
    {
        DtlsRecordProtection protection = new(_crypto, _suite);
        KeySchedule12 schedule = new(_crypto);
        int keyBytes = CipherSuite.KeyBytes(_suite);
        int ivBytes = CipherSuite.FixedIvBytes(_suite);
        byte[] block = new byte[2 * (keyBytes + ivBytes)];
        schedule.KeyBlock(_master, _clientRandom, _serverRandom, block, block.Length);
        protection.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
        return protection;
    }
}
