using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>TlsServer against openssl s_client; each test asserts from both sides.</summary>
public class OpenSslClientTests
{
    private static async Task<string> Connect(TlsRig rig, params string[] arguments)
    {
        return await ConnectSaying(rig, "ping 1", arguments);
    }

    /// <summary>Runs s_client, says a line, waits for the answer, ends in order.</summary>
    private static async Task<string> ConnectSaying(TlsRig rig, string line, params string[] arguments)
    {
        await using ExternalProgram program = ExternalProgram.Start("openssl", [.. Arguments(rig), .. arguments]);
        await program.WriteLineAsync(line);
        await program.WaitForAsync(line.Replace("ping", "pong") + " served");
        Assert.Equal(0, await program.EndAsync());
        await rig.EndedAsync();
        Assert.Equal(TlsError.None, rig.Last.Error);
        Assert.True(rig.Last.HandshakeComplete);
        return program.Output;
    }

    /// <summary>Runs s_client where the handshake must fail.</summary>
    private static async Task<string> Fail(TlsRig rig, params string[] arguments)
    {
        await using ExternalProgram program = ExternalProgram.Start("openssl", [.. Arguments(rig), .. arguments]);
        Assert.NotEqual(0, await program.EndAsync());
        await rig.EndedAsync();
        return program.Output;
    }

