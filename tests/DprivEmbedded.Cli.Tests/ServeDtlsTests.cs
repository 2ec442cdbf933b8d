using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using DprivEmbedded.Cli.Tests.Support;
using DprivEmbedded.Dns;
using DprivEmbedded.Harness;
using DprivEmbedded.Harness.Tests.Servers;
using Org.BouncyCastle.Tls;
using Xunit;
using Suites = Org.BouncyCastle.Tls.CipherSuite;

namespace DprivEmbedded.Cli.Tests;

/// <summary><c>dpriv serve --dodtls</c> as a process of its own, asked through BouncyCastle's client.</summary>
public class ServeDtlsTests
{
    private static int Port(string serving) => int.Parse(serving.Split(',')[0][(serving.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    private static byte[] Query(int id, string name)
    {
        byte[] buffer = new byte[512];
        return buffer[..DnsQuery.Write(buffer, 0, buffer.Length, id, DnsName.Parse(name), DnsType.A, DnsClass.Internet, new EdnsOptions())];
    }

    private static byte[]? Ask(DtlsTransport transport, byte[] query, int waitMs = 20_000)
    {
        transport.Send(query);
        byte[] buffer = new byte[2048];
        int count = transport.Receive(buffer, 0, buffer.Length, waitMs);
        return count < 0 ? null : buffer[..count];
    }

    private static async Task<CommandResult> QuitAsync(DprivCommand serve)
    {
        await serve.WriteAsync("quit");
        return (await serve.EndAsync()).EndedWell();
    }

    [Fact]
    public async Task It_serves_over_DTLS_alone()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dodtls", "0");
        string first = await serve.LineAsync("serving ");
        Assert.Matches(@"^serving example\. \(\d+ records\) over DTLS on 127\.0\.0\.1:\d+$", first);
        await serve.LineAsync("pin ");
        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, Port(first)));
        DtlsTransport transport = new DtlsClientProtocol().Connect(new BouncyDtlsClient(), link);

        byte[] query = Query(1, "www.example.");
        byte[] answer = Ask(transport, query)!;
        DnsMessageReader reader = new();
        Assert.True(reader.Reset(answer, 0, answer.Length) && reader.Answers(query, 0, query.Length) && reader.AnswerCount > 0);

        byte[] prefixed = Ask(transport, [0, (byte)query.Length, .. query])!;
        Assert.Equal(prefixed.Length - 2, (prefixed[0] << 8) | prefixed[1]);

        Assert.Equal("connections, tickets and session ids forgotten", await serve.SayAsync("lose-state"));
        Assert.Null(Ask(transport, query, 100));
        CommandResult end = await QuitAsync(serve);
        Assert.Equal("DTLS: full handshakes 1, resumed 0, failed 0, cookies 1, heartbeats 0, moved 0, unknown records 1, queries 2, answers 2, truncated 0", end.Lines[^1]);
    }

    /// <summary>A program that starts again after a deep sleep: three processes, one store.</summary>
    [Fact]
    public async Task The_next_process_resumes_over_DTLS()
    {
        using var folder = new TempFolder();
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dodtls", "0");
        string first = await serve.LineAsync("serving ");
        string pin = (await serve.LineAsync("pin "))["pin ".Length..];
        string[] handshakes = new string[3];
        for (int i = 0; i < handshakes.Length; i++)
        {
            handshakes[i] = (await DprivCommand.RunAsync(
                "query", "www.example", "--transport", "dodtls", "--server", $"127.0.0.1:{Port(first)}", "--pin", pin, "--ticket-store", folder["tickets"], "--json")).EndedWell().Handshakes;
        }

        Assert.Equal(["full", "resumed", "resumed"], handshakes);
        Assert.StartsWith("DTLS: full handshakes 1, resumed 2, failed 0", (await QuitAsync(serve)).Lines[^1]);
    }

    [Fact]
    public async Task Its_options_make_the_server_that_a_test_needs()
    {
        await using DprivCommand serve = DprivCommand.StartWithInput(
            "serve", "--dot", "0", "--dodtls", "0", "--no-cookie", "--cid-length", "2", "--no-heartbeat", "--unknown", "alert", "--prefix", "raw", "--max-datagram", "600",
            "--psk-identity", "meter-7", "--psk-key", "0011");
        await serve.LineAsync("serving example. (48 records) over TLS on ");
        string second = await serve.LineAsync("serving example. (48 records) over DTLS on ");
        await serve.LineAsync("pin ");
        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, Port(second)));
        BouncyDtlsClient client = new(Suites.TLS_PSK_WITH_AES_128_CCM_8) { ConnectionId = [9], PskIdentity = "meter-7"u8.ToArray(), PskKey = [0x00, 0x11] };
        DtlsTransport transport = new DtlsClientProtocol().Connect(client, link);
        Assert.Equal(2, client.ServerConnectionId!.Length);

        byte[] query = Query(1, "www.example.");
        Assert.NotNull(Ask(transport, query));
        link.NewSocket();
        Assert.NotNull(Ask(transport, query));
        Assert.Null(Ask(transport, [0, (byte)query.Length, .. query], 100));
        await serve.SayAsync("lose-state");
        Assert.Null(Ask(transport, query, 100));
        await serve.WriteAsync("status");
        string status = await serve.LineAsync("DTLS: ");
        Assert.Equal("DTLS: full handshakes 1, resumed 0, failed 0, cookies 0, heartbeats 0, moved 1, unknown records 1, queries 2, answers 2, truncated 0", status);
        await QuitAsync(serve);
    }

    [Fact]
    public async Task It_forwards_over_both()
    {
        await using PlainDnsServer upstream = new(Zone.Parse(new StringReader("$ORIGIN up.test.\n$TTL 60\n@ SOA a a 1 1 1 1 1\nhere A 192.0.2.9\n"), "upstream"));
        await using DprivCommand serve = DprivCommand.StartWithInput("serve", "--dot", "0", "--dodtls", "0", "--forward", upstream.EndPoint.ToString());
        string first = await serve.LineAsync($"forwarding to {upstream.EndPoint} over TLS on ");
        string second = await serve.LineAsync($"forwarding to {upstream.EndPoint} over DTLS on ");
        string pin = (await serve.LineAsync("pin "))[4..];

        CommandResult overTls = (await DprivCommand.RunAsync("query", "here.up.test", "--server", "127.0.0.1:" + Port(first), "--pin", pin, "--json")).EndedWell();
        Assert.Contains("192.0.2.9", overTls.Output);

        using UdpLink link = new(new IPEndPoint(IPAddress.Loopback, Port(second)));
        DtlsTransport transport = new DtlsClientProtocol().Connect(new BouncyDtlsClient(), link);
        byte[] answer = Ask(transport, Query(5, "here.up.test."))!;
        DnsMessage message = DnsMessage.Parse(answer, 0, answer.Length);
        Assert.Equal((5, "192.0.2.9"), (message.Id, Assert.Single(message.Answers).RdataText));
        CommandResult end = await QuitAsync(serve);
        Assert.Equal("forwarded 2, of them over TCP 0, without an answer 0", end.Lines[^1]);
    }
}
