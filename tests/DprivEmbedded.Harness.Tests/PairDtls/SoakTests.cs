using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using DprivEmbedded.Association;
using DprivEmbedded.Dns;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.PairDtls;

/// <summary>Ten thousand queries over paths and servers that lose things: each gets one answer, or one report where its time is over; memory stays flat.</summary>
[Collection(nameof(Alone))]
public class SoakTests(ITestOutputHelper output)
{
    private const int Queries = 10_000;

    public enum Loss
    {
        /// <summary>Datagrams only.</summary>
        None,

        /// <summary>The server loses its state and says nothing to old associations.</summary>
        Silence,

        /// <summary>The server loses its state and answers old associations with plaintext alerts.</summary>
        Alert,

        /// <summary>The NAT forgets its binding.</summary>
        Rebind,
    }

    [Theory]
    [InlineData(Loss.None, 0)]
    [InlineData(Loss.Silence, 60)]
    [InlineData(Loss.Alert, 60)]
    [InlineData(Loss.Rebind, 60)]
    public void NoQueryIsLost(Loss loss, int losses)
    {
        Run(loss, losses, -1, 120_000, out int failed, out _);
        Assert.Equal(0, failed);
    }

    /// <summary>With the usual time limit those fail that were on their way when the server lost its state: the silence is believed no sooner. Each is reported once, and the association is given up.</summary>
    [Fact]
    public void EachIsAnsweredOrReported()
    {
        Run(Loss.Silence, 60, -1, 15_000, out int failed, out int associations);
        Assert.InRange(failed, 1, 60 * 16 * 3 / 2);
        Assert.InRange(associations, 61, 75);
    }

    /// <summary>With connection ids the association survives every change of the NAT's binding: there is one handshake in all.</summary>
    [Fact]
    public void ConnectionIdsSurviveRebinding()
    {
        Run(Loss.Rebind, 60, 4, 120_000, out int failed, out int associations);
        Assert.Equal(0, failed);
        Assert.Equal(1, associations);
    }

    private void Run(Loss loss, int losses, int connectionIdBytes, int timeoutMs, out int failed, out int associations)
    {
        DodSetup setup = new DodSetup(11).WithPsk(CipherSuite.PskAes128GcmSha256);
        setup.Client.ConnectionId = connectionIdBytes < 0 ? null : [];
        setup.Dtls.ConnectionIdBytes = connectionIdBytes;
        setup.Dtls.MaxAssociations = 100;
        setup.Dtls.IdleTimeoutMs = 60_000;
        setup.Dtls.IdleCloseNotify = false;
        setup.Dtls.TicketLifetimeSeconds = 604_800;
        setup.Session.QueryTimeoutMs = timeoutMs;
        DodPair pair = new(setup) { AutoOpen = true, KeepEvents = false };
        pair.Path.Both(l =>
        {
            l.LossProbability = 0.3;
            l.JitterMs = 50;
            l.DuplicateProbability = 0.02;
        });

        Random random = new(5);
        string[] names = ["www.example", "mail.example", "sensor.example", "shop.example"];
        Dictionary<int, bool> open = [];
        int asked = 0;
        int answered = 0;
        int reported = 0;
        int suspects = 0;
        int resends = 0;
        pair.OnEvent = happened =>
        {
            switch (happened)
            {
                case DodEvent.Answer:
                    Assert.True(open.Remove(pair.Session.EventQuery), "An answer to nothing.");
                    answered++;
                    resends += pair.Session.EventAttempts - 1;
                    break;
                case DodEvent.QueryFailed:
                    Assert.True(open.Remove(pair.Session.EventQuery), "A failure of nothing.");
                    Assert.Equal(DotError.QueryTimeout, pair.Session.EventError);
                    reported++;
                    break;
                case DodEvent.Suspect:
                    suspects++;
                    break;
            }
        };

        HashSet<int> lossAt = [.. Enumerable.Range(1, losses).Select(i => i * (Queries / (losses + 1)))];
        long middle = 0;
        while (asked < Queries || open.Count > 0)
        {
            while (asked < Queries && open.Count < 16 && (open.Count == 0 || random.Next(3) > 0))
            {
                byte[] message = DodPair.Message(names[asked % names.Length], asked % 2 == 0 ? DnsType.A : DnsType.Aaaa);
                int query = pair.Session.Query(message, 0, message.Length, pair.Clock.NowMs);
                Assert.True(query >= 0);
                Assert.True(open.TryAdd(query, true));
                asked++;
                if (lossAt.Contains(asked))
                    Lose();
            }

            pair.Pump();
            pair.RunFor(random.Next(50, 400));
            if (middle == 0 && asked > Queries / 5)
                middle = GC.GetTotalMemory(true);
        }

        long end = GC.GetTotalMemory(true);
        failed = reported;
        associations = pair.Session.Associations;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{loss}, {losses} times, connection id {connectionIdBytes}: {answered} answered, {reported} reported; {associations} associations, {suspects} times suspect, {resends} queries again; {pair.Path.Up.Lost + pair.Path.Down.Lost} datagrams of {pair.Path.Up.Sent + pair.Path.Down.Sent} lost; heap {(end - middle) / 1024} KiB more at the end."));
        Assert.Equal(Queries, answered + reported);
        Assert.True(pair.Path.Up.Lost > pair.Path.Up.Sent / 4);
        Assert.InRange(end - middle, long.MinValue, 256 * 1024);
        Assert.InRange(setup.Server.Socket.Associations.Count, 1, 100);

        void Lose()
        {
            switch (loss)
            {
                case Loss.Silence:
                case Loss.Alert:
                    setup.Dtls.UnknownRecord = loss == Loss.Alert ? UnknownRecordPolicy.Alert : UnknownRecordPolicy.Silence;
                    setup.Server.LoseState();
                    setup.Server.State.Psks.Clear();
                    setup.Server.State.Psks.Add(new ServerPsk(Pair.PairKeys.PskIdentity, Pair.PairKeys.Psk));
                    break;
                case Loss.Rebind:
                    pair.Path.Rebind();
                    break;
            }
        }
    }
}
