using System;
using System.IO;
using System.Threading.Tasks;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DtlsServer against gnutls-cli --udp; each test asserts from both sides.</summary>
public class DtlsGnuTlsClientTests
{
    private const string Base = "NORMAL:-VERS-ALL:+VERS-DTLS1.2";

    private static ExternalProgram Start(DtlsRig rig, string priority, params string[] arguments)
    {
        return ExternalProgram.Start("gnutls-cli",
            ["--udp", "--x509cafile", rig.CaFile, "--priority", priority, "--port", rig.Port.ToString(), .. arguments, "127.0.0.1"]);
    }

    private static async Task<string> Connect(DtlsRig rig, string priority, params string[] arguments)
    {
        await using ExternalProgram program = Start(rig, priority, arguments);
        await program.WaitForAsync("Simple Client Mode");
        await program.WriteLineAsync("ping 1");
        await program.WaitForAsync("pong 1 served");
        Assert.Equal(0, await program.EndAsync());
        Assert.True(rig.Last.HandshakeComplete);
        Assert.Equal(TlsError.None, rig.Last.Error);
        return program.Output;
    }

    [Theory]
    [InlineData(":-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128GcmSha256, "(AES-128-GCM)")]
    [InlineData(":-CIPHER-ALL:+AES-128-CCM-8:-KX-ALL:+ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128Ccm8, "(AES-128-CCM-8)")]
    [InlineData(":-CIPHER-ALL:+AES-128-CCM:-KX-ALL:+ECDHE-ECDSA", CipherSuite.EcdheEcdsaAes128Ccm, "(AES-128-CCM)")]
    [InlineData(":-CIPHER-ALL:+CHACHA20-POLY1305:-KX-ALL:+ECDHE-RSA", CipherSuite.EcdheRsaChaCha20Poly1305Sha256, "(CHACHA20-POLY1305)")]
    public async Task FullWithEachSuite(string rest, int suite, string shown)
    {
        await using DtlsRig rig = new();
        string output = await Connect(rig, Base + rest);
        Assert.Contains("(DTLS1.2-", output);
        Assert.Contains(shown, output);
        Assert.Contains("The certificate is trusted", output);
        Assert.Contains("extended master secret", output);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.Equal(1, rig.Server.Counters.HelloVerifyRequests);
    }

    // gnutls-cli 3.7.9 crashes with ECDHE_PSK, whoever the server is.
    [Theory]
    [InlineData(":-CIPHER-ALL:+AES-128-CCM-8:-KX-ALL:+PSK", CipherSuite.PskAes128Ccm8)]
    [InlineData(":-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+PSK", CipherSuite.PskAes128GcmSha256)]
    public async Task Psk(string rest, int suite)
    {
        await using DtlsRig rig = new();
        rig.AddPsk();
        await Connect(rig, Base + rest, "--pskusername", "sensor-1", "--pskkey", Convert.ToHexString(TlsRig.PskKey));
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.UsedPsk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Resumes(bool byId)
    {
        await using DtlsRig rig = new();
        string output = await Connect(rig, Base, byId ? ["--resume", "--noticket"] : ["--resume"]);
        Assert.Contains("*** This is a resumed session", output);
        Assert.Equal((1, 1), (rig.Server.Counters.FullHandshakes, rig.Server.Counters.ResumedHandshakes));
        Assert.True(rig.Last.Resumed);
    }

    [Fact]
    public async Task AnswersOurHeartbeats()
    {
        await using DtlsRig rig = new();
        await using ExternalProgram program = Start(rig, Base, "--heartbeat");
        await program.WaitForAsync("Simple Client Mode");
        await program.WriteLineAsync("heartbeat");
        await program.WaitForAsync("heartbeat served");
        await program.WriteLineAsync("ping 1");
        await program.WaitForAsync("pong 1 served");
        Assert.Equal(0, await program.EndAsync());
        Assert.True(rig.Last.PeerAnswersHeartbeats);
        Assert.Equal(1, rig.Last.HeartbeatsConfirmed);
    }

    [Fact]
    public async Task RawPublicKey()
    {
        await using DtlsRig rig = new(o => o.PreferRawPublicKey = true);
        string output = await Connect(rig, Base + ":+CTYPE-SRV-RAWPK:-CTYPE-SRV-X509", "--insecure");
        Assert.Contains("Raw Public Key", output);
        Assert.True(rig.Last.UsedRawPublicKey);
    }

    [Fact]
    public async Task SmallDatagrams()
    {
        await using DtlsRig rig = new(o => o.MaxDatagramBytes = 300);
        await Connect(rig, Base, "--mtu", "300");
        Assert.Equal(1, rig.Server.Counters.FullHandshakes);
    }
}