    private static string[] Arguments(TlsRig rig)
    {
        return ["s_client", "-connect", rig.Address, "-CAfile", rig.CaFile, "-verify_return_error", "-nocommands"];
    }

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256", CipherSuite.Aes128GcmSha256)]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256", CipherSuite.ChaCha20Poly1305Sha256)]
    [InlineData("TLS_AES_128_CCM_SHA256", CipherSuite.Aes128CcmSha256)]
    [InlineData("TLS_AES_128_CCM_8_SHA256", CipherSuite.Aes128Ccm8Sha256)]
    public async Task Tls13WithEachSuite(string name, int suite)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, "-tls1_3", "-ciphersuites", name);
        Assert.Contains("New, TLSv1.3, Cipher is " + name, output);
        Assert.Contains("Verify return code: 0 (ok)", output);
        Assert.Equal(ProtocolVersion.Tls13, rig.Last.Version);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.False(rig.Last.Resumed);
        Assert.Contains("ping 1", rig.Received);
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite.EcdheEcdsaAes128GcmSha256)]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite.EcdheRsaAes128GcmSha256)]
    [InlineData("ECDHE-ECDSA-AES128-CCM", CipherSuite.EcdheEcdsaAes128Ccm)]
    [InlineData("ECDHE-ECDSA-AES128-CCM8", CipherSuite.EcdheEcdsaAes128Ccm8)]
    [InlineData("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite.EcdheRsaChaCha20Poly1305Sha256)]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256)]
    public async Task Tls12WithEachSuite(string name, int suite)
    {
        await using TlsRig rig = new();
        string output = await Connect(rig, "-tls1_2", "-cipher", name + ":@SECLEVEL=0");
        Assert.Contains("New, TLSv1.2, Cipher is " + name, output);
        Assert.Contains("Secure Renegotiation IS supported", output);
        Assert.Contains("Extended master secret: yes", output);
        Assert.Equal(ProtocolVersion.Tls12, rig.Last.Version);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.ExtendedMasterSecret);
    }

    [Theory]
    [InlineData("PSK-AES128-GCM-SHA256", CipherSuite.PskAes128GcmSha256)]
    [InlineData("PSK-AES128-CCM8", CipherSuite.PskAes128Ccm8)]
    [InlineData("ECDHE-PSK-CHACHA20-POLY1305", CipherSuite.EcdhePskChaCha20Poly1305Sha256)]
    public async Task Tls12WithPsk(string name, int suite)
    {
        await using TlsRig rig = new(o => o.PskIdentityHint = "hint"u8.ToArray());
        rig.AddPsk();
        string output = await Connect(rig, "-tls1_2", "-cipher", name + ":@SECLEVEL=0", "-psk_identity", "sensor-1", "-psk", Convert.ToHexString(TlsRig.PskKey));
        Assert.Contains("Cipher is " + name, output);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.UsedPsk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tls13WithPsk(bool pskKe)
    {
        await using TlsRig rig = new(o => o.PreferPskKe = pskKe);
        rig.AddPsk();
        string output = await Connect(rig, ["-tls1_3", "-psk_identity", "sensor-1", "-psk", Convert.ToHexString(TlsRig.PskKey), .. pskKe ? ["-allow_no_dhe_kex"] : Array.Empty<string>()]);
        Assert.Contains("Reused, TLSv1.3", output);
        Assert.True(rig.Last.UsedPsk);
        Assert.Equal(pskKe ? 0 : NamedGroup.X25519, rig.Last.Group);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WrongOrUnknownPskFails(bool tls13)
    {
        await using TlsRig rig = new(o => o.Credentials = []);
        rig.AddPsk();
        string output = tls13
            ? await Fail(rig, "-tls1_3", "-psk_identity", "sensor-1", "-psk", "ff")
            : await Fail(rig, "-tls1_2", "-cipher", "PSK-AES128-GCM-SHA256:@SECLEVEL=0", "-psk_identity", "sensor-2", "-psk", "ff");
        Assert.Contains(tls13 ? "decrypt error" : "unknown psk identity", output);
        Assert.Equal(tls13 ? AlertDescription.DecryptError : AlertDescription.UnknownPskIdentity, rig.Last.AlertSent);
    }

    [Theory]
    [InlineData("RSA-PSS+SHA256", "-tls1_3", "RSA-PSS")]
    [InlineData("ECDSA+SHA256", "-tls1_3", "ECDSA")]
    [InlineData("RSA-PSS+SHA256", "-tls1_2", "RSA-PSS")]
    [InlineData("RSA+SHA256", "-tls1_2", "RSA")]
    [InlineData("ECDSA+SHA256", "-tls1_2", "ECDSA")]
    public async Task EachSignatureScheme(string scheme, string version, string shown)
    {
        // The authority signs with ECDSA, and TLS 1.2 counts that too; so it is added at the end of the list, and the suites decide.
        await using TlsRig rig = new();
        string list = shown == "ECDSA" ? scheme : scheme + ":ECDSA+SHA256";
        if (version == "-tls1_3" && shown != "ECDSA")
            rig.Options.Credentials = [rig.Options.Credentials[1]];

        string output = await Connect(rig, version, "-sigalgs", list, "-cipher", shown == "ECDSA" ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "ECDHE-RSA-AES128-GCM-SHA256");
        Assert.Contains("Peer signature type: " + shown, output);
        Assert.Contains("Peer signing digest: SHA256", output);
    }

    [Theory]
    [InlineData("-tls1_3", false, false)]
    [InlineData("-tls1_3", true, false)]
    [InlineData("-tls1_2", false, false)]
    [InlineData("-tls1_2", true, false)]
    [InlineData("-tls1_2", false, true)]
    public async Task Resumes(string version, bool stateful, bool sessionIds)
    {
        await using TlsRig rig = new(o =>
        {
            o.StatefulTickets = stateful;
            o.Tickets = !sessionIds;
        });
        string file = Path.GetTempFileName();
        string output = await Connect(rig, version, "-servername", "dot.example", "-sess_out", file);
        Assert.Contains("New, ", output);
        Assert.False(rig.Last.Resumed);
        output = await Connect(rig, version, "-servername", "dot.example", "-sess_in", file);
        Assert.Contains("Reused, ", output);
        Assert.True(rig.Last.Resumed);
        Assert.Equal("dot.example", rig.Last.ServerName);

        rig.State.LoseState();
        output = await Connect(rig, version, "-servername", "dot.example", "-sess_in", file);
        Assert.Contains("New, ", output);
        Assert.False(rig.Last.Resumed);
        File.Delete(file);
    }

    [Fact]
    public async Task NoTicketMeansSessionIdInTls12()
    {
        await using TlsRig rig = new();
        string file = Path.GetTempFileName();
        await Connect(rig, "-tls1_2", "-no_ticket", "-sess_out", file);
        Assert.Equal(1, rig.State.SessionCount);
        Assert.Contains("Reused, ", await Connect(rig, "-tls1_2", "-no_ticket", "-sess_in", file));
        Assert.True(rig.Last.Resumed);
        File.Delete(file);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task RotatedTicketKeyServesOnceMoreAndRenews(string version)
    {
        await using TlsRig rig = new();
        string file = Path.GetTempFileName();
        await Connect(rig, version, "-sess_out", file);
        Assert.DoesNotContain("NewSessionTicket", version == "-tls1_2" ? await Connect(rig, version, "-sess_in", file, "-msg") : "");
        rig.State.RotateTicketKey();
        string output = await Connect(rig, version, "-sess_in", file, "-msg");
        Assert.Contains("Reused, ", output);
        Assert.Contains("NewSessionTicket", output);
        rig.State.RotateTicketKey();
        Assert.Contains("New, ", await Connect(rig, version, "-sess_in", file));
        Assert.False(rig.Last.Resumed);
        File.Delete(file);
    }

    [Theory]
    [InlineData(EarlyDataMode.Accept)]
    [InlineData(EarlyDataMode.Reject)]
    public async Task EarlyData(EarlyDataMode mode)
    {
        await using TlsRig rig = new(o => o.EarlyData = mode);
        string file = Path.GetTempFileName();
        string early = Path.GetTempFileName();
        File.WriteAllText(early, "ping 0\n");
        string output = await Connect(rig, "-tls1_3", "-sess_out", file);
        Assert.Contains("Max Early Data: 16384", output);
        output = await Connect(rig, "-tls1_3", "-sess_in", file, "-early_data", early);
        bool accepted = mode == EarlyDataMode.Accept;
        Assert.Contains(accepted ? "Early data was accepted" : "Early data was rejected", output);
        Assert.Equal(accepted, output.Contains("pong 0 served"));
        Assert.True(rig.Last.EarlyDataOffered);
        Assert.Equal(accepted, rig.Last.EarlyDataAccepted);
        Assert.True(rig.Last.Resumed);

        // The same ticket again: resumed, but its early data is not taken twice.
        output = await Connect(rig, "-tls1_3", "-sess_in", file, "-early_data", early);
        Assert.Contains("Early data was rejected", output);
        Assert.True(rig.Last.Resumed);
        Assert.False(rig.Last.EarlyDataAccepted);
        File.Delete(file);
        File.Delete(early);
    }

    [Fact]
    public async Task EarlyDataIsSkippedAcrossAHelloRetryRequest()
    {
        await using TlsRig rig = new(o => o.EarlyData = EarlyDataMode.Accept);
        string file = Path.GetTempFileName();
        string early = Path.GetTempFileName();
        File.WriteAllText(early, "ping 0\n");
        await Connect(rig, "-tls1_3", "-sess_out", file);
        rig.Options.HelloRetry = HelloRetryMode.Cookie;
        Assert.Contains("Early data was rejected", await Connect(rig, "-tls1_3", "-sess_in", file, "-early_data", early));
        Assert.True(rig.Last.UsedHelloRetryRequest);
        Assert.True(rig.Last.Resumed);
        Assert.True(rig.Last.EarlyDataBytes > 0);
        File.Delete(file);
        File.Delete(early);
    }

    [Theory]
    [InlineData(HelloRetryMode.WhenNeeded, "P-256:X25519", false, NamedGroup.Secp256r1)]
    [InlineData(HelloRetryMode.ForPreferredGroup, "P-256:X25519", true, NamedGroup.X25519)]
    [InlineData(HelloRetryMode.WhenNeeded, "P-384:P-256", true, NamedGroup.Secp256r1)]
    [InlineData(HelloRetryMode.Cookie, "X25519", true, NamedGroup.X25519)]
    [InlineData(HelloRetryMode.Cookie, "P-384:P-256", true, NamedGroup.Secp256r1)]
    public async Task HelloRetryRequest(HelloRetryMode mode, string groups, bool retried, int group)
    {
        await using TlsRig rig = new(o => o.HelloRetry = mode);
        string output = await Connect(rig, "-tls1_3", "-groups", groups, "-msg");
        Assert.Equal(retried, rig.Last.UsedHelloRetryRequest);
        Assert.Equal(group, rig.Last.Group);
        Assert.Contains(group == NamedGroup.X25519 ? "Server Temp Key: X25519" : "Server Temp Key: ECDH, prime256v1", output);
        Assert.Equal(retried ? 2 : 1, output.Split("Handshake [length").Count(part => part.Contains(", ClientHello")));
    }

    [Fact]
    public async Task PskResumptionAcrossAHelloRetryRequest()
    {
        await using TlsRig rig = new();
        string file = Path.GetTempFileName();
        await Connect(rig, "-tls1_3", "-sess_out", file);
        Assert.Contains("Reused, ", await Connect(rig, "-tls1_3", "-sess_in", file, "-groups", "P-384:P-256"));
        Assert.True(rig.Last.UsedHelloRetryRequest);
        Assert.True(rig.Last.Resumed);
        File.Delete(file);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task ApplicationProtocol(string version)
    {
        await using TlsRig rig = new();
        Assert.Contains("ALPN protocol: dot", await Connect(rig, version, "-alpn", "h2,dot"));
        Assert.Equal("dot", rig.Last.ApplicationProtocol);
        Assert.Contains("No ALPN negotiated", await Connect(rig, version));
        Assert.Contains("no application protocol", await Fail(rig, version, "-alpn", "h2"));
        Assert.Equal(AlertDescription.NoApplicationProtocol, rig.Last.AlertSent);
        rig.Options.ApplicationProtocols = [];
        Assert.Contains("No ALPN negotiated", await Connect(rig, version, "-alpn", "dot"));
    }

    [Fact]
    public async Task UnknownServerName()
    {
        await using TlsRig rig = new(o => o.ServerNames = ["dot.example"]);
        await Connect(rig, "-servername", "DOT.example");
        Assert.Equal("dot.example", rig.Last.ServerName);
        Assert.Contains("unrecognized name", await Fail(rig, "-servername", "other.example"));
        Assert.Equal(AlertDescription.UnrecognizedName, rig.Last.AlertSent);
    }

    [Theory]
    [InlineData("-tls1_3", "Protocol  : TLSv1.3")]
    [InlineData("-tls1_2", "Protocol  : TLSv1.2")]
    public async Task VersionsThatDoNotMeet(string version, string shown)
    {
        await using TlsRig rig = new();
        Assert.Contains(shown, await Connect(rig, version));
        rig.Options.Tls13 = version == "-tls1_2";
        rig.Options.Tls12 = version == "-tls1_3";
        Assert.Contains("alert protocol version", await Fail(rig, version));
        Assert.Equal(TlsError.UnsupportedVersion, rig.Last.Error);
    }

    [Fact]
    public async Task DowngradeSentinelIsThere()
    {
        await using TlsRig rig = new(o => o.Faults.ForceDowngradeSentinel = true);
        rig.Options.Tls13 = false;
        Assert.Contains("inappropriate fallback", await Fail(rig));
        rig.Options.Faults.ForceDowngradeSentinel = false;
        Assert.Contains("TLSv1.2", await Connect(rig));
        rig.Options.Tls13 = true;
        Assert.Contains("TLSv1.2", await Connect(rig, "-tls1_2"));
        Assert.Contains("inappropriate fallback", await Fail(rig, "-tls1_2", "-fallback_scsv"));
    }

    [Theory]
    [InlineData("-tls1_3", 1)]
    [InlineData("-tls1_2", 1)]
    [InlineData("-tls1_3", 100)]
    public async Task SmallRecords(string version, int most)
    {
        await using TlsRig rig = new(o => o.MaxRecordContentBytes = most);
        await Connect(rig, version);
        Assert.Equal(TlsError.None, rig.Last.Error);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task ARecordPerMessageAndPadding(string version)
    {
        await using TlsRig rig = new(o =>
        {
            o.CoalesceHandshake = false;
            o.PaddingBlockBytes = 128;
            o.AlwaysChangeCipherSpec = true;
            o.SendSupportedGroups = true;
        });
        await Connect(rig, version, "-no_middlebox");
        Assert.Equal(TlsError.None, rig.Last.Error);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task MaxFragmentLength(string version)
    {
        await using TlsRig rig = new();
        string file = Path.GetTempFileName();
        Assert.Contains(new string('x', 5000), await ConnectSaying(rig, "big", version, "-maxfraglen", "512", "-sess_out", file));
        Assert.Equal(1, rig.Last.MaxFragmentLengthCode);
        Assert.Contains("Reused, ", await Connect(rig, version, "-maxfraglen", "512", "-sess_in", file));
        File.Delete(file);
    }

    [Fact]
    public async Task KeyUpdateAndLateTicket()
    {
        await using TlsRig rig = new(o => o.TicketCount = 0);
        await using ExternalProgram program = ExternalProgram.Start("openssl", [.. Arguments(rig).Where(a => a != "-nocommands"), "-tls1_3", "-msg"]);
        await program.WriteLineAsync("ticket");
        await program.WaitForAsync("ticket served");
        await program.WaitForAsync("NewSessionTicket");
        await program.WriteLineAsync("update");
        await program.WaitForAsync("update served");
        await program.WriteLineAsync("ping 1");
        await program.WaitForAsync("pong 1 served");
        await program.WriteLineAsync("K");
        await program.WaitForAsync("KEYUPDATE");
        await program.WriteLineAsync("ping 2");
        await program.WaitForAsync("pong 2 served");
        Assert.Equal(0, await program.EndAsync());
        await rig.EndedAsync();
        Assert.Equal(TlsError.None, rig.Last.Error);

        // One in answer to the server's, one on the client's own account.
        Assert.Equal(2, rig.Last.KeyUpdatesReceived);
    }

    [Theory]
    [InlineData("R")]
    [InlineData("hellorequest")]
    public async Task RenegotiationIsRefused(string line)
    {
        // s_client begins one on "R" of its own accord, and in answer to the server's HelloRequest.
        await using TlsRig rig = new();
        await using ExternalProgram program = ExternalProgram.Start("openssl", [.. Arguments(rig).Where(a => a != "-nocommands"), "-tls1_2"]);
        await program.WriteLineAsync("ping 1");
        await program.WaitForAsync("pong 1 served");
        await program.WriteLineAsync(line);
        await program.WaitForAsync("no renegotiation");
        await program.EndAsync();
        await rig.EndedAsync();
        Assert.Equal(AlertDescription.NoRenegotiation, rig.Last.AlertSent);
    }

    [Theory]
    [InlineData(TlsStage.ServerHello, "-tls1_3")]
    [InlineData(TlsStage.EncryptedExtensions, "-tls1_3")]
    [InlineData(TlsStage.Certificate, "-tls1_3")]
    [InlineData(TlsStage.CertificateVerify, "-tls1_3")]
    [InlineData(TlsStage.Finished, "-tls1_3")]
    [InlineData(TlsStage.ServerHello, "-tls1_2")]
    [InlineData(TlsStage.Certificate, "-tls1_2")]
    [InlineData(TlsStage.ServerKeyExchange, "-tls1_2")]
    [InlineData(TlsStage.ServerHelloDone, "-tls1_2")]
    [InlineData(TlsStage.Finished, "-tls1_2")]
    public async Task AlertAtEachStage(TlsStage stage, string version)
    {
        await using TlsRig rig = new(o =>
        {
            o.Faults.At = stage;
            o.Faults.Action = TlsFaultAction.Alert;
            o.Faults.Alert = AlertDescription.AccessDenied;
        });
        string output = await Fail(rig, version);

        // openssl takes nothing but the Finished behind a change_cipher_spec and names the alert otherwise.
        string said = version == "-tls1_2" && stage == TlsStage.Finished ? "data between ccs and finished" : "alert access denied";
        Assert.Contains(said, output);
        Assert.False(rig.Last.HandshakeComplete && version == "-tls1_3");
    }

    [Theory]
    [InlineData("-tls1_3", "BadSignature", "bad signature")]
    [InlineData("-tls1_2", "BadSignature", "bad signature")]
    [InlineData("-tls1_3", "WrongFinished", "digest check failed")]
    [InlineData("-tls1_2", "WrongFinished", "digest check failed")]
    [InlineData("-tls1_3", "WrongSessionIdEcho", "invalid session id")]
    [InlineData("-tls1_3", "UselessHelloRetryRequest", "bad key share")]
    [InlineData("-tls1_3", "BadKeyShare", "")]
    [InlineData("-tls1_3", "DuplicateExtension", "bad extension")]
    [InlineData("-tls1_2", "DuplicateExtension", "bad extension")]
    [InlineData("-tls1_3", "PretendPsk", "")]
    public async Task FaultsAreSeenByTheClient(string version, string fault, string said)
    {
        await using TlsRig rig = new();
        typeof(TlsServerFaults).GetProperty(fault)!.SetValue(rig.Options.Faults, true);
        Assert.Contains(said, await Fail(rig, version), StringComparison.OrdinalIgnoreCase);
        Assert.True(rig.Last.Error >= TlsError.AlertReceived, "error " + rig.Last.Error);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task RefusedTicketsMeanAFullHandshake(string version)
    {
        await using TlsRig rig = new();
        string file = Path.GetTempFileName();
        await Connect(rig, version, "-sess_out", file);
        rig.Options.Faults.RefuseTickets = true;
        Assert.Contains("New, ", await Connect(rig, version, "-sess_in", file));
        Assert.False(rig.Last.Resumed);
        File.Delete(file);
    }

    [Fact]
    public async Task LegacyServerWithoutExtensions()
    {
        await using TlsRig rig = new(o =>
        {
            o.Faults.NoExtendedMasterSecret = true;
            o.Faults.NoRenegotiationInfo = true;
        });
        string output = await Connect(rig, "-tls1_2", "-legacy_server_connect");
        Assert.Contains("Extended master secret: no", output);
        Assert.Contains("Secure Renegotiation IS NOT supported", output);
        Assert.False(rig.Last.ExtendedMasterSecret);
    }
}
