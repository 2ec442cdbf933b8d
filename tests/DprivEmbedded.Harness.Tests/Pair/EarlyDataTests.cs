using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Early data. Source: RFC 8446 sections 2.3 and 4.2.10.</summary>
public class EarlyDataTests
{
    private static PairSetup Setup(string backEnds = "BB")
    {
        PairSetup setup = new PairSetup(1, backEnds).WithVersion(ProtocolVersion.Tls13);
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        setup.Greeting = "query";
        setup.GreetEarly = true;
        return setup;
    }

    [Theory]
    [InlineData("BB", Fragmentation.Whole)]
    [InlineData("BB", Fragmentation.Bytes)]
    [InlineData("SB", Fragmentation.Random)]
    [InlineData("BS", Fragmentation.Coalesced)]
    [InlineData("SS", Fragmentation.Whole)]
    public void AcceptedItIsAnsweredInTheFirstRoundTrip(string backEnds, Fragmentation fragmentation)
    {
        PairSetup setup = Setup(backEnds);
        setup.Client.Groups = [NamedGroup.Secp256r1];
        setup.Fragmentation = fragmentation;
        TlsPair full = setup.Connect().AssertConnected();
        Assert.Equal(4 * setup.LatencyMs, full.When(TlsClientEvent.Data));
        foreach (TlsSession session in full.Sessions)
        {
            TlsPair pair = setup.Connect(session).AssertConnected();
            Assert.True(pair.Client.IsEarlyDataAccepted);
            Assert.Equal(2 * setup.LatencyMs, pair.When(TlsClientEvent.Data));
            Assert.Equal("query", pair.ServerText);
            Assert.Equal("query", pair.ClientText);
            Assert.Equal(5, pair.Server.EarlyDataBytes);
            Assert.Equal(0, pair.Count(TlsClientEvent.EarlyDataRejected));
            Assert.Equal(2, pair.Sessions.Count);
            pair.CheckEcho("more");
        }
    }

