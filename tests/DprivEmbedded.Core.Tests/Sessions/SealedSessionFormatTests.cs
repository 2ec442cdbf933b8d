using System;
using System.Buffers.Binary;
using System.Linq;
using CsCheck;
using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Crypto;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Sessions;
using Xunit;

namespace DprivEmbedded.Core.Tests.Sessions;

/// <summary>The bytes of a sealed store, and what is refused.</summary>
public class SealedSessionFormatTests
{
    private const string A = SealedBlocks.Server;

    /// <summary>What one crypto back-end seals, the other opens.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void TheSealIsTheSameInBothBackEnds(int keyBytes)
    {
        byte[] key = Samples.Filled(keyBytes, 7);
        ICryptoProvider[] providers = { new SystemCryptoProvider(), new BouncyCastleProvider() };
        for (int i = 0; i < 2; i++)
        {
            MemoryBlobStore memory = new MemoryBlobStore();
            SessionCache cache = new SessionCache();
            cache.Put(A, Samples.Tls13(1));
            Assert.Equal(SessionStoreError.None, new SealedSessionStore(cache, memory, providers[i], key).Save(Samples.Now));
            SessionCache restored = new SessionCache();
            SealedSessionStore other = new SealedSessionStore(restored, memory, providers[1 - i], key);
            Assert.Equal(SessionStoreError.None, other.Load(Samples.Now));
            Samples.AssertSame(Samples.Tls13(1), restored.Session(0, 0));
            memory.Block![30] ^= 1;
            Assert.Equal(SessionStoreError.WrongKeyOrDamaged, other.Load(Samples.Now));
        }
    }

