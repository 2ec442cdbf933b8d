using System;
using System.Collections.Generic;
using System.Linq;
using CsCheck;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Core.Tests.Sessions;

public class SessionCacheTests
{
    private const string A = "192.0.2.1:853|dns.example";
    private const string B = "192.0.2.2:853|dns.example";
    private const string C = "192.0.2.3:853|dns.example";

    [Fact]
    public void TheNewestIsTakenFirstAndEachOnce()
    {
        SessionCache cache = new SessionCache();
        TlsSession first = Samples.Tls13(1);
        TlsSession second = Samples.Tls13(2);
        cache.Put(A, first);
        cache.Put(A, second);
        Assert.Equal(2, cache.Count);
        Assert.Same(second, cache.Take(A, Samples.Now));
        Assert.Same(first, cache.Take(A, Samples.Now));
        Assert.Null(cache.Take(A, Samples.Now));
        Assert.Equal(0, cache.ServerCount);
        Assert.False(Samples.IsZeroed(first), "the taker owns it");
    }

    [Fact]
    public void AnOlderVersionIsTakenAwayAsWellAndMayBePutBack()
    {
        SessionCache cache = new SessionCache();
        TlsSession session = Samples.Tls12();
        cache.Put(A, session);
        Assert.Same(session, cache.Take(A, Samples.Now));
        Assert.Null(cache.Take(A, Samples.Now));
        cache.Put(A, session);
        Assert.Same(session, cache.Take(A, Samples.Now + 3599999));
        cache.Put(A, session);
        Assert.Null(cache.Take(A, Samples.Now + 3600000));
    }

    [Fact]
    public void ASessionIsNeverOfferedUnderAnotherKey()
    {
        SessionCache cache = new SessionCache();
        cache.Put(A, Samples.Tls13());
        Assert.Null(cache.Take(B, Samples.Now));
        Assert.Null(cache.Take(A + " ", Samples.Now));
        Assert.Null(cache.Take(A.ToUpperInvariant(), Samples.Now));
        Assert.NotNull(cache.Take(A, Samples.Now));
    }

    [Fact]
    public void WhatGivesWayIsZeroed()
    {
        SessionCache cache = new SessionCache(2, 2, 1024);
        TlsSession[] sessions = Enumerable.Range(1, 3).Select(i => Samples.Tls13(i)).ToArray();
        foreach (TlsSession session in sessions)
            cache.Put(A, session);

        Assert.True(Samples.IsZeroed(sessions[0]));
        Assert.False(Samples.IsZeroed(sessions[1]));
        Assert.Equal(1, cache.EvictedCount);

        TlsSession other = Samples.Tls13(9);
        cache.Put(B, other);
        cache.Put(A, Samples.Tls13(4));
        cache.Put(C, Samples.Tls13(5));
        Assert.True(Samples.IsZeroed(other), "the server that got a session longest ago gives way");
        Assert.Null(cache.Take(B, Samples.Now));
        Assert.Equal(new[] { C, A }, new[] { cache.Server(0), cache.Server(1) });
        Assert.Equal(3, cache.EvictedCount);
    }

    [Fact]
    public void LifetimeOfTls13IsTheServersButNeverAboveSevenDays()
    {
        Assert.True(UsableAfter(Samples.Tls13(), 7199999));
        Assert.False(UsableAfter(Samples.Tls13(), 7200000));

        TlsSession longest = Samples.Tls13();
        longest.LifetimeSeconds = int.MaxValue;
        longest.AuthenticatedUntilUtcSeconds = 0;
        Assert.True(UsableAfter(longest, (604800L * 1000) - 1));
        Assert.False(UsableAfter(longest, 604800L * 1000));
    }

    [Fact]
    public void LifetimeBeforeTls13IsTheHintOrADay()
    {
        TlsSession session = Samples.Tls12();
        session.LifetimeSeconds = 0;
        Assert.True(UsableAfter(session, 86399999));
        Assert.False(UsableAfter(session, 86400000));
        session.LifetimeSeconds = 100000;
        Assert.True(UsableAfter(session, 99999999));
        Assert.False(UsableAfter(session, 100000000));
    }

