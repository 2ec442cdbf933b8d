using System;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dtls;
using DprivEmbedded.Tls;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>Makes records with a client's keys that no client would send. The server's key log gives the keys away.</summary>
internal sealed class DtlsForger : IKeyLog
{
    private byte[] _clientRandom = [];
    private byte[] _master = [];
    private DtlsRecordProtection? _write;
    private ulong _sequence = 20;

    public void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        _clientRandom = (byte[])clientRandom.Clone();
        _master = secret[..secretBytes];
    }

    /// <summary>A record of epoch 1 of the last association, under a number soon after its client's.</summary>
    public byte[] Record(DtlsNetwork network, int type, params byte[] content)
    {
        if (_write == null)
        {
            DtlsServer association = network.Socket.Associations[^1];
            byte[] hello = network.Sent.Last(d => d.Bytes[0] == ContentType.Handshake && d.Bytes[13] == HandshakeType.ServerHello).Bytes;
            BouncyCastleProvider crypto = new();
            int keyBytes = CipherSuite.KeyBytes(association.CipherSuite);
            int ivBytes = CipherSuite.FixedIvBytes(association.CipherSuite);
            byte[] block = new byte[2 * (keyBytes + ivBytes)];
            new KeySchedule12(crypto).KeyBlock(_master, _clientRandom, hello[27..59], block, block.Length);
            _write = new DtlsRecordProtection(crypto, association.CipherSuite) { ConnectionId = association.ConnectionId ?? [] };
            _write.SetKey(block, 0, block, 2 * keyBytes);
        }

        byte[] record = new byte[_write.OverheadBytes + content.Length];
        content.CopyTo(record, _write.ContentOffset);
        int count = _write.Seal(type, 1, _sequence++, record, 0, content.Length);
        return count == record.Length ? record : throw new InvalidOperationException("Another size than announced.");
    }
}
