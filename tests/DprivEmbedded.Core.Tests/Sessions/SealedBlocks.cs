using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Sessions;
using Xunit;

namespace DprivEmbedded.Core.Tests.Sessions;

/// <summary>Makes and reads sealed blocks.</summary>
internal static class SealedBlocks
{
    internal const string Server = "192.0.2.1:853|dns.example";

    internal static SealedSessionStore Store(SessionCache cache, MemoryBlobStore memory, byte[] key)
    {
        return new SealedSessionStore(cache, memory, new SystemCryptoProvider(), key);
    }

    internal static byte[] Saved(byte[] key, int sessions)
    {
        MemoryBlobStore memory = new MemoryBlobStore();
        SessionCache cache = new SessionCache(4, 4, 1024);
        for (int i = 1; i <= sessions; i++)
            cache.Put(Server, Samples.Tls13(i));

        Assert.Equal(SessionStoreError.None, Store(cache, memory, key).Save(Samples.Now));
        return memory.Block!;
    }

    internal static int LoadError(byte[] block, byte[] key, long now = Samples.Now)
    {
        return Store(new SessionCache(), new MemoryBlobStore { Block = block }, key).Load(now);
    }
}
