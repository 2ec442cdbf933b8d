using System;
using System.IO;
using System.Linq;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Dns;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>The switches of DotServer in virtual time, with SslStream as the client.</summary>
public class DotServerTests
{
    private static DnsMessageReader Ask(Stream stream, int id, string name, int type = DnsType.A)
    {
        stream.Write(EngineStream.Query(id, name, type));
        return Parse(EngineStream.ReadFrame(stream)!);
    }

    private static DnsMessageReader Parse(byte[] message)
    {
        DnsMessageReader reader = new();
        reader.Reset(message, 0, message.Length);
        return reader;
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task AnswersFromTheZone(SslProtocols version)
    {
        DotServer server = EngineStream.NewServer();
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake(version);
        DnsMessageReader answer = Ask(stream, 7, "www.example.");
        Assert.False(answer.Failed);
        Assert.Equal(7, answer.Id);
        Assert.Equal(2, answer.AnswerCount);
        Assert.True(answer.HasKeepalive);
        Assert.Equal(30000, answer.KeepaliveTimeoutMs);
        Assert.Equal("dot", transport.Connection.Tls.ApplicationProtocol);
        Assert.Equal(version == SslProtocols.Tls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13, transport.Connection.Tls.Version);
        await stream.ShutdownAsync();
        Assert.Equal(TransportEnd.Fin, transport.Connection.Closed);
        Assert.Equal((1, 1, 0, 1, 1, 1), (server.Counters.Connections, server.Counters.FullHandshakes, server.Counters.FailedHandshakes, server.Counters.Queries, server.Counters.Answers, server.Counters.ClosedByClient));
        Assert.Empty(server.Connections);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 100)]
    public void BytesMayComeAndGoInAnyPieces(int pieceBytes, int recordBytes)
    {
        DotServer server = EngineStream.NewServer(o => o.Tls.MaxRecordContentBytes = recordBytes);
        EngineStream transport = new(server) { PieceBytes = pieceBytes };
        using SslStream stream = transport.Handshake();
        Assert.Equal(24, Ask(stream, 1, "large.example.", DnsType.Txt).AnswerCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PipelinedQueriesAreAnsweredInOrder(bool coalesce)
    {
        DotServer server = EngineStream.NewServer(o => o.CoalesceAnswers = coalesce);
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        stream.Write([.. EngineStream.Query(1, "www.example."), .. EngineStream.Query(2, "mail.example."), .. EngineStream.Query(3, "no.example.")]);
        Assert.Equal([1, 2, 3], EngineStream.ReadIds(stream, 3));
        Assert.Equal(3, transport.Connection.Queries);
    }

    [Fact]
    public void CoalescedAnswersShareARecord()
    {
        long[] bytes = new long[2];
        for (int i = 0; i < 2; i++)
        {
            DotServer server = EngineStream.NewServer(o => o.CoalesceAnswers = i == 1);
            EngineStream transport = new(server);
            using SslStream stream = transport.Handshake();
            Ask(stream, 9, "www.example.");
            long before = server.Counters.BytesSent;
            stream.Write([.. EngineStream.Query(1, "www.example."), .. EngineStream.Query(2, "www.example.")]);
            EngineStream.ReadIds(stream, 2);
            bytes[i] = server.Counters.BytesSent - before;
        }

        Assert.Equal(22, bytes[0] - bytes[1]);
    }

    [Fact]
    public void OutOfOrderFollowsTheSeed()
    {
        static int[] Order(int seed)
        {
            DotServer server = EngineStream.NewServer(o =>
            {
                o.OutOfOrder = true;
                o.AnswerJitterMs = 500;
                o.Seed = seed;
            });
            EngineStream transport = new(server);
            using SslStream stream = transport.Handshake();
            stream.Write([.. Enumerable.Range(1, 8).SelectMany(id => EngineStream.Query(id, "www.example."))]);
            return EngineStream.ReadIds(stream, 8);
        }

        int[] first = Order(1);
        Assert.Equal(first, Order(1));
        Assert.NotEqual(first, Order(2));
        Assert.NotEqual([1, 2, 3, 4, 5, 6, 7, 8], first);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], first.Order());
    }

    [Fact]
    public void DelaysAreInVirtualTime()
    {
        DotServer server = EngineStream.NewServer(o => o.AnswerDelayMs = 2500);
        EngineStream transport = new(server, 1000);
        using SslStream stream = transport.Handshake();
        Ask(stream, 1, "www.example.");
        Assert.Equal(3500, transport.NowMs);
    }

