namespace DprivEmbedded.Crypto.Managed;

/// <summary>SHA-256.</summary>
internal sealed class Sha256Hash : IHash
{
    private readonly Sha256 _running = new Sha256();
    private readonly Sha256 _copy = new Sha256();

    public void Reset()
    {
        _running.Reset();
    }

    public void Update(byte[] data, int offset, int count)
    {
        _running.Update(data, offset, count);
    }

    public void Snapshot(byte[] output, int offset)
    {
        _copy.CopyFrom(_running);
        _copy.Finish(output, offset);
    }
}
