namespace DprivEmbedded.Crypto;

/// <summary>The PRF and key schedule of TLS 1.2 and DTLS 1.2, with SHA-256. Source: RFC 5246 sections 5, 6.3 and 8.1; RFC 7627 section 4.</summary>
public sealed class KeySchedule12
{
    /// <summary>Size of a master secret in bytes.</summary>
    public const int MasterSecretBytes = 48;

    /// <summary>Size of a Finished's verify_data in bytes.</summary>
    public const int VerifyDataBytes = 12;

    private readonly IHmac _hmac;
    private readonly byte[] _a = new byte[32];
    private readonly byte[] _block = new byte[32];
    private readonly byte[] _label = new byte[32];
    private readonly byte[] _seed = new byte[64];

    /// <summary>Makes one.</summary>
    /// <param name="crypto">Where its HMAC comes from.</param>
    public KeySchedule12(ICryptoProvider crypto)
    {
        _hmac = crypto.CreateHmacSha256();
    }

    /// <summary>The PRF.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="secretOffset">Its first byte.</param>
    /// <param name="secretCount">Its number of bytes.</param>
    /// <param name="label">The label, ASCII, at most 32 characters.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="seedCount">Its number of bytes.</param>
    /// <param name="output">Receives <paramref name="count"/> bytes at offset 0; must not be <paramref name="secret"/>.</param>
    /// <param name="count">Number of bytes to make.</param>
    public void Prf(byte[] secret, int secretOffset, int secretCount, string label, byte[] seed, int seedCount, byte[] output, int count)
    {
        for (int i = 0; i < label.Length; i++)
            _label[i] = (byte)label[i];

        _hmac.SetKey(secret, secretOffset, secretCount);
        _hmac.Update(_label, 0, label.Length);
        _hmac.Update(seed, 0, seedCount);
        _hmac.Finish(_a, 0);
        int done = 0;
        while (done < count)
        {
            _hmac.Update(_a, 0, 32);
            _hmac.Update(_label, 0, label.Length);
            _hmac.Update(seed, 0, seedCount);
            _hmac.Finish(_block, 0);
            int part = count - done < 32 ? count - done : 32;
            System.Array.Copy(_block, 0, output, done, part);
            done += part;
            if (done < count)
            {
                _hmac.Update(_a, 0, 32);
                _hmac.Finish(_a, 0);
            }
        }

        ConstantTime.Clear(_a);
        ConstantTime.Clear(_block);
    }

    /// <summary>The extended master secret.</summary>
    /// <param name="premaster">The premaster secret.</param>
    /// <param name="premasterBytes">Its number of bytes.</param>
    /// <param name="sessionHash">The 32-byte hash of the messages up to and including ClientKeyExchange.</param>
    /// <param name="master">Receives 48 bytes.</param>
    public void ExtendedMasterSecret(byte[] premaster, int premasterBytes, byte[] sessionHash, byte[] master)
    {
        Prf(premaster, 0, premasterBytes, "extended master secret", sessionHash, 32, master, MasterSecretBytes);
    }

    /// <summary>The key block.</summary>
    /// <param name="master">The 48-byte master secret.</param>
    /// <param name="clientRandom">The 32-byte client random.</param>
    /// <param name="serverRandom">The 32-byte server random.</param>
    /// <param name="output">Receives client key, server key, client iv, server iv in this order (AEAD suites have no MAC keys).</param>
    /// <param name="count">Number of bytes to make.</param>
    public void KeyBlock(byte[] master, byte[] clientRandom, byte[] serverRandom, byte[] output, int count)
    {
        System.Array.Copy(serverRandom, 0, _seed, 0, 32);
        System.Array.Copy(clientRandom, 0, _seed, 32, 32);
        Prf(master, 0, MasterSecretBytes, "key expansion", _seed, 64, output, count);
    }

    /// <summary>The verify_data of a Finished.</summary>
    /// <param name="master">The 48-byte master secret.</param>
    /// <param name="client">True for the client's, false for the server's.</param>
    /// <param name="transcriptHash">The 32-byte transcript hash.</param>
    /// <param name="output">Receives 12 bytes.</param>
    public void Finished(byte[] master, bool client, byte[] transcriptHash, byte[] output)
    {
        Prf(master, 0, MasterSecretBytes, client ? "client finished" : "server finished", transcriptHash, 32, output, VerifyDataBytes);
    }

    /// <summary>Zeroes the HMAC's key.</summary>
    public void Clear()
    {
        _hmac.Clear();
    }
}