    /// <summary>The documented layout: docs/formats/session-store.md.</summary>
    [Theory]
    [InlineData(16, AeadAlgorithm.Aes128Gcm)]
    [InlineData(32, AeadAlgorithm.ChaCha20Poly1305)]
    public void TheLayoutIsTheDocumentedOne(int keyBytes, int algorithm)
    {
        byte[] key = Samples.Filled(keyBytes, 7);
        byte[] block = SealedBlocks.Saved(key, 2);
        Assert.Equal("DPSS"u8.ToArray(), block[..4]);
        Assert.Equal(new byte[] { 1, (byte)algorithm, 0, 0 }, block[4..8]);
        Assert.Equal(block.Length - 24, BinaryPrimitives.ReadInt32BigEndian(block.AsSpan(8)));
        SystemAead aead = new SystemAead(algorithm);
        aead.SetKey(key, 0);
        Assert.True(aead.Open(block[12..24], block, 0, 24, block, 24, block.Length - 24));
        ReadOnlySpan<byte> list = block.AsSpan(24, block.Length - 24 - 16);
        Assert.Equal(1, BinaryPrimitives.ReadInt64BigEndian(list));
        Assert.Equal(Samples.Now, BinaryPrimitives.ReadInt64BigEndian(list[8..]));
        Assert.Equal(2, BinaryPrimitives.ReadInt16BigEndian(list[16..]));
        SessionSerializer serializer = new SessionSerializer();
        int position = 18;
        for (int i = 0; i < 2; i++)
        {
            int bytes = SessionSerializer.RecordBytes(list.ToArray(), position, list.Length - position);
            Assert.Equal(SessionStoreError.None, serializer.Read(list.ToArray(), position, bytes));
            Samples.AssertSame(Samples.Tls13(2 - i), serializer.Session);
            position += bytes;
        }

        Assert.Equal(list.Length, position);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void EverySingleBitFlipIsRefused(int keyBytes)
    {
        byte[] key = Samples.Filled(keyBytes, 7);
        byte[] block = SealedBlocks.Saved(key, 2);
        for (int bit = 0; bit < block.Length * 8; bit++)
        {
            byte[] flipped = (byte[])block.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(flipped, key);
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] key = Samples.Filled(16, 7);
        byte[] block = SealedBlocks.Saved(key, 2);
        for (int count = 0; count < block.Length; count++)
            Assert.Equal(SessionStoreError.Truncated, AssertRefused(block[..count], key));
    }

    [Fact]
    public void TrailingBytesAreRefused()
    {
        byte[] key = Samples.Filled(16, 7);
        Assert.Equal(SessionStoreError.TrailingBytes, AssertRefused(SealedBlocks.Saved(key, 1).Append((byte)0).ToArray(), key));
    }

    [Fact]
    public void RandomChangesAreRefused()
    {
        byte[] key = Samples.Filled(16, 7);
        byte[] block = SealedBlocks.Saved(key, 3);
        Gen.Select(Gen.Int[0, block.Length - 1], Gen.Byte).Array[1, 5].Sample(changes =>
        {
            byte[] changed = (byte[])block.Clone();
            foreach ((int position, byte value) in changes)
                changed[position] = value;

            if (!changed.AsSpan().SequenceEqual(block))
                AssertRefused(changed, key);
        }, iter: 2000);
    }

    [Fact]
    public void AnotherKeyIsRefused()
    {
        byte[] block = SealedBlocks.Saved(Samples.Filled(16, 7), 1);
        Assert.Equal(SessionStoreError.WrongKeyOrDamaged, AssertRefused(block, Samples.Filled(16, 8)));
        Assert.Equal(SessionStoreError.OtherAlgorithm, AssertRefused(block, Samples.Filled(32, 7)));
    }

    [Fact]
    public void AListThatIsSealedButWrongIsRefused()
    {
        byte[] key = Samples.Filled(16, 7);
        byte[] good = Unsealed(SealedBlocks.Saved(key, 2), key);
        Assert.Equal(SessionStoreError.None, SealedBlocks.LoadError(Sealed(good, key), key));

        byte[] manyRecords = (byte[])good.Clone();
        manyRecords[16] = 0xFF;
        Assert.Equal(SessionStoreError.Damaged, AssertRefused(Sealed(manyRecords, key), key));
        byte[] oneRecord = (byte[])good.Clone();
        oneRecord[17] = 1;
        Assert.Equal(SessionStoreError.Damaged, AssertRefused(Sealed(oneRecord, key), key));
        byte[] negativeCounter = (byte[])good.Clone();
        negativeCounter[0] = 0x80;
        Assert.Equal(SessionStoreError.Damaged, AssertRefused(Sealed(negativeCounter, key), key));
        byte[] badRecord = (byte[])good.Clone();
        badRecord[^1] = 0;
        badRecord[18 + 3] |= 0x80;
        Assert.Equal(SessionStoreError.Damaged, AssertRefused(Sealed(badRecord, key), key));
        Assert.Equal(SessionStoreError.WrongKeyOrDamaged, AssertRefused(Sealed(good[..17], key), key));
    }

    [Fact]
    public void NothingOfASessionIsReadableAndNoTwoBlocksAreAlike()
    {
        byte[] key = Samples.Filled(16, 7);
        byte[] first = SealedBlocks.Saved(key, 2);
        byte[] second = SealedBlocks.Saved(key, 2);
        Assert.True(first.AsSpan().IndexOf("dns.example"u8) < 0);
        Assert.True(first.AsSpan().IndexOf(Samples.Filled(8, 1)) < 0);
        Assert.NotEqual(first[12..24], second[12..24]);
        Assert.NotEqual(first[24..], second[24..]);
    }

    private static int AssertRefused(byte[] block, byte[] key)
    {
        SessionCache cache = new SessionCache();
        SealedSessionStore store = SealedBlocks.Store(cache, new MemoryBlobStore { Block = block }, key);
        int error = store.Load(Samples.Now);
        Assert.NotEqual(SessionStoreError.None, error);
        Assert.Equal(0, cache.Count);
        Assert.Equal(0, store.LoadedCount);
        return error;
    }

    private static byte[] Unsealed(byte[] block, byte[] key)
    {
        SystemAead aead = new SystemAead(AeadAlgorithm.Aes128Gcm);
        aead.SetKey(key, 0);
        Assert.True(aead.Open(block[12..24], block, 0, 24, block, 24, block.Length - 24));
        return block[24..^16];
    }

    private static byte[] Sealed(byte[] list, byte[] key)
    {
        byte[] block = new byte[24 + list.Length + 16];
        "DPSS\u0001\u0001"u8.CopyTo(block);
        BinaryPrimitives.WriteInt32BigEndian(block.AsSpan(8), list.Length + 16);
        list.CopyTo(block, 24);
        SystemAead aead = new SystemAead(AeadAlgorithm.Aes128Gcm);
        aead.SetKey(key, 0);
        aead.Seal(new byte[12], block, 0, 24, block, 24, list.Length);
        return block;
    }
}
