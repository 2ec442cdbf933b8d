using DprivEmbedded.Crypto;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>
/// Counts the blocks that another provider's symmetric primitives work on, by the rules of their standards; an HMAC's key costs nothing where it is set already, as Crypto.Managed
/// has it. <c>DprivEmbedded.Build.Tests</c> counts the same per primitive in the interpreted board's build (docs/footprint.md).
/// </summary>
internal sealed class CountingCrypto(ICryptoProvider inner) : ICryptoProvider
{
    private const int HashBlockBytes = 64;
    private const int AesBlockBytes = 16;

    public IRandomSource Random => inner.Random;

    /// <summary>Blocks of SHA-256, those of HMAC among them.</summary>
    public int HashBlocks { get; private set; }

    /// <summary>Blocks of AES: key stream and, in CCM, the MAC.</summary>
    public int AesBlocks { get; private set; }

    /// <summary>Public-key operations.</summary>
    public int PublicKeyOperations { get; private set; }

    public void Reset()
    {
        HashBlocks = 0;
        AesBlocks = 0;
        PublicKeyOperations = 0;
    }

    public IHash CreateSha256() => new Hash(this, inner.CreateSha256());

    public IHmac CreateHmacSha256() => new Hmac(this, inner.CreateHmacSha256());

    public IAead CreateAead(int algorithm) => new Aead(this, inner.CreateAead(algorithm), algorithm);

    public IKeyAgreement CreateKeyAgreement(int group) => new Agreement(this, inner.CreateKeyAgreement(group));

    public bool SupportsSignature(int scheme) => inner.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
    {
        PublicKeyOperations++;
        return inner.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);
    }

    /// <summary>Blocks that end a message: one bit of padding and eight bytes of length have to fit.</summary>
    private static int EndBlocks(int bytes) => (bytes % HashBlockBytes) + 9 > HashBlockBytes ? 2 : 1;

    private sealed class Hash(CountingCrypto owner, IHash inner) : IHash
    {
        private int _bytes;

        public void Reset()
        {
            _bytes = 0;
            inner.Reset();
        }

        public void Update(byte[] data, int offset, int count)
        {
            owner.HashBlocks += ((_bytes + count) / HashBlockBytes) - (_bytes / HashBlockBytes);
            _bytes += count;
            inner.Update(data, offset, count);
        }

        public void Snapshot(byte[] output, int offset)
        {
            owner.HashBlocks += EndBlocks(_bytes);
            inner.Snapshot(output, offset);
        }
    }

    private sealed class Hmac(CountingCrypto owner, IHmac inner) : IHmac
    {
        private byte[]? _key;
        private int _bytes;

        public void SetKey(byte[] key, int offset, int count)
        {
            byte[] present = key[offset..(offset + count)];
            if (_key == null || !System.Linq.Enumerable.SequenceEqual(_key, present))
                owner.HashBlocks += 2 + (count > HashBlockBytes ? (count / HashBlockBytes) + EndBlocks(count) : 0);

            _key = present;
            _bytes = 0;
            inner.SetKey(key, offset, count);
        }

        public void Update(byte[] data, int offset, int count)
        {
            _bytes += count;
            inner.Update(data, offset, count);
        }

        public void Finish(byte[] output, int offset)
        {
            owner.HashBlocks += (_bytes / HashBlockBytes) + EndBlocks(_bytes) + 1;
            _bytes = 0;
            inner.Finish(output, offset);
        }

        public void Clear()
        {
            _key = null;
            inner.Clear();
        }
    }

    private sealed class Agreement(CountingCrypto owner, IKeyAgreement inner) : IKeyAgreement
    {
        public int Group => inner.Group;

        public int PublicBytes => inner.PublicBytes;

        public void Generate(IRandomSource random, byte[] output, int offset)
        {
            owner.PublicKeyOperations++;
            inner.Generate(random, output, offset);
        }

        public bool Agree(byte[] peer, int peerOffset, int peerCount, byte[] secret, int secretOffset)
        {
            owner.PublicKeyOperations++;
            return inner.Agree(peer, peerOffset, peerCount, secret, secretOffset);
        }

        public void Clear() => inner.Clear();
    }

    private sealed class Aead(CountingCrypto owner, IAead inner, int algorithm) : IAead
    {
        public int KeyBytes => inner.KeyBytes;

        public int TagBytes => inner.TagBytes;

        public void SetKey(byte[] key, int offset)
        {
            if (algorithm == AeadAlgorithm.Aes128Gcm)
                owner.AesBlocks++;

            inner.SetKey(key, offset);
        }

        public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
        {
            Add(aadCount, count);
            inner.Seal(nonce, aad, aadOffset, aadCount, buffer, offset, count);
        }

        public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
        {
            Add(aadCount, count - TagBytes);
            return inner.Open(nonce, aad, aadOffset, aadCount, buffer, offset, count);
        }

        public void Clear() => inner.Clear();

        private void Add(int aadCount, int count)
        {
            int blocks = (count + AesBlockBytes - 1) / AesBlockBytes;
            int mask = 1;
            if (algorithm == AeadAlgorithm.Aes128Gcm)
                owner.AesBlocks += blocks + mask;
            else if (algorithm is AeadAlgorithm.Aes128Ccm or AeadAlgorithm.Aes128Ccm8)
                owner.AesBlocks += (2 * blocks) + mask + 1 + ((aadCount + 2 + AesBlockBytes - 1) / AesBlockBytes);
        }
    }
}
