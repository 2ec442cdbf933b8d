using System;
using System.Text;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;

namespace DprivEmbedded.BogoShim;

/// <summary>Exports keying material (RFC 5705, RFC 8446 section 7.5) from what the key log says: the client itself has no exporter, but its secrets are checked so.</summary>
internal sealed class KeyExporter(ICryptoProvider provider) : IKeyLog
{
    private readonly IHmac _hmac = provider.CreateHmacSha256();
    private readonly byte[] _clientRandom = new byte[32];
    private byte[]? _masterSecret;
    private byte[]? _exporterSecret;
    private byte[]? _readSecret;
    private byte[]? _writeSecret;

    public void Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
    {
        clientRandom.CopyTo(_clientRandom, 0);
        if (label == "CLIENT_RANDOM")
            _masterSecret = secret.AsSpan(0, secretBytes).ToArray();
        else if (label == "EXPORTER_SECRET")
            _exporterSecret = secret.AsSpan(0, secretBytes).ToArray();
        else if (label == "SERVER_TRAFFIC_SECRET_0")
            _readSecret = secret.AsSpan(0, secretBytes).ToArray();
        else if (label == "CLIENT_TRAFFIC_SECRET_0")
            _writeSecret = secret.AsSpan(0, secretBytes).ToArray();
    }

    /// <summary>A length of 16 bits, the secret to read with, the one to write with.</summary>
    public byte[] TrafficSecrets() => [(byte)_readSecret!.Length, 0, .. _readSecret, .. _writeSecret!];

    public byte[] Export12(byte[] serverRandom, string label, string? context, int count)
    {
        byte[] seed = [.. Encoding.UTF8.GetBytes(label), .. _clientRandom, .. serverRandom];
        if (context != null)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(context);
            seed = [.. seed, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
        }

        byte[] result = new byte[count];
        byte[] a = seed;
        for (int at = 0; at < count; at += 32)
        {
            a = Mac(_masterSecret!, a);
            byte[] block = Mac(_masterSecret!, [.. a, .. seed]);
            block.AsSpan(0, Math.Min(32, count - at)).CopyTo(result.AsSpan(at));
        }

        return result;
    }

    public byte[] Export13(string label, string? context, int count)
    {
        byte[] secret = ExpandLabel(_exporterSecret!, label, Hash([]), 32);
        return ExpandLabel(secret, "exporter", Hash(Encoding.UTF8.GetBytes(context ?? string.Empty)), count);
    }

    private byte[] ExpandLabel(byte[] secret, string label, byte[] context, int count)
    {
        byte[] name = Encoding.UTF8.GetBytes("tls13 " + label);
        byte[] info = [(byte)(count >> 8), (byte)count, (byte)name.Length, .. name, (byte)context.Length, .. context];
        byte[] result = new byte[count];
        byte[] block = [];
        for (int at = 0; at < count; at += 32)
        {
            block = Mac(secret, [.. block, .. info, (byte)(at / 32 + 1)]);
            block.AsSpan(0, Math.Min(32, count - at)).CopyTo(result.AsSpan(at));
        }

        return result;
    }

    private byte[] Hash(byte[] data)
    {
        byte[] result = new byte[32];
        IHash hash = provider.CreateSha256();
        hash.Update(data, 0, data.Length);
        hash.Snapshot(result, 0);
        return result;
    }

    private byte[] Mac(byte[] key, byte[] data)
    {
        byte[] result = new byte[32];
        _hmac.SetKey(key, 0, key.Length);
        _hmac.Update(data, 0, data.Length);
        _hmac.Finish(result, 0);
        return result;
    }
}