    [Theory]
    [InlineData("psk_ke")]
    [InlineData("psk_dhe_ke")]
    public void AcceptedWithEitherKeyExchange(string mode)
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Client.PskKe = mode == "psk_ke";
        setup.Client.PskDheKe = mode == "psk_dhe_ke";
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.IsEarlyDataAccepted);
        Assert.Equal(mode == "psk_ke" ? 0 : NamedGroup.X25519, pair.Client.Group);
        Assert.Equal("query", pair.ServerText);
    }

    [Theory]
    [InlineData("not accepted")]
    [InlineData("refused ticket")]
    [InlineData("lost state")]
    [InlineData("HelloRetryRequest for a cookie")]
    [InlineData("HelloRetryRequest for a group")]
    [InlineData("second use of the ticket")]
    [InlineData("ticket older than its age says")]
    [InlineData("another application protocol")]
    [InlineData("another suite")]
    public void RejectedItIsAnsweredOnceAndOnlyOnce(string reason)
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        bool resumes = true;
        switch (reason)
        {
            case "not accepted":
                setup.Server.EarlyData = EarlyDataMode.Reject;
                break;
            case "refused ticket":
                setup.Faults.RefuseTickets = true;
                resumes = false;
                break;
            case "lost state":
                setup.State.LoseState();
                resumes = false;
                break;
            case "HelloRetryRequest for a cookie":
                setup.Server.HelloRetry = HelloRetryMode.Cookie;
                break;
            case "HelloRetryRequest for a group":
                setup.Server.Groups = [NamedGroup.Secp256r1];
                setup.Server.PskKe = false;
                break;
            case "second use of the ticket":
                TlsSession copy = Copy(session);
                setup.Connect(copy).AssertConnected();
                break;
            case "ticket older than its age says":
                setup.Server.EarlyDataAgeToleranceMs = 0;
                setup.Clock.Advance(5);
                setup.Clock.UtcOffsetMs += 7;
                break;
            case "another application protocol":
                setup.Server.ApplicationProtocols = [];
                break;
            default:
                setup.Server.CipherSuites = [CipherSuite.ChaCha20Poly1305Sha256];
                break;
        }

        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Server.EarlyDataOffered);
        Assert.False(pair.Client.IsEarlyDataAccepted);
        Assert.Equal(resumes, pair.Client.IsResumed);
        Assert.Equal(1, pair.Count(TlsClientEvent.EarlyDataRejected));
        Assert.Equal("query", pair.ServerText);
        Assert.Equal("query", pair.ClientText);
        pair.CheckEcho("more");
    }

    [Fact]
    public void NotOfferedUnlessAskedFor()
    {
        PairSetup setup = Setup();
        setup.Client.EarlyData = false;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        Assert.True(session.MaxEarlyDataBytes > 0);
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.False(pair.Server.EarlyDataOffered);
        Assert.Equal("query", pair.ServerText);
    }

    [Fact]
    public void OfferedToAServerThatIgnoresApplicationProtocols()
    {
        PairSetup setup = Setup();
        setup.Server.ApplicationProtocols = [];
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        Assert.Null(session.ApplicationProtocol);
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.IsEarlyDataAccepted);
        Assert.Equal("query", pair.ServerText);
    }

    [Fact]
    public void NothingSentIsNoRejection()
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.GreetEarly = false;
        setup.Server.EarlyData = EarlyDataMode.Reject;
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.Equal(0, pair.Count(TlsClientEvent.EarlyDataRejected));
        Assert.Equal("query", pair.ServerText);
    }

    [Fact]
    public void KeptWithinTheLimitOfTheTicket()
    {
        PairSetup setup = Setup();
        setup.Server.MaxEarlyDataBytes = 100;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Greeting = "";
        TlsPair pair = setup.Start(session);
        byte[] data = new byte[101];
        Assert.Equal(-1, pair.Client.PrepareSend(101));
        Assert.Equal(0, pair.Client.Send(data, 0, 101));
        Assert.Equal(60, pair.Client.Send(data, 0, 60));
        Assert.Equal(0, pair.Client.Send(data, 0, 41));
        Assert.Equal(40, pair.Client.Send(data, 0, 40));
        Assert.Equal(0, pair.Client.Send(data, 0, 1));
        pair.PumpClient();
        pair.Run();
        pair.AssertConnected();
        Assert.Equal(100, pair.ServerText.Length);
    }

    [Fact]
    public void KeptWithinTheRecordSizeLimitOfTheSession()
    {
        PairSetup setup = Setup();
        setup.ReceiveBufferBytes = 4096;
        setup.Server.RecordSizeLimit = 200;
        setup.Greeting = "";
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        Assert.Equal(200, session.PeerRecordSizeLimit);
        TlsPair pair = setup.Start(session);
        byte[] data = new byte[500];
        Assert.Equal(500, pair.Client.Send(data, 0, 500));
        pair.PumpClient();
        byte[] sent = pair.ClientSends.SelectMany(s => s.Bytes).ToArray();
        int at = 0;
        while (at < sent.Length)
        {
            int length = (sent[at + 3] << 8) | sent[at + 4];
            if (sent[at] == ContentType.ApplicationData)
                Assert.InRange(length, 1, 200 + 16);

            at += 5 + length;
        }

        pair.Run();
        pair.AssertConnected();
        Assert.Equal(500, pair.ServerText.Length);
    }

    [Fact]
    public void AServerThatAcceptsWhatWasNotOfferedFails()
    {
        PairSetup setup = Setup();
        setup.Client.EarlyData = false;
        setup.Faults.ExtensionsAt = TlsStage.EncryptedExtensions;
        setup.Faults.UnsolicitedExtension = ExtensionType.EarlyData;
        TlsSession session = setup.Connect().Sessions.FirstOrDefault()!;
        Assert.Null(session);
        setup.Connect().AssertFailed(TlsError.UnsolicitedExtension);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InCompatibilityModeTheChangeCipherSpecStandsBeforeTheData(bool accepted)
    {
        PairSetup setup = Setup();
        setup.Client.CompatibilityMode = true;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        if (!accepted)
            setup.Server.EarlyData = EarlyDataMode.Reject;

        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.Equal(accepted, pair.Client.IsEarlyDataAccepted);
        Assert.Equal("query", pair.ServerText);
        byte[] types = RecordTypes(pair);
        Assert.Equal([ContentType.Handshake, ContentType.ChangeCipherSpec, ContentType.ApplicationData], types.Take(3).Select(t => (int)t));
        Assert.Single(types, (byte)ContentType.ChangeCipherSpec);
    }

    [Fact]
    public void ASessionOfTls13AgainstAServerWithout13Fails()
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Client.MinVersion = ProtocolVersion.Tls12;
        setup.Server.Tls13 = false;
        setup.Server.Tls12 = true;
        setup.Connect(session).AssertFailed(TlsError.UnsupportedVersion);
    }

    private static byte[] RecordTypes(TlsPair pair)
    {
        byte[] sent = pair.ClientSends.SelectMany(s => s.Bytes).ToArray();
        System.Collections.Generic.List<byte> types = [];
        for (int at = 0; at < sent.Length; at += 5 + ((sent[at + 3] << 8) | sent[at + 4]))
            types.Add(sent[at]);

        return [.. types];
    }

    private static TlsSession Copy(TlsSession session)
    {
        return new TlsSession
        {
            Version = session.Version,
            CipherSuite = session.CipherSuite,
            Secret = (byte[])session.Secret.Clone(),
            Ticket = session.Ticket,
            ServerName = session.ServerName,
            ApplicationProtocol = session.ApplicationProtocol,
            ReceivedUtcMs = session.ReceivedUtcMs,
            LifetimeSeconds = session.LifetimeSeconds,
            AgeAdd = session.AgeAdd,
            MaxEarlyDataBytes = session.MaxEarlyDataBytes,
            Authenticated = session.Authenticated,
            Group = session.Group,
        };
    }
}
