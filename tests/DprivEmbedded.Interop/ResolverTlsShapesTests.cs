using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Crypto;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using DprivEmbedded.Sockets;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>Our client against DNS servers in less usual shapes of TLS: retried hellos, compatibility mode, small buffers, large chains, other suites and keys.</summary>
public sealed class ResolverTlsShapesTests
{
    private const int RecordSizeLimit = 28;
    private const int MaxFragmentLength = 1;

    [Theory]
    [InlineData("P-256", NamedGroup.Secp256r1)]
    [InlineData("X25519", NamedGroup.X25519)]
    public async Task A_HelloRetryRequest_is_followed(string group, int number)
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { OpenSsl = new Dictionary<string, string> { ["Groups"] = group } });
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, change: o => o.Groups = number == NamedGroup.X25519 ? [NamedGroup.Secp256r1, number] : [NamedGroup.X25519, number]);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.Equal((DprivHandshake.Full, 4), (lookup.Handshake, lookup.RoundTrips));
        Assert.True(wire.Last.Look(w => w.SawRetryRequest));
        Assert.Equal(2, wire.Last.Look(w => w.Messages.Count(m => m.Type == 1)));

        // The group is remembered with the session, so a resumption has the right share at once.
        resolver.CloseConnections();
        var second = await resolver.QueryAsync("a.peers.example");
        Assert.Equal((DprivHandshake.Resumed, 3), (second.Handshake, second.RoundTrips));
        Assert.False(wire.Last.Look(w => w.SawRetryRequest));
        Assert.True(wire.Last.Look(w => w.ServerHello!.Has(WireHello.KeyShare)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Compatibility_mode_sends_a_session_id_and_a_change_cipher_spec(bool compatible)
    {
        foreach (var name in new[] { nameof(Unbound), nameof(KnotResolver) })
        {
            var peer = await SharedPeers.ByNameAsync(name);
            await using var wire = new TlsWireLog(peer.Tls);
            await using var resolver = Dpriv.Resolver(wire.EndPoint, ProtocolVersion.Tls13, change: o => o.CompatibilityMode = compatible);
            Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(await resolver.QueryAsync("a.peers.example")));
            Assert.Equal(compatible ? 32 : 0, wire.Last.Look(w => w.ClientHello!.SessionId.Length));
            Assert.Equal(compatible, wire.Last.Look(w => w.Records.Any(r => r is { Direction: WireDirection.Up, Type: 20 })));
            // These servers send one of their own accord, too; it is passed over.
            Assert.True(wire.Last.Look(w => w.Records.Any(r => r is { Direction: WireDirection.Down, Type: 20 })));
        }
    }

    [Theory]
    [MemberData(nameof(ResolverAgainstDnsServersTests.PeersAndVersions), MemberType = typeof(ResolverAgainstDnsServersTests))]
    public async Task A_receive_buffer_of_2_KiB_is_enough_for_6_KB_of_answer(string name, int version)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version, change: o => o.ReceiveBufferBytes = 2048);
        var lookup = await resolver.QueryAsync(PeerZone.BigName, "TXT");
        Assert.Equal(PeerZone.Expected(PeerZone.BigName, "TXT"), Dpriv.Lines(lookup));

        // GnuTLS knows record_size_limit, OpenSSL 3.0 max_fragment_length alone. Both were offered; a server must take no more than one.
        var gnutls = name == nameof(KnotResolver);
        Assert.True(wire.Last.Look(w => w.ClientHello!.Has(RecordSizeLimit)));
        Assert.True(wire.Last.Look(w => w.ClientHello!.Has(MaxFragmentLength)));
        if (version == ProtocolVersion.Tls12)
        {
            Assert.Equal(gnutls, wire.Last.Look(w => w.ServerHello!.Has(RecordSizeLimit)));
            Assert.Equal(!gnutls, wire.Last.Look(w => w.ServerHello!.Has(MaxFragmentLength)));
        }

        var down = wire.Last.Look(w => w.Records.Where(r => r is { Direction: WireDirection.Down, Encrypted: true }).Select(r => r.Length).ToArray());
        Assert.All(down, length => Assert.InRange(length, 1, 2048));
        Assert.True(down.Length >= 5, $"{down.Length} records");
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_chain_of_10_KB_passes_a_receive_buffer_of_2_KiB(int version)
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.Large });
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version, change: o => o.ReceiveBufferBytes = 2048);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal(["a.peers.example. A 192.0.2.1"], Dpriv.Lines(lookup));
        Assert.True(lookup.IsAuthenticated);
        Assert.InRange(lookup.BytesDown, 8000, 16000);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task A_chain_with_an_intermediate_is_validated(int version)
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.Intermediate });
        await using var resolver = Dpriv.Resolver(peer.Tls, version);
        Assert.True((await resolver.QueryAsync("a.peers.example")).IsAuthenticated);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheRsaAes128GcmSha256)]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheRsaChaCha20Poly1305Sha256)]
    [InlineData(ProtocolVersion.Tls13, CipherSuite.Aes128GcmSha256)]
    public async Task An_RSA_key_signs(int version, int suite)
    {
        await using var peer = await Bind.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.Rsa });
        await using var resolver = Dpriv.Resolver(peer.Tls, version, change: o => o.CipherSuites = [suite]);
        var lookup = await resolver.QueryAsync("a.peers.example");
        Assert.Equal((suite, true), (lookup.CipherSuite, lookup.IsAuthenticated));
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls13, CipherSuite.Aes128GcmSha256)]
    [InlineData(ProtocolVersion.Tls13, CipherSuite.ChaCha20Poly1305Sha256)]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128GcmSha256)]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256)]
    public async Task Each_suite_of_a_stock_server_works(int version, int suite)
    {
        var peer = await SharedPeers.UnboundAsync();
        await AnswersWithAsync(peer, version, suite);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls13, CipherSuite.Aes128CcmSha256)]
    [InlineData(ProtocolVersion.Tls13, CipherSuite.Aes128Ccm8Sha256)]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128Ccm)]
    [InlineData(ProtocolVersion.Tls12, CipherSuite.EcdheEcdsaAes128Ccm8)]
    public async Task CCM_works_where_the_server_is_told_so(int version, int suite)
    {
        // OpenSSL counts CCM_8 as too weak for its default security level.
        await using var peer = await Unbound.StartAsync(new PeerOptions
        {
            ExtraConfiguration = "  tls-ciphers: \"ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0\"\n  tls-ciphersuites: \"TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256\"",
        });
        await AnswersWithAsync(peer, version, suite);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public async Task Pins_alone_authenticate_without_any_authority(int version)
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { Certificate = PeerCertificates.Shared.UnknownCa });
        await using var resolver = Dpriv.Resolver(peer.Tls, version, change: o =>
        {
            o.Servers[0] = new DprivServer(peer.Tls.Address, peer.Tls.Port) { Pins = { new byte[32], Convert.FromBase64String(peer.Certificate.SpkiPin) } };
        });
        Assert.True((await resolver.QueryAsync("a.peers.example")).IsAuthenticated);
    }

    private static async Task AnswersWithAsync(Peer peer, int version, int suite)
    {
        await using var wire = new TlsWireLog(peer.Tls);
        await using var resolver = Dpriv.Resolver(wire.EndPoint, version, change: o => o.CipherSuites = [suite]);
        var lookup = await resolver.QueryAsync(PeerZone.BigName, "TXT");
        Assert.Equal(PeerZone.Expected(PeerZone.BigName, "TXT"), Dpriv.Lines(lookup));
        Assert.Equal(suite, lookup.CipherSuite);
        Assert.Equal(suite, wire.Last.Look(w => w.CipherSuite));
        resolver.CloseConnections();
        Assert.Equal(DprivHandshake.Resumed, (await resolver.QueryAsync("a.peers.example")).Handshake);
        Assert.True(wire.Last.Look(w => w.IsResumption));
    }
}
