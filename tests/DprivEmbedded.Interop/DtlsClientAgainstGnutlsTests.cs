using System;
using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Dtls;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our DTLS engine, without DNS, against gnutls-serv: cookie, ids and tickets, heartbeat both ways, CCM_8, pre-shared keys, raw public keys.</summary>
public sealed class DtlsClientAgainstGnutlsTests
{
    private const string PskPriority = "NORMAL:-KX-ALL:+PSK:+ECDHE-PSK:+AES-128-CCM-8:+AES-128-CCM";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resumes_by_ticket_and_by_id(bool ticket)
    {
        await using var peer = await GnutlsDtlsServer.StartAsync(new PeerOptions { ExtraArguments = ticket ? [] : ["--noticket"] });
        await using var wire = new DtlsWireLog(peer.Tls);
        await TwiceAsync(wire, () => RawDtlsClient.Pinned(peer.Certificate));
        var full = wire.Handshakes[0];
        Assert.True(full.SawHelloVerifyRequest && full.SawCertificate, full.ToString());
        Assert.Equal(ticket, full.SawNewSessionTicket);
        Assert.Equal(ticket, wire.Last.OfferedTicketBytes > 0);
        Assert.Equal(!ticket, wire.Last.IsResumptionById);
    }

    [Theory]
    [InlineData(CipherSuite.PskAes128Ccm8)]
    [InlineData(CipherSuite.PskAes128GcmSha256)]
    [InlineData(CipherSuite.EcdhePskChaCha20Poly1305Sha256)]
    public async Task A_preshared_key_full_and_resumed(int suite)
    {
        await using var peer = await GnutlsDtlsServer.StartAsync(priority: PskPriority, psk: true);
        await using var wire = new DtlsWireLog(peer.Tls);
        await TwiceAsync(wire, () => new DtlsClientOptions
        {
            ApplicationProtocol = null,
            PskIdentity = Encoding.ASCII.GetBytes(GnutlsDtlsServer.PskIdentity),
            Psk = GnutlsDtlsServer.Psk,
            CipherSuites = [suite],
        });
        Assert.Equal(suite, wire.Handshakes[0].CipherSuite);
        Assert.False(wire.Handshakes[0].SawCertificate);
    }

    [Theory]
    [InlineData(CipherSuite.EcdheEcdsaAes128Ccm8)]
    [InlineData(CipherSuite.EcdheEcdsaAes128Ccm)]
    [InlineData(CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256)]
    [InlineData(CipherSuite.EcdheRsaAes128GcmSha256)]
    [InlineData(CipherSuite.EcdheRsaChaCha20Poly1305Sha256)]
    public async Task Suites_with_a_certificate(int suite)
    {
        var certificate = CipherSuite.IsEcdsa(suite) ? PeerCertificates.Shared.Ecdsa : PeerCertificates.Shared.Rsa;
        await using var peer = await GnutlsDtlsServer.StartAsync(new PeerOptions { Certificate = certificate }, priority: "NORMAL:+AES-128-CCM-8:+AES-128-CCM");
        await using var wire = new DtlsWireLog(peer.Tls);
        await TwiceAsync(wire, () =>
        {
            var options = RawDtlsClient.Pinned(peer.Certificate);
            options.CipherSuites = [suite];
            return options;
        });
        Assert.Equal(suite, wire.Handshakes[0].CipherSuite);
    }

    [Fact]
    public async Task Each_lost_datagram_of_a_handshake_is_made_good()
    {
        // gnutls-serv serves one association after another, so each has a server of its own.
        for (var lost = 0; lost < 7; lost++)
        {
            await using var peer = await GnutlsDtlsServer.StartAsync();
            await using var wire = new DtlsWireLog(peer.Tls);
            var index = 0;
            var drop = lost;
            wire.Drop = (_, _) => index++ == drop;
            var options = RawDtlsClient.Pinned(peer.Certificate);
            options.InitialRetransmitMs = 200;
            await using var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options);
            Assert.True(index > drop, $"only {index} datagrams");
            Assert.True(client.Client.IsAuthenticated);
            // Let what GnuTLS repeats still pass; then the association is used.
            await EchoAsync(client, "hello");
        }
    }

    [Fact]
    public async Task A_raw_public_key_with_a_right_pin_is_taken()
    {
        await using var peer = await GnutlsDtlsServer.StartAsync(rawPublicKey: true);
        await using var wire = new DtlsWireLog(peer.Tls);
        await using var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, RawDtlsClient.Pinned(peer.Certificate));
        await EchoAsync(client, "hello");
        // server_certificate_type
        Assert.Contains(20, wire.Last.ServerExtensions);
    }

    [Fact]
    public async Task Heartbeats_are_answered_in_both_directions()
    {
        await using var peer = await GnutlsDtlsServer.StartAsync();
        await using var wire = new DtlsWireLog(peer.Tls);
        await using var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, RawDtlsClient.Pinned(peer.Certificate));
        Assert.True(client.Client.PeerAnswersHeartbeats);
        Assert.Contains(15, wire.Last.ServerExtensions);
        await EchoAsync(client, "hello");
        await client.HeartbeatAsync();
        Assert.True(client.Client.HeartbeatRttMs >= 0);
        Assert.Equal(1, wire.Protected(WireDirection.Up, DtlsWireRecord.Heartbeat));
        Assert.Equal(1, wire.Protected(WireDirection.Down, DtlsWireRecord.Heartbeat));

        // Now the server asks; it goes on (and echoes) only when it has our answer.
        client.Send(GnutlsDtlsServer.HeartbeatCommand);
        await client.UntilAsync(() => wire.Protected(WireDirection.Up, DtlsWireRecord.Heartbeat) == 2);
        Assert.Equal(2, wire.Protected(WireDirection.Down, DtlsWireRecord.Heartbeat));
        await EchoAsync(client, "after");
        Assert.Equal(2, wire.Protected(WireDirection.Down, DtlsWireRecord.Heartbeat));
    }

    private static async Task TwiceAsync(DtlsWireLog wire, Func<DtlsClientOptions> options)
    {
        Sessions.TlsSession? session;
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options()))
        {
            Assert.True(client.Client.IsAuthenticated);
            Assert.False(client.Client.IsResumed);
            await EchoAsync(client, "first");
            session = client.Session;
        }

        Assert.NotNull(session);
        await using (var client = await RawDtlsClient.ConnectAsync(wire.EndPoint, options(), session))
        {
            Assert.True(client.Client.IsResumed);
            Assert.True(client.Client.IsAuthenticated);
            await EchoAsync(client, "second");
        }

        Assert.Equal(2, wire.Handshakes.Count);
        Assert.False(wire.Handshakes[0].IsResumption);
        Assert.True(wire.Last.IsResumption, wire.Last.ToString());
    }

    private static async Task EchoAsync(RawDtlsClient client, string word)
    {
        client.Send(word + "\n");
        await client.UntilAsync(() => client.Received.Contains(word + "\n", StringComparison.Ordinal));
    }
}
