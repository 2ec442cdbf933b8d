using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Interop.Clients;
using DprivEmbedded.Interop.Infrastructure;
using DprivEmbedded.Interop.Peers;
using DprivEmbedded.Interop.Wire;
using Xunit;

namespace DprivEmbedded.Interop;

/// <summary>What the special peers are for, shown with independent clients: pre-shared keys, psk_ke, early data, HelloRetryRequest before a DNS server.</summary>
public sealed class FrontPeersTests
{
    private const int MaxFragmentLength = 1;
    private const ushort Txt = 16;

    // 512 bytes of content; nonce, content type and tag come on top.
    private const int MaxFragment = 512 + 32;

    private static readonly string[] s_psk = ["-psk_identity", StunnelPsk.Identity, "-psk", StunnelPsk.KeyHex];

    [Theory]
    [InlineData("PSK-AES128-CCM8", 0xC0A8)]
    [InlineData("PSK-AES128-CCM", 0xC0A4)]
    [InlineData("PSK-AES128-GCM-SHA256", 0x00A8)]
    [InlineData("PSK-CHACHA20-POLY1305", 0xCCAB)]
    [InlineData("ECDHE-PSK-CHACHA20-POLY1305", 0xCCAC)]
    public async Task Stunnel_answers_with_a_preshared_key_in_TLS_12_and_resumes(string suite, int number)
    {
        var peer = await SharedPeers.StunnelAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        string[] extra = [.. s_psk, "-cipher", suite + ":@SECLEVEL=0"];

        var first = await client.QueryAsync(wire.EndPoint, TlsVersion.Tls12, extra: extra);
        Assert.Equal((false, suite), (first.Reused, first.Cipher));
        Assert.Equal(1, DnsBytes.AnswerCount(first.Answer));
        Assert.Equal(number, wire.Last.Look(w => w.CipherSuite));
        Assert.False(wire.Last.Look(w => w.ServerSentCertificate));
        Assert.False(wire.Last.Look(w => w.IsResumption));

        var second = await client.QueryAsync(wire.EndPoint, TlsVersion.Tls12, resume: true, extra: extra);
        Assert.True(second.Reused);
        Assert.Equal(1, DnsBytes.AnswerCount(second.Answer));
        Assert.True(wire.Last.Look(w => w.IsResumption));
        await peer.WaitForLogAsync(log => log.Contains("TLS accepted: previous session reused", StringComparison.Ordinal), "a resumption");
    }

