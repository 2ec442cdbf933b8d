using System;
using System.Collections.Generic;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Hostile;

/// <summary>The keys of a TLS server's records for whoever opens and changes them on their way: learned from the server's key log and its ServerHello.</summary>
internal sealed class ServerRecordKeys(ICryptoProvider crypto, int maxKeyUpdates) : IKeyLog
{
    private readonly List<byte[]> _secrets13 = [];
    private readonly Dictionary<int, RecordProtection> _writers = [];
    private readonly byte[] _serverRandom = new byte[32];
    private byte[] _clientRandom = [];
    private byte[] _master = [];
    private int _suite;

    /// <summary>The version of the ServerHello; 0 before it.</summary>
    public int Version { get; private set; }

    /// <summary>Forgets a connection before the next.</summary>
    public void Clear()
    {
        _secrets13.Clear();
        _writers.Clear();
        _master = [];
        _clientRandom = [];
        Version = 0;
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

    /// <summary>Learns random, suite and version of a ServerHello; a HelloRetryRequest is none.</summary>
    public void LearnHello(byte[] message)
    {
        Array.Copy(message, 6, _serverRandom, 0, 32);
        if (_serverRandom[0] == 0xCF && _serverRandom[1] == 0x21)
            return;

        int id = message[38];
        _suite = (message[39 + id] << 8) | message[40 + id];
        Version = CipherSuite.IsTls13(_suite) ? ProtocolVersion.Tls13 : ProtocolVersion.Tls12;
    }

    /// <summary>Protects content as the server would, behind the records of the epoch that were protected here before.</summary>
    public byte[] Seal(int epoch, int type, byte[] content, int padding)
    {
        if (!_writers.TryGetValue(epoch, out RecordProtection? writer))
        {
            writer = Protection(epoch);
            _writers.Add(epoch, writer);
        }

        byte[] bytes = new byte[writer.OverheadBytes + content.Length + padding];
        content.CopyTo(bytes, writer.ContentOffset);
        if (padding == 0)
            writer.Seal(type, bytes, 0, content.Length);
        else
        {
            bytes[writer.ContentOffset + content.Length] = (byte)type;
            writer.Seal(0, bytes, 0, content.Length + padding);
        }

        return bytes;
    }

    /// <summary>The protection of the server's records in an epoch, from 1 on.</summary>
    /// <exception cref="InvalidOperationException">There cannot be so many key updates.</exception>
    public RecordProtection Protection(int epoch)
    {
        RecordProtection protection = new(crypto, _suite);
        int keyBytes = CipherSuite.KeyBytes(_suite);
        if (Version == ProtocolVersion.Tls12)
        {
            KeySchedule12 schedule = new(crypto);
            int ivBytes = CipherSuite.FixedIvBytes(_suite);
            byte[] block = new byte[2 * (keyBytes + ivBytes)];
            schedule.KeyBlock(_master, _clientRandom, _serverRandom, block, block.Length);
            protection.SetKey(block, keyBytes, block, 2 * keyBytes + ivBytes);
            return protection;
        }

        KeySchedule13 updates = new(crypto);
        if (epoch < 1 || epoch > maxKeyUpdates)
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
