using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using DprivEmbedded.Core.Tests.Support;
using DprivEmbedded.Sessions;
using Xunit;

namespace DprivEmbedded.Core.Tests.Sessions;

public class SealedSessionStoreTests
{
    private const string A = SealedBlocks.Server;
    private const string B = "192.0.2.2:853|dns.example";

    private readonly MemoryBlobStore _memory = new MemoryBlobStore();

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void SessionsComeBackInTheirOrder(int keyBytes)
    {
        byte[] key = Samples.Filled(keyBytes, 7);
        (SessionCache cache, SealedSessionStore store) = Open(key);
        Assert.Equal(SessionStoreError.NotFound, store.Load(Samples.Now));
        cache.Put(A, Samples.Tls13(1));
        cache.Put(B, Samples.Tls12(2));
        cache.Put(A, Samples.Tls13(3));
        Assert.Equal(SessionStoreError.None, store.Save(Samples.Now));
        Assert.Null(store.LastErrorText);

        (SessionCache restored, SealedSessionStore again) = Open(key);
        Assert.Equal(SessionStoreError.None, again.Load(Samples.Now + 1000));
        Assert.Equal(3, again.LoadedCount);
        Assert.Equal(new[] { A, B }, new[] { restored.Server(0), restored.Server(1) });
        Samples.AssertSame(Samples.Tls13(3), restored.Take(A, Samples.Now + 1000));
        Samples.AssertSame(Samples.Tls13(1), restored.Take(A, Samples.Now + 1000));
        Samples.AssertSame(Samples.Tls12(2), restored.Take(B, Samples.Now + 1000));
    }

    [Fact]
    public void AnySessionsComeBack()
    {
        Gen.Select(Samples.Text, Samples.Any).Array[0, 6].Sample(sessions =>
        {
            MemoryBlobStore memory = new MemoryBlobStore();
            SessionCache cache = new SessionCache(8, 8, 1024);
            SealedSessionStore store = SealedBlocks.Store(cache, memory, new byte[16]);
            foreach ((string server, TlsSession session) in sessions)
            {
                session.ReceivedUtcMs = Samples.Now - 1;
                session.AuthenticatedUntilUtcSeconds = 0;
                cache.Put(server, session);
            }

            Assert.Equal(SessionStoreError.None, store.Save(Samples.Now));
            SessionCache restored = new SessionCache(8, 8, 1024);
            SealedBlocks.Store(restored, memory, new byte[16]).Load(Samples.Now);
            Assert.Equal(cache.Count, restored.Count);
            for (int i = 0; i < cache.ServerCount; i++)
            {
                Assert.Equal(cache.Server(i), restored.Server(i));
                for (int k = 0; k < cache.SessionCount(i); k++)
                    Samples.AssertSame(cache.Session(i, k), restored.Session(i, k));
            }
        }, iter: 300);
    }

    [Fact]
    public void ATakenTicketIsNotRestoredAfterACrash()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        cache.Put(A, Samples.Tls13(2));
        store.Save(Samples.Now);
        Assert.NotNull(_memory.Block);
        Assert.NotNull(cache.Take(A, Samples.Now));
        Assert.Null(_memory.Block);