    [Theory]
    [InlineData("PSK", "AES-128-GCM", 0x1301, true)]
    [InlineData("PSK", "AES-128-CCM-8", 0x1305, true)]
    [InlineData("ECDHE-PSK", "AES-128-GCM", 0x1301, false)]
    [InlineData("ECDHE-PSK", "AES-128-CCM", 0x1304, false)]
    [InlineData("ECDHE-PSK", "AES-128-CCM-8", 0x1305, false)]
    [InlineData("ECDHE-PSK", "CHACHA20-POLY1305", 0x1303, false)]
    public async Task Stunnel_takes_an_external_preshared_key_in_TLS_13(string exchange, string cipher, int number, bool withoutKeyShare)
    {
        var peer = await SharedPeers.StunnelAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        var result = await GnutlsClient.RunAsync(
            wire.EndPoint, $"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{cipher}:-KX-ALL:+{exchange}", ["--pskusername", StunnelPsk.Identity, "--pskkey", StunnelPsk.KeyHex]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("PSK authentication. Connected as 'client1'", result.Output);
        Assert.True(wire.Last.Look(w => w.PreSharedKeyAccepted));
        Assert.Equal(number, wire.Last.Look(w => w.CipherSuite));
        Assert.Equal(withoutKeyShare, wire.Last.Look(w => w.PskWithoutKeyShare));
    }

    [Fact]
    public async Task Stunnel_refuses_a_wrong_key()
    {
        var peer = await SharedPeers.StunnelAsync();
        using var client = new OpensslClient();
        var session = await client.QueryAsync(peer.Tls, TlsVersion.Tls12, extra: ["-psk_identity", StunnelPsk.Identity, "-psk", "00", "-cipher", "PSK-AES128-GCM-SHA256"]);
        Assert.Null(session.Answer);
        Assert.Contains("alert", session.Result.Error);
    }

    [Theory]
    [InlineData(nameof(UnboundNoDhe), true)]
    [InlineData(nameof(Unbound), false)]
    public async Task Unbound_resumes_without_key_exchange_only_when_told(string name, bool resumes)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        await using var wire = new TlsWireLog(peer.Tls);
        // With +PSK among the key exchanges gnutls-cli offers psk_ke and nothing else; the key itself is unknown to the server.
        await GnutlsClient.RunAsync(wire.EndPoint, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+PSK", ["-r", "--waitresumption", "--pskusername", "nobody", "--pskkey", StunnelPsk.KeyHex]);
        var first = await wire.ConnectionAsync(0);
        Assert.False(first.Look(w => w.IsResumption));
        var second = await wire.ConnectionAsync(1);
        Assert.Equal([1, 0], second.Look(w => w.ClientHello!.Extension(WireHello.PskKeyExchangeModes)));
        Assert.Equal(resumes, second.Look(w => w.PskWithoutKeyShare));
        Assert.Equal(resumes, second.Look(w => w.IsResumption));
    }

    [Fact]
    public async Task Haproxy_takes_early_data_and_answers_it()
    {
        var peer = await SharedPeers.HaproxyAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        await client.QueryAsync(wire.EndPoint, TlsVersion.Tls13);
        Assert.False(wire.Last.Look(w => w.SawEarlyData));

        var early = await client.QueryAsync(wire.EndPoint, TlsVersion.Tls13, resume: true, earlyData: true);
        Assert.True(early.EarlyDataAccepted, early.Result.ToString());
        Assert.Equal(1, DnsBytes.AnswerCount(early.Answer));
        Assert.True(wire.Last.Look(w => w.SawEarlyData));
        Assert.True(wire.Last.Look(w => w.IsResumption));
        Assert.Contains(" resumed=1 alpn=dot up=35 ", await peer.ConnectionLineAsync(wire.Last.ServerSidePort));
    }

    [Fact]
    public async Task Haproxy_answers_early_data_only_after_the_clients_Finished()
    {
        var peer = await SharedPeers.HaproxyAsync();
        var (answered, session, records) = await EarlyWithStalledFinishedAsync(peer.Tls, TimeSpan.FromSeconds(1));
        Assert.True(session.EarlyDataAccepted);
        Assert.Equal(1, DnsBytes.AnswerCount(session.Answer));
        Assert.False(answered, records);
    }

    [Fact]
    public async Task The_early_answer_server_answers_in_the_first_round_trip()
    {
        await using var peer = await EarlyAnswerServer.StartAsync();
        var (answered, session, records) = await EarlyWithStalledFinishedAsync(peer.Tls, TimeSpan.FromSeconds(5));
        Assert.True(answered, records);
        Assert.True(session.EarlyDataAccepted);
        Assert.Equal(1, DnsBytes.AnswerCount(session.Answer));
        Assert.Equal((1, 1), (peer.EarlyAnswers, peer.LateAnswers));
    }

    [Theory]
    [InlineData(TlsVersion.Tls12, true)]
    [InlineData(TlsVersion.Tls12, false)]
    [InlineData(TlsVersion.Tls13, true)]
    public async Task The_early_answer_server_resumes_and_counts(TlsVersion version, bool tickets)
    {
        await using var peer = await EarlyAnswerServer.StartAsync();
        using var client = new OpensslClient();
        string[] extra = tickets ? [] : ["-no_ticket"];
        Assert.False((await client.QueryAsync(peer.Tls, version, extra: extra)).Reused);
        var second = await client.QueryAsync(peer.Tls, version, resume: true, extra: extra);
        Assert.True(second.Reused);
        Assert.Equal(1, DnsBytes.AnswerCount(second.Answer));
        Assert.Equal((1, 0, 2), (peer.Resumptions, peer.EarlyAnswers, peer.LateAnswers));
    }

    [Fact]
    public async Task The_early_answer_server_takes_a_tickets_early_data_once()
    {
        await using var peer = await EarlyAnswerServer.StartAsync();
        using var client = new OpensslClient();
        await client.QueryAsync(peer.Tls, TlsVersion.Tls13);
        client.KeepSession = true;
        Assert.True((await client.QueryAsync(peer.Tls, TlsVersion.Tls13, resume: true, earlyData: true)).EarlyDataAccepted);
        var again = await client.QueryAsync(peer.Tls, TlsVersion.Tls13, resume: true, earlyData: true, awaitAnswer: false);
        Assert.False(again.EarlyDataAccepted);
        Assert.Equal(1, peer.EarlyAnswers);
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("X25519")]
    public async Task Unbound_with_one_group_asks_for_it_with_a_HelloRetryRequest(string group)
    {
        await using var peer = await Unbound.StartAsync(new PeerOptions { OpenSsl = new Dictionary<string, string> { ["Groups"] = group } });
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        var other = group == "P-256" ? "X25519:P-256" : "P-256:X25519";
        var session = await client.QueryAsync(wire.EndPoint, TlsVersion.Tls13, extra: ["-groups", other]);
        Assert.Equal(1, DnsBytes.AnswerCount(session.Answer));
        Assert.True(wire.Last.Look(w => w.SawRetryRequest));
        Assert.Equal(2, wire.Last.Look(w => w.Messages.Count(m => m.Type == 1)));
    }

    [Theory]
    [InlineData(nameof(Unbound), TlsVersion.Tls12)]
    [InlineData(nameof(Unbound), TlsVersion.Tls13)]
    [InlineData(nameof(Bind), TlsVersion.Tls12)]
    [InlineData(nameof(Bind), TlsVersion.Tls13)]
    [InlineData(nameof(KnotResolver), TlsVersion.Tls13)]
    [InlineData(nameof(Dnsdist), TlsVersion.Tls12)]
    [InlineData(nameof(Dnsdist), TlsVersion.Tls13)]
    public async Task Obeys_max_fragment_length(string name, TlsVersion version)
    {
        var peer = await SharedPeers.ByNameAsync(name);
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        foreach (var asked in new[] { false, true })
        {
            var session = await client.QueryAsync(wire.EndPoint, version, name: PeerZone.BigName, type: Txt, extra: asked ? ["-maxfraglen", "512"] : []);
            Assert.Equal(24, DnsBytes.AnswerCount(session.Answer));
            Assert.Equal(asked, wire.Last.Look(LargestDown) <= MaxFragment);
        }
    }

    [Fact]
    public async Task Knot_Resolver_agrees_to_max_fragment_length_in_TLS_12_and_breaks_it()
    {
        var peer = await SharedPeers.KnotResolverAsync();
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(peer.Tls);
        var session = await client.QueryAsync(wire.EndPoint, TlsVersion.Tls12, name: PeerZone.BigName, type: Txt, extra: ["-maxfraglen", "512"]);
        Assert.Equal([1], wire.Last.Look(w => w.ServerHello!.Extension(MaxFragmentLength)));
        Assert.True(wire.Last.Look(LargestDown) > MaxFragment);
        Assert.Null(session.Answer);
        Assert.Contains("data length too long", session.Result.Error);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task Knot_Resolver_obeys_record_size_limit(TlsVersion version)
    {
        const ushort Id = 0x5A17;
        var peer = await SharedPeers.KnotResolverAsync();
        await using var wire = new TlsWireLog(peer.Tls);
        await GnutlsClient.RunAsync(
            wire.EndPoint,
            version == TlsVersion.Tls12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : "NORMAL:-VERS-ALL:+VERS-TLS1.3",
            ["--recordsize", "512"],
            DnsBytes.Framed(DnsBytes.Query(Id, PeerZone.BigName, Txt)),
            output => DnsBytes.FindAnswer(output, Id) >= 0);
        Assert.Equal((int)version, wire.Last.Look(w => w.Version));
        Assert.True(wire.Last.BytesDown > 6000);
        Assert.True(wire.Last.Look(LargestDown) <= MaxFragment);
    }

    // The client's ClientHello, change_cipher_spec and early data pass; its EndOfEarlyData and Finished do only after the answer has been waited for.
    private static async Task<(bool Answered, OpensslSession Session, string Records)> EarlyWithStalledFinishedAsync(System.Net.IPEndPoint server, TimeSpan limit)
    {
        using var client = new OpensslClient();
        await using var wire = new TlsWireLog(server);
        await client.QueryAsync(wire.EndPoint, TlsVersion.Tls13);
        wire.StallUpAfterRecords = 3;
        var query = client.QueryAsync(wire.EndPoint, TlsVersion.Tls13, resume: true, earlyData: true);
        var connection = await wire.ConnectionAsync(1);
        // EncryptedExtensions and Finished come first.
        var answered = await connection.WaitAsync(w => DownEncrypted(w) >= 3, limit);
        var records = connection.Look(w => string.Join(' ', Describe(w)));
        connection.Resume(WireDirection.Up);
        return (answered, await query, records);
    }

    private static int LargestDown(TlsWireParser wire) =>
        wire.Records.Where(r => r is { Direction: WireDirection.Down, Type: 23 }).Max(r => r.Body.Length);

    private static int DownEncrypted(TlsWireParser wire)
    {
        var count = 0;
        foreach (var record in wire.Records)
        {
            if (record is { Direction: WireDirection.Down, Type: 23 })
                count++;
        }

        return count;
    }

    private static IEnumerable<string> Describe(TlsWireParser wire)
    {
        foreach (var record in wire.Records)
            yield return $"{record.Direction}:{record.Type}:{record.Length}";
    }
}