    [Fact]
    public void TheCachesOwnLimitHolds()
    {
        SessionCache cache = new SessionCache { MaxAgeSeconds = 60 };
        TlsSession session = Samples.Tls13();
        cache.Put(A, session);
        Assert.Null(cache.Take(A, Samples.Now + 60000));
        Assert.True(Samples.IsZeroed(session));
        Assert.Equal(1, cache.ExpiredCount);
        cache.Put(A, Samples.Tls13());
        Assert.NotNull(cache.Take(A, Samples.Now + 59999));
    }

    [Fact]
    public void AuthenticationEndsASession()
    {
        TlsSession session = Samples.Tls13();
        session.AuthenticatedUntilUtcSeconds = (Samples.Now / 1000) + 10;
        Assert.True(UsableAfter(session, 9999));
        Assert.False(UsableAfter(session, 10000));
        session.AuthenticatedUntilUtcSeconds = 1;
        Assert.False(UsableAfter(session, 0));
    }

    [Fact]
    public void AClockThatGoesBackDropsASession()
    {
        Assert.True(UsableAfter(Samples.Tls13(), -60000));
        Assert.False(UsableAfter(Samples.Tls13(), -60001));
        Assert.False(UsableAfter(Samples.Tls13(), -Samples.Now));
        Assert.False(SessionRules.IsUsable(Samples.Tls13(), long.MinValue, int.MaxValue));
        Assert.False(UsableAfter(Samples.Tls13(receivedUtcMs: long.MaxValue), 0));
    }

    [Fact]
    public void UsableRulesHoldForAnyTimes()
    {
        Samples.Any.Select(Gen.Long, Gen.Int[0, int.MaxValue]).Sample((session, now, maxAge) =>
        {
            // The same rules in exact arithmetic.
            System.Numerics.BigInteger clock = Math.Max(now, 0);
            System.Numerics.BigInteger age = clock - session.ReceivedUtcMs;
            int lifetime = Math.Min(Math.Min(session.LifetimeSeconds, 604800), maxAge);
            bool expected = age >= -60000 && age < (System.Numerics.BigInteger)lifetime * 1000
                && (session.AuthenticatedUntilUtcSeconds == 0 || clock / 1000 < session.AuthenticatedUntilUtcSeconds);
            return SessionRules.IsUsable(session, now, maxAge) == expected;
        });
    }

    [Fact]
    public void UsableRulesHoldNearTheirLimits()
    {
        Gen<long> near = Gen.Long[-700000, 700000];
        Gen.Select(near, near, Gen.Int[0, 700], Gen.Int[1, 700]).Sample((nowOffset, receivedOffset, maxAge, lifetime) =>
        {
            TlsSession session = Samples.Tls13(1, Samples.Now + receivedOffset);
            session.LifetimeSeconds = lifetime;
            long age = nowOffset - receivedOffset;
            bool expected = age >= -60000 && age < Math.Min(lifetime, maxAge) * 1000L;
            return SessionRules.IsUsable(session, Samples.Now + nowOffset, maxAge) == expected;
        });
    }

    [Theory]
    [InlineData(SessionRefusal.BadVersion)]
    [InlineData(SessionRefusal.BadSecret)]
    [InlineData(SessionRefusal.NothingToResume)]
    [InlineData(SessionRefusal.NoExtendedMasterSecret)]
    [InlineData(SessionRefusal.TicketTooLarge)]
    [InlineData(SessionRefusal.ZeroLifetime)]
    [InlineData(SessionRefusal.BadField)]
    public void WhatIsNotFitIsRefusedAndZeroed(int refusal)
    {
        foreach (TlsSession session in Unfit(refusal))
        {
            SessionCache cache = new SessionCache();
            cache.Put(A, session);
            Assert.Equal(refusal, cache.LastRefusal);
            Assert.Equal(1, cache.RefusedCount);
            Assert.Equal(0, cache.Count);
            Assert.Equal(0, cache.Changes);
            Assert.True(session.Secret == null || Samples.IsZeroed(session));
            Assert.False(cache.Append(A, Unfit(refusal)[0]));
            Assert.Equal(-1, refusal == SessionRefusal.TicketTooLarge && session.Ticket.Length <= 65535 ? -1 : SessionSerializer.Size(A, session));
        }
    }

    [Fact]
    public void AServersKeyIsPrintableAscii()
    {
        foreach (string? server in new[] { null, string.Empty, "dns\n", "dns\u00E9", new string('a', 256) })
        {
            SessionCache cache = new SessionCache();
            TlsSession session = Samples.Tls13();
            cache.Put(server!, session);
            Assert.Equal(SessionRefusal.BadServer, cache.LastRefusal);
            Assert.True(Samples.IsZeroed(session));
            Assert.Null(cache.Take(server!, Samples.Now));
        }

        SessionCache longest = new SessionCache();
        longest.Put(new string('a', 255), Samples.Tls13());
        Assert.Equal(1, longest.Count);
    }

