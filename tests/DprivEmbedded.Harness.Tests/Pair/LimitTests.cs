using System;
using System.Linq;
using DprivEmbedded.Crypto.BouncyCastle.Pkix;
using DprivEmbedded.Sessions;
using DprivEmbedded.Tls;
using Xunit;

namespace DprivEmbedded.Harness.Tests.Pair;

/// <summary>Small buffers: record_size_limit (RFC 8449), max_fragment_length (RFC 6066), large certificate chains, messages and tickets that do not fit.</summary>
public class LimitTests
{
    private static PairSetup Setup(int version, int receiveBytes = 2048)
    {
        PairSetup setup = new PairSetup().WithVersion(version).WithCredential(PairKeys.Large);
        setup.ReceiveBufferBytes = receiveBytes;
        return setup;
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, true, 2048, Fragmentation.Whole)]
    [InlineData(ProtocolVersion.Tls12, true, 2048, Fragmentation.Bytes)]
    [InlineData(ProtocolVersion.Tls12, false, 2048, Fragmentation.Whole)]
    [InlineData(ProtocolVersion.Tls12, false, 3000, Fragmentation.Random)]
    [InlineData(ProtocolVersion.Tls12, false, 5000, Fragmentation.Coalesced)]
    [InlineData(ProtocolVersion.Tls13, true, 2048, Fragmentation.Whole)]
    [InlineData(ProtocolVersion.Tls13, true, 2048, Fragmentation.Bytes)]
    [InlineData(ProtocolVersion.Tls13, true, 2049, Fragmentation.Random)]
    [InlineData(ProtocolVersion.Tls13, false, 2048, Fragmentation.Whole)]
    [InlineData(ProtocolVersion.Tls13, false, 5000, Fragmentation.Coalesced)]
    public void ALargeChainThroughASmallBuffer(int version, bool recordSizeLimit, int receiveBytes, Fragmentation fragmentation)
    {
        Assert.True(PairKeys.Large.Chain.Sum(c => c.Length) > 4096);
        PairSetup setup = Setup(version, receiveBytes);
        setup.Fragmentation = fragmentation;
        setup.Server.RecordSizeLimit = recordSizeLimit ? 16385 : 0;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.ServerSay(new string('d', 20000));
        pair.Run();
        Assert.Equal(20000, pair.ClientText.Length);
        pair.CheckEcho();
        pair.AssertConnected();

        TlsPair resumed = setup.Connect(pair.Sessions[0]).AssertConnected();
        Assert.True(resumed.Client.IsResumed);
        resumed.ServerSay(new string('d', 5000));
        resumed.Run();
        Assert.Equal(5000, resumed.ClientText.Length);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void DataLargerThanTheSendBufferIsTakenAsItFits(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.SendBufferBytes = TlsClient.MinSendBufferBytes;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.Echo = false;
        byte[] data = new byte[5000];
        Array.Fill(data, (byte)'d');
        int sent = 0;
        for (int i = 0; i < 10 && sent < data.Length; i++)
        {
            int part = pair.Client.Send(data, sent, data.Length - sent);
            Assert.InRange(part, 1, TlsClient.MinSendBufferBytes);
            sent += part;
            pair.PumpClient();
            pair.Run();
        }

        Assert.Equal(data.Length, sent);
        Assert.Equal(5000, pair.ServerText.Length);
        pair.AssertConnected();
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void ALargeChainIsFullyValidated(int version)
    {
        PairSetup setup = Setup(version);
        setup.Client.Verifier = new PkixPeerVerifier(PairKeys.Name, TrustAnchors.FromCertificates(PairKeys.Authority.Der));
        setup.Connect().AssertConnected().CheckEcho();
        setup.Client.Verifier = new PkixPeerVerifier("other.example", TrustAnchors.FromCertificates(PairKeys.Authority.Der));
        setup.Connect().AssertFailed(TlsError.NameMismatch);
        setup.Client.Verifier = new PkixPeerVerifier(PairKeys.Name, TrustAnchors.FromCertificates(PairKeys.Authority.Der), null, 4096);
        setup.Connect().AssertFailed(TlsError.CertificateTooLarge);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void AServerThatKnowsNeitherLimitEndsInAClearError(int version)
    {
        PairSetup setup = Setup(version);
        setup.Server.RecordSizeLimit = 0;
        setup.Server.MaxFragmentLength = false;
        TlsPair pair = setup.Connect();
        if (version == ProtocolVersion.Tls12)
        {
            // The handshake's records are in the clear and need no buffer.
            pair.AssertConnected();
            pair.ServerSay(new string('d', 1900));
            pair.Run();
            Assert.Equal(1900, pair.ClientText.Length);
            pair.ServerSay(new string('d', 5000));
            pair.Run();
        }

        pair.AssertFailed(TlsError.RecordTooLargeForBuffer);
        Assert.Equal(AlertDescription.RecordOverflow, pair.Server.AlertReceived);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void ARecordAboveTheAgreedLimitFails(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.ReceiveBufferBytes = 4096;
        RecordMeddler meddler = new(setup);
        TlsPair pair = setup.Connect().AssertConnected();
        int limit = 4096 - 29 - (version == ProtocolVersion.Tls13 ? 1 : 0);
        meddler.Change = record => record.Content.Length == 3 ? [record with { Content = new byte[limit] }] : [record with { Content = new byte[limit + 1] }];
        pair.ServerSay("abc");
        pair.Run();
        Assert.Equal(limit, pair.ClientText.Length);
        pair.ServerSay("abcd");
        pair.Run();
        pair.AssertFailed(TlsError.RecordOverflow);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, 1025)]
    [InlineData(ProtocolVersion.Tls13, 1025)]
    [InlineData(ProtocolVersion.Tls13, 3000)]
    public void ARecordAboveTheAgreedFragmentLengthFails(int version, int bytes)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.ReceiveBufferBytes = 2048;
        setup.Server.RecordSizeLimit = 0;
        RecordMeddler meddler = new(setup);
        TlsPair pair = setup.Connect().AssertConnected();
        meddler.Change = record => [record with { Content = new byte[bytes] }];
        pair.ServerSay("abc");
        pair.Run();
        pair.AssertFailed(TlsError.RecordOverflow);
    }

    [Fact]
    public void PaddingCountsAgainstTheLimit()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        setup.ReceiveBufferBytes = 4096;
        RecordMeddler meddler = new(setup);
        TlsPair pair = setup.Connect().AssertConnected();
        meddler.Change = record => [record with { Padding = 4096 - 29 - 1 - record.Content.Length }];
        pair.ServerSay("abc");
        pair.Run();
        Assert.Equal("abc", pair.ClientText);
        meddler.Change = record => [record with { Padding = 4096 - 29 - record.Content.Length }];
        pair.ServerSay("abc");
        pair.Run();
        pair.AssertFailed(TlsError.RecordOverflow);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12, 64)]
    [InlineData(ProtocolVersion.Tls12, 1000)]
    [InlineData(ProtocolVersion.Tls13, 64)]
    [InlineData(ProtocolVersion.Tls13, 1000)]
    public void TheServersLimitIsKept(int version, int limit)
    {
        PairSetup setup = Setup(version, 4096);
        setup.Server.RecordSizeLimit = limit;
        TlsPair pair = setup.Connect().AssertConnected();
        pair.CheckEcho(new string('u', 3000));
        pair.AssertConnected();
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void NoLimitIsAnnouncedWithAFullBuffer(int version)
    {
        PairSetup setup = Setup(version, TlsClient.FullReceiveBufferBytes);
        WireHello hello = new(setup.Connect().AssertConnected().ClientSends[0].Bytes);
        Assert.DoesNotContain(ExtensionType.RecordSizeLimit, hello.Order);
        Assert.DoesNotContain(ExtensionType.MaxFragmentLength, hello.Order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    public void ARecordSizeLimitBelow64Fails(int limit)
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, 4096);
        setup.RewriteDown = record => [Replace(record, [0, 28, 0, 2], [(byte)(limit >> 8), (byte)limit])];
        setup.Connect().AssertFailed(TlsError.IllegalParameter);
    }

    [Fact]
    public void AnotherFragmentLengthThanOfferedFails()
    {
        PairSetup setup = Setup(ProtocolVersion.Tls12, 4096);
        setup.Server.RecordSizeLimit = 0;
        setup.RewriteDown = record => [Replace(record, [0, 1, 0, 1], [1])];
        setup.Connect().AssertFailed(TlsError.IllegalParameter);
    }

    [Fact]
    public void AMessageLargerThanTheHandshakeBufferIsAClearError()
    {
        PairSetup setup = new PairSetup().WithVersion(ProtocolVersion.Tls13);
        RecordMeddler meddler = new(setup);
        meddler.Change = record => record.Epoch == 1 ? [record with { Content = [HandshakeType.EncryptedExtensions, 0, 10, 0, .. new byte[1000]] }] : [record];
        setup.Connect().AssertFailed(TlsError.MessageTooLargeForBuffer);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void ATicketLargerThanTheHandshakeBufferIsSkipped(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        setup.Client.HandshakeBufferBytes = 768;
        setup.Server.SessionIds = false;
        setup.Server.TicketPaddingBytes = 3000;
        TlsPair pair = setup.Connect().AssertConnected();
        Assert.Empty(pair.Sessions);
        pair.CheckEcho();

        setup.Client.HandshakeBufferBytes = 4000;
        pair = setup.Connect().AssertConnected();
        Assert.True(pair.Sessions[0].Ticket.Length > 3000);
        Assert.True(setup.Connect(pair.Sessions[0]).AssertConnected().Client.IsResumed);
    }

    [Theory]
    [InlineData(ProtocolVersion.Tls12)]
    [InlineData(ProtocolVersion.Tls13)]
    public void ASendBufferTooSmallForTheTicketIsAClearError(int version)
    {
        PairSetup setup = new PairSetup().WithVersion(version);
        TlsSession session = setup.Connect().AssertConnected().Sessions[0];
        session.Ticket = new byte[2000];
        setup.SendBufferBytes = 1024;
        TlsPair pair = setup.Start(session);
        Assert.Equal(TlsError.SendBufferTooSmall, pair.Client.Error);
        Assert.Equal(1, pair.Count(TlsClientEvent.Failed));
    }

    private static byte[] Replace(byte[] record, byte[] before, byte[] value)
    {
        int at = record.AsSpan().IndexOf(before);
        if (at >= 0 && record[0] == ContentType.Handshake)
            value.CopyTo(record, at + before.Length);

        return record;
    }
}
