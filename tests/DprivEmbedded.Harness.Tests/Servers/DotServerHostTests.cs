using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Dns;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DotServerHost on loopback sockets, against kdig and SslStream.</summary>
public class DotServerHostTests
{
    private static DotServer NewServer(Action<DotServerOptions>? configure = null)
    {
        return EngineStream.NewServer(configure);
    }

    private static async Task<string> Kdig(DotServerHost host, string address, params string[] arguments)
    {
        string authority = Path.GetTempFileName();
        File.WriteAllText(authority, TestCertificates.Authority.ToPem());
        await using ExternalProgram program = ExternalProgram.Start("kdig", ["@" + address, "-p", host.Port.ToString(), "+tls-ca=" + authority, "+tls-hostname=dot.example", "+retry=0", "+time=5", .. arguments]);
        int code = await program.EndAsync();
        File.Delete(authority);
        Assert.True(code == 0 || program.Output.Contains(";; WARNING") || program.Output.Contains(";; ERROR"), program.Output);
        return program.Output;
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", true)]
    public async Task KdigGetsAnswers(string address, bool tls13)
    {
        ExternalProgram.Require("kdig");
        if (address == "::1" && !Socket.OSSupportsIPv6)
            Assert.Skip("no IPv6 here");

        DotServer server = NewServer(o => o.Tls.Tls13 = tls13);
        await using DotServerHost host = DotServerHost.StartOnLoopback(server);
        string output = await Kdig(host, address, "+padding", "+keepopen", "www.example", "A", "example", "MX", "nothing.example", "A");
        Assert.Contains("status: NOERROR", output);
        Assert.Contains("192.0.2.80", output);
        Assert.Contains("mail.example.", output);
        Assert.Contains("status: NXDOMAIN", output);
        Assert.Contains(tls13 ? "TLS session (TLS1.3)" : "TLS session (TLS1.2)", output);
        Assert.Equal(3, host.Counters.Queries);
        Assert.Equal(1, host.Counters.FullHandshakes);
    }

    [Fact]
    public async Task KdigSeesALargeAnswerInSmallRecords()
    {
        ExternalProgram.Require("kdig");
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer(o => o.Tls.MaxRecordContentBytes = 64));
        Assert.Contains("ANSWER: 24", await Kdig(host, "127.0.0.1", "large.example", "TXT"));
    }

