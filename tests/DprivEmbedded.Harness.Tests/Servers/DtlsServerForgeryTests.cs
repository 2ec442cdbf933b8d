using System;
using System.Linq;
using DprivEmbedded.Tls;
using Org.BouncyCastle.Tls;
using Xunit;
using AlertDescription = DprivEmbedded.Tls.AlertDescription;
using ContentType = DprivEmbedded.Tls.ContentType;
using Suites = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>What the DTLS server makes of records that are authentic and wrong, and of those that only look authentic.</summary>
public class DtlsServerForgeryTests
{
    private const int Heartbeat = 24;

    private static DtlsNetwork Connect(out DtlsForger forger, out DtlsTransport transport, HeartbeatPolicy policy = HeartbeatPolicy.Answer, int maxDatagramBytes = 1232)
    {
        DtlsForger keys = new();
        DtlsNetwork network = new(o =>
        {
            o.KeyLog = keys;
            o.Heartbeat = policy;
            o.MaxDatagramBytes = maxDatagramBytes;
        });
        forger = keys;
        transport = network.Connect("a", new BouncyDtlsClient(Suites.TLS_PSK_WITH_AES_128_CCM_8) { HeartbeatPolicy = HeartbeatMode.peer_allowed_to_send }).Transport;
        return network;
    }

    private static byte[] Message(int type, int payloadLength, int payloadBytes, int paddingBytes)
    {
        return [(byte)type, (byte)(payloadLength >> 8), (byte)payloadLength, .. new byte[payloadBytes + paddingBytes]];
    }

    [Theory]
    [InlineData(1, 16, 16, 16, true)]
    [InlineData(1, 0, 0, 16, true)]
    [InlineData(1, 16, 16, 500, true)]
    [InlineData(1, 16, 16, 15, false)]
    [InlineData(1, 17, 16, 16, false)]
    [InlineData(1, 65535, 16, 16, false)]
    [InlineData(2, 16, 16, 16, false)]
    [InlineData(3, 16, 16, 16, false)]
    [InlineData(1, 900, 900, 16, true)]
    [InlineData(1, 1184, 1184, 16, true)]
    [InlineData(1, 1185, 1185, 16, false)]
    [InlineData(1, 2000, 2000, 16, false)]
    public void Heartbeats(int type, int payloadLength, int payloadBytes, int paddingBytes, bool answered)
    {
        DtlsNetwork network = Connect(out DtlsForger forger, out DtlsTransport transport);
        int sent = network.Sent.Count;
        network.Deliver("a", forger.Record(network, Heartbeat, Message(type, payloadLength, payloadBytes, paddingBytes)));
        Assert.Equal(answered ? 1 : 0, network.Sent.Count - sent);
        Assert.Equal(answered ? (1, 0) : (0, 1), (network.Counters.HeartbeatsAnswered, network.Counters.HeartbeatsDiscarded));
        if (answered)
            Assert.Equal(29 + 3 + payloadBytes + 16, network.Sent[^1].Bytes.Length);

        Assert.Equal("X", DtlsNetwork.Ask(transport, "x"));
    }

    [Theory]
    [InlineData(HeartbeatPolicy.Refuse)]
    [InlineData(HeartbeatPolicy.Off)]
    public void HeartbeatsThatWereNotAgreedOn(HeartbeatPolicy policy)
    {
        DtlsNetwork network = Connect(out DtlsForger forger, out _, policy);
        int sent = network.Sent.Count;
        network.Deliver("a", forger.Record(network, Heartbeat, Message(1, 16, 16, 16)));
        network.Deliver("a", forger.Record(network, Heartbeat, 1));
        network.Deliver("a", forger.Record(network, Heartbeat));
        Assert.Equal(sent, network.Sent.Count);
        Assert.Equal(3, network.Counters.HeartbeatsDiscarded);
    }

    [Fact]
    public void NoRenegotiationAndNoEndOfAsking()
    {
        DtlsNetwork network = Connect(out DtlsForger forger, out _);
        DtlsServer association = network.Socket.Associations[0];
        byte[] hello = [1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4];
        network.Deliver("a", forger.Record(network, ContentType.Handshake, hello));
        Assert.Equal(AlertDescription.NoRenegotiation, association.AlertSent);
        Assert.False(association.IsEnded);
        for (int i = 0; i < 100; i++)
            network.Deliver("a", forger.Record(network, ContentType.Handshake, hello));

        Assert.True(association.IsEnded);
        Assert.Equal(TlsError.Flood, association.Error);
        Assert.Equal(65, network.Counters.AlertsSent);
    }

    [Fact]
    public void AnAuthenticFatalAlertEndsTheAssociation()
    {
        DtlsNetwork network = Connect(out DtlsForger forger, out _);
        DtlsServer association = network.Socket.Associations[0];
        network.Deliver("a", forger.Record(network, ContentType.Alert, 2, AlertDescription.InternalError));
        Assert.True(association.IsEnded);
        Assert.Equal(TlsError.AlertReceived + AlertDescription.InternalError, association.Error);
        Assert.Empty(network.Socket.Associations);
    }

    [Fact]
    public void OddRecordsAreDiscarded()
    {
        DtlsNetwork network = Connect(out DtlsForger forger, out DtlsTransport transport);
        int sent = network.Sent.Count;
        network.Deliver("a", forger.Record(network, ContentType.ChangeCipherSpec, 1));
        network.Deliver("a", forger.Record(network, ContentType.Alert, 1));
        network.Deliver("a", forger.Record(network, ContentType.Handshake, 20, 0, 0, 12));
        network.Deliver("a", forger.Record(network, ContentType.Handshake, 20, 0, 0, 12, 0, 77, 0, 0, 0, 0, 0, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
        network.Deliver("a", forger.Record(network, ContentType.ApplicationData));
        Assert.Equal(4, network.Counters.DiscardedRecords);
        Assert.Equal(sent, network.Sent.Count);
        Assert.Equal("X", DtlsNetwork.Ask(transport, "x"));
    }

    [Fact]
    public void ReplaysAndForgeriesByTheThousandChangeNothing()
    {
        const int Count = 65536;
        DtlsNetwork network = Connect(out DtlsForger forger, out DtlsTransport transport);
        Assert.Equal("X", DtlsNetwork.Ask(transport, "x"));
        byte[] record = network.Received[^1].Bytes;
        int sent = network.Sent.Count;
        int received = network.Counters.RecordsReceived;
        byte[] forged = (byte[])record.Clone();
        for (int i = 0; i < Count; i++)
        {
            network.Socket.Receive("a", record, 0, record.Length, network.NowMs);
            forged[8] = 1;
            forged[9] = (byte)(i >> 8);
            forged[10] = (byte)i;
            network.Socket.Receive("a", forged, 0, forged.Length, network.NowMs);
        }

        network.Drain();
        Assert.Equal(sent, network.Sent.Count);
        Assert.Equal(received, network.Counters.RecordsReceived);
        Assert.Equal(Count, network.Counters.ReplayedRecords);
        Assert.Equal(2 * Count, network.Counters.DiscardedRecords);
        Assert.Equal("Y", DtlsNetwork.Ask(transport, "y"));
    }
}
