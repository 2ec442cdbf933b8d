using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Bytes of the first flight, against the tables of draft-ietf-iotops-security-protocol-comparison for the same content.</summary>
public class HelloSizeTests
{
    private static TlsClientOptions Options(int group)
    {
        return new TlsClientOptions
        {
            MinVersion = ProtocolVersion.Tls13,
            CipherSuites = [CipherSuite.Aes128Ccm8Sha256],
            Groups = [group],
            Psk = PairKeys.Psk,
            PskIdentity = [1],
            PskKe = false,
            PskDheKe = true,
            ApplicationProtocol = null,
            ServerName = null,
            Tickets = false,
        };
    }

    private static WireHello Hello(TlsClientOptions options)
    {
        PairSetup setup = new();
        TlsClient client = new(options, setup.ClientCrypto, new byte[TlsClient.FullReceiveBufferBytes], new byte[4096]);
        client.Start(null!, 0, 0);
        byte[] sent = new byte[4096];
        int count = client.Transmit(sent, 0, sent.Length);
        WireHello hello = new(sent[..count]);
        Assert.Equal(count, hello.Bytes);
        return hello;
    }

    [Theory]
    [InlineData("PSK-ECDHE x25519", 163)]
    [InlineData("PSK-ECDHE P-256", 196)]
    [InlineData("PSK", 113)]
    public void WithinFivePercentOfTheDraft(string row, int draftBytes)
    {
        TlsClientOptions options = Options(row == "PSK-ECDHE P-256" ? NamedGroup.Secp256r1 : NamedGroup.X25519);
        if (row == "PSK")
            (options.PskKe, options.PskDheKe) = (true, false);

        int bytes = Hello(options).Bytes;
        TestContext.Current.TestOutputHelper?.WriteLine($"{row}: {bytes} bytes, the draft {draftBytes}");
        Assert.InRange(bytes, draftBytes * 80 / 100, draftBytes * 105 / 100);
    }

    [Fact]
    public void NameAndProtocolAddTheirOwnBytesAndNothingElse()
    {
        TlsClientOptions options = Options(NamedGroup.X25519);
        int bare = Hello(options).Bytes;
        options.ServerName = "dns.example.net";
        int name = 4 + 2 + 1 + 2 + "dns.example.net".Length;
        Assert.Equal(bare + name, Hello(options).Bytes);
        options.ApplicationProtocol = "dot";
        int protocol = 4 + 2 + 1 + 3;
        Assert.Equal(bare + name + protocol, Hello(options).Bytes);
    }

    [Fact]
    public void NoSessionIdUnlessAskedFor()
    {
        TlsClientOptions options = Options(NamedGroup.X25519);
        int bare = Hello(options).Bytes;
        Assert.Equal(0, Hello(options).SessionIdBytes);
        options.CompatibilityMode = true;
        Assert.Equal(32, Hello(options).SessionIdBytes);
        Assert.Equal(bare + 32, Hello(options).Bytes);
    }

    [Fact]
    public void NoExtensionTwiceAndPreSharedKeyLast()
    {
        PairSetup setup = new() { ReceiveBufferBytes = 2048 };
        setup.Client.Psk = PairKeys.Psk;
        setup.Client.PskIdentity = PairKeys.PskIdentity;
        setup.Client.EarlyData = true;
        WireHello hello = Hello(setup.Client);
        Assert.Equal(hello.Order.Count, hello.Order.Distinct().Count());
        Assert.Equal(ExtensionType.PreSharedKey, hello.Order[^1]);
    }

    [Fact]
    public void ATls12ClientSaysNothingOfTls13()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        WireHello hello = Hello(setup.Client);
        int[] of13 = [ExtensionType.SupportedVersions, ExtensionType.KeyShare, ExtensionType.PskKeyExchangeModes, ExtensionType.PreSharedKey, ExtensionType.Cookie, ExtensionType.EarlyData];
        Assert.Empty(hello.Order.Intersect(of13));
    }

    /// <summary>Servers in Go before 1.20 take no ECDHE suite from a client that leaves it out, although that means the same (RFC 8422 section 5.1.2).</summary>
    [Theory]
    [InlineData(CipherSuite.EcdheEcdsaAes128GcmSha256, true)]
    [InlineData(CipherSuite.EcdhePskAes128GcmSha256, true)]
    [InlineData(CipherSuite.PskAes128Ccm8, false)]
    [InlineData(CipherSuite.Aes128GcmSha256, false)]
    public void PointFormatsAreOfferedWithEcdheInTls12(int suite, bool offered)
    {
        PairSetup setup = new();
        setup.Client.CipherSuites = [suite];
        setup.Client.Psk = PairKeys.Psk;
        setup.Client.PskIdentity = PairKeys.PskIdentity;
        WireHello hello = Hello(setup.Client);
        Assert.Equal(offered, hello.Extensions.TryGetValue(ExtensionType.EcPointFormats, out byte[]? formats));
        if (offered)
            Assert.Equal([1, 0], formats);
    }

    [Fact]
    public void ATls13ClientSaysNothingOfTls12()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        WireHello hello = Hello(setup.Client);
        int[] of12 = [ExtensionType.ExtendedMasterSecret, ExtensionType.SessionTicket, ExtensionType.RenegotiationInfo, ExtensionType.EcPointFormats];
        Assert.Empty(hello.Order.Intersect(of12));
    }
}
