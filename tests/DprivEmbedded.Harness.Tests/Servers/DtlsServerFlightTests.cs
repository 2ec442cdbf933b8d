using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Tls;
using Org.BouncyCastle.Tls;
using Xunit;
using ContentType = DprivEmbedded.Tls.ContentType;
using HandshakeType = DprivEmbedded.Tls.HandshakeType;
using Suites = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>Flights of the DTLS server that are cut, lost, repeated and out of order, against BouncyCastle's client.</summary>
public class DtlsServerFlightTests
{
    [Theory]
    [InlineData(200, false)]
    [InlineData(200, true)]
    [InlineData(548, true)]
    public void FlightsAreCutToTheDatagramSizeAndMayComeInAnyOrder(int mtu, bool coalesce)
    {
        DtlsNetwork network = new(o =>
        {
            o.MaxDatagramBytes = mtu;
            o.CoalesceHandshake = coalesce;
            o.Credentials = [TestCertificates.Credentials[1]];
        });
        network.ToClient = list => Enumerable.Reverse(list);
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient(Suites.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256));
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.All(network.Sent, d => Assert.InRange(d.Bytes.Length, 1, mtu));
        Assert.True(network.Sent.Count >= 1500 / mtu);
        Assert.Equal(0, network.Counters.TimerRetransmissions);
        DtlsServer association = network.Socket.Associations[0];
        byte[] most = new byte[association.MaxSendBytes + 1];
        Assert.False(association.Send(most, 0, most.Length));
        Assert.True(association.Send(most, 0, most.Length - 1));
        network.Drain();
        Assert.Equal(mtu, network.Sent[^1].Bytes.Length);
    }

    [Fact]
    public void TheClientsLastFlightMayComeBackwards()
    {
        DtlsNetwork network = new();
        List<byte[]> held = [];
        bool holding = true;
        network.ToServer = bytes =>
        {
            // BouncyCastle sends one record a datagram: ClientKeyExchange, change_cipher_spec, Finished.
            bool last = holding && (bytes[0] == ContentType.ChangeCipherSpec || bytes[4] == 1 || (bytes[0] == ContentType.Handshake && bytes[13] == HandshakeType.ClientKeyExchange));
            if (!last)
                return [bytes];

            held.Add(bytes);
            if (held.Count < 3)
                return [];

            holding = false;
            return Enumerable.Reverse(held);
        };
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient());
        Assert.Equal(3, held.Count);
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.Equal(0, network.Counters.TimerRetransmissions + network.Counters.RequestedRetransmissions + network.Counters.DiscardedRecords);
    }

    [Fact]
    public void RepeatedDatagramsChangeNothing()
    {
        DtlsNetwork network = new();
        network.ToServer = bytes => [bytes, bytes, bytes];
        (DtlsTransport transport, _) = network.Connect("a", new BouncyDtlsClient());
        Assert.Equal("HELLO", DtlsNetwork.Ask(transport, "hello"));
        Assert.Null(DtlsNetwork.Read(transport, 10));
        Assert.Equal(1, network.Counters.Handshakes);
        Assert.Equal(1, network.Counters.FullHandshakes);
        Assert.Equal(0, network.Counters.RequestedRetransmissions);
        Assert.Equal(1, network.Counters.RecordsReceived);
    }

    [Fact]
    public void AFlightThatIsNotAnsweredIsSentAgainOnItsTimer()
    {
        DtlsNetwork network = new();
        network.Connect("a", new BouncyDtlsClient()).Transport.Close();
        byte[] hello = network.Received[1].Bytes;
        int sent = network.Sent.Count;
        network.Deliver("a", hello);
        int flight = network.Sent.Count - sent;
        List<long> times = [];
        while (network.Socket.NextWakeMs != long.MaxValue)
        {
            long wake = network.Socket.NextWakeMs;
            int before = network.Sent.Count;
            network.AdvanceTo(wake);
            if (network.Sent.Count > before)
            {
                times.Add(wake);
                Assert.Equal(flight, network.Sent.Count - before);
            }
        }

        Assert.Equal([1000, 3000, 7000, 15000, 31000], times);
        Assert.Equal(5, network.Counters.TimerRetransmissions);
        Assert.Empty(network.Socket.Associations);
        Assert.Equal(1, network.Counters.FailedHandshakes);

        // No record number is used twice, in any epoch.
        Assert.Equal(network.Sent.Count - sent, network.Sent.Skip(sent).Select(d => Convert.ToHexString(d.Bytes, 3, 8)).Distinct().Count());
    }

    /// <summary>Loses each datagram of a handshake in turn; timers of both sides bring it to its end.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EachDatagramMayBeLost(bool resumed)
    {
        int datagrams = 0;
        for (int lose = -1; lose < datagrams; lose++)
        {
            DtlsNetwork network = new(o => o.InitialRetransmitMs = 60);
            BouncyDtlsClient before = new();
            if (resumed)
                network.Connect("b", before).Transport.Close();

            int number = 0;
            network.ToServer = bytes => number++ == lose ? [] : [bytes];
            network.ToClient = list => list.Where(_ => number++ != lose);
            DtlsLink link = network.Link("a");
            link.Sleeps = true;
            BouncyDtlsClient client = new() { Resume = before.Session, ResendMs = 40 };
            DtlsTransport transport = new DtlsClientProtocol().Connect(client, link);
            if (lose < 0)
                datagrams = number;

            network.ToServer = null;
            network.ToClient = null;

            // A client that lost the server's last flight has noticed by now; one whose own was lost notices here.
            string? answer = null;
            for (int i = 0; i < 10 && answer == null; i++)
                answer = DtlsNetwork.Ask(transport, "hello", 100);

            Assert.Equal("HELLO", answer);
            Assert.Equal(resumed, client.ResumedSession);
            Assert.Equal(resumed ? (1, 1) : (1, 0), (network.Counters.FullHandshakes, network.Counters.ResumedHandshakes));
        }

        Assert.True(datagrams > 5, "datagrams " + datagrams);
    }
}
