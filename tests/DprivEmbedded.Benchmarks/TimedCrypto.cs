using System.Diagnostics;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;

namespace DprivEmbedded.Benchmarks;

/// <summary>BouncyCastle's primitives with a stopwatch around each call, by kind.</summary>
internal sealed class TimedCrypto : ICryptoProvider, IRandomSource
{
    private readonly BouncyCastleProvider _inner = new();

    public long[] Ticks { get; } = new long[4];

    public int[] Calls { get; } = new int[4];

    public IRandomSource Random => this;

    public void Fill(byte[] buffer, int offset, int count)
    {
        long start = Stopwatch.GetTimestamp();
        _inner.Random.Fill(buffer, offset, count);
        Add(0, start);
    }

    public IHash CreateSha256() => new Hash(this, _inner.CreateSha256());

    public IHmac CreateHmacSha256() => new Hmac(this, _inner.CreateHmacSha256());

    public IAead CreateAead(int algorithm) => new Aead(this, _inner.CreateAead(algorithm)!);

    public IKeyAgreement CreateKeyAgreement(int group) => _inner.CreateKeyAgreement(group)!;

    public bool SupportsSignature(int scheme) => _inner.SupportsSignature(scheme);

    public bool VerifySignature(int scheme, byte[] spki, int spkiOffset, int spkiCount, byte[] message, int messageOffset, int messageCount, byte[] signature, int signatureOffset, int signatureCount)
        => _inner.VerifySignature(scheme, spki, spkiOffset, spkiCount, message, messageOffset, messageCount, signature, signatureOffset, signatureCount);

    private void Add(int kind, long start)
    {
        Ticks[kind] += Stopwatch.GetTimestamp() - start;
        Calls[kind]++;
    }

    private sealed class Hash(TimedCrypto owner, IHash inner) : IHash
    {
        public void Reset() => inner.Reset();

        public void Update(byte[] data, int offset, int count)
        {
            long start = Stopwatch.GetTimestamp();
            inner.Update(data, offset, count);
            owner.Add(1, start);
        }

        public void Snapshot(byte[] output, int offset)
        {
            long start = Stopwatch.GetTimestamp();
            inner.Snapshot(output, offset);
            owner.Add(1, start);
        }
    }

    private sealed class Hmac(TimedCrypto owner, IHmac inner) : IHmac
    {
        public void SetKey(byte[] key, int offset, int count)
        {
            long start = Stopwatch.GetTimestamp();
            inner.SetKey(key, offset, count);
            owner.Add(2, start);
        }

        public void Update(byte[] data, int offset, int count)
        {
            long start = Stopwatch.GetTimestamp();
            inner.Update(data, offset, count);
            owner.Add(2, start);
        }

        public void Finish(byte[] output, int offset)
        {
            long start = Stopwatch.GetTimestamp();
            inner.Finish(output, offset);
            owner.Add(2, start);
        }

        public void Clear() => inner.Clear();
    }

    private sealed class Aead(TimedCrypto owner, IAead inner) : IAead
    {
        public int KeyBytes => inner.KeyBytes;

        public int TagBytes => inner.TagBytes;

        public void SetKey(byte[] key, int offset) => inner.SetKey(key, offset);

        public void Seal(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
        {
            long start = Stopwatch.GetTimestamp();
            inner.Seal(nonce, aad, aadOffset, aadCount, buffer, offset, count);
            owner.Add(3, start);
        }

        public bool Open(byte[] nonce, byte[] aad, int aadOffset, int aadCount, byte[] buffer, int offset, int count)
        {
            long start = Stopwatch.GetTimestamp();
            bool opened = inner.Open(nonce, aad, aadOffset, aadCount, buffer, offset, count);
            owner.Add(3, start);
            return opened;
        }

        public void Clear() => inner.Clear();
    }
}
