using System;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our DTLS engine, without DNS, against OpenSSL's s_server: cookie, tickets, CCM_8, pre-shared keys.</summary>
public sealed class DtlsClientAgainstOpensslTests
{
    [Fact]
    public async Task Answers_the_cookie_then_resumes_by_ticket()
    {
        await using var peer = await OpensslDtlsServer.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls, oneAddress: true);
        Sessions.TlsSession? session;
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, RawDtlsClient.Pinned(peer.Certificate)))
        {
            Assert.True(client.Client.IsAuthenticated);
            Assert.False(client.Client.IsResumed);
            await TalkAsync(peer, client, "first");
            session = client.Session;
        }

        Assert.NotNull(session);
        var full = Assert.Single(wire.Handshakes);
        Assert.True(full.SawHelloVerifyRequest && full.SawCertificate && full.SawNewSessionTicket, full.ToString());
        Assert.False(full.IsResumption);
        await peer.WaitForLogAsync(log => log.Contains("CONNECTION CLOSED", StringComparison.Ordinal), "the end of the first association");
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, RawDtlsClient.Pinned(peer.Certificate), session))
        {
            Assert.True(client.Client.IsResumed);
            Assert.True(client.Client.IsAuthenticated);
            await TalkAsync(peer, client, "second");
        }

        Assert.Equal(2, wire.Handshakes.Count);
        Assert.True(wire.Last.IsResumption && wire.Last.SawHelloVerifyRequest && !wire.Last.SawCertificate, wire.Last.ToString());
        Assert.True(wire.Last.OfferedTicketBytes > 0);
    }

    [Theory]
    [InlineData(CipherSuite.PskAes128Ccm8, "PSK-AES128-CCM8:@SECLEVEL=0")]
    [InlineData(CipherSuite.PskAes128GcmSha256, "PSK-AES128-GCM-SHA256")]
    [InlineData(CipherSuite.EcdhePskChaCha20Poly1305Sha256, "ECDHE-PSK-CHACHA20-POLY1305")]
    public async Task A_preshared_key_full_and_resumed(int suite, string name)
    {
        await using var peer = await OpensslDtlsServer.StartAsync(new PeerOptions { ExtraArguments = ["-cipher", name] }, psk: true);
        await using var wire = new DtlsWireLog(peer.Tls, oneAddress: true);
        var options = new Dtls.DtlsClientOptions
        {
            ApplicationProtocol = null,
            PskIdentity = Encoding.ASCII.GetBytes(OpensslDtlsServer.PskIdentity),
            Psk = OpensslDtlsServer.Psk,
            CipherSuites = [suite],
        };
        Sessions.TlsSession? session;
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options))
        {
            Assert.Equal((suite, true, true), (client.Client.Suite, client.Client.UsedExternalPsk, client.Client.IsAuthenticated));
            await TalkAsync(peer, client, "first");
            session = client.Session;
        }

        Assert.False(wire.Last.SawCertificate);
        Assert.Equal(suite, wire.Last.CipherSuite);
        Assert.Contains(16, wire.Last.ClientMessages);
        Assert.NotNull(session);
        await peer.WaitForLogAsync(log => log.Contains("CONNECTION CLOSED", StringComparison.Ordinal), "the end of the first association");
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options, session))
        {
            Assert.True(client.Client.IsResumed);
            await TalkAsync(peer, client, "second");
        }

        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
    }

    [Theory]
    [InlineData(CipherSuite.EcdheEcdsaAes128Ccm8, "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")]
    [InlineData(CipherSuite.EcdheEcdsaAes128Ccm, "ECDHE-ECDSA-AES128-CCM")]
    [InlineData(CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256, "ECDHE-ECDSA-CHACHA20-POLY1305")]
    [InlineData(CipherSuite.EcdheRsaAes128GcmSha256, "ECDHE-RSA-AES128-GCM-SHA256")]
    [InlineData(CipherSuite.EcdheRsaChaCha20Poly1305Sha256, "ECDHE-RSA-CHACHA20-POLY1305")]
    public async Task Suites_with_a_certificate(int suite, string name)
    {
        var certificate = CipherSuite.IsEcdsa(suite) ? PeerCertificates.Shared.Ecdsa : PeerCertificates.Shared.Rsa;
        await using var peer = await OpensslDtlsServer.StartAsync(new PeerOptions { Certificate = certificate, ExtraArguments = ["-cipher", name] });
        await using var wire = new DtlsWireLog(peer.Tls);
        var options = RawDtlsClient.Pinned(peer.Certificate);
        options.CipherSuites = [suite];
        await using var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options);
        await TalkAsync(peer, client, "hello");
        Assert.Equal(suite, wire.Last.CipherSuite);
    }

    [Fact]
    public async Task A_large_certificate_comes_in_fragments()
    {
        await using var peer = await OpensslDtlsServer.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.Large, ExtraArguments = ["-mtu", "1280"] });
        await using var wire = new DtlsWireLog(peer.Tls);
        await using var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, RawDtlsClient.Pinned(peer.Certificate));
        await TalkAsync(peer, client, "hello");
        Assert.True(wire.Datagrams.Count > 12);
        Assert.All(wire.Datagrams, d => Assert.InRange(d.Bytes, 1, 1280));
    }

    /// <summary>A line each way.</summary>
    private static async Task TalkAsync(OpensslDtlsServer peer, RawDtlsClient client, string word)
    {
        client.Send($"{word} from the client\n");
        await peer.WaitForLogAsync(log => log.Contains($"{word} from the client", StringComparison.Ordinal), "the client's line");
        await peer.Input.WriteAsync(Encoding.ASCII.GetBytes($"{word} from the server\n"));
        await peer.Input.FlushAsync();
        await client.UntilAsync(() => client.Received.Contains($"{word} from the server\n", StringComparison.Ordinal));
    }
}
