using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>TlsServer against gnutls-cli; each test asserts from both sides.</summary>
public class GnuTlsClientTests
{
    private const string Tls13 = "NONE:+VERS-TLS1.3:+COMP-NULL:+MAC-ALL:+SIGN-ALL:+CTYPE-ALL:";
    private const string Tls12 = "NONE:+VERS-TLS1.2:+COMP-NULL:+MAC-ALL:+SIGN-ALL:+CTYPE-ALL:";
    private const string Groups = ":+GROUP-X25519:+GROUP-SECP256R1";
    private const string Normal13 = Tls13 + "+AES-128-GCM" + Groups;
    private const string Normal12 = Tls12 + "+AES-128-GCM:+ECDHE-ECDSA:+ECDHE-RSA" + Groups;

    private static Task<string> Connect(TlsRig rig, string priority, params string[] arguments)
    {
        return ConnectSaying(rig, "ping 1", priority, arguments);
    }

    private static async Task<string> ConnectSaying(TlsRig rig, string line, string priority, params string[] arguments)
    {
        ExternalProgram.Require("gnutls-cli");

        // Into a pipe gnutls-cli prints nothing before its end; stdbuf makes it print line by line.
        await using ExternalProgram program = ExternalProgram.Start(
            "stdbuf", ["-oL", "gnutls-cli", "127.0.0.1", "-p", rig.Port.ToString(), "--x509cafile", rig.CaFile, "--priority", priority, .. arguments]);
        await program.WaitForAsync("Handshake was completed");
        await program.WriteLineAsync(line);
        await program.WaitForAsync(line.Replace("ping", "pong") + " served");
        Assert.Equal(0, await program.EndAsync());
        await rig.EndedAsync();
        Assert.Equal(TlsError.None, rig.Last.Error);
        Assert.True(rig.Last.HandshakeComplete);
        return program.Output;
    }

