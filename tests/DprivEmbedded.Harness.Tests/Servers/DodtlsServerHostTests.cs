using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using Org.BouncyCastle.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DNS over DTLS on real sockets, asked through BouncyCastle's client.</summary>
public class DodtlsServerHostTests
{
    private static DodtlsServer NewServer(Action<DodtlsServerOptions>? configure = null)
    {
        DodtlsServerOptions options = new() { Dtls = { Credentials = TestCertificates.Credentials } };
        configure?.Invoke(options);
        return new DodtlsServer(new BouncyCastleProvider(), new ZoneResponder(DemoZone.Create()), options);
    }

    private static byte[] Query(int id, string name = "www.example.", int type = DnsType.A)
    {
        byte[] buffer = new byte[512];
        int count = DnsQuery.Write(buffer, 0, buffer.Length, id, DnsName.Parse(name), type, DnsClass.Internet, new EdnsOptions { PaddingBlockBytes = 128 });
        return buffer[..count];
    }

    private static byte[]? Ask(DtlsTransport transport, byte[] query, int waitMs = 20_000)
    {
        transport.Send(query);
        byte[] buffer = new byte[2048];
        int count = transport.Receive(buffer, 0, buffer.Length, waitMs);
        return count < 0 ? null : buffer[..count];
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task AnswersOnBothFamilies(string address)
    {
        if (address.Contains(':') && !Socket.OSSupportsIPv6)
            Assert.Skip("no IPv6");

        await using DodtlsServerHost host = DodtlsServerHost.StartOnLoopback(NewServer());
        Assert.All(host.EndPoints, e => Assert.Equal(host.Port, e.Port));
        using UdpLink link = new(new IPEndPoint(IPAddress.Parse(address), host.Port));
        BouncyDtlsClient client = new();
        DtlsTransport transport = new DtlsClientProtocol().Connect(client, link);
        byte[] query = Query(1);
        byte[] answer = Ask(transport, query)!;
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(answer, 0, answer.Length) && reader.Answers(query, 0, query.Length) && reader.AnswerCount > 0);
        Assert.Equal(1, host.Counters.Answers);
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task AClientMayChangeItsPortUnderAConnectionId()
    {
        await using DodtlsServerHost host = DodtlsServerHost.StartOnLoopback(NewServer(o => o.Dtls.ConnectionIdBytes = 3));
        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, host.Port));
        DtlsTransport transport = new DtlsClientProtocol().Connect(new BouncyDtlsClient { ConnectionId = [] }, link);
        Assert.NotNull(Ask(transport, Query(1)));
        link.NewSocket();
        Assert.NotNull(Ask(transport, Query(2)));
        Assert.Equal(1, host.DtlsCounters.AddressChanges);
        Assert.Equal(1, host.DtlsCounters.FullHandshakes);
    }

    [Fact]
    public async Task SwitchesWorkWhileItRuns()
    {
        await using DodtlsServerHost host = DodtlsServerHost.StartOnLoopback(NewServer(o => o.Dtls.UnknownRecord = UnknownRecordPolicy.Alert));
        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, host.Port));
        BouncyDtlsClient client = new();
        DtlsTransport transport = new DtlsClientProtocol().Connect(client, link);
        host.Change(s => s.Options.AnswerDelayMs = 150);
        long start = Environment.TickCount64;
        Assert.NotNull(Ask(transport, Query(1)));
        Assert.True(Environment.TickCount64 - start >= 140);
        host.LoseState();
        Assert.Null(Ask(transport, Query(2), 200));
        Assert.Equal(1, host.DtlsCounters.UnknownRecordAlerts);
        Assert.Equal(1, host.DtlsCounters.StateLosses);
    }

    [Fact]
    public async Task ItsEndIsToldToTheClients()
    {
        DodtlsServerHost host = DodtlsServerHost.StartOnLoopback(NewServer());
        await using (host)
        {
            using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, host.Port));
            BouncyDtlsClient client = new();
            DtlsTransport transport = new DtlsClientProtocol().Connect(client, link);
            await host.DisposeAsync();
            byte[] buffer = new byte[2048];
            try
            {
                Assert.True(transport.Receive(buffer, 0, buffer.Length, 2000) < 0);
            }
            catch (TlsException)
            {
                // The client reads on a closed association.
            }

            Assert.Contains(AlertDescription.close_notify, client.Alerts);
        }
    }

    [Fact]
    public async Task ForwardsToAPlainServer()
    {
        await using PlainDnsServer upstream = new(DemoZone.Create());
        await using UpstreamForwarder forwarder = new(upstream.EndPoint);
        DodtlsServer server = new(new BouncyCastleProvider(), forwarder, new DodtlsServerOptions { Dtls = { Credentials = TestCertificates.Credentials } });
        await using DodtlsServerHost host = DodtlsServerHost.StartOnLoopback(server);
        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, host.Port));
        DtlsTransport transport = new DtlsClientProtocol().Connect(new BouncyDtlsClient(), link);
        byte[] query = Query(77);
        byte[] answer = Ask(transport, query)!;
        DnsMessage message = DnsMessage.Parse(answer, 0, answer.Length);
        Assert.Equal(77, message.Id);
        Assert.NotEmpty(message.Answers);
        Assert.Equal(0, message.MalformedRecordCount);

        // The answer is padded here, and the other server has seen no option.
        Assert.Equal(468, answer.Length);
        Assert.True(upstream.LastQuery.Length < query.Length);
        Assert.NotEqual(query[..2], upstream.LastQuery[..2]);

        // A large one comes over TCP, does not fit and is cut.
        byte[] large = Ask(transport, Query(78, "large.example.", DnsType.Txt))!;
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(large, 0, large.Length) && reader.Truncated && reader.HasEdns);
        Assert.Equal((2, 1, 0), (forwarder.Forwarded, forwarder.OverTcp, forwarder.Failed));
    }

    [Fact]
    public async Task ForwardsForDnsOverTlsToo()
    {
        await using PlainDnsServer upstream = new(DemoZone.Create());
        await using UpstreamForwarder forwarder = new(upstream.EndPoint);
        DotServer server = new(new BouncyCastleProvider(), forwarder, new DotServerOptions { Tls = { Credentials = TestCertificates.Credentials } });
        await using DotServerHost host = DotServerHost.StartOnLoopback(server);
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, host.Port, TestContext.Current.CancellationToken);
        await using System.Net.Security.SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("dot.example");
        foreach ((int id, string name, int type) in new[] { (1, "www.example.", DnsType.A), (2, "large.example.", DnsType.Txt) })
        {
            byte[] query = Query(id, name, type);
            await stream.WriteAsync((byte[])[0, (byte)query.Length, .. query], TestContext.Current.CancellationToken);
            byte[] answer = await Task.Run(() => EngineStream.ReadFrame(stream)!, TestContext.Current.CancellationToken);
            DnsMessage message = DnsMessage.Parse(answer, 0, answer.Length);
            Assert.Equal(id, message.Id);
            Assert.False(message.Truncated);
            Assert.NotEmpty(message.Answers);
        }

        Assert.Equal(2, host.Counters.Answers);
        Assert.Equal(1, forwarder.OverTcp);
    }

    [Fact]
    public async Task AnUpstreamThatIsSilentLeadsToServfail()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using UpstreamForwarder forwarder = new((IPEndPoint)silent.LocalEndPoint!) { UdpTimeoutMs = 50, TcpTimeoutMs = 50, MaxInFlight = 4 };
        TaskCompletionSource all = new();
        int failures = 0;
        int left = 6;
        for (int i = 0; i < 6; i++)
        {
            byte[] query = Query(i);
            forwarder.Begin(query, 1232, answer =>
            {
                DnsMessageReader reader = new();
                bool failed = answer != null && reader.Reset(answer, 0, answer.Length) && reader.Answers(query, 0, query.Length) && reader.ResponseCode == DnsResponseCode.ServerFailure && reader.HasEdns;
                System.Threading.Interlocked.Add(ref failures, failed ? 1 : 0);
                if (System.Threading.Interlocked.Decrement(ref left) == 0)
                    all.SetResult();
            });
        }

        Assert.InRange(left, 0, 4);
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(6, failures);
        Assert.Equal(6, forwarder.Failed);
    }

    [Fact]
    public void ForwardsNoTransfersAndNoUpdates()
    {
        UpstreamForwarder forwarder = new(new IPEndPoint(IPAddress.Loopback, 9));
        int[] codes = [.. new (int Type, int Opcode)[] { (DnsType.Axfr, 0), (DnsType.A, 5) }.Select(q =>
        {
            byte[] query = Query(1, "example.", q.Type);
            query[2] |= (byte)(q.Opcode << 3);
            int code = -1;
            forwarder.Begin(query, 1232, answer => code = answer![3] & 15);
            return code;
        })];
        Assert.Equal([DnsResponseCode.Refused, DnsResponseCode.NotImplemented], codes);
        Assert.Equal(0, forwarder.InFlight);
    }
}
