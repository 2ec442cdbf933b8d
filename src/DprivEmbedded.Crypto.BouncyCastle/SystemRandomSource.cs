using System.Security.Cryptography;

namespace DprivEmbedded.Crypto.BouncyCastle;

/// <summary>The operating system's random source. Safe for use from several threads.</summary>
/// <remarks>Requests of at most 4 octets, as for the ID of a query, are served from a block drawn in advance: a call into the system costs as much as sealing a query. Whatever is longer, keys among it, is drawn when it is asked for.</remarks>
public sealed class SystemRandomSource : IRandomSource
{
    private const int Small = 4;

    private readonly object _lock = new object();
    private readonly byte[] _block = new byte[256];
    private int _left;
#if !NET
    private readonly RandomNumberGenerator _generator = RandomNumberGenerator.Create();
#endif

    /// <inheritdoc/>
    public void Fill(byte[] buffer, int offset, int count)
    {
        if (count > Small)
        {
            Draw(buffer, offset, count);
            return;
        }

        lock (_lock)
        {
            if (_left < count)
            {
                Draw(_block, 0, _block.Length);
                _left = _block.Length;
            }

            // Each octet is given out once and then forgotten.
            System.Array.Copy(_block, _left - count, buffer, offset, count);
            System.Array.Clear(_block, _left - count, count);
            _left -= count;
        }
    }

    private void Draw(byte[] buffer, int offset, int count)
    {
#if NET
        RandomNumberGenerator.Fill(new System.Span<byte>(buffer, offset, count));
#else
        _generator.GetBytes(buffer, offset, count);
#endif
    }
}
