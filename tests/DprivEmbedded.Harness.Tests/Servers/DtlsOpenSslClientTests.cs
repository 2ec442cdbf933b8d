using System;
using System.IO;
using System.Threading.Tasks;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Servers;

/// <summary>DtlsServer against openssl s_client -dtls1_2; each test asserts from both sides.</summary>
public class DtlsOpenSslClientTests
{
    private static string[] Arguments(DtlsRig rig)
    {
        return ["s_client", "-dtls1_2", "-connect", "127.0.0.1:" + rig.Port, "-CAfile", rig.CaFile, "-verify_return_error", "-nocommands"];
    }

    private static async Task<string> Connect(DtlsRig rig, params string[] arguments)
    {
        await using ExternalProgram program = ExternalProgram.Start("openssl", [.. Arguments(rig), .. arguments]);
        await program.WriteLineAsync("ping 1");
        await program.WaitForAsync("pong 1 served");
        Assert.Equal(0, await program.EndAsync());
        Assert.Equal(TlsError.None, rig.Last.Error);
        Assert.True(rig.Last.HandshakeComplete);
        return program.Output;
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite.EcdheEcdsaAes128GcmSha256)]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite.EcdheRsaAes128GcmSha256)]
    [InlineData("ECDHE-ECDSA-AES128-CCM", CipherSuite.EcdheEcdsaAes128Ccm)]
    [InlineData("ECDHE-ECDSA-AES128-CCM8", CipherSuite.EcdheEcdsaAes128Ccm8)]
    [InlineData("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite.EcdheRsaChaCha20Poly1305Sha256)]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite.EcdheEcdsaChaCha20Poly1305Sha256)]
    public async Task FullWithEachSuite(string name, int suite)
    {
        await using DtlsRig rig = new();
        string output = await Connect(rig, "-cipher", name + ":@SECLEVEL=0");
        Assert.Contains("Cipher is " + name, output);
        Assert.Contains("DTLSv1.2", output);
        Assert.Contains("Extended master secret: yes", output);
        Assert.Contains("Verify return code: 0 (ok)", output);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.ExtendedMasterSecret);
        Assert.Equal(1, rig.Server.Counters.HelloVerifyRequests);
        Assert.Equal(1, rig.Server.Counters.FullHandshakes);
        Assert.Equal(0, rig.Server.Counters.TimerRetransmissions + rig.Server.Counters.RequestedRetransmissions);
    }

    [Theory]
    [InlineData("PSK-AES128-GCM-SHA256", CipherSuite.PskAes128GcmSha256)]
    [InlineData("PSK-AES128-CCM8", CipherSuite.PskAes128Ccm8)]
    [InlineData("ECDHE-PSK-CHACHA20-POLY1305", CipherSuite.EcdhePskChaCha20Poly1305Sha256)]
    public async Task Psk(string name, int suite)
    {
        await using DtlsRig rig = new(o => o.PskIdentityHint = "hint"u8.ToArray());
        rig.AddPsk();
        string output = await Connect(rig, "-cipher", name + ":@SECLEVEL=0", "-psk_identity", "sensor-1", "-psk", Convert.ToHexString(TlsRig.PskKey));
        Assert.Contains("Cipher is " + name, output);
        Assert.Equal(suite, rig.Last.CipherSuite);
        Assert.True(rig.Last.UsedPsk);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public async Task Resumes(bool stateful, bool sessionIds, bool cookie)
    {
        await using DtlsRig rig = new(o =>
        {
            o.StatefulTickets = stateful;
            o.Tickets = !sessionIds;
            o.Cookie = cookie;
        });
        string session = Path.GetTempFileName();
        try
        {
            await Connect(rig, "-sess_out", session);
            Assert.False(rig.Last.Resumed);
            string output = await Connect(rig, "-sess_in", session);
            Assert.Contains("Reused, ", output);
            Assert.True(rig.Last.Resumed);
            Assert.Equal(cookie ? 2 : 0, rig.Server.Counters.HelloVerifyRequests);
            Assert.Equal(1, rig.Server.Counters.ResumedHandshakes);
        }
        finally
        {
            File.Delete(session);
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(600)]
    public async Task FragmentsBothWays(int mtu)
    {
        await using DtlsRig rig = new(o =>
        {
            o.MaxDatagramBytes = mtu - 28;
            o.Credentials = [TestCertificates.Credentials[1]];
        });
        await Connect(rig, "-mtu", mtu.ToString());
        Assert.True(rig.Server.Counters.DatagramsSent >= (mtu == 256 ? 8 : 4), "datagrams " + rig.Server.Counters.DatagramsSent);
    }

    [Fact]
    public async Task LostFlightsAreSentAgain()
    {
        // The first ClientHello with its cookie, then the server's first flight and its last.
        await using DtlsRig rig = new(o => o.InitialRetransmitMs = 200);
        bool[] lost = [false, false, false];
        rig.Lose = (fromClient, number) =>
        {
            int which = fromClient && number == 1 ? 0 : !fromClient && number == 1 ? 1 : !fromClient && rig.Server.Counters.FullHandshakes == 1 ? 2 : -1;
            if (which < 0 || lost[which])
                return false;

            lost[which] = true;
            return true;
        };
        await Connect(rig);
        Assert.Equal([true, true, true], lost);
        Assert.True(rig.Server.Counters.TimerRetransmissions >= 1);
        Assert.Equal(1, rig.Server.Counters.RequestedRetransmissions);
    }
}
