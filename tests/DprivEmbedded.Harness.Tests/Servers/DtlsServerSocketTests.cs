using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using DprivEmbedded.Tls;
using Org.BouncyCastle.Tls;
using Xunit;
using AlertDescription = DprivEmbedded.Tls.AlertDescription;
using ContentType = DprivEmbedded.Tls.ContentType;
using HandshakeType = DprivEmbedded.Tls.HandshakeType;
using Suites = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>The DTLS server's engine in virtual time against BouncyCastle's client.</summary>
public class DtlsServerSocketTests
{
    private static readonly byte[] s_clientId = [7, 7, 7];

    [Theory]
    [InlineData(Suites.TLS_PSK_WITH_AES_128_CCM_8, true)]
    [InlineData(Suites.TLS_PSK_WITH_AES_128_GCM_SHA256, false)]
    [InlineData(Suites.TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256, true)]
    [InlineData(Suites.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, true)]
    [InlineData(Suites.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, false)]
    [InlineData(Suites.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, true)]
    public void FullHandshakeAndData(int suite, bool cookie)
    {
        DtlsNetwork network = new(o => o.Cookie = cookie);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient(suite));
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        DtlsServer association = Assert.Single(network.Socket.Associations);
        Assert.Same(association, network.Socket.Find("a"));
        Assert.True(association.HandshakeComplete);
        Assert.Equal(suite, association.CipherSuite);
        Assert.True(association.ExtendedMasterSecret);
        Assert.Equal(DprivEmbedded.Tls.ProtocolVersion.Dtls12, association.Version);
        Assert.Equal(cookie ? 1 : 0, network.Counters.HelloVerifyRequests);
        Assert.Equal(1, network.Counters.FullHandshakes);
        Assert.Equal(0, network.Counters.TimerRetransmissions + network.Counters.RequestedRetransmissions + network.Counters.DiscardedRecords);
        Assert.Equal(network.Sent.Sum(d => d.Bytes.Length), network.Counters.BytesSent);
        Assert.Equal(network.Received.Count, network.Counters.DatagramsReceived);
        Assert.Equal(0, network.NowMs);

