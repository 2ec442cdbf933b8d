using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using Org.BouncyCastle.Tls;
using Xunit;
using Suites = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DNS over DTLS in virtual time, asked through BouncyCastle's client.</summary>
public class DodtlsServerTests
{
    private static DodtlsServer NewServer(Action<DodtlsServerOptions>? configure = null, string? zone = null)
    {
        DodtlsServerOptions options = new() { Dtls = { Credentials = TestCertificates.Credentials } };
        configure?.Invoke(options);
        return new DodtlsServer(new BouncyCastleProvider(), new ZoneResponder(zone == null ? DemoZone.Create() : Zone.Parse(new System.IO.StringReader(zone), "test zone")), options);
    }

    private static (DtlsNetwork Network, DtlsTransport Transport) Connect(DodtlsServer server)
    {
        DtlsNetwork network = new(server);
        return (network, network.Connect("a", new BouncyDtlsClient(Suites.TLS_PSK_WITH_AES_128_CCM_8)).Transport);
    }

    private static byte[] Query(int id, string name, int type = DnsType.A, int udpPayloadBytes = 1232, bool edns = true)
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, id, DnsName.Parse(name), type, DnsClass.Internet, edns ? new EdnsOptions { UdpPayloadBytes = udpPayloadBytes } : null);
        return buffer[..count];
    }

    private static byte[] Prefixed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static byte[]? ReadBytes(DtlsTransport transport, int waitMs = 10_000)
    {
        byte[] buffer = new byte[2048];
        int count = transport.Receive(buffer, 0, buffer.Length, waitMs);
        return count < 0 ? null : buffer[..count];
    }

    private static byte[] Ask(DtlsTransport transport, byte[] query)
    {
        transport.Send(query);
        return ReadBytes(transport) ?? throw new TimeoutException("No answer.");
    }

    [Fact]
    public void AnswersWithoutAPrefix()
    {
        DodtlsServer server = NewServer();
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        byte[] query = Query(4711, "www.example.");
        byte[] answer = Ask(transport, query);
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(answer, 0, answer.Length));
        Assert.True(reader.Answers(query, 0, query.Length));
        Assert.True(reader.AnswerCount > 0);
        Assert.Equal((1, 1, 0, 0), (server.Counters.Queries, server.Counters.Answers, server.Counters.PrefixedQueries, server.Counters.MalformedMessages));

        // 29 bytes more than the messages, in both directions.
        Assert.Equal(query.Length + 29, network.Received[^1].Bytes.Length);
        Assert.Equal(answer.Length + 29, network.Sent[^1].Bytes.Length);
    }

    [Theory]
    [InlineData(PrefixMode.Raw, false, true)]
    [InlineData(PrefixMode.Raw, true, false)]
    [InlineData(PrefixMode.Prefix, false, false)]
    [InlineData(PrefixMode.Prefix, true, true)]
    [InlineData(PrefixMode.Mirror, false, true)]
    [InlineData(PrefixMode.Mirror, true, true)]
    public void Prefixes(PrefixMode mode, bool prefixed, bool answered)
    {
        DodtlsServer server = NewServer(o => o.Prefix = mode);
        (_, DtlsTransport transport) = Connect(server);
        byte[] query = Query(1, "www.example.");
        transport.Send(prefixed ? Prefixed(query) : query);
        if (!answered)
        {
            Assert.Equal(1, server.Counters.MalformedMessages);
            Assert.Null(ReadBytes(transport, 20));
            return;
        }

        byte[] answer = ReadBytes(transport)!;
        Assert.Equal(prefixed ? answer.Length - 2 : 1, (answer[0] << 8) | answer[1]);
        Assert.Equal(prefixed ? 1 : 0, server.Counters.PrefixedQueries);
    }

    [Fact]
    public void AnIdThatLooksLikeALengthIsAnId()
    {
        (_, DtlsTransport transport) = Connect(NewServer());
        byte[] query = Query(0, "www.example.");
        query[0] = (byte)((query.Length - 2) >> 8);
        query[1] = (byte)(query.Length - 2);
        byte[] answer = Ask(transport, query);
        Assert.Equal(query[..2], answer[..2]);
        Assert.Equal(0x80, answer[2] & 0x80);
    }

    [Theory]
    [InlineData(false, 1232, 1232, true)]
    [InlineData(true, 512, 1232, true)]
    [InlineData(true, 1232, 1232, false)]
    [InlineData(true, 4096, 600, true)]
    public void AnswersThatDoNotFitAreTruncated(bool edns, int payload, int mtu, bool truncated)
    {
        string zone = "$ORIGIN example.\n@ 60 SOA a a 1 1 1 1 1\n" + string.Concat(Enumerable.Range(0, 8).Select(i => $"big 60 TXT \"{new string((char)('a' + i), 90)}\"\n"));
        DodtlsServer server = NewServer(o => o.Dtls.MaxDatagramBytes = mtu, zone);
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        byte[] answer = Ask(transport, Query(1, "big.example.", DnsType.Txt, payload, edns));
        Assert.Equal(truncated, (answer[2] & 2) != 0);
        Assert.Equal(truncated ? 1 : 0, server.Counters.Truncated);
        Assert.All(network.Sent, d => Assert.InRange(d.Bytes.Length, 1, mtu));
    }

    [Fact]
    public void AnswersComeLateOutOfOrderAndNotAll()
    {
        DodtlsServer server = NewServer(o =>
        {
            o.AnswerDelayMs = 100;
            o.AnswerJitterMs = 1000;
            o.OutOfOrder = true;
            o.DropProbability = 0.3;
        });
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        for (int id = 0; id < 100; id++)
            transport.Send(Query(id, "www.example."));

        Assert.Equal(0, server.Counters.Answers);
        Assert.InRange(server.NextWakeMs, 100, 200);
        network.AdvanceTo(99);
        Assert.Equal(0, server.Counters.Answers);
        network.AdvanceTo(1100);
        Assert.Equal(0, server.PendingAnswers);
        Assert.Equal(100, server.Counters.Answers + server.Counters.Dropped);
        Assert.InRange(server.Counters.Dropped, 15, 45);
        List<int> ids = [];
        for (int i = 0; i < server.Counters.Answers; i++)
        {
            byte[] answer = ReadBytes(transport)!;
            ids.Add((answer[0] << 8) | answer[1]);
        }

        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.NotEqual(ids.Order(), ids);
    }

    [Theory]
    [InlineData(AnswerFault.WrongId)]
    [InlineData(AnswerFault.WrongQuestion)]
    [InlineData(AnswerFault.Echo)]
    [InlineData(AnswerFault.EmptyFrame)]
    [InlineData(AnswerFault.OversizeFrame)]
    [InlineData(AnswerFault.HalfMessage)]
    [InlineData(AnswerFault.HalfFrame)]
    [InlineData(AnswerFault.Garbage)]
    [InlineData(AnswerFault.Truncation)]
    public void WrongAnswersComeBeforeTheRightOne(AnswerFault fault)
    {
        DodtlsServer server = NewServer(o =>
        {
            o.AnswerFault = fault;
            o.RightAnswerFollows = true;
        });
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        int sent = network.Sent.Count;
        byte[] query = Query(1, "www.example.");
        transport.Send(query);
        Assert.Equal(2, network.Sent.Count - sent);
        DnsMessageReader reader = new();
        List<bool> right = [];
        while (right.Count < (fault == AnswerFault.EmptyFrame ? 1 : 2))
        {
            byte[] answer = ReadBytes(transport)!;
            if (answer.Length > 0)
                right.Add(reader.Reset(answer, 0, answer.Length) && reader.Answers(query, 0, query.Length) && !reader.Truncated);
        }

        Assert.Equal(fault == AnswerFault.EmptyFrame ? [true] : [false, true], right);
    }

    [Fact]
    public void RecordsThatHoldNoQueryAreCounted()
    {
        DodtlsServer server = NewServer();
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        int sent = network.Sent.Count;
        byte[] response = Query(1, "www.example.");
        response[2] |= 0x80;
        foreach (byte[] record in (byte[][])[[1], new byte[12], response, Query(1, "www.example.", edns: false)[..20]])
            transport.Send(record);

        Assert.Equal(4, server.Counters.MalformedMessages);
        Assert.Equal(sent, network.Sent.Count);
        Assert.NotEmpty(Ask(transport, Query(2, "www.example.")));
    }

    [Fact]
    public void AnswersLaterAndNotAfterTheEnd()
    {
        Later later = new();
        DodtlsServer server = new(new BouncyCastleProvider(), later, new DodtlsServerOptions());
        (DtlsNetwork network, DtlsTransport transport) = Connect(server);
        byte[] query = Query(9, "www.example.", udpPayloadBytes: 700);
        transport.Send(query);
        transport.Send(query);
        transport.Send(query);
        Assert.Equal(3, later.Done.Count);
        Assert.Equal(700, later.Limit);
        int sent = network.Sent.Count;
        byte[] answer = DnsAnswer(query);
        later.Done[1](answer);
        network.Drain();
        Assert.Equal(answer, ReadBytes(transport));

        // One that is too long comes as a question with TC and OPT.
        later.Done[0]([.. answer, .. new byte[700]]);
        network.Drain();
        byte[] truncated = ReadBytes(transport)!;
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(truncated, 0, truncated.Length) && reader.Answers(query, 0, query.Length) && reader.Truncated && reader.HasEdns);
        server.LoseState();
        later.Done[2](answer);
        network.Drain();
        Assert.Equal(2, network.Sent.Count - sent);
        Assert.Equal(1, server.Counters.Dropped);
    }

    private static byte[] DnsAnswer(byte[] query)
    {
        byte[] answer = (byte[])query.Clone();
        answer[2] |= 0x80;
        return answer;
    }

    private sealed class Later : IDeferredDnsResponder
    {
        public List<Action<byte[]?>> Done { get; } = [];

        public int Limit { get; private set; }

        public void Begin(byte[] query, int limit, Action<byte[]?> done)
        {
            Limit = limit;
            Done.Add(done);
        }
    }
}