    [Fact]
    public void PuttingTheSameSessionTwiceKeepsOne()
    {
        SessionCache cache = new SessionCache();
        TlsSession session = Samples.Tls12();
        cache.Put(A, session);
        cache.Put(A, Samples.Tls12(7));
        cache.Put(A, session);
        Assert.Equal(2, cache.Count);
        Assert.Same(session, cache.Session(0, 0));
        cache.Put(B, session);
        Assert.Equal(2, cache.Count);
        Assert.Same(session, cache.Take(B, Samples.Now));
        Assert.False(Samples.IsZeroed(session));
    }

    [Fact]
    public void RemovingZeroes()
    {
        SessionCache cache = new SessionCache();
        TlsSession a = Samples.Tls13(1);
        TlsSession b = Samples.Tls13(2);
        TlsSession c = Samples.Tls13(3, Samples.Now - 7200000);
        cache.Put(A, a);
        cache.Put(B, b);
        cache.Put(C, c);
        int changes = cache.Changes;
        Assert.Equal(1, cache.RemoveExpired(Samples.Now));
        Assert.Equal(changes, cache.Changes);
        Assert.Equal(0, cache.RemoveServer(C));
        Assert.Equal(1, cache.RemoveServer(A));
        Assert.True(Samples.IsZeroed(a) && Samples.IsZeroed(c));
        Assert.False(Samples.IsZeroed(b));
        cache.Clear();
        Assert.True(Samples.IsZeroed(b));
        Assert.Equal(0, cache.Count);
        Assert.True(cache.Changes > changes);
    }

    [Fact]
    public void AppendGivesWayToWhatIsThere()
    {
        SessionCache cache = new SessionCache(2, 2, 1024);
        TlsSession fresh = Samples.Tls13(1);
        cache.Put(A, fresh);
        int changes = cache.Changes;
        TlsSession old = Samples.Tls13(2);
        Assert.True(cache.Append(A, old));
        Assert.False(cache.Append(A, Samples.Tls13(3)));
        Assert.True(cache.Append(B, Samples.Tls13(4)));
        Assert.False(cache.Append(C, Samples.Tls13(5)));
        Assert.Equal(changes, cache.Changes);
        Assert.Same(fresh, cache.Take(A, Samples.Now));
        Assert.Same(old, cache.Take(A, Samples.Now));
    }

    [Fact]
    public void MisuseIsAnException()
    {
        Assert.Throws<ArgumentException>(() => new SessionCache(0, 1, 100));
        Assert.Throws<ArgumentException>(() => new SessionCache(1, 0, 100));
        Assert.Throws<ArgumentException>(() => new SessionCache(1, 1, 65536));
        Assert.Throws<ArgumentNullException>(() => new SessionCache().Put(A, null));
        Assert.Throws<ArgumentNullException>(() => new SessionCache().Append(A, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionCache().Server(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionCache().Session(0, 0));
    }

    [Fact]
    public void PutAndTakeAllocateNothing()
    {
        SessionCache cache = new SessionCache();
        TlsSession session = Samples.Tls12();
        cache.Put(A, session);
        session = cache.Take(A, Samples.Now);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            cache.Put(A, session);
            session = cache.Take(A, Samples.Now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotNull(session);
    }

    /// <summary>Random operations against a list that is obviously right.</summary>
    [Fact]
    public void TheCacheBehavesLikeItsModel()
    {
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 4]).Array[0, 60]).Sample((servers, perServer, operations) =>
        {
            SessionCache cache = new SessionCache(servers, perServer, 1024);
            List<(string Server, List<TlsSession> Sessions)> model = new();
            List<TlsSession> all = new();
            HashSet<TlsSession> taken = new();
            foreach ((int operation, int number) in operations)
            {
                string server = "s" + number;
                int index = model.FindIndex(m => m.Server == server);
                if (operation < 3)
                {
                    TlsSession session = Samples.Tls13(1 + all.Count);
                    all.Add(session);
                    cache.Put(server, session);
                    List<TlsSession> row = index < 0 ? new List<TlsSession>() : model[index].Sessions;
                    if (index >= 0)
                        model.RemoveAt(index);
                    else if (model.Count == servers)
                        model.RemoveAt(servers - 1);

                    row.Insert(0, session);
                    if (row.Count > perServer)
                        row.RemoveAt(perServer);

                    model.Insert(0, (server, row));
                }
                else if (operation < 5)
                {
                    TlsSession? expected = index < 0 ? null : model[index].Sessions[0];
                    Assert.Same(expected, cache.Take(server, Samples.Now));
                    if (expected == null)
                        continue;

                    taken.Add(expected);
                    model[index].Sessions.RemoveAt(0);
                    if (model[index].Sessions.Count == 0)
                        model.RemoveAt(index);
                }
                else
                {
                    cache.RemoveServer(server);
                    model.RemoveAll(m => m.Server == server);
                }

                Assert.Equal(model.Select(m => m.Server), Enumerable.Range(0, cache.ServerCount).Select(cache.Server));
                for (int i = 0; i < model.Count; i++)
                    Assert.Equal(model[i].Sessions, Enumerable.Range(0, cache.SessionCount(i)).Select(k => cache.Session(i, k)));
            }

            // Nothing that left the cache unused keeps its secret.
            HashSet<TlsSession> kept = new(model.SelectMany(m => m.Sessions));
            foreach (TlsSession session in all)
                Assert.Equal(!kept.Contains(session) && !taken.Contains(session), Samples.IsZeroed(session));
        }, iter: 2000);
    }

