using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>HelloRetryRequest. Source: RFC 8446 sections 4.1.2 and 4.1.4.</summary>
public class HelloRetryTests
{
    private static readonly int[] s_mayChange = [ExtensionType.KeyShare, ExtensionType.Cookie, ExtensionType.EarlyData, ExtensionType.PreSharedKey];

    private static PairSetup Setup()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.PskKe = false;
        return setup;
    }

    [Theory]
    [InlineData(Fragmentation.Whole)]
    [InlineData(Fragmentation.Bytes)]
    [InlineData(Fragmentation.Random)]
    [InlineData(Fragmentation.Coalesced)]
    public void ForAnotherGroup(Fragmentation fragmentation)
    {
        PairSetup setup = Setup();
        setup.Fragmentation = fragmentation;
        setup.Server.Groups = [NamedGroup.Secp256r1];
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.Equal(NamedGroup.Secp256r1, pair.Client.Group);
        Assert.Equal(4 * setup.LatencyMs, pair.When(TlsClientEvent.Connected));
        pair.CheckEcho();

        // The group is remembered with the session: no second retry.
        TlsPair resumed = setup.Connect(pair.Sessions[0]).AssertConnected();
        Assert.True(resumed.Client.IsResumed);
        Assert.False(resumed.Client.WasHelloRetried);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(512)]
    public void ForACookieOnly(int cookieBytes)
    {
        PairSetup setup = Setup();
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        setup.Server.CookieBytes = cookieBytes;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.Equal(NamedGroup.X25519, pair.Client.Group);
        pair.CheckEcho();
    }

    [Fact]
    public void ACookieLargerThanTheLimitIsAClearError()
    {
        PairSetup setup = Setup();
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        setup.Server.CookieBytes = 513;
        setup.Connect().AssertFailed(TlsError.MessageTooLargeForBuffer);
    }

    [Fact]
    public void ForACookieOnlyTheKeyShareStaysTheSame()
    {
        PairSetup setup = Setup();
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        TlsPair pair = setup.Connect().AssertConnected();
        WireHello first = new(pair.ClientSends[0].Bytes);
        WireHello second = new(pair.ClientSends[1].Bytes);
        Assert.Equal(first.Extensions[ExtensionType.KeyShare], second.Extensions[ExtensionType.KeyShare]);
        CheckUnchanged(first, second);
    }

    [Fact]
    public void ForAGroupOnlyTheKeyShareChanges()
    {
        PairSetup setup = Setup();
        setup.Server.Groups = [NamedGroup.Secp256r1];
        TlsPair pair = setup.Connect().AssertConnected();
        WireHello first = new(pair.ClientSends[0].Bytes);
        WireHello second = new(pair.ClientSends[1].Bytes);
        Assert.NotEqual(first.Extensions[ExtensionType.KeyShare], second.Extensions[ExtensionType.KeyShare]);
        CheckUnchanged(first, second);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void WithASession(bool pskKe, bool pskDheKe)
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Client.PskKe = pskKe;
        setup.Client.PskDheKe = pskDheKe;
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.True(pair.Client.IsResumed);
        Assert.Equal(pskDheKe ? NamedGroup.X25519 : 0, pair.Client.Group);
        CheckUnchanged(new(pair.ClientSends[0].Bytes), new(pair.ClientSends[1].Bytes));
        pair.CheckEcho();
    }

    [Fact]
    public void WithASessionAndAnotherGroup()
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Server.Groups = [NamedGroup.Secp256r1];
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.True(pair.Client.IsResumed);
        Assert.Equal(NamedGroup.Secp256r1, pair.Client.Group);
        pair.CheckEcho();
    }

    [Fact]
    public void ASessionOfferedWithoutKeyShareThatTheServerRefusesGetsOneInTheRetry()
    {
        PairSetup setup = Setup();
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Client.PskKe = true;
        setup.Client.PskDheKe = false;
        setup.State.LoseState();
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.False(pair.Client.IsResumed);
        Assert.Equal(NamedGroup.X25519, pair.Client.Group);
        pair.CheckEcho();
    }

    [Fact]
    public void WithAnExternalPsk()
    {
        PairSetup setup = Setup().WithPsk();
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        setup.Server.Groups = [NamedGroup.Secp256r1];
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.True(pair.Client.UsedExternalPsk);
        Assert.Equal(NamedGroup.Secp256r1, pair.Client.Group);
        pair.CheckEcho();
    }

    [Fact]
    public void WithEarlyDataTheDataIsSentAgainOnce()
    {
        PairSetup setup = Setup();
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        setup.Greeting = "query";
        setup.GreetEarly = true;
        TlsPair pair = setup.Connect(session).AssertConnected();
        Assert.True(pair.Client.WasHelloRetried);
        Assert.True(pair.Server.EarlyDataOffered);
        Assert.False(pair.Client.IsEarlyDataAccepted);
        Assert.True(pair.Server.EarlyDataBytes > 0);
        Assert.Equal(1, pair.Count(TlsClientEvent.EarlyDataRejected));
        Assert.Equal("query", pair.ServerText);
        Assert.Equal("query", pair.ClientText);
    }

    [Theory]
    [InlineData("second", TlsError.UnexpectedMessage)]
    [InlineData("useless", TlsError.BadHelloRetryRequest)]
    [InlineData("group not offered", TlsError.BadHelloRetryRequest)]
    [InlineData("another suite afterwards", TlsError.IllegalParameter)]
    [InlineData("suite not offered", TlsError.BadCipherSuite)]
    [InlineData("unsolicited extension", TlsError.UnsolicitedExtension)]
    [InlineData("duplicate extension", TlsError.DuplicateExtension)]
    [InlineData("version 1.2", TlsError.IllegalParameter)]
    [InlineData("trailing byte", TlsError.DecodeError)]
    [InlineData("session id", TlsError.IllegalParameter)]
    public void BrokenInOneWayFails(string way, int error)
    {
        PairSetup setup = Setup();
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        TlsServerFaults faults = setup.Faults;
        faults.ExtensionsAt = TlsStage.HelloRetryRequest;
        switch (way)
        {
            case "second":
                faults.SecondHelloRetryRequest = true;
                break;
            case "useless":
                setup.Server.HelloRetry = HelloRetryMode.WhenNeeded;
                faults.UselessHelloRetryRequest = true;
                break;
            case "group not offered":
                setup.Server.HelloRetry = HelloRetryMode.WhenNeeded;
                setup.Server.Groups = [NamedGroup.Secp256r1];
                faults.WrongGroup = 24;
                break;
            case "another suite afterwards":
                setup.RewriteDown = new HelloChanger(1, CipherSuite.ChaCha20Poly1305Sha256).Change;
                break;
            case "suite not offered":
                faults.WrongCipherSuite = 0x1302;
                break;
            case "unsolicited extension":
                faults.UnsolicitedExtension = ExtensionType.ServerName;
                break;
            case "duplicate extension":
                faults.DuplicateExtension = true;
                break;
            case "version 1.2":
                faults.WrongVersion = ProtocolVersion.Tls12;
                break;
            case "session id":
                faults.WrongSessionIdEcho = true;
                break;
            default:
                faults.At = TlsStage.HelloRetryRequest;
                faults.Action = TlsFaultAction.TrailingByte;
                break;
        }

        setup.Connect().AssertFailed(error);
    }

    [Fact]
    public void WithoutCookieOrGroupItChangesNothingAndFails()
    {
        PairSetup setup = Setup();
        setup.RewriteDown = _ => [HelloRetry(CipherSuite.Aes128GcmSha256)];
        setup.Connect().AssertFailed(TlsError.BadHelloRetryRequest);
    }

    [Fact]
    public void AGroupForAClientThatOffersNoneFails()
    {
        PairSetup setup = Setup().WithPsk();
        setup.Client.PskKe = true;
        setup.Client.PskDheKe = false;
        byte[] keyShare = [0, 51, 0, 2, 0, NamedGroup.X25519];
        setup.RewriteDown = _ => [HelloRetry(CipherSuite.Aes128GcmSha256, keyShare)];
        setup.Connect().AssertFailed(TlsError.UnsolicitedExtension);
    }

    private static byte[] HelloRetry(int suite, params byte[] extensions)
    {
        byte[] random = Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C");
        byte[] all = [0, 43, 0, 2, 3, 4, .. extensions];
        byte[] body = [3, 3, .. random, 0, (byte)(suite >> 8), (byte)suite, 0, 0, (byte)all.Length, .. all];
        return [22, 3, 3, 0, (byte)(body.Length + 4), 2, 0, 0, (byte)body.Length, .. body];
    }

    private static void CheckUnchanged(WireHello first, WireHello second)
    {
        Assert.Equal(first.Head, second.Head);
        Assert.Equal(first.Order.Except(s_mayChange), second.Order.Except(s_mayChange));
        Assert.DoesNotContain(ExtensionType.EarlyData, second.Order);
        foreach (int type in first.Order.Except(s_mayChange))
            Assert.Equal(first.Extensions[type], second.Extensions[type]);
    }

    /// <summary>Writes another suite into the n-th ServerHello.</summary>
    private sealed class HelloChanger(int number, int suite)
    {
        private int _seen;

        public IEnumerable<byte[]> Change(byte[] record)
        {
            if (record[0] == ContentType.Handshake && record[5] == HandshakeType.ServerHello && _seen++ == number)
            {
                int place = 5 + 4 + 2 + 32 + 1 + record[43];
                record[place] = (byte)(suite >> 8);
                record[place + 1] = (byte)suite;
            }

            return [record];
        }
    }
}