        (SessionCache restored, SealedSessionStore again) = Open();
        Assert.Equal(SessionStoreError.NotFound, again.Load(Samples.Now));
        Assert.Null(restored.Take(A, Samples.Now));
        Assert.NotNull(cache.Take(A, Samples.Now));
    }

    [Fact]
    public void PuttingAStoredSessionAgainDoesNotHideItsCopy()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        store.Save(Samples.Now);
        cache.Put(B, cache.Session(0, 0));
        Assert.NotNull(cache.Take(B, Samples.Now));
        Assert.Null(_memory.Block);
    }

    [Fact]
    public void LoadingAgainGivesNoSessionTwice()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 1);
        (SessionCache cache, SealedSessionStore store) = Open();
        store.Load(Samples.Now);
        store.Load(Samples.Now);
        Assert.Equal(1, cache.Count);
        Assert.NotNull(cache.Take(A, Samples.Now));
        Assert.Null(cache.Take(A, Samples.Now));
    }

    [Fact]
    public void ACrashBeforeTheFirstTakeLosesNothing()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 2);
        for (int restart = 0; restart < 3; restart++)
        {
            (SessionCache cache, SealedSessionStore store) = Open();
            Assert.Equal(SessionStoreError.None, store.Load(Samples.Now));
            Assert.Equal(2, cache.Count);
        }

        Assert.Equal(0, _memory.Removals);
    }

    [Fact]
    public void NothingIsWrittenWhereNothingChanged()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Samples.Now));
        Assert.Equal(0, _memory.Writes);
        cache.Put(A, Samples.Tls13(1));
        store.SaveIfChanged(Samples.Now);
        Assert.Equal(1, _memory.Writes);
        store.SaveIfChanged(Samples.Now + 1);
        Assert.Equal(1, _memory.Writes);

        (SessionCache restored, SealedSessionStore again) = Open();
        again.Load(Samples.Now + 2);
        again.SaveIfChanged(Samples.Now + 3);
        Assert.Equal(1, _memory.Writes);
        Assert.Equal(0, _memory.Removals);

        restored.Take(A, Samples.Now + 4);
        Assert.Equal(1, _memory.Removals);
        again.SaveIfChanged(Samples.Now + 5);
        Assert.Equal(1, _memory.Writes);
        Assert.Null(_memory.Block);
        restored.Put(A, Samples.Tls13(2));
        again.SaveIfChanged(Samples.Now + 6);
        Assert.Equal(2, _memory.Writes);
        Assert.Equal(1, _memory.Removals);
    }

    [Fact]
    public void WhatWasRemovedFromTheCacheLeavesStorageWithTheNextSave()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        cache.Put(B, Samples.Tls13(2));
        store.Save(Samples.Now);
        cache.RemoveServer(A);
        store.SaveIfChanged(Samples.Now);
        (SessionCache restored, SealedSessionStore again) = Open();
        again.Load(Samples.Now);
        Assert.Equal(1, restored.Count);
        Assert.Equal(B, restored.Server(0));

        cache.Clear();
        store.SaveIfChanged(Samples.Now);
        Assert.Null(_memory.Block);
    }

    [Fact]
    public void TheTwoUsersOfOneStorageNeverUseTheSameTicket()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 2);
        (SessionCache cache1, SealedSessionStore store1) = Open();
        (SessionCache cache2, SealedSessionStore store2) = Open();
        store1.Load(Samples.Now);
        store2.Load(Samples.Now);
        Assert.NotNull(cache1.Take(A, Samples.Now));
        Assert.NotNull(cache1.Take(A, Samples.Now));
        TlsSession dropped = cache2.Session(0, 0);
        Assert.Null(cache2.Take(A, Samples.Now));
        Assert.Equal(SessionStoreError.TakenByOther, store2.LastError);
        Assert.True(Samples.IsZeroed(dropped));

        // What the first leaves, the second takes over.
        cache1.Put(A, Samples.Tls13(5));
        cache2.Put(B, Samples.Tls13(6));
        store1.Save(Samples.Now);
        store2.Save(Samples.Now);
        Assert.Equal(1, store2.LoadedCount);
        (SessionCache cache3, SealedSessionStore store3) = Open();
        store3.Load(Samples.Now);
        Assert.Equal(2, cache3.Count);

        // The first finds another block than it left, claims that one and has all that is in it.
        Samples.AssertSame(Samples.Tls13(5), cache1.Take(A, Samples.Now));
        Samples.AssertSame(Samples.Tls13(6), cache1.Take(B, Samples.Now));
        Assert.Null(cache2.Take(B, Samples.Now));
        Assert.Null(cache3.Take(A, Samples.Now));
        Assert.Equal(0, cache2.Count + cache3.Count);
    }

    [Fact]
    public void WhatIsNoStoreIsLeftAlone()
    {
        byte[] newer = SealedBlocks.Saved(new byte[16], 1);
        newer[4] = 2;
        foreach ((byte[] block, int error) in new[] { ("%PDF-1.7 a thesis"u8.ToArray(), SessionStoreError.BadMagic), ("DPX"u8.ToArray(), SessionStoreError.BadMagic), (newer, SessionStoreError.UnknownVersion), (new byte[20000], SessionStoreError.TooLarge) })
        {
            _memory.Block = block;
            (SessionCache cache, SealedSessionStore store) = Open();
            cache.Put(A, Samples.Tls13());
            Assert.Equal(error, store.Save(Samples.Now));
            Assert.NotNull(store.LastErrorText);
            Assert.Equal(error, store.Load(Samples.Now));
            Assert.Equal(error, store.SaveIfChanged(Samples.Now));
            Assert.NotNull(cache.Take(A, Samples.Now));
            Assert.Equal(error, store.Erase());
            Assert.Same(block, _memory.Block);

            cache.Put(A, Samples.Tls13());
            store.Exclusive = true;
            Assert.Equal(SessionStoreError.None, store.Save(Samples.Now));
            Assert.Equal(SessionStoreError.None, SealedBlocks.LoadError(_memory.Block!, new byte[16]));
        }
    }

    [Fact]
    public void DamagedStoresAreReplacedByTheNextSave()
    {
        byte[] block = SealedBlocks.Saved(new byte[16], 1);
        block[^1] ^= 1;
        _memory.Block = block;
        (SessionCache cache, SealedSessionStore store) = Open();
        Assert.Equal(SessionStoreError.WrongKeyOrDamaged, store.Load(Samples.Now));
        Assert.Equal("the stored sessions are sealed with another key, or damaged", store.LastErrorText);
        cache.Put(A, Samples.Tls13());
        Assert.Equal(SessionStoreError.None, store.Save(Samples.Now));
        Assert.Equal(SessionStoreError.None, SealedBlocks.LoadError(_memory.Block!, new byte[16]));
    }

    [Fact]
    public void ExpiredSessionsAreDroppedAndCounted()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1, Samples.Now - 7000000));
        cache.Put(A, Samples.Tls13(2, Samples.Now));
        store.Save(Samples.Now);
        (SessionCache restored, SealedSessionStore again) = Open();
        Assert.Equal(SessionStoreError.None, again.Load(Samples.Now + 1000000));
        Assert.Equal(1, again.LoadedCount);
        Assert.Equal(1, again.ExpiredCount);
        Assert.Equal(1, restored.Count);
        Assert.Equal(0, _memory.Removals);

        // All of it expired: the block goes, so that no secret outlives its use.
        Assert.Equal(SessionStoreError.None, again.Load(Samples.Now + 7200000));
        Assert.Equal(2, again.ExpiredCount);
        Assert.Equal(0, restored.Count);
        Assert.Null(_memory.Block);
    }

    [Fact]
    public void StableStorageKeepsASessionForADayAtMost()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        TlsSession weekly = Samples.Tls13(1);
        weekly.LifetimeSeconds = 604800;
        weekly.AuthenticatedUntilUtcSeconds = 0;
        cache.Put(A, weekly);
        store.Save(Samples.Now);
        Assert.Equal(SessionStoreError.None, SealedBlocks.LoadError(_memory.Block!, new byte[16], Samples.Now + 86399999));
        (_, SealedSessionStore late) = Open();
        late.Load(Samples.Now + 86400000);
        Assert.Equal(1, late.ExpiredCount);

        // It may have been copied from there: past a day it is not used from memory either.
        Assert.Null(cache.Take(A, Samples.Now + 86400000));

        // One that never was in stable storage is used from memory, but not stored.
        TlsSession other = Samples.Tls13(2);
        other.LifetimeSeconds = 604800;
        other.AuthenticatedUntilUtcSeconds = 0;
        cache.Put(A, other);
        store.Save(Samples.Now + 86400000);
        Assert.Null(_memory.Block);
        Assert.NotNull(cache.Take(A, Samples.Now + 86400000));
    }

    [Fact]
    public void AStoreFromTheFutureIsNotUsed()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 1);
        (SessionCache cache, SealedSessionStore store) = Open();
        Assert.Equal(SessionStoreError.ClockWentBack, store.Load(Samples.Now - 60001));
        Assert.Equal(SessionStoreError.ClockWentBack, store.Load(0));
        Assert.Equal(SessionStoreError.ClockWentBack, store.Load(-5));
        Assert.Equal(0, cache.Count);
        Assert.NotNull(_memory.Block);

        // The clock is set: the sessions are there again.
        Assert.Equal(SessionStoreError.None, store.Load(Samples.Now - 60000));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void AnOlderSaveIsStaleForWhoKeepsTheCounter()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        store.Save(Samples.Now);
        byte[] old = _memory.Block!;
        cache.Put(A, Samples.Tls13(2));
        store.Save(Samples.Now);
        Assert.Equal(2, store.Counter);
        byte[] current = _memory.Block!;

        _memory.Block = old;
        Assert.Equal(SessionStoreError.Stale, store.Load(Samples.Now));
        Assert.Equal(0, cache.Count);
        (SessionCache other, SealedSessionStore informed) = Open();
        informed.Counter = 2;
        Assert.Equal(SessionStoreError.Stale, informed.Load(Samples.Now));
        Assert.Equal(0, other.Count);
        _memory.Block = current;
        Assert.Equal(SessionStoreError.None, informed.Load(Samples.Now));
        Assert.Equal(SessionStoreError.None, SealedBlocks.LoadError(old, new byte[16]));
    }

    [Fact]
    public void AStoredSessionThatCannotBeRemovedIsNotUsed()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 2);
        _memory.FailRemove = true;
        (SessionCache cache, SealedSessionStore store) = Open();
        Assert.Equal(SessionStoreError.None, store.Load(Samples.Now));
        cache.Put(B, Samples.Tls13(9));
        Assert.Null(cache.Take(A, Samples.Now));
        Assert.Equal(SessionStoreError.RemoveFailed, store.LastError);
        Assert.Equal("memory cannot be removed", store.LastErrorText);
        Assert.Equal(SessionStoreError.RemoveFailed, store.Save(Samples.Now));
        Assert.NotNull(cache.Take(B, Samples.Now));
        Assert.Equal(SessionStoreError.RemoveFailed, store.Erase());
    }

    [Fact]
    public void AFailedWriteLeavesTheSessionsInMemory()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        _memory.FailWrite = true;
        Assert.Equal(SessionStoreError.WriteFailed, store.SaveIfChanged(Samples.Now));
        Assert.Equal("memory cannot be written", store.LastErrorText);
        Assert.Equal(0, store.Counter);
        _memory.FailRemove = true;
        Assert.NotNull(cache.Take(A, Samples.Now));
        _memory.FailRemove = false;
        _memory.FailWrite = false;
        cache.Put(A, Samples.Tls13(2));
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Samples.Now));
    }

    [Fact]
    public void StorageThatCannotBeReadIsNotOverwritten()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 2);
        _memory.FailRead = true;
        (SessionCache cache, SealedSessionStore store) = Open();
        Assert.Equal(SessionStoreError.ReadFailed, store.Load(Samples.Now));
        cache.Put(A, Samples.Tls13());
        Assert.Equal(SessionStoreError.ReadFailed, store.SaveIfChanged(Samples.Now));
        Assert.NotNull(cache.Take(A, Samples.Now));
        Assert.NotNull(_memory.Block);
        _memory.FailRead = false;
        cache.Put(A, Samples.Tls13(8));
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Samples.Now));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void WhatDoesNotFitIsLeftOut()
    {
        SessionCache cache = new SessionCache(4, 4, 2048);
        SealedSessionStore store = SealedBlocks.Store(cache, _memory, new byte[16]);
        store.MaxBytes = 1000;
        for (int i = 1; i <= 4; i++)
            cache.Put(A, Samples.Tls13(i));

        Assert.Equal(SessionStoreError.None, store.Save(Samples.Now));
        Assert.InRange(_memory.Block!.Length, 400, 1000);
        (SessionCache restored, SealedSessionStore again) = Open();
        again.Load(Samples.Now);
        Assert.Equal(2, restored.Count);
        Samples.AssertSame(Samples.Tls13(4), restored.Take(A, Samples.Now));

        // The others stayed in memory alone, and those that were stored are lost to the other user.
        Samples.AssertSame(Samples.Tls13(2), cache.Take(A, Samples.Now));
    }

    [Fact]
    public void ASmallerCacheTakesTheNewest()
    {
        (SessionCache cache, SealedSessionStore store) = Open();
        cache.Put(A, Samples.Tls13(1));
        cache.Put(A, Samples.Tls13(2));
        cache.Put(B, Samples.Tls13(3));
        store.Save(Samples.Now);
        SessionCache small = new SessionCache(1, 1, 1024);
        SealedSessionStore again = SealedBlocks.Store(small, _memory, new byte[16]);
        Assert.Equal(SessionStoreError.None, again.Load(Samples.Now));
        Assert.Equal(1, again.LoadedCount);
        Assert.Equal(2, again.RefusedCount);
        Samples.AssertSame(Samples.Tls13(3), small.Take(B, Samples.Now));
    }

    [Fact]
    public void EraseLeavesNothing()
    {
        _memory.Block = SealedBlocks.Saved(new byte[16], 1);
        (SessionCache cache, SealedSessionStore store) = Open();
        TlsSession session = Samples.Tls13(9);
        cache.Put(B, session);
        Assert.Equal(SessionStoreError.None, store.Erase());
        Assert.Null(_memory.Block);
        Assert.Equal(0, cache.Count);
        Assert.True(Samples.IsZeroed(session));
        Assert.Equal(SessionStoreError.None, store.SaveIfChanged(Samples.Now));
        Assert.Equal(0, _memory.Writes);
    }

    [Fact]
    public void MisuseIsAnException()
    {
        SystemCryptoProvider crypto = new SystemCryptoProvider();
        SessionCache cache = new SessionCache();
        Assert.Throws<ArgumentException>(() => new SealedSessionStore(cache, _memory, crypto, new byte[24]));
        Assert.Throws<ArgumentNullException>(() => new SealedSessionStore(cache, _memory, crypto, null));
        Assert.Throws<ArgumentNullException>(() => new SealedSessionStore(null, _memory, crypto, new byte[16]));
        new SealedSessionStore(cache, _memory, crypto, new byte[16]).Clear();
        Assert.Throws<InvalidOperationException>(() => new SealedSessionStore(cache, _memory, crypto, new byte[16]));
    }

    [Fact]
    public void EveryErrorHasItsOwnWords()
    {
        string[] words = Enumerable.Range(0, 17).Select(SessionStoreError.Describe).ToArray();
        Assert.Equal(17, words.Distinct().Count());
        Assert.DoesNotContain(words, w => w.StartsWith("error", StringComparison.Ordinal));
        Assert.Equal("error 99", SessionStoreError.Describe(99));
    }

    /// <summary>Whatever several users do, however often they crash and storage fails: no TLS 1.3 ticket is taken twice, and nothing throws.</summary>
    [Fact]
    public void NoTicketIsEverTakenTwice()
    {
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 1]).Array[0, 80].Sample(operations =>
        {
            MemoryBlobStore memory = new MemoryBlobStore();
            SessionCache[] caches = new SessionCache[3];
            SealedSessionStore[] stores = new SealedSessionStore[3];
            HashSet<int> taken = new HashSet<int>();
            long now = Samples.Now;
            int next = 1;
            for (int i = 0; i < 3; i++)
                (caches[i], stores[i]) = Start(memory, now);

            foreach ((int operation, int user, int serverNumber) in operations)
            {
                string server = serverNumber == 0 ? A : B;
                now += 1000;
                switch (operation)
                {
                    case 0:
                    case 1:
                        TlsSession fresh = Samples.Tls13(1, now);
                        fresh.Ticket = BitConverter.GetBytes(next++);
                        caches[user].Put(server, fresh);
                        break;
                    case 2:
                    case 3:
                        TlsSession? session = caches[user].Take(server, now);
                        if (session != null)
                            Assert.True(taken.Add(BitConverter.ToInt32(session.Ticket)), "taken twice");
                        break;
                    case 4:
                        stores[user].Save(now);
                        break;
                    case 5:
                        stores[user].SaveIfChanged(now);
                        break;
                    case 6:
                        stores[user].Load(now);
                        break;
                    case 7:
                        (caches[user], stores[user]) = Start(memory, now);
                        break;
                    case 8:
                        memory.FailWrite = !memory.FailWrite;
                        break;
                    default:
                        memory.FailRemove = !memory.FailRemove;
                        break;
                }
            }
        }, iter: 10000);
    }

    private static (SessionCache Cache, SealedSessionStore Store) Start(MemoryBlobStore memory, long now)
    {
        SessionCache cache = new SessionCache();
        SealedSessionStore store = SealedBlocks.Store(cache, memory, new byte[16]);
        store.Load(now);
        return (cache, store);
    }

    private (SessionCache Cache, SealedSessionStore Store) Open(byte[]? key = null)
    {
        SessionCache cache = new SessionCache();
        return (cache, SealedBlocks.Store(cache, _memory, key ?? new byte[16]));
    }
}
