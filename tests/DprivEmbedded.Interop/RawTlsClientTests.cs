using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using DprivEmbedded.Crypto.BouncyCastle;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our TLS engine, without DNS, against gnutls-serv and s_server: raw public keys, small records, KeyUpdate, cookies, which no DNS server can be told.</summary>
public sealed class RawTlsClientTests
{
    private const int ServerCertificateType = 20;

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_raw_public_key_with_a_right_pin_is_taken(int version)
    {
        await using var peer = await GnutlsServer.StartAsync(rawPublicKey: true);
        await using var wire = new TlsWireLog(peer.Tls);
        await using var client = await RawTlsClient.ConnectAsync(wire.EndPoint, Pinned(peer.Certificate.SpkiPin, version));
        Assert.True(client.Client.IsAuthenticated);
        await client.SendAsync("hello\n");
        await client.ReceiveUntilAsync(text => text.Contains("hello", StringComparison.Ordinal));
        Assert.Equal(version, client.Client.Version);
        Assert.Equal([1, 2], wire.Last.Look(w => w.ClientHello!.Extension(ServerCertificateType)!)[^2..].Order().Select(b => (int)b == 0 ? 1 : (int)b));
        if (version == ProtocolVersion.Tls12)
            Assert.Equal([2], wire.Last.Look(w => w.ServerHello!.Extension(ServerCertificateType)));
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_raw_public_key_with_another_pin_is_refused(int version)
    {
        await using var peer = await GnutlsServer.StartAsync(rawPublicKey: true);
        var error = await Assert.ThrowsAsync<System.IO.IOException>(() => RawTlsClient.ConnectAsync(peer.Tls, Pinned(PeerCertificates.Shared.Rsa.SpkiPin, version)));
        Assert.Contains($"error {TlsError.PinMismatch}:", error.Message);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task Gnutls_keeps_to_the_record_size_limit_of_a_2_KiB_buffer(int version)
    {
        await using var peer = await GnutlsServer.StartAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await using var client = await RawTlsClient.ConnectAsync(wire.EndPoint, Pinned(peer.Certificate.SpkiPin, version), 2048);
        var line = new string('x', 6000) + "end\n";
        await client.SendAsync(line);
        await client.ReceiveUntilAsync(text => text.Contains("end", StringComparison.Ordinal));
        Assert.Equal(line, client.Received);
        Assert.All(wire.Last.Look(w => w.Records.Where(r => r is { Direction: WireDirection.Down, Encrypted: true }).ToArray()), r => Assert.InRange(r.Length, 1, 2048));
    }

    [Fact]
    public async Task Records_of_the_server_may_be_padded()
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-rev", "-record_padding", "512"] });
        await using var client = await RawTlsClient.ConnectAsync(peer.Tls, Pinned(peer.Certificate.SpkiPin, ProtocolVersion.Tls13));
        await client.SendAsync("hello\n");
        await client.ReceiveUntilAsync(text => text == "olleh\n");
    }

    [Fact]
    public async Task A_cookie_is_sent_back()
    {
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-stateless"] });
        await using var wire = new TlsWireLog(peer.Tls);
        await using var client = await RawTlsClient.ConnectAsync(wire.EndPoint, Pinned(peer.Certificate.SpkiPin, ProtocolVersion.Tls13));
        await client.SendAsync("hello\n");
        await peer.WaitForLogAsync(log => log.Contains("hello", StringComparison.Ordinal), "the line");
        Assert.True(wire.Last.Look(w => w.SawRetryRequest));
        Assert.True(client.Client.WasHelloRetried);
        Assert.True(wire.Last.Look(w => w.Hellos.Last(h => h.IsClient).Has(WireHello.Cookie)));
    }

    [Theory]
    [InlineData("K")]
    [InlineData("k")]
    public async Task A_KeyUpdate_changes_the_keys_of_both_directions_or_one(string command)
    {
        // K asks the client to update as well, k does not.
        await using var peer = await OpensslServer.StartAsync(new PeerOptions { ExtraArguments = ["-msg"] });
        await using var client = await RawTlsClient.ConnectAsync(peer.Tls, Pinned(peer.Certificate.SpkiPin, ProtocolVersion.Tls13));
        for (var round = 1; round <= 3; round++)
        {
            await TypeAsync(peer, command + "\n");
            // What is typed before the command was read would be taken for a part of it.
            await peer.WaitForLogAsync(log => Count(log, ">>>") == round, "its KeyUpdate");
            await TypeAsync(peer, $"from the server {round}\n");
            await client.ReceiveUntilAsync(text => text.Contains($"from the server {round}\n", StringComparison.Ordinal));
            await client.SendAsync($"from the client {round}\n");
            await peer.WaitForLogAsync(log => log.Contains($"from the client {round}", StringComparison.Ordinal), "the line under the new keys");
        }

        Assert.Equal(command == "K" ? 3 : 0, Count(peer.Log, "<<<"));

        static int Count(string log, string direction) => log.Split(direction + " TLS 1.3, Handshake [length 0005], KeyUpdate").Length - 1;
    }

    private static async Task TypeAsync(OpensslServer peer, string line)
    {
        await peer.Input.WriteAsync(Encoding.ASCII.GetBytes(line));
        await peer.Input.FlushAsync();
    }

    private static TlsClientOptions Pinned(string pin, int version) => new()
    {
        MinVersion = version,
        MaxVersion = version,
        ApplicationProtocol = null,
        Verifier = new SpkiPinVerifier([Convert.FromBase64String(pin)], new BouncyCastleProvider().CreateSha256()),
    };
}
