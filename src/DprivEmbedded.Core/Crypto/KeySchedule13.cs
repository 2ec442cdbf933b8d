namespace DprivEmbedded.Crypto;

/// <summary>The key schedule of TLS 1.3. Source: RFC 8446 section 7.1.</summary>
/// <remarks>
/// Order of calls: <see cref="Start"/>, <see cref="DeriveSecret"/> for binder and early secrets, <see cref="EnterHandshake"/>, handshake traffic secrets,
/// <see cref="EnterMaster"/>, application traffic and resumption secrets; then <see cref="Clear"/>. Secrets are 32 bytes each.
/// </remarks>
public sealed class KeySchedule13
{
    private readonly Hkdf _hkdf;
    private readonly IHmac _hmac;
    private readonly byte[] _secret = new byte[Hkdf.HashBytes];
    private readonly byte[] _emptyHash = new byte[Hkdf.HashBytes];
    private readonly byte[] _key = new byte[Hkdf.HashBytes];

    /// <summary>Makes one.</summary>
    /// <param name="crypto">Where its HMAC and hash come from.</param>
    public KeySchedule13(ICryptoProvider crypto)
    {
        _hmac = crypto.CreateHmacSha256();
        _hkdf = new Hkdf(_hmac);
        crypto.CreateSha256().Snapshot(_emptyHash, 0);
    }

    /// <summary>The HKDF under the schedule.</summary>
    public Hkdf Hkdf { get { return _hkdf; } }

    /// <summary>Enters the early secret.</summary>
    /// <param name="psk">The pre-shared key; null stands for 32 zeros.</param>
    public void Start(byte[] psk)
    {
        _hkdf.Extract(null, psk, 0, psk == null ? 0 : psk.Length, _secret);
    }

    /// <summary>Enters the handshake secret.</summary>
    /// <param name="sharedSecret">The 32-byte (EC)DHE secret; null for psk_ke.</param>
    public void EnterHandshake(byte[] sharedSecret)
    {
        Advance();
        _hkdf.Extract(_secret, sharedSecret, 0, Hkdf.HashBytes, _secret);
    }

    /// <summary>Enters the master secret.</summary>
    public void EnterMaster()
    {
        Advance();
        _hkdf.Extract(_secret, null, 0, Hkdf.HashBytes, _secret);
    }

    /// <summary>Derive-Secret of the present stage.</summary>
    /// <param name="label">The label, "c hs traffic" for example.</param>
    /// <param name="transcriptHash">The 32-byte transcript hash; null for that of no messages.</param>
    /// <param name="output">Receives 32 bytes.</param>
    public void DeriveSecret(string label, byte[] transcriptHash, byte[] output)
    {
        _hkdf.ExpandLabel(_secret, label, transcriptHash == null ? _emptyHash : transcriptHash, 0, Hkdf.HashBytes, output, 0, Hkdf.HashBytes);
    }

    /// <summary>The verify_data of a Finished, and of a PSK binder. Source: RFC 8446 sections 4.4.4 and 4.2.11.2.</summary>
    /// <param name="baseKey">The traffic secret, or the binder key; 32 bytes.</param>
    /// <param name="transcriptHash">The 32-byte transcript hash.</param>
    /// <param name="output">Receives 32 bytes at <paramref name="offset"/>.</param>
    /// <param name="offset">First byte to write.</param>
    public void Finished(byte[] baseKey, byte[] transcriptHash, byte[] output, int offset)
    {
        _hkdf.ExpandLabel(baseKey, "finished", null, 0, 0, _key, 0, Hkdf.HashBytes);
        _hmac.SetKey(_key, 0, Hkdf.HashBytes);
        _hmac.Update(transcriptHash, 0, Hkdf.HashBytes);
        _hmac.Finish(output, offset);
        ConstantTime.Clear(_key);
    }

    /// <summary>The key and iv of a traffic secret. Source: RFC 8446 section 7.3.</summary>
    /// <param name="trafficSecret">The traffic secret, 32 bytes.</param>
    /// <param name="key">Receives the key.</param>
    /// <param name="keyBytes">Size of the key in bytes.</param>
    /// <param name="iv">Receives the 12-byte iv.</param>
    public void TrafficKeys(byte[] trafficSecret, byte[] key, int keyBytes, byte[] iv)
    {
        _hkdf.ExpandLabel(trafficSecret, "key", null, 0, 0, key, 0, keyBytes);
        _hkdf.ExpandLabel(trafficSecret, "iv", null, 0, 0, iv, 0, 12);
    }

    /// <summary>Replaces an application traffic secret by its successor. Source: RFC 8446 section 7.2.</summary>
    /// <param name="trafficSecret">The secret, 32 bytes; changed in place.</param>
    public void UpdateTrafficSecret(byte[] trafficSecret)
    {
        _hkdf.ExpandLabel(trafficSecret, "traffic upd", null, 0, 0, trafficSecret, 0, Hkdf.HashBytes);
    }

    /// <summary>The PSK of a ticket. Source: RFC 8446 section 4.6.1.</summary>
    /// <param name="resumptionMasterSecret">The resumption master secret, 32 bytes.</param>
    /// <param name="nonce">Holds the ticket's nonce.</param>
    /// <param name="offset">Its first byte.</param>
    /// <param name="count">Its number of bytes, 0..255.</param>
    /// <param name="output">Receives 32 bytes.</param>
    public void ResumptionPsk(byte[] resumptionMasterSecret, byte[] nonce, int offset, int count, byte[] output)
    {
        _hkdf.ExpandLabel(resumptionMasterSecret, "resumption", nonce, offset, count, output, 0, Hkdf.HashBytes);
    }

    /// <summary>Zeroes the present stage's secret.</summary>
    public void Clear()
    {
        ConstantTime.Clear(_secret);
        _hmac.Clear();
    }

    private void Advance()
    {
        _hkdf.ExpandLabel(_secret, "derived", _emptyHash, 0, Hkdf.HashBytes, _secret, 0, Hkdf.HashBytes);
    }
}