    [Fact]
    public async Task KdigRefusesAWrongIdAndAnotherAuthority()
    {
        ExternalProgram.Require("kdig");
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer(o => o.AnswerFault = AnswerFault.WrongId));
        Assert.DoesNotContain("192.0.2.80", await Kdig(host, "127.0.0.1", "www.example", "A"));
        Assert.Equal(1, host.Counters.Answers);
        host.Change(s => s.Options.Tls.Credentials = [new ServerCredential(new Certificates.CertificateMaker().MakeServer(null, ["dot.example"], [], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)))]);
        Assert.DoesNotContain("192.0.2.80", await Kdig(host, "127.0.0.1", "www.example", "A"));

        // kdig is gone before its last bytes are seen.
        for (int i = 0; i < 1000 && host.Counters.FailedHandshakes == 0; i++)
            await Task.Delay(5);

        Assert.Equal(1, host.Counters.FailedHandshakes);
    }

    private static async Task<SslStream> Connect(DotServerHost host, SslProtocols protocols, SslClientAuthenticationOptions? options = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, host.Port);
        SslStream stream = new(new NetworkStream(socket, true), false);
        await stream.AuthenticateAsClientAsync(options ?? ClientOptions(protocols));
        return stream;
    }

    private static SslClientAuthenticationOptions ClientOptions(SslProtocols protocols)
    {
        return new SslClientAuthenticationOptions
        {
            TargetHost = "dot.example",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = [new SslApplicationProtocol("dot")],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate != null,
        };
    }

    private static async Task<int> Ask(SslStream stream, int id)
    {
        await stream.WriteAsync(EngineStream.Query(id, "www.example."));
        byte[] length = new byte[2];
        await stream.ReadExactlyAsync(length);
        byte[] message = new byte[(length[0] << 8) | length[1]];
        await stream.ReadExactlyAsync(message);
        return (message[0] << 8) | message[1];
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task SslStreamTalks(SslProtocols protocols)
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer());
        await using SslStream stream = await Connect(host, protocols);
        Assert.Equal(protocols, stream.SslProtocol);
        Assert.Equal("dot", stream.NegotiatedApplicationProtocol.ToString());
        for (int id = 1; id <= 3; id++)
            Assert.Equal(id, await Ask(stream, id));

        Assert.Equal((1, 0, 3), (host.Counters.FullHandshakes, host.Counters.ResumedHandshakes, host.Counters.Queries));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task SslStreamResumes(SslProtocols protocols, bool tickets)
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer(o => o.Tls.Tickets = tickets));
        SslClientAuthenticationOptions options = ClientOptions(protocols);
        options.TargetHost = "resume" + (int)protocols + tickets + ".example";
        for (int i = 0; i < 3; i++)
        {
            SslStream stream = await Connect(host, protocols, options);
            Assert.Equal(i, await Ask(stream, i));
            await stream.ShutdownAsync();
            await stream.DisposeAsync();
        }

        Assert.Equal((1, 2, 3), (host.Counters.FullHandshakes, host.Counters.ResumedHandshakes, host.Counters.Queries));
        host.LoseState();
        await using SslStream last = await Connect(host, protocols, options);
        Assert.Equal(9, await Ask(last, 9));
        Assert.Equal((2, 2), (host.Counters.FullHandshakes, host.Counters.ResumedHandshakes));
    }

    [Theory]
    [InlineData(CloseManner.Reset)]
    [InlineData(CloseManner.Fin)]
    [InlineData(CloseManner.Forget)]
    public async Task LosingStateIsSeenOnTheSocket(CloseManner manner)
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer());
        await using SslStream stream = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(1, await Ask(stream, 1));
        host.LoseState(manner);
        if (manner != CloseManner.Forget)
            await AssertEnds(stream, manner == CloseManner.Reset);
        else
        {
            await stream.WriteAsync(EngineStream.Query(2, "www.example."));
            await AssertEnds(stream, true);
        }

        Assert.Equal(1, host.Counters.Queries);
        await using SslStream again = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(3, await Ask(again, 3));
    }

    private static async Task AssertEnds(SslStream stream, bool reset)
    {
        SocketError? error = null;
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
        catch (IOException e)
        {
            error = (e.InnerException as SocketException)?.SocketErrorCode;
        }

        Assert.Equal(reset ? SocketError.ConnectionReset : null, error);
    }

    [Fact]
    public async Task IdleTimeoutRunsOnTheRealClock()
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer(o => o.IdleTimeoutMs = 1500));
        await using SslStream stream = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(1, await Ask(stream, 1));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.Equal(1, host.Counters.IdleCloses);
    }

    [Fact]
    public async Task RefusedConnectionsAreReset()
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer(o => o.RefuseConnections = true));
        Exception e = await Assert.ThrowsAnyAsync<Exception>(() => Connect(host, SslProtocols.Tls13));

        // The RST may come before the connect call is through, or after.
        Assert.Equal(SocketError.ConnectionReset, ((e as SocketException) ?? (SocketException)e.InnerException!).SocketErrorCode);
        Assert.Equal(1, host.Counters.Refused);
        host.Change(s => s.Options.RefuseConnections = false);
        await using SslStream stream = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(1, await Ask(stream, 1));
    }

    [Fact]
    public async Task ManyConnectionsAtOnce()
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer());
        List<Task> clients = [.. Enumerable.Range(1, 50).Select(async id =>
        {
            await using SslStream stream = await Connect(host, id % 2 == 0 ? SslProtocols.Tls12 : SslProtocols.Tls13);
            Assert.Equal(id, await Ask(stream, id));
            Assert.Equal(id + 1000, await Ask(stream, id + 1000));
        })];
        await Task.WhenAll(clients);
        Assert.Equal((50, 100), (host.Counters.Connections, host.Counters.Queries));
        Assert.Equal(50, host.Counters.FullHandshakes + host.Counters.ResumedHandshakes);
    }

    [Fact]
    public async Task DisposeSaysGoodbye()
    {
        DotServerHost host = DotServerHost.StartOnLoopback(NewServer());
        await using SslStream stream = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(1, await Ask(stream, 1));
        Task end = host.DisposeAsync().AsTask();
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        await end;
        await Assert.ThrowsAnyAsync<SocketException>(() => Connect(host, SslProtocols.Tls13));
    }

    [Fact]
    public async Task FastOpenIsAskedForWhereTheSystemHasIt()
    {
        await using DotServerHost host = DotServerHost.Start(NewServer(), [new IPEndPoint(IPAddress.Loopback, 0)], true);
        Assert.Equal(OperatingSystem.IsLinux(), host.FastOpen);
        await using SslStream stream = await Connect(host, SslProtocols.Tls13);
        Assert.Equal(1, await Ask(stream, 1));
    }

    [Fact]
    public async Task APortInUseIsTold()
    {
        await using DotServerHost host = DotServerHost.StartOnLoopback(NewServer());
        SocketException e = Assert.Throws<SocketException>(() => DotServerHost.Start(NewServer(), [new IPEndPoint(IPAddress.Loopback, host.Port)]));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }
}
