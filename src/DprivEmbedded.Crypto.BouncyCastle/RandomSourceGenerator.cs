using System;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>Lets BouncyCastle's key generators and signers draw from an <see cref="IRandomSource"/>.</summary>
internal sealed class RandomSourceGenerator : IRandomGenerator
{
    private readonly IRandomSource _source;

    private RandomSourceGenerator(IRandomSource source) => _source = source;

    /// <summary>A SecureRandom whose every byte comes from the source; its seed methods do nothing.</summary>
    public static SecureRandom Wrap(IRandomSource source) => new SecureRandom(new RandomSourceGenerator(source));

    public void AddSeedMaterial(byte[] seed)
    {
    }

    public void AddSeedMaterial(long seed)
    {
    }

    public void NextBytes(byte[] bytes) => _source.Fill(bytes, 0, bytes.Length);

    public void NextBytes(byte[] bytes, int start, int len) => _source.Fill(bytes, start, len);

#if NET
    public void AddSeedMaterial(ReadOnlySpan<byte> seed)
    {
    }

    public void NextBytes(Span<byte> bytes)
    {
        byte[] copy = new byte[bytes.Length];
        _source.Fill(copy, 0, copy.Length);
        copy.CopyTo(bytes);
        Array.Clear(copy, 0, copy.Length);
    }
#endif
}
