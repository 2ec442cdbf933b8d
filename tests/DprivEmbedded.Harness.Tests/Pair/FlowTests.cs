using System;
using System.Collections.Generic;
using System.Linq;
using DprivEmbedded.Crypto;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>False Start, KeyUpdate, compatibility mode, requests for certificates, key log, authentication profiles, reproducibility.</summary>
public class FlowTests
{
    [Theory]
    [InlineData(true, true, 4)]
    [InlineData(false, true, 6)]
    [InlineData(true, false, 6)]
    public void FalseStartSendsBeforeTheServersFinished(bool falseStart, bool ecdhe, int halfRoundTrips)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        if (!ecdhe)
            setup.WithPsk().Client.CipherSuites = [CipherSuite.PskAes128GcmSha256];

        setup.Client.FalseStart = falseStart;
        setup.Greeting = "query";
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Equal("query", pair.ServerText);
        Assert.Equal("query", pair.ClientText);
        Assert.Equal(halfRoundTrips * setup.LatencyMs, pair.When(TlsClientEvent.Data));
        Assert.Equal(falseStart && ecdhe ? 1 : 0, pair.Count(TlsClientEvent.FalseStart));
        if (!falseStart || !ecdhe)
            return;

        // The query left in the flight of the client's Finished, two latencies before the server's Finished came.
        Assert.Equal(2 * setup.LatencyMs, pair.When(TlsClientEvent.FalseStart));
        Assert.Equal(4 * setup.LatencyMs, pair.When(TlsClientEvent.Connected));
        Assert.All(pair.ClientSends, sent => Assert.InRange(sent.Ms, 0, 2 * setup.LatencyMs));
        Assert.True(pair.Events.FindIndex(e => e.Event == TlsClientEvent.FalseStart) < pair.Events.FindIndex(e => e.Event == TlsClientEvent.Connected));
    }

    [Fact]
    public void NoFalseStartWithAnUnauthenticatedServer()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        setup.Client.Opportunistic = true;
        setup.Server.Credentials = [PairKeys.Rsa];
        setup.Greeting = "query";
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.False(pair.Client.IsAuthenticated);
        Assert.Equal(TlsError.PinMismatch, pair.Client.AuthenticationError);
        Assert.Equal(0, pair.Count(TlsClientEvent.FalseStart));
        Assert.Equal(6 * setup.LatencyMs, pair.When(TlsClientEvent.Data));
    }

    [Fact]
    public void NoFalseStartInAResumedHandshake()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        setup.Greeting = "query";
        TlsPair pair = setup.Connect(setup.Connect().AssertConnected().Sessions[0]).AssertConnected();
        Assert.Equal(0, pair.Count(TlsClientEvent.FalseStart));
        Assert.Equal(4 * setup.LatencyMs, pair.When(TlsClientEvent.Data));
    }

    [Fact]
    public void TheServersForgedFinishedAfterAFalseStartFails()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        setup.Greeting = "query";
        setup.Faults.WrongFinished = true;
        TlsPair pair = setup.Connect();
        pair.AssertFailed(TlsError.BadFinished);
        Assert.Equal("", pair.ClientText);
        Assert.Empty(pair.Sessions);
    }

    [Theory]
    [InlineData(Fragmentation.Whole)]
    [InlineData(Fragmentation.Bytes)]
    [InlineData(Fragmentation.Random)]
    public void KeyUpdatesInBothDirections(Fragmentation fragmentation)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Fragmentation = fragmentation;
        TlsPair pair = setup.Connect().AssertConnected();
        for (int i = 0; i < 5; i++)
        {
            Assert.True(pair.Client.UpdateKeys(i % 2 == 0));
            pair.CheckEcho("c" + i);
            pair.Server.SendKeyUpdate(i % 2 == 0);
            pair.PumpServer();
            pair.CheckEcho("s" + i);
        }

        // Five of its own, which answer the server's first two requests too, and one with the next data for the third.
        pair.CheckEcho("last");
        Assert.Equal(5 + 1, pair.Server.KeyUpdatesReceived);
        pair.AssertConnected();
    }

    [Fact]
    public void RequestsForKeyUpdatesAreAnsweredOnceAndWithTheNextData()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        TlsPair pair = setup.Connect().AssertConnected();
        int sends = pair.ClientSends.Count;
        for (int i = 0; i < 10; i++)
            pair.Server.SendKeyUpdate(true);

        pair.PumpServer();
        pair.Run();
        Assert.Equal(sends, pair.ClientSends.Count);
        pair.CheckEcho("one");
        pair.CheckEcho("two");
        Assert.Equal(1, pair.Server.KeyUpdatesReceived);
    }

    [Fact]
    public void AKeyUpdateWhileTheSendBufferIsFullIsAnsweredLater()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.SendBufferBytes = 1024;
        TlsPair pair = setup.Connect().AssertConnected();
        byte[] data = new byte[970];
        Assert.Equal(970, pair.Client.Send(data, 0, 970));
        pair.Server.SendKeyUpdate(true);
        byte[] wire = new byte[100];
        int count = pair.Server.Transmit(wire, 0, wire.Length);
        Assert.Equal(count, pair.Client.Receive(wire, 0, count, pair.Clock.NowMs));
        Assert.Equal(TlsError.None, pair.Client.Error);
        Assert.Equal(0, pair.Client.Send(data, 0, 1));
        pair.PumpClient();
        pair.Run();
        pair.AssertConnected();
        pair.CheckEcho();
        Assert.Equal(1, pair.Server.KeyUpdatesReceived);
        Assert.StartsWith(new string('\0', 970), pair.ServerText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void KeysAreRenewedByThemselves(int everyRecords)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.RekeyAfterRecords = everyRecords;
        TlsPair pair = setup.Connect().AssertConnected();
        for (int i = 0; i < 12; i++)
            pair.CheckEcho("q" + i);

        Assert.InRange(pair.Server.KeyUpdatesReceived, 12 / everyRecords, 13);
    }

    [Fact]
    public void AFullSendBufferAtRenewalIsNoFailure()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.RekeyAfterRecords = 2;
        setup.SendBufferBytes = 1024;
        TlsPair pair = setup.Connect().AssertConnected();
        byte[] data = new byte[970];
        Assert.Equal(970, pair.Client.Send(data, 0, 970));
        Assert.Equal(0, pair.Client.Send(data, 0, 970));
        Assert.Equal(TlsError.None, pair.Client.Error);
        pair.PumpClient();
        Assert.Equal(940, pair.Client.Send(data, 0, 940));
        pair.PumpClient();
        pair.Run();
        pair.AssertConnected();
        Assert.Equal(1910, pair.ServerText.Length);
    }

    [Fact]
    public void Tls12EndsWhereItsKeysAreUsedUp()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls12);
        setup.Client.RekeyAfterRecords = 4;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.CheckEcho("one");
        pair.CheckEcho("two");
        Assert.Equal(0, pair.Client.Send(new byte[3], 0, 3));
        pair.PumpClient();
        pair.AssertFailed(TlsError.KeyExhausted);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void CompatibilityMode(bool client, bool serverSendsCcs)
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.CompatibilityMode = client;
        setup.Server.AlwaysChangeCipherSpec = serverSendsCcs;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Equal(client ? 32 : 0, new WireHello(pair.ClientSends[0].Bytes).SessionIdBytes);
        Assert.Equal(client ? 1 : 0, CcsRecords(pair.ClientSends.SelectMany(s => s.Bytes).ToArray()));
        Assert.Equal(client || serverSendsCcs ? 1 : 0, pair.ServerRecords.Count(r => r[0] == ContentType.ChangeCipherSpec));
        pair.CheckEcho();
    }

    [Fact]
    public void CompatibilityModeWithARetry()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Client.CompatibilityMode = true;
        setup.Server.HelloRetry = HelloRetryMode.Cookie;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Equal(1, CcsRecords(pair.ClientSends.SelectMany(s => s.Bytes).ToArray()));
        // Right before the second flight, which is the second ClientHello (RFC 8446 appendix D.4).
        Assert.Equal(ContentType.ChangeCipherSpec, pair.ClientSends[1].Bytes[0]);
        pair.CheckEcho();
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, 0)]
    [InlineData(ProtocolVersion.Tls12, 400)]
    [InlineData(ProtocolVersion.Tls12, 20000)]
    [InlineData(ProtocolVersion.Tls13, 0)]
    [InlineData(ProtocolVersion.Tls13, 400)]
    public void ARequestForACertificateIsAnsweredWithAnEmptyList(int version, int authorityBytes)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Server.RequestClientCertificate = true;
        setup.Server.CertificateRequestAuthorityBytes = authorityBytes;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.True(pair.Server.ClientDeclinedCertificate);
        pair.CheckEcho();
        TlsPair resumed = setup.Connect(pair.Sessions[0]).AssertConnected();
        Assert.True(resumed.Client.IsResumed);
        Assert.False(resumed.Server.ClientDeclinedCertificate);
    }

    [Fact]
    public void ARequestForACertificateLargerThanTheHandshakeBufferIsAClearErrorIn13()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.Server.RequestClientCertificate = true;
        setup.Server.CertificateRequestAuthorityBytes = 3000;
        setup.Connect().AssertFailed(TlsError.MessageTooLargeForBuffer);
    }

    [Fact]
    public void KeyLogOnlyWhereAskedFor()
    {
        PairSetup setup = new();
        setup.Client.EarlyData = true;
        setup.Server.EarlyData = EarlyDataMode.Accept;
        Log client = new();
        Log server = new();
        setup.Server.KeyLog = server;
        TlsPair quiet = setup.Connect().AssertConnected();
        Assert.Empty(client.Lines);

        setup.Client.KeyLog = client;
        server.Lines.Clear();
        setup.Greeting = "query";
        setup.GreetEarly = true;
        setup.Connect(quiet.Sessions[0]).AssertConnected();
        Assert.Equal(6, client.Lines.Count);
        Assert.Equal(server.Lines.Order(), client.Lines.Order());

        setup.WithVersion(ProtocolVersion.Tls12);
        client.Lines.Clear();
        server.Lines.Clear();
        setup.Connect().AssertConnected();
        Assert.StartsWith("CLIENT_RANDOM ", Assert.Single(client.Lines), StringComparison.Ordinal);
        Assert.Equal(server.Lines, client.Lines);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void TheSameSeedGivesTheSameBytes(int version)
    {
        byte[] first = Wire(7);
        Assert.Equal(first, Wire(7));
        Assert.NotEqual(first, Wire(8));

        byte[] Wire(int seed)
        {
            PairSetup setup = new PairSetup(seed).WithVersion(version);
            setup.Fragmentation = Fragmentation.Random;
            setup.Greeting = "query";
            TlsPair full = setup.Connect().AssertConnected();
            TlsPair resumed = setup.Connect(full.Sessions[0]).AssertConnected();
            return [.. full.ClientSends.SelectMany(s => s.Bytes), .. full.ServerRecords.SelectMany(r => r), .. resumed.ClientSends.SelectMany(s => s.Bytes), .. resumed.ServerRecords.SelectMany(r => r)];
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void AWrongPinFailsAndNothingIsSaid(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Server.Credentials = [PairKeys.Rsa];
        setup.Greeting = "secret";
        TlsPair pair = setup.Connect();
        pair.AssertFailed(TlsError.PinMismatch);
        Assert.Equal(AlertDescription.CertificateUnknown, pair.Server.AlertReceived);
        Assert.Equal("", pair.ServerText);
        Assert.Equal(0, pair.Count(TlsClientEvent.FalseStart));
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void ASessionOfAnUnauthenticatedServerIsNotResumedByAStrictClient(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Client.Opportunistic = true;
        setup.Server.Credentials = [PairKeys.Rsa];
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.False(pair.Sessions[0].Authenticated);
        TlsPair again = setup.Connect(pair.Sessions[0]).AssertConnected();
        Assert.True(again.Client.IsResumed);
        Assert.False(again.Client.IsAuthenticated);

        setup.Client.Opportunistic = false;
        setup.Connect(again.Sessions[0]).AssertFailed(TlsError.PinMismatch);
    }

    private static int CcsRecords(byte[] sent)
    {
        int count = 0;
        for (int at = 0; at < sent.Length; at += 5 + ((sent[at + 3] << 8) | sent[at + 4]))
            count += sent[at] == ContentType.ChangeCipherSpec ? 1 : 0;

        return count;
    }

    private sealed class Log : IKeyLog
    {
        public List<string> Lines { get; } = [];

        void IKeyLog.Log(string label, byte[] clientRandom, byte[] secret, int secretBytes)
        {
            Lines.Add(label + " " + Convert.ToHexString(clientRandom) + " " + Convert.ToHexString(secret, 0, secretBytes));
        }
    }
}
