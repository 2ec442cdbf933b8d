using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;
using Record = DprivEmbedded.Harness.Tests.Pair.RecordMeddler.Record;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Server flights damaged at random: the client never throws, never hangs, never connects on a changed transcript, and its memory stays bounded.</summary>
public class MutationTests
{
    private const int Runs = 400;
    private const long MaxBytesARun = 4_000_000;

    public static IEnumerable<TheoryDataRow<Flow, int>> Rows()
    {
        return from flow in Enum.GetValues<Flow>()
               from seed in new[] { 1, 2 }
               select new TheoryDataRow<Flow, int>(flow, seed);
    }

    /// <summary>Damage on the wire, by somebody without keys.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public void RecordsDamagedOnTheWire(Flow flow, int seed)
    {
        Random random = new(seed);
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        int records = Count(setup, source);
        Dictionary<int, int> errors = [];
        for (int run = 0; run < Runs; run++)
        {
            int target = random.Next(records);
            int seen = 0;
            bool changed = false;
            setup.Fragmentation = (Fragmentation)random.Next(4);
            setup.RewriteDown = record =>
            {
                if (seen++ != target)
                    return [record];

                byte[][] result = Damage(record, random);
                changed = result.Length != 1 || !result[0].AsSpan().SequenceEqual(record);
                return result;
            };
            TlsPair pair = RunBounded(setup, source);
            errors[pair.Client.Error] = errors.GetValueOrDefault(pair.Client.Error) + 1;

            // What is not covered by the transcript: record headers of the clear, dropped change_cipher_specs, what comes after the handshake.
            if (pair.Client.Error == TlsError.None)
            {
                Assert.True(pair.Client.IsConnected);
                Assert.True(!changed || pair.Server.HandshakeComplete, "Connected without the server.");
            }
        }

        Assert.True(errors.Keys.Count(e => e != TlsError.None) >= 5, string.Join(' ', errors));
    }

    /// <summary>Bits of handshake messages changed under the right keys: only Finished can tell, and it must.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public void MessagesChangedUnderTheRightKeys(Flow flow, int seed)
    {
        Random random = new(100 + seed);
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        int records = Count(setup, source);
        RecordMeddler meddler = new(setup);
        int last = flow.IsTls13() ? 1 : 99;
        HashSet<int> errors = [];
        for (int run = 0; run < Runs; run++)
        {
            int target = random.Next(records);
            int seen = 0;
            bool changed = false;
            setup.Fragmentation = (Fragmentation)random.Next(4);
            meddler.Change = record =>
            {
                if (seen++ != target || record.Content.Length == 0 || record.Type != ContentType.Handshake || record.Epoch > last)
                    return [record];

                byte[] content = (byte[])record.Content.Clone();
                content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
                changed = true;
                return [record with { Content = content }];
            };
            TlsSession? session = source();
            meddler.NewConnection();
            TlsPair pair = setup.Start(session);
            pair.RunToEnd();
            if (changed)
            {
                Assert.NotEqual(TlsError.None, pair.Client.Error);
                Assert.False(pair.Client.IsConnected);
                Assert.Equal(0, pair.Count(TlsClientEvent.Connected));
                Assert.Empty(pair.Sessions);
                Assert.Equal("", pair.ClientText);
                errors.Add(pair.Client.Error);
            }
            else
                pair.AssertConnected();
        }

        Assert.True(errors.Count >= 3, string.Join(' ', errors));
    }

    /// <summary>Records of application data and tickets replaced by random content under the right keys.</summary>
    [Theory]
    [InlineData(Flow.Full13)]
    [InlineData(Flow.Full12)]
    public void RandomContentAfterTheHandshake(Flow flow)
    {
        Random random = new(7);
        PairSetup setup = flow.Setup(out Func<TlsSession?> source);
        RecordMeddler meddler = new(setup);
        int epoch = flow.IsTls13() ? 2 : 1;
        HashSet<int> errors = [];
        for (int run = 0; run < 500; run++)
        {
            meddler.NewConnection();
            meddler.Change = null;
            TlsPair pair = setup.Connect(source()).AssertConnected();
            meddler.Change = _ =>
            {
                List<Record> records = [];
                for (int i = random.Next(1, 20); i > 0; i--)
                {
                    byte[] content = new byte[random.Next(60)];
                    random.NextBytes(content);
                    int type = random.Next(20, 25);
                    if (type == ContentType.Handshake && content.Length >= 4)
                    {
                        content[0] = (byte)(random.Next(3) switch { 0 => HandshakeType.NewSessionTicket, 1 => HandshakeType.KeyUpdate, _ => random.Next(256) });
                        content[1] = 0;
                        content[2] = 0;
                        content[3] = (byte)(random.Next(3) == 0 ? content[3] : content.Length - 4);
                    }

                    records.Add(new Record(type, content, epoch));
                }

                return records;
            };
            pair.ServerSay("data");
            pair.RunToEnd();
            errors.Add(pair.Client.Error);
        }

        Assert.True(errors.Count >= 4, string.Join(' ', errors));
    }

    private static int Count(PairSetup setup, Func<TlsSession?> source)
    {
        TlsPair pair = setup.Connect(source()).AssertConnected();
        return pair.ServerRecords.Count;
    }

    private static TlsPair RunBounded(PairSetup setup, Func<TlsSession?> source)
    {
        TlsSession? session = source();
        long before = GC.GetAllocatedBytesForCurrentThread();
        TlsPair pair = setup.Start(session);
        pair.RunToEnd();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytesARun);
        return pair;
    }

    private static byte[][] Damage(byte[] record, Random random)
    {
        byte[] copy = (byte[])record.Clone();
        switch (random.Next(8))
        {
            case 0:
                copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
                return [copy];
            case 1:
                for (int i = random.Next(1, 10); i > 0; i--)
                    copy[random.Next(copy.Length)] = (byte)random.Next(256);

                return [copy];
            case 2:
                copy[random.Next(5)] ^= (byte)(1 << random.Next(8));
                return [copy];
            case 3:
                return [copy[..random.Next(copy.Length)]];
            case 4:
                return [record, copy];
            case 5:
                return [];
            case 6:
                int cut = random.Next(copy.Length);
                byte[] extra = new byte[random.Next(1, 50)];
                random.NextBytes(extra);
                return [[.. copy[..cut], .. extra, .. copy[cut..]]];
            default:
                // Shorter than it was, and the header says so.
                int length = random.Next(copy.Length - 4);
                copy[3] = (byte)(length >> 8);
                copy[4] = (byte)length;
                return [copy[..(5 + length)]];
        }
    }
}