    private static bool UsableAfter(TlsSession session, long ms)
    {
        return SessionRules.IsUsable(session, Samples.Now + ms, int.MaxValue);
    }

    private static TlsSession[] Unfit(int refusal)
    {
        switch (refusal)
        {
            case SessionRefusal.BadVersion:
                return new[]
                {
                    With(Samples.Tls13(), s => s.Version = 0xFEFC),
                    With(Samples.Tls13(), s => s.CipherSuite = CipherSuite.EcdheEcdsaAes128GcmSha256),
                    With(Samples.Tls12(), s => s.CipherSuite = CipherSuite.Aes128GcmSha256),
                    With(Samples.Tls12(), s => s.CipherSuite = 0x10000),
                };
            case SessionRefusal.BadSecret:
                return new[]
                {
                    With(Samples.Tls13(), s => s.Secret = new byte[48]),
                    With(Samples.Tls12(), s => s.Secret = new byte[32]),
                    With(Samples.Tls12(), s => s.Secret = null),
                };
            case SessionRefusal.NothingToResume:
                return new[]
                {
                    With(Samples.Tls13(), s => s.Ticket = null),
                    With(Samples.Tls13(), s => s.Ticket = Array.Empty<byte>()),
                    With(Samples.Tls12(), s => s.SessionId = null),
                };
            case SessionRefusal.NoExtendedMasterSecret:
                return new[] { With(Samples.Tls12(), s => s.ExtendedMasterSecret = false) };
            case SessionRefusal.TicketTooLarge:
                return new[]
                {
                    With(Samples.Tls13(), s => s.Ticket = new byte[1025]),
                    With(Samples.Tls12(), s => s.Ticket = new byte[65536]),
                };
            case SessionRefusal.ZeroLifetime:
                return new[] { With(Samples.Tls13(), s => s.LifetimeSeconds = 0) };
            default:
                return new[]
                {
                    With(Samples.Tls13(), s => s.LifetimeSeconds = -1),
                    With(Samples.Tls13(), s => s.ReceivedUtcMs = -1),
                    With(Samples.Tls13(), s => s.MaxEarlyDataBytes = -1),
                    With(Samples.Tls13(), s => s.ServerName = "dns\u0000"),
                    With(Samples.Tls13(), s => s.ApplicationProtocol = new string('d', 256)),
                    With(Samples.Tls13(), s => s.PeerKeyHash = new byte[31]),
                    With(Samples.Tls13(), s => s.PeerRecordSizeLimit = 63),
                    With(Samples.Tls13(), s => s.AuthenticatedUntilUtcSeconds = -1),
                    With(Samples.Tls13(), s => s.Group = 65536),
                    With(Samples.Tls12(), s => s.MaxFragmentLengthCode = 5),
                    With(Samples.Tls12(), s => s.SessionId = new byte[33]),
                };
        }
    }

    private static TlsSession With(TlsSession session, Action<TlsSession> change)
    {
        change(session);
        return session;
    }
}
