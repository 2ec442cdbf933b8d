using System.Security.Cryptography;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>The operating system's random source. Safe for use from several threads.</summary>
public sealed class SystemRandomSource : IRandomSource
{
#if !NET
    private readonly RandomNumberGenerator _generator = RandomNumberGenerator.Create();
#endif

    /// <inheritdoc/>
    public void Fill(byte[] buffer, int offset, int count)
    {
#if NET
        RandomNumberGenerator.Fill(new System.Span<byte>(buffer, offset, count));
#else
        _generator.GetBytes(buffer, offset, count);
#endif
    }
}