        transport.Close();
        Assert.Empty(network.Socket.Associations);
        Assert.Null(network.Socket.Find("a"));
        Assert.Equal(1, network.Counters.ClosedByClient);
        Assert.True(association.IsEnded);
        Assert.Equal(TlsError.None, association.Error);
    }

    [Fact]
    public void ResumesBySessionId()
    {
        DtlsNetwork network = new();
        BouncyDtlsClient first = new();
        network.Connect("a", first).Transport.Close();
        BouncyDtlsClient second = new() { Resume = first.Session };
        (DtlsTransport transport, _) = network.Connect("b", second);
        Assert.True(second.ResumedSession);
        Assert.True(network.Socket.Find("b")!.Resumed);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.Equal((1, 1), (network.Counters.FullHandshakes, network.Counters.ResumedHandshakes));

        network.Socket.LoseState();
        BouncyDtlsClient third = new() { Resume = second.Session };
        network.Connect("c", third);
        Assert.False(third.ResumedSession);
        Assert.Equal(2, network.Counters.FullHandshakes);
    }

    [Fact]
    public void WrongPskFailsAndNothingIsLeft()
    {
        DtlsNetwork network = new();
        Assert.ThrowsAny<Exception>(() => network.Connect("a", new BouncyDtlsClient(Suites.TLS_PSK_WITH_AES_128_CCM_8) { PskKey = new byte[16], LimitMs = 50, ResendMs = 20 }));
        network.AdvanceTo(network.NowMs + 200_000);
        Assert.Empty(network.Socket.Associations);
        Assert.Equal(1, network.Counters.FailedHandshakes);
        Assert.Equal(0, network.Counters.FullHandshakes);
    }

    [Theory]
    [InlineData(HeartbeatPolicy.Answer)]
    [InlineData(HeartbeatPolicy.Refuse)]
    [InlineData(HeartbeatPolicy.Off)]
    public void AnswersHeartbeats(HeartbeatPolicy policy)
    {
        DtlsNetwork network = new(o => o.Heartbeat = policy);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient { Heartbeat = new DefaultTlsHeartbeat(1, 60000) });
        DtlsServer association = network.Socket.Find("a")!;
        Assert.Equal(policy != HeartbeatPolicy.Off, association.HeartbeatAgreed);
        Assert.False(association.PeerAnswersHeartbeats);
        Assert.False(association.SendHeartbeat());

        // The client's idle time is measured on the true clock.
        for (int i = 0; i < (policy == HeartbeatPolicy.Answer ? 100 : 3) && network.Counters.HeartbeatsAnswered == 0; i++)
        {
            System.Threading.Thread.Sleep(5);
            Assert.Null(DtlsNetwork.Read(transport, 20));
        }

        Assert.Equal(policy == HeartbeatPolicy.Answer, network.Counters.HeartbeatsAnswered > 0);
        Assert.Equal(0, network.Counters.HeartbeatsDiscarded);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
    }

    [Fact]
    public void SendsHeartbeatsAndGivesUpInTheEnd()
    {
        DtlsNetwork network = new(o => o.IdleTimeoutMs = -1);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient { HeartbeatPolicy = HeartbeatMode.peer_allowed_to_send });
        DtlsServer association = network.Socket.Find("a")!;
        Assert.True(association.PeerAnswersHeartbeats);
        Assert.True(association.SendHeartbeat(100, 200));
        Assert.True(association.HeartbeatPending);
        Assert.False(association.SendHeartbeat());
        network.Drain();
        Assert.Equal("X", DtlsNetwork.Ask(transport, "x"));
        Assert.False(association.HeartbeatPending);
        Assert.Equal(1, association.HeartbeatsConfirmed);

        // Too large for a datagram.
        Assert.False(association.SendHeartbeat(2000));

        // Nobody answers: 1, 2, 4 and 8 seconds, three retransmissions.
        long startMs = network.NowMs;
        int sentBefore = network.Counters.HeartbeatsSent;
        Assert.True(association.SendHeartbeat());
        network.AdvanceTo(startMs + 14_999);
        Assert.False(association.IsEnded);
        network.AdvanceTo(startMs + 15_000);
        Assert.True(association.IsEnded);
        Assert.Equal(TlsError.SilentPeer, association.Error);
        Assert.Equal(4, network.Counters.HeartbeatsSent - sentBefore);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 0)]
    [InlineData(8, 3)]
    [InlineData(32, 0)]
    public void ConnectionIdsOfAnySize(int serverBytes, int clientBytes)
    {
        DtlsNetwork network = new(o => o.ConnectionIdBytes = serverBytes);
        BouncyDtlsClient client = new(Suites.TLS_PSK_WITH_AES_128_CCM_8) { ConnectionId = s_clientId[..clientBytes] };
        (DtlsTransport transport, _) = network.Connect("a", client);
        DtlsServer association = network.Socket.Find("a")!;
        Assert.Equal(serverBytes, association.ConnectionId!.Length);
        Assert.Equal(s_clientId[..clientBytes], association.PeerConnectionId);
        Assert.Equal(association.ConnectionId, client.ServerConnectionId);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.Equal(serverBytes > 0 ? ContentType.Tls12Cid : ContentType.ApplicationData, network.Received[^1].Bytes[0]);
        Assert.Equal(clientBytes > 0 ? ContentType.Tls12Cid : ContentType.ApplicationData, network.Sent[^1].Bytes[0]);
        Assert.Equal(29 + (clientBytes > 0 ? clientBytes + 1 : 0) + 5, network.Sent[^1].Bytes.Length);
    }

    [Fact]
    public void NoConnectionIdWhereTheServerKnowsNone()
    {
        DtlsNetwork network = new();
        network.Connect("a", new BouncyDtlsClient { ConnectionId = s_clientId });
        Assert.Null(network.Socket.Find("a")!.ConnectionId);
        Assert.Null(network.Socket.Find("a")!.PeerConnectionId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnAddressMayChangeUnderAConnectionId(bool follow)
    {
        DtlsNetwork network = new(o =>
        {
            o.ConnectionIdBytes = 4;
            o.FollowAddressChanges = follow;
        });
        (DtlsTransport transport, DtlsLink link) = network.Connect("a", new BouncyDtlsClient { ConnectionId = s_clientId });
        DtlsServer association = network.Socket.Find("a")!;
        Assert.Equal("ONE", DtlsNetwork.Ask(transport, "one"));
        byte[] old = network.Received[^1].Bytes;
        link.Address = "b";
        Assert.Equal(follow ? "TWO" : null, DtlsNetwork.Ask(transport, "two", 100));
        Assert.Equal(follow ? "b" : "a", association.Address);
        Assert.Equal(follow ? "b" : "a", network.Sent[^1].To);
        Assert.Equal(follow ? 1 : 0, network.Counters.AddressChanges);
        Assert.Same(association, network.Socket.Find(follow ? "b" : "a"));
        Assert.Null(network.Socket.Find(follow ? "a" : "b"));

        // A replay from elsewhere moves nothing, and neither does a forgery.
        int before = network.Sent.Count;
        network.Deliver("evil", old);
        Assert.Equal(1, network.Counters.ReplayedRecords);
        byte[] forged = (byte[])old.Clone();
        forged[10] = 99;
        network.Deliver("evil", forged);
        Assert.Equal(before, network.Sent.Count);
        Assert.Equal(follow ? "b" : "a", association.Address);
    }

    [Fact]
    public void AnOlderRecordFromAnotherAddressIsTakenButDoesNotMoveTheAssociation()
    {
        DtlsNetwork network = new(o => o.ConnectionIdBytes = 4);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient { ConnectionId = s_clientId });
        List<byte[]> held = [];
        network.ToServer = bytes =>
        {
            held.Add(bytes);
            return [];
        };
        transport.Send("late"u8.ToArray());
        network.ToServer = null;
        Assert.Equal("NEW", DtlsNetwork.Ask(transport, "new"));
        network.Deliver("b", held[0]);
        Assert.Equal("a", network.Socket.Associations[0].Address);
        Assert.Equal("LATE", DtlsNetwork.Read(transport));
        Assert.Equal(0, network.Counters.AddressChanges);
    }

    [Fact]
    public void RecordsWithoutTheConnectionIdAreDiscarded()
    {
        DtlsNetwork network = new(o =>
        {
            o.ConnectionIdBytes = 4;
            o.UnknownRecord = UnknownRecordPolicy.Alert;
        });
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient { ConnectionId = s_clientId });
        int sent = network.Sent.Count;
        transport.Send("x"u8.ToArray());
        byte[] record = network.Received[^1].Bytes;
        byte[] bare = [ContentType.ApplicationData, .. record[1..11], .. record[15..]];
        bare[10]++;
        network.Deliver("a", bare);
        Assert.Equal(1, network.Counters.DiscardedRecords);
        Assert.Equal(0, network.Counters.UnknownRecords);

        // Another id is an unknown association.
        byte[] other = (byte[])record.Clone();
        other[11] ^= 1;
        network.Deliver("a", other);
        Assert.Equal(1, network.Counters.UnknownRecords);
        Assert.Equal(sent + 2, network.Sent.Count);
        Assert.Equal(ContentType.Alert, network.Sent[^1].Bytes[0]);
    }

    [Fact]
    public void WithoutAConnectionIdAnotherAddressIsUnknown()
    {
        DtlsNetwork network = new(o => o.UnknownRecord = UnknownRecordPolicy.Alert);
        BouncyDtlsClient client = new();
        (DtlsTransport transport, DtlsLink link) = network.Connect("a", client);
        link.Address = "b";
        Assert.Null(DtlsNetwork.Ask(transport, "one", 50));
        Assert.Equal((1, 1), (network.Counters.UnknownRecords, network.Counters.UnknownRecordAlerts));
        Assert.Equal([ContentType.Alert, 0xFE, 0xFD, 0, 0], network.Sent[^1].Bytes[..5]);
        Assert.Equal([2, AlertDescription.UnexpectedMessage], network.Sent[^1].Bytes[13..]);
        link.Address = "a";
        Assert.Equal("TWO", DtlsNetwork.Ask(transport, "two"));
    }

    [Fact]
    public void AServerThatIsNotSensitiveToTheAddressFindsTheAssociation()
    {
        DtlsNetwork network = new(o => o.SensitiveToAddress = false);
        network.Connect("z", new BouncyDtlsClient());
        (DtlsTransport transport, DtlsLink link) = network.Connect("a", new BouncyDtlsClient());
        link.Address = "b";
        Assert.Equal("ONE", DtlsNetwork.Ask(transport, "one"));
        Assert.Equal("b", network.Socket.Associations[1].Address);
        network.Deliver("c", network.Received[^1].Bytes);
        Assert.Equal(1, network.Counters.UnknownRecords);
    }

    [Fact]
    public void CookiesNeedNoMemoryAndAreBoundToTheirAddress()
    {
        DtlsNetwork network = new();
        DtlsLink link = network.Link("a");
        List<byte[]> hellos = [];
        network.ToServer = bytes =>
        {
            hellos.Add(bytes);
            return [bytes];
        };
        new DtlsClientProtocol().Connect(new BouncyDtlsClient(), link);
        network.ToServer = null;
        int asked = network.Sent.Count;
        int before = network.Counters.HelloVerifyRequests;
        for (int i = 0; i < 1000; i++)
            network.Deliver("x" + i, hellos[0]);

        Assert.Single(network.Socket.Associations);
        Assert.Equal(1000, network.Counters.HelloVerifyRequests - before);
        Assert.All(network.Sent.Skip(asked), d => Assert.True(d.Bytes.Length == 44 && d.Bytes.Length < hellos[0].Length));

        // The record number is the ClientHello's (RFC 6347 section 4.2.1).
        Assert.Equal(hellos[0][5..11], network.Sent[^1].Bytes[5..11]);

        // The cookie of "a" is worth nothing at "b": another HelloVerifyRequest, under the number of that ClientHello.
        network.Deliver("b", hellos[1]);
        Assert.Single(network.Socket.Associations);
        Assert.Equal(1001, network.Counters.HelloVerifyRequests - before);
        Assert.Equal(hellos[1][17..19], network.Sent[^1].Bytes[17..19]);

        // At "a" it is, but with another session id it is not.
        network.Socket.Find("a")!.Forget();
        byte[] changed = (byte[])hellos[1].Clone();
        changed[^1] ^= 0;
        network.Deliver("a", hellos[1]);
        Assert.Equal(2, network.Counters.Handshakes);
        network.Socket.Find("a")!.Forget();
        changed[13 + 12 + 2] ^= 1;
        network.Deliver("a", changed);
        Assert.Equal(2, network.Counters.Handshakes);

        // It ages: after one lifetime it is still good, after two it is not.
        network.NowMs += 60_001;
        network.Deliver("a", hellos[1]);
        Assert.Equal(3, network.Counters.Handshakes);
        network.Socket.Find("a")!.Forget();
        network.NowMs += 60_001;
        network.Deliver("a", hellos[1]);
        Assert.Equal(3, network.Counters.Handshakes);
    }

    [Fact]
    public void CookiesDieWithTheState()
    {
        DtlsNetwork network = new();
        network.Connect("a", new BouncyDtlsClient());
        byte[] hello = network.Received[1].Bytes;
        network.Socket.LoseState();
        network.Deliver("a", hello);
        Assert.Empty(network.Socket.Associations);
        Assert.Equal(2, network.Counters.HelloVerifyRequests);
    }

    [Theory]
    [InlineData(UnknownRecordPolicy.Alert)]
    [InlineData(UnknownRecordPolicy.Silence)]
    public void AfterAStateLossRecordsAreUnknown(UnknownRecordPolicy policy)
    {
        DtlsNetwork network = new(o =>
        {
            o.UnknownRecord = policy;
            o.MaxUnknownRecordAlertsPerSecond = 5;
        });
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient());
        Assert.Equal("ONE", DtlsNetwork.Ask(transport, "one"));
        network.Socket.LoseState();
        Assert.Empty(network.Socket.Associations);
        int sent = network.Sent.Count;
        for (int i = 0; i < 100; i++)
            transport.Send("two"u8.ToArray());

        Assert.Equal(policy == UnknownRecordPolicy.Alert ? 5 : 0, network.Sent.Count - sent);
        network.NowMs += 1000;
        transport.Send("three"u8.ToArray());
        Assert.Equal(policy == UnknownRecordPolicy.Alert ? 6 : 0, network.Sent.Count - sent);
        Assert.Equal(101, network.Counters.UnknownRecords);

        // Never an alert to an alert.
        network.NowMs += 1000;
        sent = network.Sent.Count;
        network.Deliver("a", [ContentType.Alert, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 10]);
        Assert.Equal(sent, network.Sent.Count);
        Assert.Equal(1, network.Counters.StateLosses);
    }

    [Fact]
    public void ANewHandshakeFromTheSameAddressReplacesTheOldOnlyWhenItIsComplete()
    {
        DtlsNetwork network = new(o => o.HandshakeTimeoutMs = -1);
        (DtlsTransport first, DtlsLink firstLink) = network.Connect("a", new BouncyDtlsClient());
        DtlsServer old = network.Socket.Find("a")!;

        // Only a ClientHello, as a spoofer could send it: it gets as far as a HelloVerifyRequest.
        byte[] hello = (byte[])network.Received[0].Bytes.Clone();
        hello[13 + 12 + 2] ^= 1;
        network.Deliver("a", hello);
        network.Inbox("a").Clear();
        Assert.Equal("ONE", DtlsNetwork.Ask(first, "one"));

        // A new client whose flight with its Finished is lost: both are there, and the old one works.
        bool finished = false;
        network.ToServer = bytes =>
        {
            finished |= bytes[0] == ContentType.Handshake && bytes[13] == HandshakeType.ClientKeyExchange;
            return finished ? [] : [bytes];
        };
        Assert.ThrowsAny<Exception>(() => network.Connect("a", new BouncyDtlsClient { LimitMs = 50, ResendMs = 20 }));
        network.ToServer = null;
        Assert.Equal(2, network.Socket.Associations.Count);
        network.Inbox("a").Clear();
        Assert.Equal("TWO", DtlsNetwork.Ask(first, "two"));
        Assert.Same(old, network.Socket.Find("a"));

        (DtlsTransport second, _) = network.Connect("a", new BouncyDtlsClient());
        Assert.Equal("THREE", DtlsNetwork.Ask(second, "three"));
        Assert.True(old.IsEnded);
        Assert.Equal(1, network.Counters.Replaced);
        Assert.NotSame(old, Assert.Single(network.Socket.Associations));
        int sent = network.Sent.Count;
        first.Send("four"u8.ToArray());
        Assert.Equal(sent, network.Sent.Count);
    }

    [Fact]
    public void ManyClientsOnOneSocket()
    {
        DtlsNetwork network = new(o => o.ConnectionIdBytes = 1);
        List<DtlsTransport> transports = [];
        for (int i = 0; i < 24; i++)
            transports.Add(network.Connect("client" + i, new BouncyDtlsClient(Suites.TLS_PSK_WITH_AES_128_CCM_8) { ConnectionId = i % 2 == 0 ? null : [] }).Transport);

        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < transports.Count; i++)
                transports[i].Send(Encoding.ASCII.GetBytes($"r{round}c{i}"));
        }

        for (int i = transports.Count - 1; i >= 0; i--)
        {
            for (int round = 0; round < 3; round++)
                Assert.Equal($"R{round}C{i}", DtlsNetwork.Read(transports[i]));
        }

        Assert.Equal(24, network.Counters.FullHandshakes);
        Assert.Equal(12, network.Socket.Associations.Count(a => a.ConnectionId is { Length: 1 }));
        Assert.Equal(0, network.Counters.DiscardedRecords);
    }

    [Fact]
    public void TheNumberOfAssociationsIsBounded()
    {
        DtlsNetwork network = new(o => o.MaxAssociations = 3);
        for (int i = 0; i < 3; i++)
            network.Connect("c" + i, new BouncyDtlsClient(Suites.TLS_PSK_WITH_AES_128_CCM_8));

        Assert.ThrowsAny<Exception>(() => network.Connect("d", new BouncyDtlsClient { LimitMs = 50, ResendMs = 20 }));
        Assert.Equal(3, network.Socket.Associations.Count);
        Assert.True(network.Counters.Refused > 0);
    }

    [Fact]
    public void RubbishIsDiscardedInSilence()
    {
        DtlsNetwork network = new(o => o.UnknownRecord = UnknownRecordPolicy.Silence);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient());
        Random random = new(1);
        int sent = network.Sent.Count;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            if (bytes.Length >= 13 && i % 2 == 0)
            {
                bytes[0] = (byte)random.Next(20, 26);
                bytes[1] = 0xFE;
                bytes[2] = 0xFD;
                bytes[3] = 0;
                bytes[4] = (byte)random.Next(2);
                bytes[11] = 0;
                bytes[12] = (byte)random.Next(0, bytes.Length - 12);
                if (bytes.Length > 26 && i % 4 == 0)
                {
                    bytes[0] = ContentType.Handshake;
                    bytes[13] = (byte)random.Next(1, 21);
                    bytes[14] = 0;
                }
            }

            network.Deliver(i % 3 == 0 ? "a" : "other" + (i % 100), bytes);
        }

        Assert.Equal(sent, network.Sent.Count);
        Assert.Single(network.Socket.Associations);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
    }

    [Fact]
    public void IdleAssociationsEnd()
    {
        DtlsNetwork network = new(o => o.IdleTimeoutMs = 10_000);
        BouncyDtlsClient client = new();
        (DtlsTransport transport, _) = network.Connect("a", client);
        network.AdvanceTo(9_000);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        network.AdvanceTo(18_999);
        Assert.False(network.Socket.Associations[0].IsEnded);
        network.AdvanceTo(19_000);
        Assert.True(network.Socket.Associations[0].IsEnded);
        Assert.Equal(1, network.Counters.IdleCloses);
        int sent = network.Sent.Count;

        // The close_notify was lost: the next record brings another, until the association is forgotten.
        network.Inbox("a").Clear();
        transport.Send("x"u8.ToArray());
        Assert.Equal(sent + 1, network.Sent.Count);
        network.Inbox("a").Clear();
        network.AdvanceTo(network.NowMs + 5_000);
        Assert.Empty(network.Socket.Associations);
        transport.Send("y"u8.ToArray());
        Assert.Equal(sent + 1, network.Sent.Count);
    }

    [Fact]
    public void PlainAlertsDoNotEndAnAssociation()
    {
        DtlsNetwork network = new();
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient());
        for (int i = 0; i < 100; i++)
            network.Deliver("a", [ContentType.Alert, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 1, (byte)i, 0, 2, 2, 40]);

        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.Equal(100, network.Counters.DiscardedRecords);
    }

    [Fact]
    public void AFaultMayEndTheHandshakeWithAnAlert()
    {
        DtlsNetwork network = new(o =>
        {
            o.Faults.At = TlsStage.ServerKeyExchange;
            o.Faults.Action = TlsFaultAction.Alert;
            o.Faults.Alert = AlertDescription.InternalError;
        });
        BouncyDtlsClient client = new();
        Assert.ThrowsAny<Exception>(() => network.Connect("a", client));
        Assert.Contains(AlertDescription.InternalError, client.Alerts);
        Assert.Empty(network.Socket.Associations);
    }
}
