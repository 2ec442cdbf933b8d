using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>openssl s_server and gnutls-serv: the odd settings that no DNS server has, each shown on the wire or by the other stack's client.</summary>
public sealed class RawTlsPeersTests
{
    private const string Tls13Only = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

    [Fact]
    public async Task Openssl_server_asks_for_its_group_and_echoes_reversed()
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev", "-groups", "P-256"] });
        await using var wire = new TlsWireLog(peer.Tls);
        var result = await LineAsync(wire, Tls13Only + ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1", "hello", "olleh");
        Assert.Contains("olleh", result.Output);
        // gnutls-cli sends shares for both groups by itself, so there is nothing to ask for.
        Assert.False(wire.Last.Look(w => w.SawRetryRequest));

        await ClientProgram.RunAsync(["openssl", "s_client", "-connect", wire.EndPoint.ToString(), "-tls1_3", "-groups", "X25519:P-256"], input: []);
        Assert.True(wire.Last.Look(w => w.SawRetryRequest));
    }

    [Fact]
    public async Task Openssl_server_asks_for_a_cookie()
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-stateless"] });
        await using var wire = new TlsWireLog(peer.Tls);
        await ClientProgram.RunAsync(["openssl", "s_client", "-connect", wire.EndPoint.ToString(), "-tls1_3"], input: []);
        Assert.True(wire.Last.Look(w => w.SawRetryRequest));
        Assert.True(wire.Last.Look(w => w.Hellos.Last(h => h.IsClient).Has(WireHello.Cookie)));
    }

    [Fact]
    public async Task Openssl_server_sends_small_and_padded_records()
    {
        await using var small = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev", "-max_send_frag", "512"] });
        await using var smallWire = new TlsWireLog(small.Tls);
        var text = new string('a', 1500) + "b";
        await LineAsync(smallWire, Tls13Only, text, "baaa");
        Assert.True(smallWire.Last.Look(w => w.Records.Where(r => r.Direction == WireDirection.Down).All(r => r.Length <= 512 + 256 + 5)));
        Assert.True(smallWire.Last.Look(w => w.Records.Count(r => r is { Direction: WireDirection.Down, Type: 23 })) > 6);

        await using var padded = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev", "-record_padding", "512"] });
        await using var paddedWire = new TlsWireLog(padded.Tls);
        await LineAsync(paddedWire, Tls13Only, "hello", "olleh");
        // Content, type and padding fill 512 bytes; 16 bytes of tag.
        Assert.True(paddedWire.Last.Look(w => w.Records.Where(r => r is { Direction: WireDirection.Down, Type: 23 }).All(r => r.Body.Length % 512 == 16)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Openssl_server_sends_the_asked_number_of_tickets(int tickets)
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev", "-num_tickets", tickets.ToString()] });
        await using var wire = new TlsWireLog(peer.Tls);
        var result = await ClientProgram.RunAsync(
            ["openssl", "s_client", "-connect", wire.EndPoint.ToString(), "-tls1_3", "-msg"], Encoding.ASCII.GetBytes("hello\n"), o => Encoding.Latin1.GetString(o).Contains("olleh", StringComparison.Ordinal));
        Assert.Equal(tickets, result.Output.Split("<<< TLS 1.3, Handshake").Count(part => part.Contains("NewSessionTicket", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Openssl_server_reads_early_data_and_answers_from_the_test()
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-early_data", "-no_anti_replay"] });
        using var client = new OpensslClient();
        var answer = DnsBytes.Framed([0xD7, 0xC5, 0x84, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);
        foreach (var early in new[] { false, true })
        {
            var before = peer.Log.Length;
            var query = client.QueryAsync(peer.Tls, TlsVersion.Tls13, resume: early, earlyData: early);
            await peer.WaitForLogAsync(log => log[before..].Contains("peers\x07" + "example", StringComparison.Ordinal), "the query");
            await peer.Input.WriteAsync(answer);
            await peer.Input.FlushAsync();
            var session = await query;
            Assert.Equal(early, session.EarlyDataAccepted);
            Assert.Equal(12, session.Answer!.Length);
        }

        Assert.Contains("Early data received", peer.Log);
    }

    [Fact]
    public async Task Openssl_server_without_certificate_takes_a_preshared_key()
    {
        await using var peer = await OpensslServer.StartAsync(
            new PeerOptions { ExtraArguments = ["-rev", "-psk", StunnelPsk.KeyHex, "-psk_identity", "dev", "-cipher", "PSK:@SECLEVEL=0"] }, withCertificate: false);
        await using var wire = new TlsWireLog(peer.Tls);
        var result = await LineAsync(wire, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-CCM-8", "hello", "olleh", "--pskusername", "dev", "--pskkey", StunnelPsk.KeyHex);
        Assert.Contains("olleh", result.Output);
        Assert.Equal(0xC0A8, wire.Last.Look(w => w.CipherSuite));
    }

    [Fact]
    public async Task Gnutls_server_shows_a_raw_public_key()
    {
        await using var peer = await GnutlsServer.StartAsync(rawPublicKey: true);
        await using var wire = new TlsWireLog(peer.Tls);
        var result = await LineAsync(wire, "NORMAL:+CTYPE-SRV-RAWPK", "hello", "hello");
        Assert.Contains("Certificate type: Raw Public Key", result.Output);
        // server_certificate_type
        Assert.True(wire.Last.Look(w => w.ClientHello!.Has(20)));

        var in12 = await LineAsync(wire, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-SRV-RAWPK", "hello", "hello");
        Assert.Contains("Certificate type: Raw Public Key", in12.Output);
        Assert.Equal(0x0303, wire.Last.Look(w => w.Version));
    }

    [Fact]
    public async Task Gnutls_server_obeys_record_size_limit()
    {
        await using var peer = await GnutlsServer.StartAsync(http: true);
        await using var wire = new TlsWireLog(peer.Tls);
        await GnutlsClient.RunAsync(wire.EndPoint, Tls13Only, ["--recordsize", "512"], "GET / HTTP/1.0\r\n\r\n"u8.ToArray(), output => Encoding.Latin1.GetString(output).Contains("</HTML>", StringComparison.Ordinal));
        // record_size_limit counts the content type, too; 16 bytes of tag come on top (RFC 8449 section 4).
        var limit = BinaryPrimitives.ReadUInt16BigEndian(wire.Last.Look(w => w.ClientHello!.Extension(28)));
        Assert.Equal(513, limit);
        var down = wire.Last.Look(w => w.Records.Where(r => r is { Direction: WireDirection.Down, Type: 23 }).ToArray());
        Assert.InRange(down.Length, 5, 100);
        Assert.All(down, r => Assert.InRange(r.Body.Length, 1, limit + 16));
    }

    [Theory]
    [InlineData(false, TlsVersion.Tls12, true)]
    [InlineData(false, TlsVersion.Tls12, false)]
    [InlineData(false, TlsVersion.Tls13, true)]
    [InlineData(true, TlsVersion.Tls12, true)]
    [InlineData(true, TlsVersion.Tls12, false)]
    [InlineData(true, TlsVersion.Tls13, true)]
    public async Task Resumes_with_gnutls_and_client_and_wire_agree(bool openssl, TlsVersion version, bool tickets)
    {
        await using Peer peer = openssl ? await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev"] }) : await GnutlsServer.StartAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var priority = (version == TlsVersion.Tls12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : Tls13Only) + (tickets ? "" : ":%NO_TICKETS");
        var result = await GnutlsClient.RunAsync(wire.EndPoint, priority, ["-r", "--waitresumption"]);
        Assert.Contains("This is a resumed session", result.Output);
        Assert.False((await wire.ConnectionAsync(0)).Look(w => w.IsResumption));
        Assert.True((await wire.ConnectionAsync(1)).Look(w => w.IsResumption));
    }

    private static Task<ProgramResult> LineAsync(TlsWireLog wire, string priority, string line, string until, params string[] extra) =>
        GnutlsClient.RunAsync(
            wire.EndPoint, priority, extra, Encoding.ASCII.GetBytes(line + "\n"), output => Encoding.Latin1.GetString(output).Contains(until, StringComparison.Ordinal));
}