    [Theory]
    [InlineData("AES-128-GCM", CipherSuite.Aes128GcmSha256)]
    [InlineData("CHACHA20-POLY1305", CipherSuite.ChaCha20Poly1305Sha256)]
    [InlineData("AES-128-CCM", CipherSuite.Aes128CcmSha256)]
    [InlineData("AES-128-CCM-8", CipherSuite.Aes128Ccm8Sha256)]
    public async Task Tls13WithEachSuite(string cipher, int suite)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, Tls13 + "+" + cipher + Groups);
        Assert.Contains("TLS1.3", output);
        Assert.Equal(suite, rig.Last.CipherSuite);
    }

    [Theory]
    [InlineData("AES-128-GCM", "ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128GcmSha256)]
    [InlineData("AES-128-GCM", "ECDHE-RSA", CipherSuite.EcdheRsaAes128GcmSha256)]
    [InlineData("AES-128-CCM", "ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128Ccm)]
    [InlineData("AES-128-CCM-8", "ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128Ccm8)]
    [InlineData("CHACHA20-POLY1305", "ECDHE-ECDSA", CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256)]
    [InlineData("CHACHA20-POLY1305", "ECDHE-RSA", CipherSuite.EcdheRsaChaCha20Poly1305Sha256)]
    public async Task Tls12WithEachSuite(string cipher, string exchange, int suite)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, Tls12 + "+" + cipher + ":+" + exchange + Groups);
        Assert.Contains("TLS1.2", output);
        Assert.Contains("extended master secret", output);
        Assert.Contains("safe renegotiation", output);
        Assert.Equal(suite, rig.Last.CipherSuite);
    }

    [Theory]
    [InlineData("AES-128-GCM", "PSK", CipherSuite.PskAes128GcmSha256)]
    [InlineData("AES-128-CCM-8", "PSK", CipherSuite.PskAes128Ccm8)]
    public async Task Tls12WithPsk(string cipher, string exchange, int suite)
    {
        await using TlsRig rig = new(o => o.PskIdentityHint = "hint"u8.ToArray());
        rig.AddPsk();
        await Connect(rig, Tls12 + "+" + cipher + ":+" + exchange + Groups, "--pskusername", "sensor-1", "--pskkey", Convert.ToHexString(TlsRig.PskKey));
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.UsedPsk);
    }

    [Theory]
    [InlineData("DHE-PSK", NamedGroup.X25519)]
    [InlineData("PSK", 0)]
    public async Task Tls13WithPsk(string exchange, int group)
    {
        await using TlsRig rig = new();
        rig.AddPsk();
        await Connect(rig, Normal13 + ":+" + exchange, "--pskusername", "sensor-1", "--pskkey", Convert.ToHexString(TlsRig.PskKey));
        Assert.True(rig.Last.UsedPsk);
        Assert.Equal(group, rig.Last.Group);
    }

    [Theory]
    [InlineData(Normal13)]
    [InlineData(Normal12)]
    [InlineData(Normal12 + ":%NO_TICKETS")]
    public async Task Resumes(string priority)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, priority, "--resume", "--waitresumption");
        Assert.Contains("This is a resumed session", output);
        Assert.Equal(2, rig.Connections.Count);
        Assert.False(rig.Connections[0].Resumed);
        Assert.True(rig.Connections[1].Resumed);
    }

    [Theory]
    [InlineData(Normal13)]
    [InlineData(Normal12)]
    public async Task RawPublicKey(string priority)
    {
        await using TlsRig rig = new(o => o.PreferRawPublicKey = true);
        string output = await Connect(rig, priority.Replace("CTYPE-ALL", "CTYPE-SRV-RAWPK:+CTYPE-CLI-X509"), "--no-ca-verification");
        Assert.Contains("Raw Public Key", output);
        Assert.True(rig.Last.UsedRawPublicKey);
    }

    [Fact]
    public async Task RecordSizeLimitIsKept()
    {
        await using TlsRig rig = new();
        string output = await ConnectSaying(rig, "big", Normal13, "--recordsize", "600");
        Assert.Contains(new string('x', 5000), output.ReplaceLineEndings(""));
        Assert.InRange(rig.Last.PeerRecordSizeLimit, 600, 601);
    }

    [Theory]
    [InlineData(Normal13)]
    [InlineData(Normal12)]
    public async Task ApplicationProtocolAndName(string priority)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, priority, "--alpn", "dot", "--sni-hostname", "dot.example");
        Assert.Contains("Application protocol: dot", output);
        Assert.Equal("dot", rig.Last.ApplicationProtocol);
        Assert.Equal("dot.example", rig.Last.ServerName);
    }

    [Fact]
    public async Task HelloRetryRequest()
    {
        await using TlsRig rig = new(o => o.Groups = [NamedGroup.Secp256r1]);
        await Connect(rig, Normal13, "--single-key-share");
        Assert.True(rig.Last.UsedHelloRetryRequest);
        Assert.Equal(NamedGroup.Secp256r1, rig.Last.Group);

        // GnuTLS 3.7 takes a cookie only beside a change of group (RFC 8446 section 4.1.4 allows it alone; openssl takes that).
        rig.Options.HelloRetry = HelloRetryMode.Cookie;
        await Connect(rig, Normal13, "--single-key-share");
        Assert.True(rig.Last.UsedHelloRetryRequest);
    }

    [Fact]
    public async Task EarlyData()
    {
        await using TlsRig rig = new(o => o.EarlyData = EarlyDataMode.Accept);
        string early = Path.GetTempFileName();
        File.WriteAllText(early, "ping 0\n");
        string output = await Connect(rig, Normal13, "--resume", "--waitresumption", "--earlydata", early);
        Assert.Contains("This is a resumed session", output);
        Assert.Contains("pong 0 served", output);
        Assert.True(rig.Last.Resumed);
        Assert.True(rig.Last.EarlyDataAccepted);
        Assert.Equal(7, rig.Last.EarlyDataBytes);
        File.Delete(early);
    }
}