    [Fact]
    public void JitterInOrderKeepsTheOrder()
    {
        DotServer server = EngineStream.NewServer(o => o.AnswerJitterMs = 1000);
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        stream.Write([.. Enumerable.Range(1, 8).SelectMany(id => EngineStream.Query(id, "www.example."))]);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], EngineStream.ReadIds(stream, 8));
        Assert.True(transport.NowMs > 0);
    }

    [Theory]
    [InlineData(CloseManner.Notify)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Reset)]
    public void ALyingServerClosesBeforeTheAdvertisedTime(CloseManner manner)
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.IdleTimeoutMs = 2000;
            o.AdvertisedKeepaliveMs = 60000;
            o.IdleClose = manner;
        });
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        Assert.Equal(60000, Ask(stream, 1, "www.example.").KeepaliveTimeoutMs);
        transport.NowMs = 1500;
        Ask(stream, 2, "www.example.");
        Assert.Equal(3500, transport.Connection.NextWakeMs);
        if (manner == CloseManner.Notify)
            Assert.Null(EngineStream.ReadFrame(stream));
        else
            Assert.ThrowsAny<IOException>(() => EngineStream.ReadFrame(stream) == null ? throw new EndOfStreamException() : 0);

        Assert.Equal(3500, transport.NowMs);
        Assert.Equal(manner == CloseManner.Reset ? TransportEnd.Reset : TransportEnd.Fin, transport.Connection.Closed);
        Assert.Equal(manner == CloseManner.Notify ? AlertDescription.CloseNotify : -1, transport.Connection.Tls.AlertSent);
        Assert.Equal(1, server.Counters.IdleCloses);
    }

    [Fact]
    public void AnIdleServerThatForgetsResetsLater()
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.IdleTimeoutMs = 2000;
            o.IdleClose = CloseManner.Forget;
        });
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        Ask(stream, 1, "www.example.");
        Assert.Throws<TimeoutException>(() => transport.Read(new byte[10], 0, 10));
        Assert.Equal(TransportEnd.Open, transport.Connection.Closed);
        stream.Write(EngineStream.Query(2, "www.example."));
        Assert.Equal(TransportEnd.Reset, transport.Connection.Closed);
        Assert.Equal(1, server.Counters.Queries);
    }

    [Fact]
    public void DrainingAnnouncesZero()
    {
        DotServer server = EngineStream.NewServer();
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        Assert.Equal(30000, Ask(stream, 1, "www.example.").KeepaliveTimeoutMs);
        server.Options.Draining = true;
        DnsMessageReader answer = Ask(stream, 2, "www.example.");
        Assert.True(answer.HasKeepalive);
        Assert.Equal(0, answer.KeepaliveTimeoutMs);
        server.Options.Draining = false;
        server.Options.AdvertisedKeepaliveMs = -1;
        Assert.False(Ask(stream, 3, "www.example.").HasKeepalive);
    }

    [Fact]
    public void ClosesAfterSoManyAnswers()
    {
        DotServer server = EngineStream.NewServer(o => o.CloseAfterAnswers = 2);
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        stream.Write([.. EngineStream.Query(1, "www.example."), .. EngineStream.Query(2, "www.example."), .. EngineStream.Query(3, "www.example.")]);
        Assert.Equal([1, 2], EngineStream.ReadIds(stream, 2));
        Assert.Null(EngineStream.ReadFrame(stream));
        Assert.Equal(TransportEnd.Fin, transport.Connection.Closed);
        Assert.Equal(3, server.Counters.Queries);
        Assert.Equal(2, server.Counters.Answers);
    }

    [Fact]
    public void RefusesConnections()
    {
        DotServer server = EngineStream.NewServer(o => o.RefuseConnections = true);
        Assert.Null(server.Accept(0));
        Assert.Equal((0, 1), (server.Counters.Connections, server.Counters.Refused));
        server.Options.RefuseConnections = false;
        Assert.NotNull(server.Accept(0));
    }

    [Fact]
    public void LosingStateEndsConnectionsAndTickets()
    {
        DotServer server = EngineStream.NewServer(o => o.Tls.Tickets = false);
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake(SslProtocols.Tls12);
        Ask(stream, 1, "www.example.");
        Assert.Equal(1, server.State.SessionCount);
        server.LoseState();
        Assert.Equal(0, server.State.SessionCount);
        Assert.Equal(1, server.State.Generation);
        Assert.Empty(server.Connections);
        Assert.Equal(long.MaxValue, transport.Connection.NextWakeMs);
        Assert.Equal(TransportEnd.Open, transport.Connection.Closed);
        stream.Write(EngineStream.Query(2, "www.example."));
        Assert.Equal(TransportEnd.Reset, transport.Connection.Closed);
        Assert.Equal(1, server.Counters.Queries);
    }

    [Theory]
    [InlineData(CloseManner.Reset, TransportEnd.Reset)]
    [InlineData(CloseManner.Fin, TransportEnd.Fin)]
    [InlineData(CloseManner.Silence, TransportEnd.Open)]
    public void AProcessThatDiesEndsItsConnectionsAtOnce(CloseManner manner, TransportEnd end)
    {
        DotServer server = EngineStream.NewServer();
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        server.LoseState(manner);
        Assert.Equal(end, transport.Connection.Closed);
        stream.Write(EngineStream.Query(2, "www.example."));
        Assert.Equal(end, transport.Connection.Closed);
        Assert.Equal(0, server.Counters.Queries);
        Assert.Throws<ArgumentException>(() => server.LoseState(CloseManner.Notify));
    }

    [Theory]
    [InlineData(AnswerFault.WrongId)]
    [InlineData(AnswerFault.WrongQuestion)]
    [InlineData(AnswerFault.Echo)]
    [InlineData(AnswerFault.EmptyFrame)]
    [InlineData(AnswerFault.HalfMessage)]
    [InlineData(AnswerFault.Garbage)]
    [InlineData(AnswerFault.Truncation)]
    [InlineData(AnswerFault.Duplicate)]
    public void WrongAnswersComeBeforeTheRightOne(AnswerFault fault)
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.AnswerFault = fault;
            o.AnswerFaultEvery = 2;
            o.RightAnswerFollows = true;
        });
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        byte[] query = EngineStream.Query(0x1234, "www.example.");
        stream.Write(query);
        byte[] wrong = EngineStream.ReadFrame(stream)!;
        byte[] right = EngineStream.ReadFrame(stream)!;
        Assert.True(Parse(right).Answers(query, 2, query.Length - 2));
        switch (fault)
        {
            case AnswerFault.WrongId:
                Assert.Equal(0x1235, Parse(wrong).Id);
                Assert.Equal(right[2..], wrong[2..]);
                break;
            case AnswerFault.WrongQuestion:
                Assert.Equal("zww.example.", Parse(wrong).ReadName(Parse(wrong).QuestionNameOffset).ToString(), true);
                break;
            case AnswerFault.Echo:
                Assert.Equal(query[2..], wrong);
                break;
            case AnswerFault.EmptyFrame:
                Assert.Empty(wrong);
                break;
            case AnswerFault.HalfMessage:
                Assert.Equal(right[..(right.Length / 2)], wrong);
                break;
            case AnswerFault.Garbage:
                Assert.Equal(64, wrong.Length);
                break;
            case AnswerFault.Truncation:
                Assert.True(Parse(wrong).Truncated);
                Assert.Equal(0, Parse(wrong).AnswerCount);
                Assert.Equal(0x1234, Parse(wrong).Id);
                break;
            default:
                Assert.Equal(right, wrong);
                Assert.Equal(right, EngineStream.ReadFrame(stream));
                break;
        }

        // Every second query only.
        Assert.Equal(5, Ask(stream, 5, "www.example.").Id);
    }

    [Theory]
    [InlineData(AnswerFault.Drop)]
    [InlineData(AnswerFault.OversizeFrame)]
    [InlineData(AnswerFault.HalfFrame)]
    public void AnswersThatNeverBecomeWhole(AnswerFault fault)
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.AnswerFault = fault;
            o.IdleTimeoutMs = -1;
        });
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        stream.Write(EngineStream.Query(1, "www.example."));
        byte[] length = new byte[2];
        if (fault != AnswerFault.Drop)
        {
            stream.ReadExactly(length);
            if (fault == AnswerFault.OversizeFrame)
                Assert.Equal(0xFFFF, (length[0] << 8) | length[1]);
        }

        IOException failure = Assert.Throws<IOException>(() => stream.ReadExactly(new byte[65535]));
        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    [Fact]
    public void TheLengthMayHaveARecordOfItsOwn()
    {
        long[] bytes = new long[2];
        for (int i = 0; i < 2; i++)
        {
            DotServer server = EngineStream.NewServer(o => o.SplitLengthPrefix = i == 1);
            EngineStream transport = new(server);
            using SslStream stream = transport.Handshake();
            Ask(stream, 9, "www.example.");
            long before = server.Counters.BytesSent;
            Assert.Equal(1, Ask(stream, 1, "www.example.").Id);
            bytes[i] = server.Counters.BytesSent - before;
        }

        Assert.Equal(22, bytes[1] - bytes[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void AFrameThatIsNoMessageEndsTheConnection(int length)
    {
        DotServer server = EngineStream.NewServer();
        EngineStream transport = new(server);
        using SslStream stream = transport.Handshake();
        stream.Write([0, (byte)length, .. new byte[length]]);
        Assert.Null(EngineStream.ReadFrame(stream));
        Assert.Equal(1, server.Counters.MalformedFrames);
    }

    [Fact]
    public void AHandshakeThatDoesNotComeEnds()
    {
        DotServer server = EngineStream.NewServer();
        DotConnection connection = server.Accept(1000)!;
        Assert.Equal(11000, connection.NextWakeMs);
        connection.HandleTimeout(10999);
        Assert.Equal(TransportEnd.Open, connection.Closed);
        connection.HandleTimeout(11000);
        Assert.Equal(TransportEnd.Fin, connection.Closed);
        Assert.Equal(TlsError.HandshakeTimeout, connection.Tls.Error);
        Assert.Equal(1, server.Counters.FailedHandshakes);
    }

    [Fact]
    public void PlainTextIsNoTls()
    {
        DotServer server = EngineStream.NewServer();
        DotConnection connection = server.Accept(0)!;
        byte[] text = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n");
        connection.Receive(text, 0, text.Length, 0);
        byte[] output = new byte[100];
        Assert.Equal(7, connection.Transmit(output, 0, output.Length));
        Assert.Equal([21, 3, 3, 0, 2, 2, 10], output[..7]);
        Assert.Equal(TransportEnd.Fin, connection.Closed);
        Assert.Equal(TlsError.NotTls, connection.Tls.Error);
    }

    [Theory]
    [InlineData(TlsStage.ServerHello, false)]
    [InlineData(TlsStage.Finished, true)]
    public void SilenceAtAStageNeedsNoWakeUps(TlsStage stage, bool someBytes)
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.Tls.Faults.At = stage;
            o.Tls.Faults.Action = TlsFaultAction.Silence;
        });
        EngineStream transport = new(server);
        Assert.Throws<TimeoutException>(() => transport.Handshake());
        Assert.Equal(someBytes, server.Counters.BytesSent > 0);
        Assert.Equal(long.MaxValue, transport.Connection.NextWakeMs);
        Assert.Equal(TransportEnd.Open, transport.Connection.Closed);
    }

    [Theory]
    [InlineData(TlsFaultAction.Close, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.CloseWithNotify, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.Reset, TransportEnd.Reset)]
    [InlineData(TlsFaultAction.OversizeRecord, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.CorruptRecord, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.Garbage, TransportEnd.Open)]
    [InlineData(TlsFaultAction.UnexpectedMessage, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.TrailingByte, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.Omit, TransportEnd.Fin)]
    [InlineData(TlsFaultAction.Repeat, TransportEnd.Fin)]
    public void FaultsInTheMiddleOfTheHandshakeMakeTheClientFail(TlsFaultAction action, TransportEnd end)
    {
        DotServer server = EngineStream.NewServer(o =>
        {
            o.Tls.Faults.At = TlsStage.Certificate;
            o.Tls.Faults.Action = action;
            o.Tls.Faults.Count = 100;
        });
        EngineStream transport = new(server);
        Exception failure = Assert.ThrowsAny<Exception>(() => transport.Handshake());
        Assert.True(failure is IOException or AuthenticationException, failure.ToString());

        // SslStream leaves without an alert where it sees no TLS; it sends one otherwise.
        Assert.Equal(end, transport.Connection.Closed);
        transport.Connection.TransportClosed(false);
        Assert.Equal(1, server.Counters.FailedHandshakes);
    }
}
