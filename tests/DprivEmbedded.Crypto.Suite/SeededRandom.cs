using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DprivEmbedded.Crypto.Suite;

/// <summary>A reproducible source: SHA-256 of seed and counter.</summary>
internal sealed class SeededRandom : IRandomSource
{
    private readonly byte[] _state = new byte[16];
    private byte[] _block = [];
    private int _used;

    public SeededRandom(int seed) => BinaryPrimitives.WriteInt32BigEndian(_state, seed);

    public void Fill(byte[] buffer, int offset, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_used == _block.Length)
            {
                BinaryPrimitives.WriteInt64BigEndian(System.MemoryExtensions.AsSpan(_state, 8), BinaryPrimitives.ReadInt64BigEndian(System.MemoryExtensions.AsSpan(_state, 8)) + 1);
                _block = SHA256.HashData(_state);
                _used = 0;
            }

            buffer[offset + i] = _block[_used++];
        }
    }
}
