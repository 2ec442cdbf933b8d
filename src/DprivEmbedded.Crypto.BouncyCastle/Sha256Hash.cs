using Org.BouncyCastle.Crypto.Digests;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>SHA-256. Allocates nothing after construction.</summary>
internal sealed class Sha256Hash : IHash
{
    private readonly Sha256Digest _running = new Sha256Digest();
    private readonly Sha256Digest _copy = new Sha256Digest();

    public void Reset() => _running.Reset();

    public void Update(byte[] data, int offset, int count) => _running.BlockUpdate(data, offset, count);

    public void Snapshot(byte[] output, int offset)
    {
        _copy.Reset(_running);
        _copy.DoFinal(output, offset);
    }
}
